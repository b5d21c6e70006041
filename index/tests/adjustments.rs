//! Distances adjusted by label: what is found is what comparing everything would find, though it
//! lies where an unadjusted search does not look.

mod corpus;

use std::collections::BTreeSet;
use std::sync::Arc;

use corpus::{Numbers, unit};
use mlsearch_index::{
    Adjustment, Adjustments, Error, HnswConfig, Index, IndexConfig, Key, Label, LabelFilter,
    Metric, Neighbor, Quantization, SearchParams, SearchRequest, Snapshot, WriterOptions,
};
use tempfile::TempDir;

const DIMENSION: usize = 48;
const SUBJECTS: usize = 40;
const LABELS: u16 = 12;

/// Texts on some subjects in some languages: a vector lies where its subject is, moved by its
/// language, so that documents of the query's language are nearer than others on its subject.
struct Languages {
    subjects: Vec<Vec<f32>>,
    languages: Vec<Vec<f32>>,
    numbers: Numbers,
}

impl Languages {
    fn new(seed: u64) -> Self {
        let mut numbers = Numbers::new(seed);
        let mut units = |count| {
            (0..count).map(|_| numbers.vector(Metric::Cosine, DIMENSION)).collect::<Vec<_>>()
        };
        let (subjects, languages) = (units(SUBJECTS), units(LABELS as usize));
        Self { subjects, languages, numbers }
    }

    fn vector(&mut self, label: Label) -> Vec<f32> {
        let subject = &self.subjects[self.numbers.below(SUBJECTS as u64) as usize];
        let language = &self.languages[label.0 as usize];
        let parts = subject.iter().zip(language);
        let moved: Vec<f32> = parts.map(|(x, y)| x + y + 0.12 * self.numbers.component()).collect();
        unit(&moved)
    }
}

struct Case {
    _folder: TempDir,
    snapshot: Arc<Snapshot>,
    languages: Languages,
}

/// Half of the documents have label 0, a quarter label 1, and so on; some are deleted.
fn case(quantization: Quantization, documents: u64) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let config = IndexConfig {
        quantization,
        hnsw: HnswConfig { m: 12, ef_construction: 100 },
        ..IndexConfig::new(DIMENSION, Metric::Cosine)
    };
    let index = Index::create(folder.path().join("index"), config).unwrap();
    let options = WriterOptions { graph_from: 200, ..WriterOptions::default() };
    let mut writer = index.writer_with(options).unwrap();
    let mut languages = Languages::new(7);
    for key in 0..documents {
        let label = Label(((key + 1).trailing_zeros() as u16).min(LABELS - 1));
        writer.upsert(Key(key), label, &languages.vector(label), b"").unwrap();
    }
    writer.commit().unwrap();
    for key in (0..documents).step_by(7) {
        writer.delete(Key(key)).unwrap();
    }
    let snapshot = writer.commit().unwrap();
    Case { _folder: folder, snapshot, languages }
}

/// Takes the mean similarity of each label's documents away.
fn centering(snapshot: &Snapshot, query: &[f32]) -> Adjustments {
    let statistics = snapshot.label_statistics().unwrap();
    let mean = |mean: &[f32]| mean.iter().zip(query).map(|(a, b)| a * b).sum::<f32>();
    statistics
        .iter()
        .map(|(&label, of)| (label, Adjustment { scale: 1.0, shift: mean(&of.mean) }))
        .collect()
}

fn keys(answer: &[Neighbor]) -> BTreeSet<Key> {
    answer.iter().map(|neighbor| neighbor.key).collect()
}

fn exact<'a>(request: &SearchRequest<'a>) -> SearchRequest<'a> {
    let params = SearchParams { exact: true, ..request.params };
    SearchRequest { params, ..request.clone() }
}

#[test]
fn walks_find_what_the_adjustment_brings_forward() {
    for (quantization, bound) in [
        (Quantization::Int8, 0.97),
        (Quantization::F32, 0.97),
        (Quantization::Int4, 0.95),
        (Quantization::Binary, 0.8),
    ] {
        let mut case = case(quantization, 20_000);
        let (mut found, mut all, mut moved) = (0, 0, 0);
        for round in 0..60 {
            let vector = case.languages.vector(Label(round % LABELS));
            let adjustments = centering(&case.snapshot, &vector);
            let plain = SearchRequest::new(&vector);
            let request = SearchRequest { adjustments: Some(&adjustments), ..plain.clone() };
            let answer = case.snapshot.search(&request).unwrap();
            let truth = case.snapshot.search(&exact(&request)).unwrap();
            assert!(answer.is_sorted_by(|a, b| (a.distance, a.key) < (b.distance, b.key)));
            found += keys(&answer).intersection(&keys(&truth)).count();
            all += truth.len();
            let before = case.snapshot.search(&exact(&plain)).unwrap();
            moved += keys(&truth).difference(&keys(&before)).count();
        }
        let recall = found as f64 / all as f64;
        assert!(recall >= bound, "{quantization:?}: {recall}");
        // The correction matters: most of what it finds was not there before.
        assert!(moved * 2 > all, "{moved} of {all}");
    }
}

#[test]
fn exact_search_orders_by_adjusted_distances() {
    let mut case = case(Quantization::Int8, 3_000);
    let vector = case.languages.vector(Label(2));
    let mut adjustments = centering(&case.snapshot, &vector);
    adjustments.insert(Label(1), Adjustment { scale: 0.5, shift: 0.1 });
    adjustments.remove(&Label(0));
    let params = SearchParams { k: 3_000, exact: true, ..SearchParams::default() };
    let request = SearchRequest { params, ..SearchRequest::new(&vector) };
    let plain = case.snapshot.search(&request).unwrap();
    let adjusted = SearchRequest { adjustments: Some(&adjustments), ..request };
    let found = case.snapshot.search(&adjusted).unwrap();

    let mut expected: Vec<(f32, Key)> = plain
        .iter()
        .map(|neighbor| {
            let adjustment = adjustments.get(&neighbor.label).copied().unwrap_or_default();
            (adjustment.apply(neighbor.distance), neighbor.key)
        })
        .collect();
    expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let found: Vec<(f32, Key)> = found.iter().map(|found| (found.distance, found.key)).collect();
    assert_eq!(found, expected);
}

#[test]
fn labels_and_adjustments_go_together() {
    let mut case = case(Quantization::Int8, 20_000);
    let labels = LabelFilter::Only(BTreeSet::from([Label(1), Label(3)]));
    let (mut found, mut all) = (0, 0);
    for _ in 0..30 {
        let vector = case.languages.vector(Label(1));
        let adjustments = centering(&case.snapshot, &vector);
        let request = SearchRequest {
            labels: labels.clone(),
            adjustments: Some(&adjustments),
            ..SearchRequest::new(&vector)
        };
        let answer = case.snapshot.search(&request).unwrap();
        assert!(answer.iter().all(|neighbor| labels.admits(neighbor.label)));
        let truth = case.snapshot.search(&exact(&request)).unwrap();
        found += keys(&answer).intersection(&keys(&truth)).count();
        all += truth.len();
    }
    assert!(found as f64 >= 0.97 * all as f64, "{found} of {all}");
}

#[test]
fn what_cannot_be_adjusted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index =
        Index::create(folder.path().join("index"), IndexConfig::new(2, Metric::Euclidean)).unwrap();
    let adjustments = Adjustments::new();
    let request =
        SearchRequest { adjustments: Some(&adjustments), ..SearchRequest::new(&[1.0, 0.0]) };
    let refused = index.snapshot().search(&request).unwrap_err();
    assert!(matches!(refused, Error::InvalidInput { .. }), "{refused}");

    let case = case(Quantization::Int8, 300);
    let adjustments = Adjustments::from([(Label(0), Adjustment { scale: f32::NAN, shift: 0.0 })]);
    let vector = unit(&[1.0; DIMENSION]);
    let request = SearchRequest { adjustments: Some(&adjustments), ..SearchRequest::new(&vector) };
    let refused = case.snapshot.search(&request).unwrap_err();
    assert!(refused.to_string().contains("positive scale"), "{refused}");
}
