//! Building a graph: from nothing, or from one that has most of the documents already.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::graph::{Graph, Layer, NO_NODE};
use super::links::{Links, Locks};
use super::reach;
use super::scratch::Scratch;
use super::search::{self, Score};
use super::select::Selector;
use crate::distance::{Codes, Kernels, kernels};

/// No level above this is built; 16 links a node fill it with 16^12 documents.
const MAX_LEVEL: usize = 12;

/// While a graph is built, a node may have this many times the links it is left with, so that
/// they are chosen anew once in a while and not at every new one.
const OVERFLOW: (usize, usize) = (3, 2);

/// Locks for the links of nodes; nodes share them.
const LOCKS: usize = 1 << 12;

/// How a graph is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BuildOptions {
    /// Links a node on the upper levels; twice as many on level 0.
    pub(crate) m: usize,
    /// Candidates looked at for the links of a node.
    pub(crate) ef_construction: usize,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
}

/// Called with the number of documents linked so far.
pub(crate) type Progress<'caller> = &'caller (dyn Fn(u64) + Sync);

/// Documents whose distances to each other can be measured: by codes of eight bits, in units of
/// a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space<'build> {
    pub(crate) codes: Codes<'build>,
    /// The bytes of a row that are components.
    pub(crate) components: usize,
    /// Distance of a and b = bias of a + bias of b - weight · (a · b).
    pub(crate) biases: &'build [f32],
    pub(crate) weight: f32,
    kernels: Kernels,
}

/// A document of a space, as the others are compared with it; its components are beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpaceQuery {
    bias: f32,
    /// What the codes' being unsigned adds to a product.
    excess: f32,
}

impl<'build> Space<'build> {
    pub(crate) fn new(
        codes: Codes<'build>,
        components: usize,
        biases: &'build [f32],
        inner_product: bool,
    ) -> Space<'build> {
        Space {
            codes,
            components,
            biases,
            weight: if inner_product { 1.0 } else { 2.0 },
            kernels: kernels(),
        }
    }

    /// How many documents there are.
    pub(crate) fn len(&self) -> usize {
        self.biases.len()
    }

    /// Whether distances are inner products, which can be negative.
    #[cfg(feature = "hnsw_rs")]
    pub(super) fn is_inner_product(&self) -> bool {
        self.weight == 1.0
    }

    /// Puts the components of a slot in `components`.
    pub(super) fn query(&self, slot: u32, components: &mut Vec<i8>) -> SpaceQuery {
        let row = &self.codes.row(slot)[..self.components];
        components.clear();
        components.extend(row.iter().map(|&code| (code ^ 0x80) as i8));
        let sum = components.iter().map(|&x| i32::from(x)).sum::<i32>();
        SpaceQuery { bias: self.biases[slot as usize], excess: 128.0 * sum as f32 }
    }

    /// The distances of a slot to others.
    pub(super) fn score(
        &self,
        query: &SpaceQuery,
        components: &[i8],
        slots: &[u32],
        out: &mut Vec<f32>,
    ) {
        out.clear();
        out.resize(slots.len(), 0.0);
        (self.kernels.int8)(components, self.codes, slots, out);
        for (&slot, out) in slots.iter().zip(out) {
            *out = query.bias + self.biases[slot as usize] - self.weight * (*out - query.excess);
        }
    }
}

/// A finished graph, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Built {
    pub(crate) stride: usize,
    pub(crate) links: Vec<u32>,
    /// From level 1 up.
    pub(crate) levels: Vec<BuiltLevel>,
}

/// A level of it above the lowest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuiltLevel {
    pub(crate) stride: usize,
    pub(crate) slots: Vec<u32>,
    pub(crate) links: Vec<u32>,
}

/// A graph to begin with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'build> {
    pub(crate) graph: &'build Graph<'build>,
    /// The new slot of each of its slots; `NO_NODE` for those left out.
    pub(crate) slots: &'build [u32],
}

/// The memory that building takes, in bytes, beside the codes.
pub(crate) fn build_bytes(documents: u64, m: usize, threads: usize) -> u64 {
    let kept = 2 * m;
    let places = kept * OVERFLOW.0 / OVERFLOW.1;
    // Links while building and when finished, a share of the upper levels, bias and order; the
    // search for unreachable documents marks links; each thread marks documents.
    let node = 4 * (places + kept) + kept + 4 + 32;
    documents * node as u64 + documents / 8 * threads as u64
}

/// Builds the graph of all documents of a space. With one thread, the same documents and
/// options make the same graph.
pub(crate) fn build(
    space: &Space,
    options: &BuildOptions,
    base: Option<Base>,
    progress: Progress,
) -> Built {
    let mut builder = Builder::new(space, options, base);
    builder.insert_all(progress);
    builder.finish()
}

/// One level while it is built.
struct BuildLayer {
    links: Links,
    /// Links a node in the end.
    kept: usize,
    /// The slot of each node, ascending; none on level 0, where nodes are slots.
    slots: Option<Vec<u32>>,
    nodes: usize,
}

impl BuildLayer {
    fn new(kept: usize, slots: Option<Vec<u32>>, nodes: usize) -> BuildLayer {
        let links = Links::new(nodes, kept * OVERFLOW.0 / OVERFLOW.1);
        BuildLayer { links, kept, slots, nodes }
    }

    fn slot(&self, node: u32) -> u32 {
        self.slots.as_ref().map_or(node, |slots| slots[node as usize])
    }

    fn node(&self, slot: u32) -> Option<u32> {
        match &self.slots {
            None => Some(slot),
            Some(slots) => slots.binary_search(&slot).ok().map(|node| node as u32),
        }
    }
}

impl Layer for BuildLayer {
    fn nodes(&self) -> usize {
        self.nodes
    }

    #[inline]
    fn neighbors(&self, node: u32) -> impl Iterator<Item = u32> {
        self.links.of(node)
    }

    fn prefetch(&self, _: u32) {}
}

/// Measures the nodes of a layer from one document.
struct LayerScore<'walk> {
    space: &'walk Space<'walk>,
    layer: &'walk BuildLayer,
    query: SpaceQuery,
    components: &'walk [i8],
}

impl Score for LayerScore<'_> {
    fn score(&self, nodes: &[u32], out: &mut Vec<f32>) {
        match &self.layer.slots {
            None => self.space.score(&self.query, self.components, nodes, out),
            Some(slots) => {
                let slots: Vec<u32> = nodes.iter().map(|&node| slots[node as usize]).collect();
                self.space.score(&self.query, self.components, &slots, out);
            }
        }
    }

    #[inline]
    fn prefetch(&self, node: u32) {
        self.space.codes.prefetch(self.layer.slot(node));
    }
}

/// What one thread works with.
struct Worker {
    scratch: Scratch,
    selector: Selector,
    components: Vec<i8>,
    candidates: Vec<(f32, u32)>,
    chosen: Vec<u32>,
    linking: Linking,
}

/// What is needed to link a neighbour back.
struct Linking {
    nodes: Vec<u32>,
    scores: Vec<f32>,
    components: Vec<i8>,
    candidates: Vec<(f32, u32)>,
    chosen: Vec<u32>,
}

struct Builder<'build> {
    space: &'build Space<'build>,
    options: &'build BuildOptions,
    /// From level 0 up.
    layers: Vec<BuildLayer>,
    locks: Locks,
    /// The slots to insert, those of the highest levels first, and those levels.
    order: Vec<(u32, usize)>,
    /// The level that walks begin at, and its node; none before anything is inserted.
    entry: Option<(usize, u32)>,
}

impl<'build> Builder<'build> {
    fn new(
        space: &'build Space<'build>,
        options: &'build BuildOptions,
        base: Option<Base>,
    ) -> Builder<'build> {
        let documents = space.len();
        let mut levels = vec![None; documents];
        if let Some(base) = &base {
            for slot in base.slots.iter().filter(|&&slot| slot != NO_NODE) {
                levels[*slot as usize] = Some(0);
            }
            for (number, level) in base.graph.levels.iter().enumerate() {
                for slot in level.slots {
                    let slot = base.slots.get(slot.get() as usize).copied();
                    if let Some(slot) = slot.filter(|&slot| slot != NO_NODE) {
                        levels[slot as usize] = Some(number + 1);
                    }
                }
            }
        }
        let mut order = Vec::new();
        for (slot, level) in levels.iter_mut().enumerate() {
            if level.is_none() {
                let random = scramble(options.seed ^ slot as u64);
                let drawn = drawn_level(random, options.m);
                *level = Some(drawn);
                order.push((slot as u32, drawn, random));
            }
        }
        order.sort_unstable_by_key(|&(slot, level, random)| {
            (std::cmp::Reverse(level), scramble(random), slot)
        });
        let order = order.into_iter().map(|(slot, level, _)| (slot, level)).collect();

        let top = levels.iter().flatten().copied().max().unwrap_or(0);
        let layers = (0..=top).map(|number| match number {
            0 => BuildLayer::new(2 * options.m, None, documents),
            _ => {
                let slots: Vec<u32> = (0..documents as u32)
                    .filter(|&slot| levels[slot as usize].is_some_and(|level| level >= number))
                    .collect();
                let nodes = slots.len();
                BuildLayer::new(options.m, Some(slots), nodes)
            }
        });
        let mut builder = Builder {
            space,
            options,
            layers: layers.collect(),
            locks: Locks::new(LOCKS),
            order,
            entry: None,
        };
        if let Some(base) = base {
            builder.adopt(&base);
        }
        builder
    }

    /// Takes over the links of a base. Where documents were left out, the links behind them
    /// close the gap.
    fn adopt(&mut self, base: &Base) {
        let mut worker = self.worker();
        let top = base.graph.levels.len();
        for number in (0..=top).rev() {
            let Some(layer) = self.layers.get(number) else { continue };
            let moved = |slot: u32| {
                let slot = base.slots.get(slot as usize).copied()?;
                (slot != NO_NODE).then(|| layer.node(slot)).flatten()
            };
            let found = match number {
                0 => self.adopt_layer(layer, base.graph, moved, &mut worker),
                _ => {
                    let level = &base.graph.levels[number - 1];
                    let slot = |node: u32| level.slots.get(node as usize).map(|slot| slot.get());
                    let moved = |node: u32| slot(node).and_then(moved);
                    self.adopt_layer(layer, level, moved, &mut worker)
                }
            };
            if self.entry.is_none() {
                self.entry = found.map(|node| (number, node));
            }
        }
    }

    /// Takes over a layer, and returns its first node that is kept.
    fn adopt_layer(
        &self,
        layer: &BuildLayer,
        old: &impl Layer,
        moved: impl Fn(u32) -> Option<u32>,
        worker: &mut Worker,
    ) -> Option<u32> {
        let mut first = None;
        let mut kept = Vec::new();
        for old_node in 0..old.nodes() as u32 {
            let Some(node) = moved(old_node) else { continue };
            first = first.or(Some(node));
            kept.clear();
            let mut gaps = false;
            let exists = |neighbor: &u32| (*neighbor as usize) < old.nodes();
            for neighbor in old.neighbors(old_node).filter(exists) {
                match moved(neighbor) {
                    Some(neighbor) => kept.push(neighbor),
                    None => {
                        gaps = true;
                        kept.extend(old.neighbors(neighbor).filter(exists).filter_map(&moved));
                    }
                }
            }
            // A damaged graph may have links that a sound one has not.
            kept.retain(|&neighbor| neighbor != node);
            let repeats = (1..kept.len()).any(|place| kept[..place].contains(&kept[place]));
            if gaps || repeats {
                kept.sort_unstable();
                kept.dedup();
                self.choose(layer, node, &kept, &mut worker.linking, &mut worker.selector);
                layer.links.set(node, &worker.linking.chosen);
            } else {
                kept.truncate(layer.kept);
                layer.links.set(node, &kept);
            }
        }
        first
    }

    fn insert_all(&mut self, progress: Progress) {
        let mut order = std::mem::take(&mut self.order);
        let mut done = 0;
        // A new node above all others becomes the entry before the others need one.
        if let Some(&(slot, level)) = order.first()
            && self.entry.is_none_or(|(top, _)| level > top)
        {
            self.insert(slot, level, &mut self.worker());
            let node = self.layers[level].node(slot);
            self.entry = node.map(|node| (level, node));
            order.remove(0);
            done = 1;
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = self.worker();
            while let Some(&(slot, level)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.insert(slot, level, &mut worker);
                let count = next.load(Ordering::Relaxed).min(order.len()) + done;
                if count.is_multiple_of(256) || count == order.len() + done {
                    progress(count as u64);
                }
            }
        };
        self.on_all_threads(work);
    }

    fn on_all_threads(&self, work: impl Fn() + Sync + Copy + Send) {
        thread::scope(|scope| {
            for _ in 1..self.options.threads.max(1) {
                // Where the system has no thread to give, the others do its work.
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
    }

    /// Brings a node down to the links it keeps.
    fn trim(&self, layer: &BuildLayer, node: u32, worker: &mut Worker) {
        let Worker { selector, linking, .. } = worker;
        let mut nodes = std::mem::take(&mut linking.nodes);
        nodes.clear();
        nodes.extend(layer.neighbors(node));
        if nodes.len() > layer.kept {
            self.choose(layer, node, &nodes, linking, selector);
            layer.links.set(node, &linking.chosen);
        }
        linking.nodes = nodes;
    }

    fn worker(&self) -> Worker {
        Worker {
            scratch: Scratch::default(),
            selector: Selector::default(),
            components: Vec::new(),
            candidates: Vec::new(),
            chosen: Vec::new(),
            linking: Linking {
                nodes: Vec::new(),
                scores: Vec::new(),
                components: Vec::new(),
                candidates: Vec::new(),
                chosen: Vec::new(),
            },
        }
    }

    /// Links a slot on its level and those below.
    fn insert(&self, slot: u32, level: usize, worker: &mut Worker) {
        let Some((top, mut node)) = self.entry else { return };
        let mut components = std::mem::take(&mut worker.components);
        let query = self.space.query(slot, &mut components);
        for number in (0..=top).rev() {
            let layer = &self.layers[number];
            let score = LayerScore { space: self.space, layer, query, components: &components };
            let ef = if number > level { 1 } else { self.options.ef_construction };
            search::walk(layer, &score, ef, &[node], &mut worker.scratch);
            if number <= level
                && let Some(own) = layer.node(slot)
            {
                self.link(layer, own, worker);
            }
            let nearest = worker.scratch.pool.candidates().next();
            let nearest = nearest.map_or(node, |(_, nearest)| nearest);
            if number > 0 {
                // A node of a level is on every level below.
                node = self.layers[number - 1].node(layer.slot(nearest)).unwrap_or(0);
            }
        }
        worker.components = components;
    }

    /// Links a node with the best of the candidates in the pool, in both directions.
    fn link(&self, layer: &BuildLayer, node: u32, worker: &mut Worker) {
        let Worker { scratch, selector, candidates, chosen, linking, .. } = worker;
        candidates.clear();
        candidates.extend(scratch.pool.candidates().filter(|&(_, other)| other != node));
        let slot = |node| layer.slot(node);
        selector.select(self.space, candidates, slot, layer.kept, chosen);
        {
            let _lock = self.locks.lock(node);
            layer.links.begin(node, chosen);
        }
        for &neighbor in &*chosen {
            self.link_back(layer, neighbor, node, linking, selector);
        }
    }

    /// Adds a link from `node` to `added`; where there is no room, the best links remain.
    fn link_back(
        &self,
        layer: &BuildLayer,
        node: u32,
        added: u32,
        linking: &mut Linking,
        selector: &mut Selector,
    ) {
        let _lock = self.locks.lock(node);
        let mut nodes = std::mem::take(&mut linking.nodes);
        nodes.clear();
        nodes.extend(layer.neighbors(node));
        if !nodes.contains(&added) && !layer.links.push(node, nodes.len(), added) {
            nodes.push(added);
            self.choose(layer, node, &nodes, linking, selector);
            layer.links.set(node, &linking.chosen);
        }
        linking.nodes = nodes;
    }

    /// Chooses links of `node` among others; they are in `linking.chosen` afterwards.
    fn choose(
        &self,
        layer: &BuildLayer,
        node: u32,
        others: &[u32],
        linking: &mut Linking,
        selector: &mut Selector,
    ) {
        let Linking { scores, components, candidates, chosen, .. } = linking;
        let query = self.space.query(layer.slot(node), components);
        LayerScore { space: self.space, layer, query, components }.score(others, scores);
        candidates.clear();
        candidates.extend(scores.iter().copied().zip(others.iter().copied()));
        candidates.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let slot = |node| layer.slot(node);
        selector.select(self.space, candidates, slot, layer.kept, chosen);
    }

    /// Brings every node down to the links it keeps, and makes every slot reachable.
    fn finish(self) -> Built {
        let nodes_at_once = 1 << 12;
        let tasks: Vec<(&BuildLayer, u32)> = self
            .layers
            .iter()
            .flat_map(|layer| {
                (0..layer.nodes as u32).step_by(nodes_at_once).map(move |at| (layer, at))
            })
            .collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = self.worker();
            while let Some(&(layer, first)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let end = layer.nodes.min(first as usize + nodes_at_once) as u32;
                (first..end).for_each(|node| self.trim(layer, node, &mut worker));
            }
        };
        self.on_all_threads(work);
        let mut layers = self.layers.iter().map(|layer| layer.links.kept(layer.kept));
        let mut links = layers.next().unwrap_or_default();
        let stride = 2 * self.options.m;
        let levels: Vec<BuiltLevel> = self.layers[1..]
            .iter()
            .zip(layers)
            .map(|(layer, links)| BuiltLevel {
                stride: layer.kept,
                slots: layer.slots.clone().unwrap_or_default(),
                links,
            })
            .collect();
        let entry = levels.last().and_then(|level| level.slots.first().copied()).unwrap_or(0);
        reach::connect(self.space, &mut links, stride, entry);
        Built { stride, links, levels }
    }
}

/// A number that looks random and repeats for its input (SplitMix64, G. L. Steele et al., 2014).
fn scramble(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

/// A level that each node reaches with 1/m of the probability of the level below.
fn drawn_level(random: u64, m: usize) -> usize {
    let uniform = (random >> 11) as f64 / (1_u64 << 53) as f64;
    let level = -(1.0 - uniform).ln() / (m.max(2) as f64).ln();
    (level as usize).min(MAX_LEVEL)
}
