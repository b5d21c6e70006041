//! The nearest documents of one segment: by a walk through its graph where that pays, and by
//! comparing all that are admitted where it does not.

use super::Segment;
use crate::codes::{CodeBits, Scorer};
use crate::distance::Distance;
use crate::error::Result;
use crate::hnsw::{Graph, Scratch, descend, walk, walk_admitted, walk_and_admit, with_scratch};
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

/// From this share of admitted slots on, a walk goes over all of them and admits on the way;
/// below, it steps over those that are not admitted. Measured: benches/results/filters.csv.
const MOSTLY_ADMITTED: f64 = 0.5;

/// A walk costs about as much as comparing this many slots for each candidate kept. Measured:
/// benches/results/filters.csv.
const SCANNED_PER_CANDIDATE: usize = 64;

/// Seeds of a walk over admitted slots only, beside the one that the upper levels lead to.
const SEEDS: usize = 8;

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
            let graph = graph.filter(|_| admitted > ef.saturating_mul(SCANNED_PER_CANDIDATE));
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
            let found = match admission {
                Admission::Some(..) => &scratch.admitted,
                Admission::All => &scratch.pool,
            };
            let slots = &mut scratch.fresh;
            slots.clear();
            slots.extend(found.candidates().take(rescored).map(|(_, slot)| slot));
            scratch.scores.clear();
            scratch.scores.resize(slots.len(), 0.0);
            distance.measure_slots(query, self.all_vectors(), slots, &mut scratch.scores);
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
        let share = count as f64 / f64::from(self.documents());
        let entry = descend(graph, scorer, scratch);
        if share >= MOSTLY_ADMITTED {
            let walked = (ef as f64 / share * 1.1) as usize;
            walk_and_admit(graph, scorer, ef, walked, &[entry], set, scratch);
            return;
        }
        let mut seeds = vec![entry];
        seeds.extend(set.iter().step_by((count / SEEDS).max(1)).take(SEEDS));
        walk_admitted(graph, scorer, ef, &seeds, set, scratch);
    }
}

/// Compares all admitted slots, and leaves the `kept` nearest in the scratch's pool: that of the
/// admitted if only some are.
fn scan(
    scorer: &Scorer,
    documents: usize,
    admission: &Admission,
    kept: usize,
    scratch: &mut Scratch,
) {
    let Scratch { pool, admitted, fresh, scores, .. } = scratch;
    let mut scan = |slots: &mut dyn Iterator<Item = u32>, pool: &mut crate::hnsw::Pool| {
        pool.reset(kept);
        loop {
            fresh.clear();
            fresh.extend(slots.take(SCANNED_AT_ONCE));
            if fresh.is_empty() {
                return;
            }
            scorer.score(fresh, scores);
            let mut limit = pool.limit();
            for (&slot, &distance) in fresh.iter().zip(&*scores) {
                if distance < limit || !pool.is_full() {
                    pool.offer(distance, slot);
                    limit = pool.limit();
                }
            }
        }
    };
    match admission {
        Admission::All => scan(&mut (0..documents as u32), pool),
        Admission::Some(set, _) => scan(&mut set.iter(), admitted),
    }
}
