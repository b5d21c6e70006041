//! What walks through graphs find, beside what comparing everything finds.

mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;

use corpus::{Numbers, unit};
use mlsearch_index::{
    Field, HnswConfig, Index, IndexConfig, Key, Label, LabelFilter, Metric, Neighbor, NewDocument,
    OpenOptions, Predicate, Quantization, SearchParams, SearchRequest, Snapshot, WriterOptions,
};
use tempfile::TempDir;

/// Documents that lie in clusters, as texts on some subjects do.
struct Clusters {
    metric: Metric,
    centers: Vec<Vec<f32>>,
    numbers: Numbers,
}

impl Clusters {
    fn new(metric: Metric, dimension: usize, seed: u64) -> Clusters {
        let mut numbers = Numbers::new(seed);
        let centers = (0..12).map(|_| numbers.vector(Metric::Euclidean, dimension)).collect();
        Clusters { metric, centers, numbers }
    }

    fn vector(&mut self) -> Vec<f32> {
        let center = &self.centers[self.numbers.below(self.centers.len() as u64) as usize];
        let vector: Vec<f32> = center.iter().map(|x| x + 0.8 * self.numbers.component()).collect();
        if self.metric == Metric::Cosine { unit(&vector) } else { vector }
    }

    fn vectors(&mut self, count: usize) -> Vec<Vec<f32>> {
        (0..count).map(|_| self.vector()).collect()
    }
}

fn options() -> WriterOptions {
    WriterOptions { graph_from: 200, ..WriterOptions::default() }
}

fn config(metric: Metric, dimension: usize, quantization: Quantization) -> IndexConfig {
    let hnsw = HnswConfig { m: 12, ef_construction: 100 };
    IndexConfig { quantization, hnsw, ..IndexConfig::new(dimension, metric) }
}

/// Adds documents with these keys; label and field follow from the key.
fn add(index: &Index, clusters: &mut Clusters, keys: std::ops::Range<u64>) -> Arc<Snapshot> {
    let mut writer = index.writer_with(options()).unwrap();
    for key in keys {
        // Half of the documents have label 0, a quarter label 1, and so on.
        let label = Label((key + 1).trailing_zeros().min(6) as u16);
        let document = NewDocument {
            key: Key(key),
            label,
            vector: &clusters.vector(),
            payload: b"",
            fields: &[Field { name: "n", value: &(key as u32).to_be_bytes() }],
        };
        writer.upsert_document(&document).unwrap();
    }
    writer.commit().unwrap()
}

fn has_graphs(snapshot: &Snapshot) -> bool {
    let segments = snapshot.info().segments;
    segments.iter().all(|segment| segment.sections.iter().any(|section| section.name == "links"))
}

/// The distance in f64.
fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let pairs = || a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    match metric {
        Metric::Cosine => (1.0 - pairs().map(|(a, b)| a * b).sum::<f64>()).clamp(0.0, 2.0),
        Metric::InnerProduct => -pairs().map(|(a, b)| a * b).sum::<f64>(),
        Metric::Euclidean => pairs().map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt(),
    }
}

/// What holds for every answer, however good it is.
fn check(snapshot: &Snapshot, request: &SearchRequest, answer: &[Neighbor]) {
    assert!(answer.is_sorted_by(|a, b| (a.distance, a.key) < (b.distance, b.key)));
    let keys: BTreeSet<Key> = answer.iter().map(|neighbor| neighbor.key).collect();
    assert_eq!(keys.len(), answer.len(), "a document was found twice");
    for neighbor in answer {
        let record = snapshot.record(neighbor.address).unwrap();
        assert_eq!((record.key, record.label), (neighbor.key, neighbor.label));
        assert!(request.labels.admits(record.label));
        assert!(request.selection.is_none_or(|selection| selection.contains(record.address)));
        let exact = distance(snapshot.metric(), request.vector, &record.vector);
        let bound = 1e-5 * (1.0 + exact.abs());
        assert!((f64::from(neighbor.distance) - exact).abs() <= bound, "{neighbor:?}, {exact}");
    }
}

/// The share of the nearest documents that walks find.
fn recall(snapshot: &Snapshot, queries: &[Vec<f32>], request: &SearchRequest) -> f64 {
    let (mut found, mut all) = (0, 0);
    for vector in queries {
        let request = SearchRequest { vector, ..request.clone() };
        let params = SearchParams { exact: true, ..request.params };
        let exact = snapshot.search(&SearchRequest { params, ..request.clone() }).unwrap();
        let answer = snapshot.search(&request).unwrap();
        check(snapshot, &request, &answer);
        assert_eq!(answer.len(), exact.len());
        // Distances are those of exact search, to the bit.
        let distances: BTreeMap<Key, u32> =
            exact.iter().map(|neighbor| (neighbor.key, neighbor.distance.to_bits())).collect();
        for neighbor in &answer {
            if let Some(&distance) = distances.get(&neighbor.key) {
                assert_eq!(distance, neighbor.distance.to_bits());
                found += 1;
            }
        }
        all += exact.len();
    }
    if all == 0 { 1.0 } else { f64::from(found) / all as f64 }
}

fn default_request() -> SearchRequest<'static> {
    SearchRequest::new(&[])
}

fn with_ef(k: usize, ef: Option<usize>) -> SearchRequest<'static> {
    let params = SearchParams { k, ef, ..SearchParams::default() };
    SearchRequest { params, ..default_request() }
}

#[test]
fn walks_find_what_exact_search_finds() {
    use Metric::{Cosine, Euclidean, InnerProduct};
    use Quantization::{Binary, F16, F32, Int4, Int8};
    let cases = [
        (Cosine, 3, Int8, 0.97),
        (InnerProduct, 3, F16, 0.97),
        (Euclidean, 3, F32, 0.97),
        (Cosine, 17, Int4, 0.97),
        (InnerProduct, 17, Int8, 0.97),
        (Euclidean, 17, Int8, 0.97),
        (Cosine, 64, Binary, 0.9),
        (InnerProduct, 64, Int4, 0.97),
        (Euclidean, 64, F16, 0.97),
        (Cosine, 100, F32, 0.97),
        (InnerProduct, 100, Binary, 0.9),
        (Euclidean, 100, Int4, 0.97),
        (Cosine, 384, Int8, 0.97),
        (Euclidean, 384, Binary, 0.9),
    ];
    for (seed, (metric, dimension, quantization, bound)) in cases.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::create(folder.path(), config(metric, dimension, quantization)).unwrap();
        let mut clusters = Clusters::new(metric, dimension, seed as u64);
        // So many that a walk pays at the default number of candidates.
        let documents = if quantization == Binary { 4_300 } else { 2_500 };
        let snapshot = add(&index, &mut clusters, 0..documents);
        assert!(has_graphs(&snapshot));
        let queries = clusters.vectors(30);
        // With fewer candidates walks pay the more.
        let fewer = if quantization == Binary { 150 } else { 48 };
        for (ef, bound) in [(None, bound), (Some(fewer), bound - 0.04)] {
            let recall = recall(&snapshot, &queries, &with_ef(10, ef));
            assert!(recall >= bound, "{metric:?}, {dimension}, {quantization:?}, {ef:?}: {recall}");
        }

        let pinned = Index::open_with(folder.path(), OpenOptions { pinned: true });
        let pinned = pinned.unwrap().snapshot();
        for query in &queries {
            let request = SearchRequest { vector: query, ..default_request() };
            assert_eq!(pinned.search(&request).unwrap(), snapshot.search(&request).unwrap());
        }
    }
}

const DIMENSION: usize = 17;
const DOCUMENTS: u64 = 9_000;

/// One index for the tests that only read, and queries for it.
fn shared() -> (&'static Snapshot, &'static [Vec<f32>]) {
    static SHARED: OnceLock<(TempDir, Arc<Snapshot>, Vec<Vec<f32>>)> = OnceLock::new();
    let (_, snapshot, queries) = SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let config = config(Metric::Cosine, DIMENSION, Quantization::Int8);
        let index = Index::create(folder.path(), config).unwrap();
        let mut clusters = Clusters::new(Metric::Cosine, DIMENSION, 100);
        let snapshot = add(&index, &mut clusters, 0..DOCUMENTS);
        assert!(has_graphs(&snapshot));
        (folder, snapshot, clusters.vectors(40))
    });
    (snapshot, queries)
}

#[test]
fn any_number_of_neighbors_and_candidates_can_be_asked_for() {
    let (snapshot, queries) = shared();
    let documents = DOCUMENTS as usize;
    for k in [0, 1, 2, 10, 500, documents - 1, documents, documents + 1, usize::MAX] {
        for ef in [None, Some(0), Some(1), Some(k), Some(documents), Some(usize::MAX)] {
            let request = SearchRequest { vector: &queries[0], ..with_ef(k, ef) };
            let answer = snapshot.search(&request).unwrap();
            assert_eq!(answer.len(), k.min(documents), "k = {k}, ef = {ef:?}");
            if k <= 500 {
                check(snapshot, &request, &answer);
            }
        }
    }
    // Where all are compared, all are found.
    assert!(recall(snapshot, &queries[..5], &with_ef(10, Some(usize::MAX))) == 1.0);
    assert!(recall(snapshot, &queries[..2], &with_ef(usize::MAX, None)) == 1.0);
}

#[test]
fn more_candidates_find_more() {
    let (snapshot, queries) = shared();
    let recalls = [1, 10, 64, 200, 500].map(|ef| recall(snapshot, queries, &with_ef(10, Some(ef))));
    assert!(recalls.is_sorted_by(|a, b| *a <= b + 0.01), "{recalls:?}");
    assert!(recalls[0] >= 0.9 && recalls[2] >= 0.97 && recalls[4] >= 0.995, "{recalls:?}");
}

#[test]
fn a_search_of_some_labels_finds_what_exact_search_of_them_finds() {
    let (snapshot, queries) = shared();
    let set = |labels: &[u16]| labels.iter().copied().map(Label).collect::<BTreeSet<_>>();
    for labels in [
        LabelFilter::Only(set(&[0])),
        LabelFilter::Only(set(&[1])),
        LabelFilter::Only(set(&[6])),
        LabelFilter::Only(set(&[0, 1, 5])),
        LabelFilter::Only(set(&[99])),
        LabelFilter::Only(set(&[])),
        LabelFilter::Except(set(&[0])),
        LabelFilter::Except(set(&[2, 3])),
        LabelFilter::Except(set(&[])),
    ] {
        // By default, and with so few candidates that a walk pays for a fifth of the documents.
        for ef in [None, Some(18)] {
            let request = SearchRequest { labels: labels.clone(), ..with_ef(5, ef) };
            let recall = recall(snapshot, queries, &request);
            assert!(recall >= 0.95, "{labels:?}, {ef:?}: {recall}");
        }
    }
}

#[test]
fn a_search_of_a_selection_finds_what_exact_search_of_it_finds() {
    let (snapshot, queries) = shared();
    let few = DOCUMENTS / 1_000;
    for (name, selected) in [
        ("50 %", (0..DOCUMENTS).step_by(2).collect::<Vec<_>>()),
        ("10 %", (0..DOCUMENTS).step_by(10).collect()),
        ("1 %", (0..DOCUMENTS).step_by(100).collect()),
        ("0.1 %", (0..DOCUMENTS).step_by(1_000).collect()),
        ("a stretch", (1_000..4_000).collect()),
        ("all", (0..DOCUMENTS).collect()),
        ("none", Vec::new()),
        ("the last", (DOCUMENTS - few..DOCUMENTS).collect()),
    ] {
        let values = selected.iter().map(|&key| (key as u32).to_be_bytes().to_vec()).collect();
        let predicate = Predicate::In { field: "n".to_owned(), values };
        let selection = snapshot.select(&predicate).unwrap();
        assert_eq!(selection.len(), selected.len() as u64);
        for ef in [None, Some(18)] {
            for labels in [LabelFilter::All, LabelFilter::Except([Label(1)].into())] {
                let selection = Some(&selection);
                let request = SearchRequest { labels, selection, ..with_ef(5, ef) };
                let recall = recall(snapshot, queries, &request);
                assert!(recall >= 0.95, "{name}, {ef:?}: {recall}");
            }
        }
    }
}

#[test]
fn deleted_documents_are_not_found_and_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(Metric::Euclidean, DIMENSION, Quantization::F16);
    let index = Index::create(folder.path(), config).unwrap();
    let mut clusters = Clusters::new(Metric::Euclidean, DIMENSION, 101);
    let before = add(&index, &mut clusters, 0..3_000);
    let queries = clusters.vectors(30);
    let mut writer = index.writer_with(options()).unwrap();
    // What the queries would find, and a part of the rest.
    let mut deleted: BTreeSet<Key> = (0..3_000).step_by(9).map(Key).collect();
    for query in &queries {
        let request = SearchRequest { vector: query, ..default_request() };
        deleted.extend(before.search(&request).unwrap().iter().map(|neighbor| neighbor.key));
    }
    for &key in &deleted {
        assert!(writer.delete(key).unwrap());
    }
    let after = writer.commit().unwrap();
    assert!(after.info().deleted > 0, "they are still in the graph");
    for ef in [Some(10), Some(20), None] {
        let request = with_ef(10, ef);
        let recall = recall(&after, &queries, &request);
        assert!(recall >= 0.95, "{ef:?}: {recall}");
        for query in &queries {
            let answer = after.search(&SearchRequest { vector: query, ..request.clone() }).unwrap();
            assert!(answer.iter().all(|neighbor| !deleted.contains(&neighbor.key)));
        }
    }
    // The snapshot before has them.
    assert!(recall(&before, &queries, &default_request()) >= 0.97);
}

/// Three segments with graphs, each so much smaller than the one before that they stay apart.
fn segmented(folder: &Path, quantization: Quantization) -> (Index, Clusters) {
    let config = config(Metric::Cosine, DIMENSION, quantization);
    let index = Index::create(folder, config).unwrap();
    let mut clusters = Clusters::new(Metric::Cosine, DIMENSION, 102);
    add(&index, &mut clusters, 0..5_000);
    add(&index, &mut clusters, 5_000..6_100);
    let snapshot = add(&index, &mut clusters, 6_050..6_300);
    assert!(has_graphs(&snapshot) && snapshot.info().segments.len() == 3);
    (index, clusters)
}

#[test]
fn several_segments_are_searched_as_one() {
    for quantization in [Quantization::Int8, Quantization::Int4] {
        let folder = tempfile::tempdir().unwrap();
        let (index, mut clusters) = segmented(folder.path(), quantization);
        let queries = clusters.vectors(40);
        for k in [1, 10, 100] {
            let recall = recall(&index.snapshot(), &queries, &with_ef(k, None));
            assert!(recall >= 0.97, "{quantization:?}, {k}: {recall}");
        }
    }
}

#[test]
fn a_compacted_index_finds_what_it_found_before() {
    let folder = tempfile::tempdir().unwrap();
    let (index, mut clusters) = segmented(folder.path(), Quantization::Int8);
    let queries = clusters.vectors(40);
    let mut writer = index.writer_with(options()).unwrap();
    for key in (0..6_300).step_by(5) {
        writer.delete(Key(key)).unwrap();
    }
    writer.commit().unwrap();
    let keys = |snapshot: &Snapshot| snapshot.records().map(|it| it.key).collect::<BTreeSet<_>>();
    let before = keys(&index.snapshot());
    let snapshot = writer.compact().unwrap();
    let info = snapshot.info();
    assert_eq!((info.segments.len(), info.deleted), (1, 0));
    assert!(has_graphs(&snapshot));
    assert_eq!(keys(&snapshot), before);
    let recall = recall(&snapshot, &queries, &default_request());
    assert!(recall >= 0.97, "{recall}");
    drop(writer);
    let report = Index::verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

#[test]
fn many_threads_search_one_snapshot() {
    let (snapshot, queries) = shared();
    let search = |query: &[f32], ef| {
        snapshot.search(&SearchRequest { vector: query, ..with_ef(10, ef) }).unwrap()
    };
    let expected: Vec<_> = queries.iter().map(|query| search(query, None)).collect();
    thread::scope(|scope| {
        for thread in 0..16 {
            let (expected, search) = (&expected, &search);
            scope.spawn(move || {
                for round in 0..3 * queries.len() {
                    let at = (thread + round) % queries.len();
                    // Searches of other sizes in between, with the same memory.
                    search(&queries[at], Some(1 + 37 * (round % 9)));
                    assert_eq!(search(&queries[at], None), expected[at]);
                }
            });
        }
    });
}

#[test]
fn one_thread_writes_the_same_files_again() {
    let write = |threads| {
        let folder = tempfile::tempdir().unwrap();
        let config = config(Metric::InnerProduct, 5, Quantization::Int4);
        let index = Index::create(folder.path(), config).unwrap();
        let threads = NonZeroUsize::new(threads);
        let mut writer = index.writer_with(WriterOptions { threads, ..options() }).unwrap();
        let mut clusters = Clusters::new(Metric::InnerProduct, 5, 103);
        for key in 0..1_000 {
            writer.upsert(Key(key), Label(key as u16 % 3), &clusters.vector(), b"").unwrap();
        }
        writer.commit().unwrap();
        drop((writer, index));
        let mut files: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
            .filter(|(name, _)| name != "lock")
            .collect();
        files.sort();
        files
    };
    assert!(write(1) == write(1));
}

#[test]
fn documents_at_one_place_come_in_order_of_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(Metric::Euclidean, 2, Quantization::Int8);
    let index = Index::create(folder.path(), config).unwrap();
    let mut writer = index.writer_with(options()).unwrap();
    for key in 0..3_000 {
        writer.upsert(Key(key), Label(0), &[(key / 1_000) as f32, 1.0], b"").unwrap();
    }
    let snapshot = writer.commit().unwrap();
    for place in 0..3 {
        let query = [place as f32, 1.0];
        let request = SearchRequest::new(&query);
        let answer = snapshot.search(&request).unwrap();
        check(&snapshot, &request, &answer);
        assert_eq!(answer.len(), 10);
        assert!(answer.iter().all(|neighbor| neighbor.distance == 0.0));
    }
}

#[test]
fn distances_that_overflow_are_found_all_the_same() {
    for quantization in [Quantization::F32, Quantization::Int8] {
        let folder = tempfile::tempdir().unwrap();
        let config = IndexConfig {
            originals: mlsearch_index::Precision::Single,
            ..config(Metric::Euclidean, 2, quantization)
        };
        let index = Index::create(folder.path(), config).unwrap();
        let mut writer = index.writer_with(options()).unwrap();
        for key in 0..20 {
            writer.upsert(Key(key), Label(0), &[3e38, -3e38], b"").unwrap();
        }
        let snapshot = writer.commit().unwrap();
        let answer = snapshot.search(&SearchRequest::new(&[-3e38, 3e38])).unwrap();
        assert_eq!(answer.len(), 10, "{quantization:?}");
        assert!(answer.iter().all(|neighbor| neighbor.distance == f32::INFINITY));
    }
}

#[test]
fn more_candidates_than_a_walk_keeps_are_compared_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(3, Metric::Euclidean)).unwrap();
    let mut writer = index.writer().unwrap();
    let mut numbers = Numbers::new(9);
    for key in 0..9_000 {
        let vector = numbers.vector(Metric::Euclidean, 3);
        writer.upsert(Key(key), Label(0), &vector, b"").unwrap();
    }
    let snapshot = writer.commit().unwrap();
    let query = numbers.vector(Metric::Euclidean, 3);
    let request = |k, ef, exact| SearchRequest {
        params: SearchParams { k, ef, exact, ..SearchParams::default() },
        ..SearchRequest::new(&query)
    };
    assert!(!snapshot.is_exact(&request(10, None, false)));
    assert!(!snapshot.is_exact(&request(10, Some(8_192), false)));
    for many in [request(10, Some(8_193), false), request(8_500, None, false)] {
        assert!(snapshot.is_exact(&many));
        let exact = request(many.params.k, None, true);
        assert_eq!(snapshot.search(&many).unwrap(), snapshot.search(&exact).unwrap());
    }
}
