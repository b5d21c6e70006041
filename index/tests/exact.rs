//! Exact search agrees with brute force in f64.

mod corpus;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use corpus::{METRICS, Numbers, QUANTIZATIONS};
use mlsearch_index::{
    Error, Index, IndexConfig, Key, Label, LabelFilter, Metric, Neighbor, Quantization,
    SearchParams, SearchRequest, Snapshot, WriterOptions,
};

/// The distance in f64, and a bound on the error of computing it in f32.
fn distance(metric: Metric, a: &[f32], b: &[f32]) -> (f64, f64) {
    let pairs = || a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let dot: f64 = pairs().map(|(a, b)| a * b).sum();
    let magnitude: f64 = pairs().map(|(a, b)| (a * b).abs()).sum();
    let squared: f64 = pairs().map(|(a, b)| (a - b) * (a - b)).sum();
    let rounding = (a.len() + 4) as f64 * 2f64.powi(-24);
    match metric {
        Metric::Cosine => ((1.0 - dot).clamp(0.0, 2.0), rounding * (magnitude + 2.0)),
        Metric::InnerProduct => (-dot, rounding * magnitude),
        Metric::Euclidean => (squared.sqrt(), rounding * squared.sqrt()),
    }
}

fn request(vector: &[f32], k: usize) -> SearchRequest<'_> {
    SearchRequest {
        params: SearchParams { k, exact: true, ..SearchParams::default() },
        ..SearchRequest::new(vector)
    }
}

/// Several segments with deletions in each.
fn build(
    folder: &std::path::Path,
    quantization: Quantization,
    metric: Metric,
    dimension: usize,
    seed: u64,
) -> Index {
    let config = IndexConfig { quantization, ..IndexConfig::new(dimension, metric) };
    let index = Index::create(folder, config).unwrap();
    let mut numbers = Numbers::new(seed);
    let mut writer = index.writer().unwrap();
    for commit in 0..5 {
        // So many of the documents before are replaced, and so few that nothing is merged.
        let replaced =
            (0..9 * commit.min(1)).map(|_| numbers.below(80 * commit)).collect::<Vec<_>>();
        for key in replaced.into_iter().chain(80 * commit..80 * (commit + 1)) {
            let label = Label(numbers.below(6) as u16 * 1_000);
            writer.upsert(Key(key), label, &numbers.vector(metric, dimension), b"").unwrap();
        }
        writer.commit().unwrap();
    }
    assert!(index.snapshot().info().segments.len() > 4);
    assert!(index.snapshot().info().deleted > 0);
    index
}

/// Checks an answer against all documents that the filter admits.
fn check(snapshot: &Snapshot, request: &SearchRequest, answer: &[Neighbor]) {
    let metric = snapshot.metric();
    let admitted: Vec<_> =
        snapshot.records().filter(|record| request.labels.admits(record.label)).collect();
    assert_eq!(answer.len(), request.params.k.min(admitted.len()));
    assert!(answer.is_sorted_by(|a, b| (a.distance, a.key) < (b.distance, b.key)));

    for neighbor in answer {
        let record = snapshot.get(neighbor.key).unwrap().unwrap();
        assert_eq!((record.label, record.address), (neighbor.label, neighbor.address));
        assert!(request.labels.admits(neighbor.label));
        let (exact, bound) = distance(metric, request.vector, &record.vector);
        assert!(
            (f64::from(neighbor.distance) - exact).abs() <= bound,
            "{metric:?}: {neighbor:?}, {exact}"
        );
    }
    // Nothing that was left out is nearer, by more than rounding.
    let Some(farthest) = answer.last() else { return };
    let returned: BTreeSet<Key> = answer.iter().map(|neighbor| neighbor.key).collect();
    for record in admitted.iter().filter(|record| !returned.contains(&record.key)) {
        let (exact, bound) = distance(metric, request.vector, &record.vector);
        assert!(exact + bound >= f64::from(farthest.distance), "{metric:?}: {record:?} is missing");
    }
}

#[test]
fn exact_search_agrees_with_brute_force() {
    for metric in METRICS {
        for dimension in [1, 2, 17, 64, 100] {
            let folder = tempfile::tempdir().unwrap();
            let quantization = QUANTIZATIONS[dimension % QUANTIZATIONS.len()];
            let index = build(folder.path(), quantization, metric, dimension, dimension as u64);
            let snapshot = index.snapshot();
            let mut numbers = Numbers::new(99);
            for k in [1, 3, 10, 100, usize::MAX] {
                let vector = numbers.vector(metric, dimension);
                let some = BTreeSet::from([Label(1_000), Label(3_000), Label(4_000), Label(7)]);
                for labels in [
                    LabelFilter::All,
                    LabelFilter::Only(some.clone()),
                    LabelFilter::Except(some),
                    LabelFilter::Only(BTreeSet::new()),
                    LabelFilter::Except(BTreeSet::new()),
                ] {
                    let request = SearchRequest { labels, ..request(&vector, k) };
                    check(&snapshot, &request, &snapshot.search(&request).unwrap());
                }
            }
        }
    }
}

#[test]
fn every_document_is_its_own_nearest_neighbor() {
    for metric in [Metric::Cosine, Metric::Euclidean] {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = build(folder.path(), Quantization::F32, metric, 32, 5).snapshot();
        for record in snapshot.records() {
            let nearest = snapshot.search(&request(&record.vector, 1)).unwrap();
            assert_eq!(nearest[0].key, record.key);
            assert!(nearest[0].distance.abs() < 1e-6);
        }
    }
}

#[test]
fn documents_at_the_same_distance_come_in_order_of_key() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    let mut writer = index.writer().unwrap();
    for key in [9, 3, 7, 1, 8, 2] {
        writer.upsert(Key(key), Label((key % 4) as u16), &[1.0, 0.0], b"").unwrap();
        writer.commit().unwrap();
    }
    for (k, expected) in [(3, vec![1, 2, 3]), (6, vec![1, 2, 3, 7, 8, 9])] {
        let found = index.snapshot().search(&request(&[1.0, 0.0], k)).unwrap();
        assert_eq!(found.iter().map(|neighbor| neighbor.key.0).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn the_number_of_threads_does_not_change_the_answer() {
    /// Not a multiple of any number of threads.
    const DOCUMENTS: u64 = 6_007;

    let folder = tempfile::tempdir().unwrap();
    let (metric, dimension) = (Metric::Euclidean, 1024);
    let index = Index::create(folder.path(), IndexConfig::new(dimension, metric)).unwrap();
    let mut writer = index
        .writer_with(WriterOptions { buffer_bytes: 7 << 20, ..WriterOptions::default() })
        .unwrap();
    let mut numbers = Numbers::new(6);
    let vectors: Vec<_> = (0..50).map(|_| numbers.vector(metric, dimension)).collect();
    // Enough bytes for several threads, and many documents at one distance.
    for key in 0..DOCUMENTS {
        let vector = &vectors[(key % 50) as usize];
        writer.upsert(Key(key), Label((key % 7) as u16), vector, b"").unwrap();
    }
    let snapshot = writer.commit().unwrap();
    let answer = |k, threads: Option<usize>| {
        let threads = threads.and_then(NonZeroUsize::new);
        let params = SearchParams { k, exact: true, threads, ..SearchParams::default() };
        snapshot.search(&SearchRequest { params, ..SearchRequest::new(&vectors[0]) }).unwrap()
    };
    for k in [300, DOCUMENTS as usize] {
        let single = answer(k, Some(1));
        check(&snapshot, &request(&vectors[0], k), &single);
        for threads in [None, Some(2), Some(3), Some(5), Some(1_000)] {
            assert_eq!(answer(k, threads), single, "{threads:?}");
        }
    }
}

#[test]
fn no_neighbors_are_found_for_k_of_zero_or_in_an_empty_index() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    assert_eq!(index.snapshot().search(&request(&[1.0, 0.0], 10)).unwrap(), []);
    let mut writer = index.writer().unwrap();
    writer.upsert(Key(1), Label(1), &[1.0, 0.0], b"").unwrap();
    let snapshot = writer.commit().unwrap();
    assert_eq!(snapshot.search(&request(&[1.0, 0.0], 0)).unwrap(), []);
    assert_eq!(snapshot.search(&request(&[1.0, 0.0], usize::MAX)).unwrap().len(), 1);
}

#[test]
fn queries_that_no_document_could_be_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    let snapshot = index.snapshot();
    let bad: [&[f32]; 6] =
        [&[], &[1.0], &[1.0, 0.0, 0.0], &[f32::NAN, 1.0], &[1.0, f32::INFINITY], &[0.0, 0.0]];
    for vector in bad {
        for k in [0, 10] {
            let outcome = snapshot.search(&request(vector, k));
            assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{vector:?}: {outcome:?}");
        }
    }
}
