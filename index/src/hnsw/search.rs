//! Walks through a graph.

use std::ops::Range;

use super::graph::{Graph, Layer, Level};
use super::scratch::Scratch;
use crate::codes::Scorer;
use crate::slot_set::SlotSet;

/// What a walk measures distances with.
pub(crate) trait Score {
    /// Distances to some nodes of the layer being walked; smaller is nearer, none is NaN.
    fn score(&self, nodes: &[u32], out: &mut Vec<f32>);

    /// Asks for what a node is measured by.
    fn prefetch(&self, node: u32);
}

impl Score for Scorer<'_> {
    fn score(&self, nodes: &[u32], out: &mut Vec<f32>) {
        Scorer::score(self, nodes, out);
    }

    #[inline]
    fn prefetch(&self, node: u32) {
        Scorer::prefetch(self, node);
    }
}

/// Which slots may be found.
pub(crate) trait Admits {
    fn admits(&self, slot: u32) -> bool;
}

impl Admits for SlotSet {
    #[inline]
    fn admits(&self, slot: u32) -> bool {
        self.contains(slot)
    }
}

impl Admits for Range<u32> {
    #[inline]
    fn admits(&self, slot: u32) -> bool {
        self.contains(&slot)
    }
}

/// The nodes of an upper level, which stand for slots.
struct LevelNodes<'walk> {
    level: Level<'walk>,
    /// Slots below this exist.
    slots: usize,
}

impl LevelNodes<'_> {
    /// The slot of a node, if the file does not lie.
    fn slot(&self, node: u32) -> Option<u32> {
        let slot = self.level.slots.get(node as usize)?.get();
        ((slot as usize) < self.slots).then_some(slot)
    }

    /// The node that stands for a slot.
    fn node(&self, slot: u32) -> Option<u32> {
        let node = self.level.slots.binary_search_by_key(&slot, |slot| slot.get()).ok()?;
        u32::try_from(node).ok()
    }
}

/// The slot of level 0 that a walk begins at: the nearest one found on the levels above.
pub(crate) fn descend(graph: &Graph, scorer: &impl Score, scratch: &mut Scratch) -> u32 {
    let mut slot = 0;
    let Scratch { fresh, bridges: nodes, scores, .. } = scratch;
    for (position, level) in graph.levels.iter().enumerate().rev() {
        let score = LevelNodes { level: *level, slots: graph.nodes() };
        let is_top = position + 1 == graph.levels.len();
        let node = if is_top { Some(0) } else { score.node(slot) };
        let Some((mut node, first)) = node.and_then(|node| Some((node, score.slot(node)?))) else {
            return slot;
        };
        slot = first;
        scorer.score(&[slot], scores);
        let mut best = scores[0];
        // Each step gets nearer, so that the nodes of the level bound the steps.
        for _ in 0..level.slots.len() {
            fresh.clear();
            nodes.clear();
            for neighbor in level.neighbors(node) {
                if let Some(slot) = score.slot(neighbor) {
                    nodes.push(neighbor);
                    fresh.push(slot);
                    scorer.prefetch(slot);
                }
            }
            scorer.score(fresh, scores);
            match scores.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)) {
                Some((place, &distance)) if distance < best => {
                    best = distance;
                    node = nodes[place];
                    slot = fresh[place];
                }
                _ => break,
            }
        }
    }
    slot
}

/// Finds the nodes nearest to the goal, from some seeds on: the `ef` best seen are in the
/// scratch's pool afterwards.
pub(crate) fn walk(
    layer: &impl Layer,
    score: &impl Score,
    ef: usize,
    seeds: &[u32],
    scratch: &mut Scratch,
) {
    let Scratch { visited, pool, fresh, scores, .. } = scratch;
    visited.reset(layer.nodes());
    pool.reset(ef);
    fresh.clear();
    fresh.extend(seeds.iter().filter(|&&seed| visited.insert(seed)));
    score.score(fresh, scores);
    for (&node, &distance) in fresh.iter().zip(&*scores) {
        pool.offer(distance, node);
    }
    while let Some((_, node)) = pool.expand_next() {
        fresh.clear();
        for neighbor in layer.neighbors(node) {
            if visited.insert(neighbor) {
                fresh.push(neighbor);
                score.prefetch(neighbor);
            }
        }
        if let Some(next) = pool.peek() {
            layer.prefetch(next);
        }
        score.score(fresh, scores);
        for (&node, &distance) in fresh.iter().zip(&*scores) {
            pool.offer(distance, node);
        }
    }
}

/// Steps over nodes that are not admitted are taken until so many new ones are found: as many as
/// a node without a filter has.
const ENOUGH_FRESH: usize = 32;

/// Walks over admitted nodes only, stepping over one that is not admitted to those behind it
/// (L. Patel et al., "ACORN", SIGMOD 2024). The `ef` best are in the scratch's pool afterwards.
pub(crate) fn walk_admitted(
    layer: &impl Layer,
    score: &impl Score,
    ef: usize,
    seeds: &[u32],
    admitted: &impl Admits,
    scratch: &mut Scratch,
) {
    let Scratch { visited, pool, fresh, bridges, scores, .. } = scratch;
    visited.reset(layer.nodes());
    pool.reset(ef);
    fresh.clear();
    bridges.clear();
    for &seed in seeds {
        if !admitted.admits(seed) {
            bridges.push(seed);
        } else if visited.insert(seed) {
            fresh.push(seed);
        }
    }
    loop {
        for &bridge in &*bridges {
            if fresh.len() >= ENOUGH_FRESH {
                break;
            }
            // One that was stepped over before has nothing new behind it.
            if !visited.insert(bridge) {
                continue;
            }
            for neighbor in layer.neighbors(bridge) {
                if admitted.admits(neighbor) && visited.insert(neighbor) {
                    fresh.push(neighbor);
                    score.prefetch(neighbor);
                }
            }
        }
        score.score(fresh, scores);
        for (&node, &distance) in fresh.iter().zip(&*scores) {
            pool.offer(distance, node);
        }
        let Some((_, node)) = pool.expand_next() else { break };
        fresh.clear();
        bridges.clear();
        for neighbor in layer.neighbors(node) {
            if !admitted.admits(neighbor) {
                bridges.push(neighbor);
            } else if visited.insert(neighbor) {
                fresh.push(neighbor);
                score.prefetch(neighbor);
            }
        }
        if fresh.len() < ENOUGH_FRESH {
            bridges.iter().for_each(|&bridge| layer.prefetch(bridge));
        }
    }
}
