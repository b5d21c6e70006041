//! Everything that an index can be asked for, whatever its files hold.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::Path;

use mlsearch_index::{
    Address, Adjustment, Adjustments, Error, Field, Index, Key, Label, LabelFilter, Metric,
    NewDocument, OpenOptions, Predicate, Result, SearchParams, SearchRequest, Slot, Snapshot,
    WriterOptions,
};

/// What was noticed.
pub(crate) struct Outcome {
    /// Whether verification found the index sound.
    pub(crate) sound: bool,
    /// Whether the index opened.
    pub(crate) opened: bool,
}

/// Opens, verifies and reads an index in every way.
pub(crate) fn read(folder: &Path, pinned: bool) -> Outcome {
    let report = match Index::verify(folder) {
        Ok(report) => {
            for problem in &report.problems {
                assert!(problem.path.starts_with(folder), "{}", problem.path.display());
                assert!(!problem.what.is_empty());
            }
            Some(report)
        }
        Err(error) => {
            check(&error, folder);
            None
        }
    };
    let sound = report.is_some_and(|report| report.is_sound());
    let opened = match Index::open_with(folder, OpenOptions { pinned }) {
        Ok(index) => {
            for error in ask(&index.snapshot()) {
                check(&error, folder);
                assert!(!sound, "verification did not see what a reader did: {error}");
            }
            true
        }
        Err(error) => {
            check(&error, folder);
            false
        }
    };
    Outcome { sound, opened }
}

/// Adds, replaces, deletes, commits and compacts. What a writer has committed opens.
pub(crate) fn write(folder: &Path, compact: bool) -> Result<()> {
    let index = Index::open(folder)?;
    let (dimension, metric) = (index.snapshot().dimension(), index.snapshot().metric());
    let options = WriterOptions { graph_from: 10, ..WriterOptions::default() };
    let mut writer = index.writer_with(options)?;
    let mut outcome = Ok(());
    for key in 0..12 {
        outcome = outcome.and(writer.contains(Key(key)).map(drop));
        outcome = outcome.and(writer.delete(Key(2 * key)).map(drop));
        let document = NewDocument {
            key: Key(key + 7),
            label: Label((key % 2) as u16),
            vector: &query(dimension, metric, 1.0),
            payload: b"payload",
            fields: &[Field { name: "n", value: &[key as u8] }],
        };
        outcome = outcome.and(writer.upsert_document(&document));
    }
    let committed = if compact { writer.compact() } else { writer.commit() };
    let committed = committed.map(|snapshot| snapshot.generation());
    drop(writer);
    if let Ok(generation) = &committed {
        let reopened = Index::open(folder).expect("what was committed opens").snapshot();
        assert_eq!(reopened.generation(), *generation);
    }
    outcome.and(committed.map(drop))
}

/// An error names a file of the index, or the index, and a reason.
pub(crate) fn check(error: &Error, folder: &Path) {
    let (path, reason) = match error {
        // Of an argument: what was asked for cannot be asked of such an index.
        Error::InvalidInput { what } => {
            assert!(!what.is_empty());
            return;
        }
        Error::Corrupt { path, what } | Error::NotAnIndex { path, what } => (path, what.clone()),
        Error::Incompatible { path, found, .. } => (path, found.to_string()),
        Error::Io { path, source, .. } => (path, source.to_string()),
        other => panic!("no error of damaged files: {other:?}"),
    };
    let message = error.to_string();
    assert!(path.starts_with(folder) && !reason.is_empty(), "{error:?}");
    assert!(message.contains(&*path.to_string_lossy()) && message.contains(&reason), "{message}");
}

/// A vector that the metric takes.
fn query(dimension: usize, metric: Metric, first: f32) -> Vec<f32> {
    let mut vector = vec![0.0; dimension];
    vector[0] = first;
    if dimension > 1 {
        vector[0] = 0.6 * first;
        vector[1] = 0.8;
    }
    if metric == Metric::Cosine {
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
    }
    vector
}

/// Asks a snapshot everything, and returns what it could not answer.
fn ask(snapshot: &Snapshot) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut note = |outcome: Result<()>| errors.extend(outcome.err());
    let documents = snapshot.len();
    let counted: u64 = snapshot.labels().values().sum();
    assert_eq!(counted, documents);
    snapshot.info();
    for name in snapshot.field_names() {
        assert!(!name.is_empty());
    }
    note(snapshot.label_statistics().map(drop));
    note(snapshot.graph_statistics().map(drop));
    assert!(snapshot.label_sample(Label(1), 5).len() <= 5 * snapshot.dimension());
    for key in 0..20 {
        note(snapshot.get(Key(key)).map(drop));
    }
    for document in snapshot.documents() {
        note(document.map(drop));
    }
    for record in snapshot.records().take(50) {
        note(snapshot.fields(record.address).map(drop));
    }
    for segment in 0..4 {
        for slot in [0, 1, 15, 16, 17, u32::MAX] {
            // Some of these are nowhere.
            let _ = snapshot.payload(Address { segment, slot: Slot(slot) });
        }
    }
    note(search(snapshot));
    errors
}

fn predicates() -> Vec<Predicate> {
    let (n, topic) = (|| "n".to_owned(), || "topic".to_owned());
    vec![
        Predicate::Labels([Label(0), Label(2)].into()),
        Predicate::In { field: n(), values: (0..30).map(|value| vec![value]).collect() },
        Predicate::Range { field: n(), lower: Bound::Excluded(vec![3]), upper: Bound::Unbounded },
        Predicate::Or(vec![
            Predicate::Equal { field: topic(), value: b"tax".to_vec() },
            Predicate::Not(Box::new(Predicate::Exists { field: topic() })),
        ]),
        Predicate::And(vec![
            Predicate::Keys((0..30).map(Key).collect()),
            Predicate::Exists { field: n() },
        ]),
    ]
}

/// Searches in every way, and checks that answers are bounded and in order.
fn search(snapshot: &Snapshot) -> Result<()> {
    let (dimension, metric) = (snapshot.dimension(), snapshot.metric());
    let adjustments = Adjustments::from([(Label(0), Adjustment { scale: 1.2, shift: -0.3 })]);
    let selections: Vec<_> =
        predicates().iter().map(|predicate| snapshot.select(predicate)).collect::<Result<_>>()?;
    let vector = query(dimension, metric, -0.3);
    let without = std::iter::once(None);
    for (round, selection) in without.chain(selections.iter().map(Some)).enumerate() {
        for (k, ef) in [(1, Some(1)), (1, Some(3)), (5, None), (usize::MAX, Some(usize::MAX))] {
            let request = SearchRequest {
                vector: &vector,
                params: SearchParams { k, ef, exact: round % 3 == 2, threads: None },
                labels: match round {
                    3 => LabelFilter::Except([Label(1)].into()),
                    _ => LabelFilter::All,
                },
                selection,
                adjustments: (metric != Metric::Euclidean && round % 2 == 1)
                    .then_some(&adjustments),
            };
            let answer = snapshot.search(&request)?;
            assert!(answer.len() as u64 <= (k as u64).min(snapshot.len()));
            assert!(answer.is_sorted_by(|a, b| a.distance <= b.distance));
            let places: BTreeSet<_> =
                answer.iter().map(|it| (it.address.segment, it.address.slot)).collect();
            assert_eq!(places.len(), answer.len());
            for neighbor in answer.iter().take(3) {
                snapshot.payload(neighbor.address)?;
            }
        }
    }
    Ok(())
}
