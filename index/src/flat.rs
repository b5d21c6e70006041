//! Exact search: every admitted vector is compared with the query, at memory speed.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::OnceLock;
use std::thread;

use crate::adjustment::Adjustment;
use crate::distance::Distance;
use crate::id::{Address, Slot};
use crate::slot_set::SlotSet;
use crate::snapshot::LiveSegment;
use crate::top_k::{Candidate, TopK};

/// Rows whose distances are computed in one go, so that a kernel's call costs nothing.
const ROWS_AT_ONCE: u32 = 256;

/// Of [`ROWS_AT_ONCE`] rows, so few that it is faster to measure them one by one.
const FEW_ROWS: u64 = 48;

/// The bytes of vectors that pay for a thread: some 200 µs of scanning.
const BYTES_PER_THREAD: u64 = 4 << 20;

/// Slots of one segment that are to be scanned.
#[derive(Clone, Debug)]
pub(crate) struct Stretch<'snapshot> {
    pub(crate) segment: &'snapshot LiveSegment,
    pub(crate) slots: Range<u32>,
    /// The slots that may be found; all if `None`.
    pub(crate) selected: Option<&'snapshot SlotSet>,
    /// What becomes of the distances to them.
    pub(crate) adjustment: Adjustment,
}

impl Stretch<'_> {
    /// How many rows are to be scanned.
    pub(crate) fn rows(&self) -> u64 {
        match self.selected {
            Some(selected) => selected.count_range(self.slots.clone()),
            None => self.slots.len() as u64,
        }
    }
}

/// The `k` live documents of `stretches` that are nearest to `query`, nearest first.
pub(crate) fn search(
    query: &[f32],
    distance: Distance,
    k: usize,
    stretches: &[Stretch],
    threads: Option<NonZeroUsize>,
) -> Vec<Candidate> {
    let shares = divide(stretches, thread_count(query.len(), stretches, threads));
    let Some((own, others)) = shares.split_first() else { return Vec::new() };
    let mut nearest = thread::scope(|scope| {
        let scan = move |share: &[Stretch]| scan(query, distance, k, share);
        let workers: Vec<_> = others
            .iter()
            .map(|share| (share, thread::Builder::new().spawn_scoped(scope, move || scan(share))))
            .collect();
        let mut nearest = scan(own);
        for (share, worker) in workers {
            nearest.merge(match worker {
                Ok(worker) => {
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                }
                // The system has no thread to give: the share is scanned here.
                Err(_) => scan(share),
            });
        }
        nearest
    })
    .into_sorted();
    nearest.truncate(k);
    nearest
}

fn scan(query: &[f32], distance: Distance, k: usize, stretches: &[Stretch]) -> TopK {
    let mut nearest = TopK::new(k);
    let mut distances = [0.0; ROWS_AT_ONCE as usize];
    for Stretch { segment, slots, selected, adjustment } in stretches {
        let mut offer = |slot: u32, distance: f32| {
            let distance = adjustment.apply(distance);
            if distance <= nearest.limit() && !segment.deleted.contains(slot) {
                let slot = Slot(slot);
                nearest.offer(Candidate {
                    distance,
                    key: segment.segment.key(slot),
                    address: Address { segment: segment.segment.number(), slot },
                });
            }
        };
        let mut start = slots.start;
        while start < slots.end {
            let end = slots.end.min(start + ROWS_AT_ONCE);
            let distances = &mut distances[..(end - start) as usize];
            match selected {
                Some(selected) if selected.count_range(start..end) <= FEW_ROWS => {
                    for slot in selected.iter_range(start..end) {
                        let row = segment.segment.vectors(slot..slot + 1);
                        distance.measure(query, row, &mut distances[..1]);
                        offer(slot, distances[0]);
                    }
                }
                _ => {
                    distance.measure(query, segment.segment.vectors(start..end), distances);
                    (start..end)
                        .zip(&*distances)
                        .filter(|(slot, _)| selected.is_none_or(|set| set.contains(*slot)))
                        .for_each(|(slot, &distance)| offer(slot, distance));
                }
            }
            start = end;
        }
    }
    nearest
}

/// As many threads as pay, as there are processors, and as are allowed.
fn thread_count(dimension: usize, stretches: &[Stretch], allowed: Option<NonZeroUsize>) -> u64 {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let processors =
        || *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, |n| n.get()));
    let rows: u64 = stretches.iter().map(Stretch::rows).sum();
    let bytes = rows * dimension as u64 * 4;
    let paying = bytes / BYTES_PER_THREAD;
    if paying <= 1 {
        return 1;
    }
    paying.min(allowed.map_or_else(processors, NonZeroUsize::get) as u64)
}

/// Cuts the stretches into `count` shares of about as many slots each.
fn divide<'snapshot>(stretches: &[Stretch<'snapshot>], count: u64) -> Vec<Vec<Stretch<'snapshot>>> {
    let slots: u64 = stretches.iter().map(|stretch| stretch.slots.len() as u64).sum();
    let share_rows = slots.div_ceil(count).max(1);
    let mut shares = Vec::new();
    let mut share = Vec::new();
    let mut room = share_rows;
    for stretch in stretches {
        let mut slots = stretch.slots.clone();
        while !slots.is_empty() {
            let taken = u64::from(slots.end - slots.start).min(room);
            let end = slots.start + taken as u32;
            share.push(Stretch { slots: slots.start..end, ..*stretch });
            slots.start = end;
            room -= taken;
            if room == 0 {
                shares.push(std::mem::take(&mut share));
                room = share_rows;
            }
        }
    }
    if !share.is_empty() {
        shares.push(share);
    }
    shares
}
