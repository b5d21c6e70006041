//! Which of its candidates a node is linked to.

use super::build::Space;

/// Chooses links among candidates that are sorted by distance: the nearest one, then each that
/// is nearer to the node than to any chosen before, so that links lead in different directions.
/// What room remains is filled with the nearest of the others.
pub(super) struct Selector {
    /// How much nearer to a chosen candidate another must be to be left out: 1 is the rule of
    /// HNSW, more keeps more links (S. J. Subramanya et al., "DiskANN", 2019).
    slack: f32,
    alive: Vec<bool>,
    ahead: Vec<u32>,
    places: Vec<usize>,
    scores: Vec<f32>,
    query: Vec<i8>,
}

impl Selector {
    pub(super) fn new(slack: f32) -> Selector {
        Selector {
            slack,
            alive: Vec::new(),
            ahead: Vec::new(),
            places: Vec::new(),
            scores: Vec::new(),
            query: Vec::new(),
        }
    }

    /// Leaves the chosen nodes in `chosen`, nearest first but for those that fill it up.
    /// `slot` says which slot a node stands for.
    pub(super) fn select(
        &mut self,
        space: &Space,
        candidates: &[(f32, u32)],
        slot: impl Fn(u32) -> u32,
        limit: usize,
        filled: usize,
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
            let (_, node) = candidates[place];
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
                if between * self.slack <= candidates[place].0 {
                    self.alive[place] = false;
                }
            }
        }
        if chosen.len() < filled {
            for (place, &(_, node)) in candidates.iter().enumerate() {
                if chosen.len() >= filled {
                    break;
                }
                if !self.alive[place] {
                    chosen.push(node);
                }
            }
        }
    }
}
