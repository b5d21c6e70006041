//! An index is a map from keys to documents, whatever is done to it in whatever order.

mod corpus;

use corpus::{Expected, METRICS, Model, Numbers, QUANTIZATIONS, assert_holds};
use mlsearch_index::{Index, IndexConfig, IndexWriter, Key, Label, Metric, WriterOptions};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Upsert {
        key: u64,
        label: u16,
        seed: u64,
        payload: usize,
    },
    Delete {
        key: u64,
    },
    Commit,
    Rollback,
    /// Forget the writer, and take another.
    Abandon,
    /// Forget everything in memory.
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = prop_oneof![4 => 0..30u64, 1 => any::<u64>()];
    let label = prop_oneof![4 => 0..4u16, 1 => any::<u16>()];
    // From nothing to more than a block.
    let payload = prop_oneof![8 => 0..200usize, 1 => 10_000..60_000usize];
    let upsert = (key.clone(), label, any::<u64>(), payload)
        .prop_map(|(key, label, seed, payload)| Step::Upsert { key, label, seed, payload });
    let step = prop_oneof![
        20 => upsert,
        6 => key.prop_map(|key| Step::Delete { key }),
        4 => Just(Step::Commit),
        1 => Just(Step::Rollback),
        1 => Just(Step::Abandon),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..80)
}

fn check_writer(writer: &IndexWriter, model: &Model) {
    for key in (0..30).map(Key).chain(model.keys().copied()) {
        assert_eq!(writer.contains(key).unwrap(), model.contains_key(&key), "key {key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_index_behaves_as_a_map(
        steps in steps(),
        metric in prop::sample::select(&METRICS[..]),
        quantization in prop::sample::select(&QUANTIZATIONS[..]),
        buffer_bytes in prop::sample::select(&[0, 500, 5_000, 64 << 20][..]),
        graph_from in prop::sample::select(&[0, 5, 1_000][..]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let options = WriterOptions { buffer_bytes, graph_from, ..WriterOptions::default() };
        let mut index = Index::create(folder.path(), IndexConfig { quantization, ..IndexConfig::new(5, metric) }).unwrap();
        let mut writer = index.writer_with(options).unwrap();
        let (mut committed, mut model) = (Model::new(), Model::new());
        for step in steps {
            match step {
                Step::Upsert { key, label, seed, payload } => {
                    let mut numbers = Numbers::new(seed);
                    let expected = Expected {
                        label: Label(label),
                        vector: numbers.vector(metric, 5),
                        payload: (0..payload).map(|at| (at as u64 ^ seed) as u8).collect(),
                    };
                    writer.upsert(Key(key), expected.label, &expected.vector, &expected.payload).unwrap();
                    model.insert(Key(key), expected);
                }
                Step::Delete { key } => {
                    let existed = writer.delete(Key(key)).unwrap();
                    prop_assert_eq!(existed, model.remove(&Key(key)).is_some());
                }
                Step::Commit => {
                    assert_holds(&writer.commit().unwrap(), &model);
                    prop_assert_eq!(writer.pending(), 0);
                    committed = model.clone();
                }
                Step::Rollback => {
                    writer.rollback().unwrap();
                    model = committed.clone();
                }
                Step::Abandon => {
                    drop(writer);
                    writer = index.writer_with(options).unwrap();
                    model = committed.clone();
                }
                Step::Reopen => {
                    drop(writer);
                    index = Index::open(folder.path()).unwrap();
                    writer = index.writer_with(options).unwrap();
                    model = committed.clone();
                }
            }
            check_writer(&writer, &model);
        }
        assert_holds(&index.snapshot(), &committed);
        drop(writer);
        assert_holds(&Index::open(folder.path()).unwrap().snapshot(), &committed);
        let report = Index::verify(folder.path()).unwrap();
        prop_assert!(report.is_sound(), "{:?}", report.problems);
        prop_assert_eq!(report.documents, committed.len() as u64);
        // The manifest, the files it names, and the lock: nothing is left behind.
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), report.files + 1);
    }
}

#[test]
fn the_memory_of_a_writer_is_bounded_by_flushing() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(8, Metric::Euclidean)).unwrap();
    let mut writer = index
        .writer_with(WriterOptions { buffer_bytes: 10_000, ..WriterOptions::default() })
        .unwrap();
    let segments = || {
        let entries = std::fs::read_dir(folder.path()).unwrap().flatten();
        entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "segment")).count()
    };
    // One key again and again takes memory, too.
    for _ in 0..100 {
        writer.upsert(Key(0), Label(0), &[0.0; 8], &[7; 1_000]).unwrap();
    }
    let one_key = segments();
    assert!(one_key >= 9, "{one_key}");
    for key in 0..1_000 {
        writer.upsert(Key(key), Label(0), &[0.0; 8], b"").unwrap();
    }
    assert!(segments() >= one_key + 5);
    assert_eq!(index.snapshot().len(), 0);
    drop(writer);
    assert_eq!(segments(), 0, "a dropped writer removes what it did not commit");
}

#[test]
fn attributes_are_committed_with_the_documents() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = IndexConfig::new(2, Metric::Cosine);
    config.attributes.insert("model".to_owned(), "näher ≈ \"closer\"\n\u{0}".to_owned());
    let index = Index::create(folder.path(), config.clone()).unwrap();
    let mut writer = index.writer().unwrap();
    assert_eq!(writer.attribute("model"), Some("näher ≈ \"closer\"\n\u{0}"));
    writer.set_attribute("model", "other");
    writer.set_attribute("count", "1");
    assert_eq!(writer.attribute("model"), Some("other"));
    assert_eq!(index.snapshot().attributes(), &config.attributes);
    writer.rollback().unwrap();
    assert_eq!(writer.attribute("count"), None);
    writer.set_attribute("count", "2");
    writer.commit().unwrap();
    let reopened = Index::open(folder.path()).unwrap().snapshot();
    assert_eq!(reopened.attributes()["count"], "2");
    assert_eq!(reopened.attributes()["model"], config.attributes["model"]);
    assert_eq!(reopened.config().dimension, 2);
}

#[test]
fn a_commit_without_changes_is_no_commit() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    let mut writer = index.writer().unwrap();
    assert_eq!(writer.commit().unwrap().generation(), 0);
    assert!(!writer.delete(Key(1)).unwrap());
    assert_eq!(writer.commit().unwrap().generation(), 0);
    writer.upsert(Key(1), Label(1), &[1.0, 0.0], b"").unwrap();
    assert_eq!(writer.pending(), 1);
    assert!(writer.delete(Key(1)).unwrap());
    assert_eq!(writer.commit().unwrap().len(), 0);
}

#[test]
fn deleting_everything_leaves_no_segments() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    let mut writer = index.writer().unwrap();
    for key in 0..10 {
        writer.upsert(Key(key), Label(1), &[1.0, 0.0], b"payload").unwrap();
    }
    writer.commit().unwrap();
    for key in 0..10 {
        assert!(writer.delete(Key(key)).unwrap());
    }
    let snapshot = writer.commit().unwrap();
    assert!(snapshot.is_empty());
    assert_eq!(snapshot.info().segments, []);
    drop(writer);
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().len(), 0);
}
