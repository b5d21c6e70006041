//! The nearest documents of one segment: by a walk through its graph where that pays, and by
//! comparing all that are admitted where it does not.

use super::Segment;
use crate::codes::{CodeBits, Scorer};
use crate::distance::Distance;
use crate::error::Result;
use crate::hnsw::{Graph, Scratch, descend, walk, walk_admitted, with_scratch};
use crate::id::{Address, Slot};
use crate::slot_set::SlotSet;
use crate::top_k::{Candidate, TopK};

/// Which slots of a segment may be found.
#[derive(Debug)]
pub(crate) enum Admission {
    /// Every slot.
    All,
    /// Some slots, and how many.
    Some(SlotSet, usize),
}

/// How far a search of a segment goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    pub(crate) k: usize,
    /// Candidates kept on the way.
    pub(crate) ef: usize,
}

/// A walk looks at some 10 to 20 slots for each candidate it keeps: where there are no more, it
/// would look at all of them.
const SCANNED_PER_CANDIDATE: usize = 16;

/// Where only some slots are admitted, a walk takes 1.4 to 2.9 µs for each candidate it keeps and
/// misses some, and comparing a slot takes 18 to 27 ns and misses none. Measured with 200,000
/// vectors of 384 components: `make bench-filters`.
const ADMITTED_PER_CANDIDATE: usize = 100;

/// Seeds of a walk over admitted slots only, beside the one that the upper levels lead to.
const SEEDS: usize = 64;

/// Slots compared at once in a scan.
const SCANNED_AT_ONCE: usize = 256;

impl Segment {
    /// Offers the nearest admitted documents, measured by their vectors.
    pub(crate) fn search_nearest(
        &self,
        query: &[f32],
        distance: Distance,
        walk_options: Walk,
        admission: &Admission,
        nearest: &mut TopK,
    ) -> Result<()> {
        let documents = self.documents() as usize;
        let admitted = match admission {
            Admission::All => documents,
            Admission::Some(_, count) => *count,
        };
        if admitted == 0 {
            return Ok(());
        }
        let scorer = self.scorer(query, distance);
        let graph = self.graph()?;
        with_scratch(|scratch| {
            let rescored = self.rescored(walk_options);
            let ef = walk_options.ef.max(rescored);
            let worth = match admission {
                Admission::All => SCANNED_PER_CANDIDATE,
                Admission::Some(..) => ADMITTED_PER_CANDIDATE,
            };
            let graph = graph.filter(|_| admitted > ef.saturating_mul(worth));
            match (graph, admission) {
                (None, _) => scan(&scorer, documents, admission, rescored, scratch),
                (Some(graph), Admission::All) => {
                    let entry = descend(&graph, &scorer, scratch);
                    walk(&graph, &scorer, ef, &[entry], scratch);
                }
                (Some(graph), Admission::Some(set, count)) => {
                    self.walk_some(&graph, &scorer, ef, set, *count, scratch);
                }
            }
            let slots = &mut scratch.fresh;
            slots.clear();
            slots.extend(scratch.pool.candidates().take(rescored).map(|(_, slot)| slot));
            scratch.scores.clear();
            scratch.scores.resize(slots.len(), 0.0);
            if self.codec.is_some() && self.pinned.is_none() {
                self.read_vectors(slots, &mut scratch.rows)?;
                distance.measure(query, self.rows(&scratch.rows), &mut scratch.scores);
            } else {
                distance.measure_slots(query, self.all_vectors(), slots, &mut scratch.scores);
            }
            for (&slot, &distance) in slots.iter().zip(&scratch.scores) {
                if distance <= nearest.limit() {
                    let slot = Slot(slot);
                    nearest.offer(Candidate {
                        distance,
                        key: self.key(slot),
                        address: Address { segment: self.number(), slot },
                    });
                }
            }
            Ok(())
        })
    }

    /// How many of the candidates are measured by their vectors: the shorter the codes, the more.
    fn rescored(&self, walk: Walk) -> usize {
        let Walk { k, ef } = walk;
        match self.codec.as_ref().map(|codec| codec.shape.bits) {
            None => k,
            Some(CodeBits::Eight) => (2 * k).clamp(k.saturating_add(10), ef.max(k + 10)),
            Some(CodeBits::Four) => (3 * k).clamp(k.saturating_add(20), ef.max(k + 20)),
            Some(CodeBits::One) => ef.max(4 * k),
        }
    }

    fn walk_some(
        &self,
        graph: &Graph,
        scorer: &Scorer,
        ef: usize,
        set: &SlotSet,
        count: usize,
        scratch: &mut Scratch,
    ) {
        let entry = descend(graph, scorer, scratch);
        let mut seeds = vec![entry];
        seeds.extend(set.iter().step_by((count / SEEDS).max(1)).take(SEEDS));
        walk_admitted(graph, scorer, ef, &seeds, set, scratch);
    }
}

/// Compares all admitted slots, and leaves the `kept` nearest in the scratch's pool.
fn scan(
    scorer: &Scorer,
    documents: usize,
    admission: &Admission,
    kept: usize,
    scratch: &mut Scratch,
) {
    match admission {
        Admission::All => scan_slots(scorer, 0..documents as u32, kept, scratch),
        Admission::Some(set, _) => scan_slots(scorer, set.iter(), kept, scratch),
    }
}

fn scan_slots(
    scorer: &Scorer,
    mut slots: impl Iterator<Item = u32>,
    kept: usize,
    scratch: &mut Scratch,
) {
    let Scratch { pool, fresh, scores, .. } = scratch;
    pool.reset(kept);
    loop {
        fresh.clear();
        fresh.extend(slots.by_ref().take(SCANNED_AT_ONCE));
        if fresh.is_empty() {
            return;
        }
        fresh.iter().for_each(|&slot| scorer.prefetch(slot));
        scorer.score(fresh, scores);
        for (&slot, &distance) in fresh.iter().zip(&*scores) {
            pool.offer(distance, slot);
        }
    }
}
