//! Which of its candidates a node is linked to.

use super::build::Space;

/// Chooses links among candidates that are sorted by distance: the nearest one, then each that
/// is nearer to the node than to any chosen before, so that links lead in different directions
/// (the heuristic of HNSW). What room remains is filled with the nearest of the others.
///
/// Measured on 50,000 passages, at ef 64: leaving a candidate out only where another is nearer by a
/// factor of 1.2 or 1.4, as DiskANN does, costs 2 and 4 points of recall, because passages that
/// nearly repeat each other then take all links; not filling costs 1 point.
#[derive(Debug, Default)]
pub(super) struct Selector {
    alive: Vec<bool>,
    ahead: Vec<u32>,
    places: Vec<usize>,
    scores: Vec<f32>,
    query: Vec<i8>,
}

impl Selector {
    /// Leaves the chosen nodes in `chosen`, nearest first but for those that fill it up.
    /// `slot` says which slot a node stands for.
    pub(super) fn select(
        &mut self,
        space: &Space,
        candidates: &[(f32, u32)],
        slot: impl Fn(u32) -> u32,
        limit: usize,
        chosen: &mut Vec<u32>,
    ) {
        chosen.clear();
        self.alive.clear();
        self.alive.resize(candidates.len(), true);
        for place in 0..candidates.len() {
            if chosen.len() >= limit {
                break;
            }
            if !self.alive[place] {
                continue;
            }
            let (distance, node) = candidates[place];
            chosen.push(node);
            self.places.clear();
            self.places.extend((place + 1..candidates.len()).filter(|&place| self.alive[place]));
            self.ahead.clear();
            self.ahead.extend(self.places.iter().map(|&place| slot(candidates[place].1)));
            if self.ahead.is_empty() {
                continue;
            }
            let query = space.query(slot(node), &mut self.query);
            space.score(&query, &self.query, &self.ahead, &mut self.scores);
            for (&place, &between) in self.places.iter().zip(&self.scores) {
                let other = candidates[place].0;
                // Of those that repeat each other one is enough. But one that repeats the node
                // itself is as far from all others as the node is, and rules none of them out.
                if between < other || (between == other && other == distance) {
                    self.alive[place] = false;
                }
            }
        }
        let room = limit - chosen.len();
        let others = candidates.iter().zip(&self.alive).filter(|(_, alive)| !**alive);
        chosen.extend(others.take(room).map(|(&(_, node), _)| node));
    }
}
