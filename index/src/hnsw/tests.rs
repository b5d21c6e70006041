//! Graphs are whole, reach every document, and find what comparing everything finds.

use std::collections::{BTreeSet, VecDeque};

use zerocopy::little_endian::U32;

use super::graph::Layer;
use super::*;
use crate::codes::{CodeBits, CodeShape, Codec, Scorer};
use crate::distance::{Codes, Distance, Vectors};
use crate::format::graph::{decode, encode_levels, encode_links};
use crate::metric::Metric;
use crate::slot_set::SlotSet;

const DIMENSION: usize = 16;

/// Numbers that repeat for a seed.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        self.0 ^ self.0 >> 33
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    /// From -1 to 1.
    fn component(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..DIMENSION).map(|_| self.component()).collect()
    }
}

/// Vectors, and their codes as a graph is built on them.
struct Points {
    vectors: Vec<f32>,
    codes: Vec<u8>,
    stride: usize,
    biases: Vec<f32>,
}

impl Points {
    fn new(rows: &[Vec<f32>]) -> Points {
        let shape =
            CodeShape { bits: CodeBits::Eight, metric: Metric::Cosine, dimension: DIMENSION };
        let read = |slot: u32, out: &mut [f32]| out.copy_from_slice(&rows[slot as usize]);
        let codec = Codec::train(shape, rows.len() as u32, read);
        let stride = shape.stride();
        let mut codes = vec![0; rows.len() * stride];
        let mut biases = Vec::new();
        for (row, code) in rows.iter().zip(codes.chunks_exact_mut(stride)) {
            codec.encode(row, code);
            biases.push(codec.squared_length(code));
        }
        Points { vectors: rows.concat(), codes, stride, biases }
    }

    fn len(&self) -> usize {
        self.biases.len()
    }

    fn space(&self) -> Space<'_> {
        let codes = Codes { bytes: &self.codes, stride: self.stride };
        Space::new(codes, self.stride, &self.biases, false)
    }

    fn build(&self, options: &BuildOptions) -> Built {
        build(&self.space(), options, None, &|_| {})
    }

    fn scorer<'search>(&'search self, query: &'search [f32]) -> Scorer<'search> {
        let distance = Distance::new(Metric::Euclidean);
        Scorer::Vectors { query, distance, vectors: Vectors::F32(&self.vectors) }
    }

    /// The slots nearest to a query, by comparing all that are admitted.
    fn nearest(&self, query: &[f32], k: usize, admits: impl Fn(u32) -> bool) -> Vec<u32> {
        let distance = |slot: u32| {
            let row = &self.vectors[slot as usize * DIMENSION..][..DIMENSION];
            row.iter().zip(query).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
        };
        let mut slots: Vec<u32> = (0..self.len() as u32).filter(|&slot| admits(slot)).collect();
        slots.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
        slots.truncate(k);
        slots
    }
}

fn random(count: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(seed);
    (0..count).map(|_| numbers.vector()).collect()
}

/// Tight clusters, far from each other, one after the other.
fn clustered(count: usize, clusters: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(seed);
    let centers: Vec<Vec<f32>> = (0..clusters).map(|_| numbers.vector()).collect();
    let near = |at: usize| {
        let center = &centers[at * clusters / count];
        center.iter().map(|x| x + 0.02 * numbers.component()).collect()
    };
    (0..count).map(near).collect()
}

/// Few vectors, each so many times.
fn repeated(count: usize, distinct: usize, seed: u64) -> Vec<Vec<f32>> {
    let rows = random(distinct, seed);
    (0..count).map(|at| rows[at % distinct].clone()).collect()
}

/// Everything that graphs are built of here.
fn collections() -> Vec<(&'static str, Points)> {
    let collections = [
        ("one", random(1, 1)),
        ("two", random(2, 2)),
        ("two alike", repeated(2, 1, 3)),
        ("few", random(20, 4)),
        ("random", random(1_500, 5)),
        ("clustered", clustered(1_500, 40, 6)),
        ("alike", repeated(3_000, 1, 7)),
        ("two kinds", repeated(2_000, 2, 8)),
        ("many kinds", repeated(2_000, 150, 9)),
        ("alike but a few", [repeated(2_000, 1, 10), random(5, 11)].concat()),
    ];
    collections.into_iter().map(|(name, rows)| (name, Points::new(&rows))).collect()
}

fn options(threads: usize) -> BuildOptions {
    BuildOptions { m: 8, ef_construction: 60, threads, seed: 7 }
}

/// A graph as a file holds it.
struct Stored {
    links: Vec<u8>,
    levels: Vec<u8>,
    documents: u32,
}

impl Stored {
    fn new(built: &Built) -> Stored {
        Stored {
            links: encode_links(&built.links).to_vec(),
            levels: encode_levels(built),
            documents: (built.links.len() / built.stride) as u32,
        }
    }

    fn graph(&self) -> Graph<'_> {
        decode(&self.links, &self.levels, self.documents).unwrap()
    }
}

/// Checks the links of a layer: they exist, none is its own or there twice, and the places of
/// those that are missing come last.
fn check_links(name: &str, links: &[u32], stride: usize, nodes: usize) {
    assert_eq!(links.len(), nodes * stride, "{name}");
    for (node, links) in links.chunks_exact(stride).enumerate() {
        let present = links.iter().take_while(|&&link| link != NO_NODE).count();
        let (links, missing) = links.split_at(present);
        assert!(missing.iter().all(|&link| link == NO_NODE), "{name}: a gap at node {node}");
        assert!(links.iter().all(|&link| (link as usize) < nodes), "{name}: node {node}");
        assert!(!links.contains(&(node as u32)), "{name}: node {node} is linked to itself");
        let distinct: BTreeSet<&u32> = links.iter().collect();
        assert_eq!(distinct.len(), links.len(), "{name}: node {node} has a link twice");
    }
}

fn check_shape(name: &str, built: &Built, documents: usize, m: usize) {
    assert_eq!(built.stride, 2 * m, "{name}");
    check_links(name, &built.links, built.stride, documents);
    let mut below: BTreeSet<u32> = (0..documents as u32).collect();
    for level in &built.levels {
        assert_eq!(level.stride, m, "{name}");
        assert!(level.slots.is_sorted_by(|a, b| a < b), "{name}");
        let slots: BTreeSet<u32> = level.slots.iter().copied().collect();
        assert!(!slots.is_empty() && slots.is_subset(&below), "{name}");
        check_links(name, &level.links, level.stride, level.slots.len());
        below = slots;
    }
}

/// The slots that a walk can come to on level 0 from where walks begin.
fn reached(graph: &Graph) -> usize {
    let entry = graph.levels.last().map_or(0, |level| level.slots[0].get());
    let mut reached = BTreeSet::from([entry]);
    let mut queue = VecDeque::from([entry]);
    while let Some(node) = queue.pop_front() {
        for neighbor in graph.neighbors(node) {
            if reached.insert(neighbor) {
                queue.push_back(neighbor);
            }
        }
    }
    reached.len()
}

/// The share of the true neighbours of queries that walks find.
fn recall(points: &Points, graph: &Graph, ef: usize, queries: &[Vec<f32>]) -> f64 {
    let mut found = 0;
    for query in queries {
        let scorer = points.scorer(query);
        let expected: BTreeSet<u32> = points.nearest(query, 10, |_| true).into_iter().collect();
        with_scratch(|scratch| {
            let entry = descend(graph, &scorer, scratch);
            walk(graph, &scorer, ef, &[entry], scratch);
            let nearest = scratch.pool.candidates().take(10);
            found += nearest.filter(|(_, slot)| expected.contains(slot)).count();
        });
    }
    found as f64 / (10 * queries.len()) as f64
}

/// Every so many of the slots.
fn every_nth(every: usize, slots: usize) -> SlotSet {
    let mut set = SlotSet::empty(slots as u32);
    for slot in (0..slots as u32).step_by(every) {
        assert!(set.insert(slot));
    }
    set
}

/// Queries beside the points.
fn queries(points: &Points, count: usize) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(99);
    let query = |_| {
        let slot = numbers.below(points.len() as u64) as usize;
        let row = &points.vectors[slot * DIMENSION..][..DIMENSION];
        row.iter().map(|x| x + 0.05 * numbers.component()).collect()
    };
    (0..count).map(query).collect()
}

#[test]
fn graphs_have_their_shape_and_reach_every_document() {
    for (name, points) in collections() {
        for threads in [1, 4] {
            let options = options(threads);
            let built = points.build(&options);
            check_shape(name, &built, points.len(), options.m);
            let stored = Stored::new(&built);
            assert_eq!(reached(&stored.graph()), points.len(), "{name}, {threads} threads");
        }
    }
}

#[test]
fn one_thread_builds_the_same_graph_again() {
    for (name, points) in collections() {
        let built = points.build(&options(1));
        assert!(built == points.build(&options(1)), "{name}");
    }
    let points = Points::new(&random(500, 12));
    assert!(points.build(&options(1)) != points.build(&BuildOptions { seed: 8, ..options(1) }));
}

#[test]
fn each_level_has_a_share_of_the_one_below() {
    let points = Points::new(&random(4_000, 13));
    let built = points.build(&BuildOptions { ef_construction: 20, ..options(1) });
    let mut below = 4_000.0_f64;
    for level in &built.levels {
        let expected = below / 8.0;
        let nodes = level.slots.len() as f64;
        // Within five standard deviations of a binomial distribution.
        assert!((nodes - expected).abs() <= 5.0 * expected.sqrt(), "{nodes} of {below}");
        below = nodes;
    }
    assert!((3..=6).contains(&built.levels.len()), "{}", built.levels.len());
}

#[test]
fn progress_counts_every_document() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let points = Points::new(&random(1_000, 14));
    for threads in [1, 3] {
        let most = AtomicU64::new(0);
        let progress = |done| {
            most.fetch_max(done, Ordering::Relaxed);
        };
        build(&points.space(), &options(threads), None, &progress);
        assert_eq!(most.into_inner(), 1_000);
    }
}

#[test]
fn walks_find_what_comparing_everything_finds() {
    for (name, rows) in [
        ("random", random(2_000, 15)),
        ("clustered", clustered(2_000, 60, 16)),
        ("one cluster", clustered(2_000, 1, 17)),
    ] {
        let points = Points::new(&rows);
        for (threads, least) in [(1, 0.95), (4, 0.9)] {
            let stored = Stored::new(&points.build(&options(threads)));
            let recall = recall(&points, &stored.graph(), 64, &queries(&points, 50));
            assert!(recall >= least, "{name}, {threads} threads: {recall}");
        }
    }
}

#[test]
fn walks_find_documents_that_are_repeated_often() {
    // From fewer times than candidates are kept, while building and searching, to more.
    for kinds in [300, 60, 30] {
        let points = Points::new(&repeated(3_000, kinds, 18));
        let stored = Stored::new(&points.build(&options(2)));
        let graph = stored.graph();
        let queries = queries(&points, 100);
        let row = |slot: u32| &points.vectors[slot as usize * DIMENSION..][..DIMENSION];
        let nearest = queries.iter().filter(|query| {
            let scorer = points.scorer(query);
            let expected = points.nearest(query, 1, |_| true)[0];
            with_scratch(|scratch| {
                let entry = descend(&graph, &scorer, scratch);
                walk(&graph, &scorer, 64, &[entry], scratch);
                let (_, found) = scratch.pool.candidates().next().unwrap();
                row(found) == row(expected)
            })
        });
        assert!(nearest.count() >= 97, "{kinds} kinds");
    }
}

#[test]
fn walks_over_some_documents_find_those_alone() {
    for clusters in [3, 12, 3_000] {
        let points = Points::new(&clustered(3_000, clusters, 19));
        let stored = Stored::new(&points.build(&options(1)));
        let graph = stored.graph();
        for every in [2, 5, 10] {
            let admits = every_nth(every, points.len());
            let (mut found, queries) = (0, queries(&points, 40));
            for query in &queries {
                let scorer = points.scorer(query);
                let expected = points.nearest(query, 10, |slot| admits.contains(slot));
                with_scratch(|scratch| {
                    let mut seeds = vec![descend(&graph, &scorer, scratch)];
                    seeds.extend(admits.iter().step_by(61));
                    walk_admitted(&graph, &scorer, 64, &seeds, &admits, scratch);
                    let candidates: Vec<_> = scratch.pool.candidates().collect();
                    assert!(candidates.iter().all(|&(_, slot)| admits.contains(slot)));
                    let nearest = candidates.iter().take(10);
                    found += nearest.filter(|(_, slot)| expected.contains(slot)).count();
                });
            }
            let recall = found as f64 / (10 * queries.len()) as f64;
            assert!(recall >= 0.95, "{clusters} clusters, one of {every}: {recall}");
        }
    }
}

/// Extends the graph of some rows by others, and leaves some of the first out.
fn extend(
    rows: &[Vec<f32>],
    added: &[Vec<f32>],
    keep: impl Fn(usize) -> bool,
    threads: usize,
) -> (Points, Built) {
    let first = Points::new(rows);
    let stored = Stored::new(&first.build(&options(threads)));
    let mut slots = vec![NO_NODE; rows.len()];
    // What is kept moves, as it does where labels are merged: added rows are between.
    let mut merged: Vec<Vec<f32>> = added[..added.len() / 2].to_vec();
    for at in (0..rows.len()).filter(|&at| keep(at)) {
        slots[at] = merged.len() as u32;
        merged.push(rows[at].clone());
    }
    merged.extend_from_slice(&added[added.len() / 2..]);
    let points = Points::new(&merged);
    let base = Base { graph: &stored.graph(), slots: &slots };
    let built = build(&points.space(), &options(threads), Some(base), &|_| {});
    (points, built)
}

#[test]
fn an_extended_graph_finds_old_and_new_documents() {
    type Keeps = fn(usize) -> bool;
    let keeps: [(&str, Keeps); 4] = [
        ("all", |_| true),
        ("half", |at| at % 2 == 0),
        ("a stretch", |at| !(300..900).contains(&at)),
        ("nine of ten", |at| at % 10 != 0),
    ];
    // Two threads build another graph every time, so its recall is not one figure.
    for (threads, least) in [(1, 0.95), (2, 0.9)] {
        for (name, keep) in keeps {
            for (rows, added) in [
                (random(1_500, 20), random(600, 21)),
                (clustered(1_500, 30, 22), clustered(600, 20, 23)),
            ] {
                let (points, built) = extend(&rows, &added, keep, threads);
                check_shape(name, &built, points.len(), 8);
                let stored = Stored::new(&built);
                let graph = stored.graph();
                assert_eq!(reached(&graph), points.len(), "{name}");
                let recall = recall(&points, &graph, 64, &queries(&points, 50));
                assert!(recall >= least, "{name}, {threads} threads: {recall}");
            }
        }
    }
}

#[test]
fn a_graph_is_extended_by_nothing_and_from_nothing() {
    let rows = random(300, 24);
    for (added, keep) in [(0, true), (10, false), (400, true), (1, true)] {
        let (points, built) = extend(&rows, &random(added, 25), |_| keep, 2);
        check_shape("extended", &built, points.len(), 8);
        assert_eq!(reached(&Stored::new(&built).graph()), points.len(), "{added}, {keep}");
    }
    let repeated = repeated(1_500, 1, 26);
    let (points, built) = extend(&repeated, &repeated[..500], |at| at % 3 > 0, 2);
    check_shape("alike", &built, points.len(), 8);
    assert_eq!(reached(&Stored::new(&built).graph()), points.len());
}

/// Walks and extends a graph that may say anything, and checks only that they end.
fn use_graph(points: &Points, graph: &Graph) {
    let admits = every_nth(3, points.len());
    for query in queries(points, 3) {
        let scorer = points.scorer(&query);
        with_scratch(|scratch| {
            let entry = descend(graph, &scorer, scratch);
            assert!((entry as usize) < points.len());
            for ef in [1, 10, 10_000] {
                walk(graph, &scorer, ef, &[entry], scratch);
                let candidates: Vec<u32> = scratch.pool.candidates().map(|it| it.1).collect();
                let distinct: BTreeSet<&u32> = candidates.iter().collect();
                assert_eq!(distinct.len(), candidates.len());
                assert!(candidates.len() <= ef.min(points.len()));
                assert!(candidates.iter().all(|&slot| (slot as usize) < points.len()));
                let seeds = [entry, u32::MAX, points.len() as u32, 1, 0];
                walk_admitted(graph, &scorer, ef, &seeds, &admits, scratch);
                assert!(scratch.pool.candidates().all(|(_, slot)| admits.contains(slot)));
            }
        });
    }
    // A segment is merged without being verified first.
    let slots: Vec<u32> =
        (0..points.len() as u32).map(|at| if at % 7 == 0 { NO_NODE } else { at }).collect();
    let built = build(&points.space(), &options(1), Some(Base { graph, slots: &slots }), &|_| {});
    assert_eq!(built.links.len(), points.len() * built.stride);
}

#[test]
fn walks_through_a_graph_that_lies_end() {
    let points = Points::new(&random(300, 27));
    let built = points.build(&BuildOptions { m: 4, ..options(1) });
    assert!(built.levels.len() > 1);
    let mut numbers = Numbers(28);
    let mut lies: Vec<Built> = Vec::new();
    for value in [0, 1, 299, 300, u32::MAX - 1, u32::MAX, 1 << 31] {
        // Every link, every slot of a level, or both.
        for (links, slots) in [(true, false), (false, true), (true, true)] {
            let mut lie = built.clone();
            if links {
                lie.links.fill(value);
                lie.levels.iter_mut().for_each(|level| level.links.fill(value));
            }
            if slots {
                lie.levels.iter_mut().for_each(|level| level.slots.fill(value));
            }
            lies.push(lie);
        }
    }
    // Links to themselves, in a ring, and descending slots.
    let mut own = built.clone();
    let stride = own.stride;
    own.links.iter_mut().enumerate().for_each(|(at, link)| *link = (at / stride) as u32);
    lies.push(own);
    let mut ring = built.clone();
    ring.links.iter_mut().enumerate().for_each(|(at, link)| *link = (at / stride + 1) as u32 % 300);
    lies.push(ring);
    let mut descending = built.clone();
    descending.levels.iter_mut().for_each(|level| level.slots.reverse());
    lies.push(descending);
    // Noise, of numbers that may and that may not be slots.
    for bound in [300, 310, 1 << 32] {
        for _ in 0..5 {
            let mut lie = built.clone();
            lie.links.fill_with(|| numbers.below(bound) as u32);
            for level in &mut lie.levels {
                level.links.fill_with(|| numbers.below(bound) as u32);
                level.slots.fill_with(|| numbers.below(bound) as u32);
            }
            lies.push(lie);
        }
    }
    for lie in lies {
        use_graph(&points, &Stored::new(&lie).graph());
    }
}

#[test]
fn sections_of_levels_that_lie_about_their_lengths_are_refused() {
    let points = Points::new(&random(200, 29));
    let stored = Stored::new(&points.build(&BuildOptions { m: 4, ..options(1) }));
    assert!(decode(&stored.links, &stored.levels, 200).is_ok());
    assert!(decode(&stored.links, &stored.levels, 199).is_err());
    assert!(decode(&stored.links[4..], &stored.levels, 200).is_err());
    for length in 0..stored.levels.len() {
        assert!(decode(&stored.links, &stored.levels[..length], 200).is_err(), "{length}");
    }
    assert!(decode(&stored.links, &[&stored.levels[..], &[0; 4]].concat(), 200).is_err());
    // The number of levels, the stride of level 0, and the nodes and the stride of each level.
    let words = 2 + 2 * stored.graph().levels.len();
    for word in 0..words {
        for value in [0, 1, 3, 201, 1 << 16, u32::MAX] {
            let mut levels = stored.levels.clone();
            levels[4 * word..4 * word + 4].copy_from_slice(&value.to_le_bytes());
            if levels == stored.levels {
                continue;
            }
            assert!(decode(&stored.links, &levels, 200).is_err(), "word {word}, {value}");
        }
    }
}

#[test]
fn visited_nodes_are_new_once_and_again_after_a_reset() {
    let mut visited = super::visited::Visited::default();
    for nodes in [100, 64, 1, 1_000, 0] {
        visited.reset(nodes);
        for node in 0..nodes as u32 {
            assert!(visited.insert(node) && !visited.insert(node));
        }
        assert!(!visited.insert(nodes as u32) && !visited.insert(u32::MAX));
    }
}

#[test]
fn a_pool_keeps_the_nearest_and_expands_them_in_order() {
    let mut numbers = Numbers(30);
    for capacity in [0, 1, 7, 100] {
        let mut pool = super::pool::Pool::default();
        pool.reset(capacity);
        let mut offered = Vec::new();
        for node in 0..200 {
            // Some at the same distance, and some infinitely far.
            let distance = if node % 9 == 0 { f32::INFINITY } else { numbers.below(40) as f32 };
            pool.offer(distance, node);
            offered.push(distance);
        }
        offered.sort_by(f32::total_cmp);
        let kept: Vec<f32> = pool.candidates().map(|(distance, _)| distance).collect();
        assert_eq!(kept, offered[..capacity.max(1)]);
        let mut expanded = Vec::new();
        while let Some((distance, _)) = pool.expand_next() {
            expanded.push(distance);
        }
        assert_eq!(expanded, kept);
    }
}

#[test]
fn links_are_read_up_to_the_first_that_is_missing() {
    let links: Vec<U32> = [1, 2, NO_NODE, 3].map(U32::new).to_vec();
    let graph = Graph { links: &links, stride: 4, levels: Vec::new() };
    assert!(graph.neighbors(0).eq([1, 2]));
}

/// Where few of a graph's documents are left, or its links were lost, there are more places than
/// links, and every document must be reached all the same.
#[test]
fn a_graph_of_few_links_is_made_whole() {
    for every in [2, 5, 20, 50] {
        let rows = clustered(600, 300, 31);
        let (points, built) = extend(&rows, &[], |at| at % every == 0, 1);
        check_shape("few left", &built, points.len(), 8);
        assert_eq!(reached(&Stored::new(&built).graph()), points.len(), "one of {every}");
    }
    let points = Points::new(&random(300, 32));
    let mut without = points.build(&options(1));
    without.links.fill(NO_NODE);
    let stored = Stored::new(&without);
    let slots: Vec<u32> = (0..300).collect();
    let base = Base { graph: &stored.graph(), slots: &slots };
    let built = build(&points.space(), &options(1), Some(base), &|_| {});
    check_shape("links lost", &built, points.len(), 8);
    assert_eq!(reached(&Stored::new(&built).graph()), points.len());
}
