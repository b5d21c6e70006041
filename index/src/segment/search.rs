//! The nearest documents of one segment: by a walk through its graph where that pays, and by
//! comparing all that are admitted where it does not.

use super::Segment;
use crate::adjustment::{Adjusted, SlotAdjustments};
use crate::codes::{CodeBits, Scorer};
use crate::distance::Distance;
use crate::error::Result;
use crate::hnsw::{Graph, Score, Scratch, descend, walk, walk_admitted, with_scratch};
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

/// What a search looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal<'search> {
    pub(crate) query: &'search [f32],
    pub(crate) distance: Distance,
    pub(crate) adjustments: Option<&'search SlotAdjustments>,
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

/// Where distances are adjusted by label: the slots of a label that a walk in it sets out from,
/// the candidates it keeps, and how many of them the walk through all labels sets out from.
const SAMPLES_OF_A_RUN: usize = 16;
const EF_OF_A_RUN: usize = 8;
const SEEDS_OF_A_RUN: usize = 4;

/// Slots compared at once in a scan.
const SCANNED_AT_ONCE: usize = 256;

impl Segment {
    /// Offers the nearest admitted documents, measured by their vectors.
    pub(crate) fn search_nearest(
        &self,
        goal: &Goal,
        walk_options: Walk,
        admission: &Admission,
        nearest: &mut TopK,
    ) -> Result<()> {
        let admitted = match admission {
            Admission::All => self.documents() as usize,
            Admission::Some(_, count) => *count,
        };
        if admitted == 0 {
            return Ok(());
        }
        let scorer = self.scorer(goal.query, goal.distance);
        let rescored = self.rescored(walk_options);
        let ef = walk_options.ef.max(rescored);
        let worth = match admission {
            Admission::All => SCANNED_PER_CANDIDATE,
            Admission::Some(..) => ADMITTED_PER_CANDIDATE,
        };
        let graph = self.graph()?.filter(|_| admitted > ef.saturating_mul(worth));
        with_scratch(|scratch| {
            match goal.adjustments {
                None => self.collect_nearest(
                    &scorer,
                    graph,
                    Walk { k: rescored, ef },
                    admission,
                    &[],
                    scratch,
                ),
                Some(adjustments) => {
                    let scorer = Adjusted { score: &scorer, adjustments };
                    let seeds = match &graph {
                        Some(graph) => seeds_of_runs(graph, &scorer, admission, scratch),
                        None => Vec::new(),
                    };
                    self.collect_nearest(
                        &scorer,
                        graph,
                        Walk { k: rescored, ef },
                        admission,
                        &seeds,
                        scratch,
                    );
                }
            }
            self.offer_candidates(goal, rescored, scratch, nearest)
        })
    }

    /// Leaves the nearest admitted slots in the scratch's pool: those within `walk.k` at least.
    fn collect_nearest(
        &self,
        score: &impl Score,
        graph: Option<Graph>,
        Walk { k, ef }: Walk,
        admission: &Admission,
        seeds: &[u32],
        scratch: &mut Scratch,
    ) {
        let Some(graph) = graph else {
            return scan(score, self.documents(), admission, k, scratch);
        };
        let mut seeds = seeds.to_vec();
        seeds.push(descend(&graph, score, scratch));
        match admission {
            Admission::All => walk(&graph, score, ef, &seeds, scratch),
            Admission::Some(set, count) => {
                seeds.extend(set.iter().step_by((count / SEEDS).max(1)).take(SEEDS));
                walk_admitted(&graph, score, ef, &seeds, set, scratch);
            }
        }
    }

    /// Measures the best candidates of the scratch's pool by their vectors, and offers them.
    fn offer_candidates(
        &self,
        goal: &Goal,
        rescored: usize,
        scratch: &mut Scratch,
        nearest: &mut TopK,
    ) -> Result<()> {
        let Goal { query, distance, adjustments } = goal;
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
            let distance = match adjustments {
                Some(adjustments) => adjustments.of(slot).apply(distance),
                None => distance,
            };
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
}

/// Slots near the goal in each run of slots that is adjusted alike. Documents of one label lie
/// together in the graph, so a walk that sets out from one label may never see another whose
/// documents are nearer once distances are adjusted.
fn seeds_of_runs(
    graph: &Graph,
    score: &Adjusted<Scorer>,
    admission: &Admission,
    scratch: &mut Scratch,
) -> Vec<u32> {
    let mut seeds = Vec::new();
    for run in score.adjustments.runs() {
        let hidden = match admission {
            Admission::All => false,
            Admission::Some(set, _) => set.count_range(run.clone()) == 0,
        };
        if hidden || run.is_empty() {
            continue;
        }
        let step = (run.len() / SAMPLES_OF_A_RUN).max(1);
        let samples: Vec<u32> = run.clone().step_by(step).take(SAMPLES_OF_A_RUN).collect();
        walk_admitted(graph, score, EF_OF_A_RUN, &samples, &run, scratch);
        seeds.extend(scratch.pool.candidates().take(SEEDS_OF_A_RUN).map(|(_, slot)| slot));
    }
    seeds
}

/// Compares all admitted slots, and leaves the `kept` nearest in the scratch's pool.
fn scan(
    scorer: &impl Score,
    documents: u32,
    admission: &Admission,
    kept: usize,
    scratch: &mut Scratch,
) {
    match admission {
        Admission::All => scan_slots(scorer, 0..documents, kept, scratch),
        Admission::Some(set, _) => scan_slots(scorer, set.iter(), kept, scratch),
    }
}

fn scan_slots(
    scorer: &impl Score,
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
