use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use mlsearch_index::{
    Index, IndexConfig, Key, Label, Metric, Precision, Quantization, SearchParams, SearchRequest,
    Snapshot, WriterOptions,
};

/// Something done to an index.
#[derive(Arbitrary, Debug)]
pub enum Step {
    Upsert { key: u8, label: u8, vector: [i8; 2], payload: u16 },
    Delete { key: u8 },
    Commit,
    Compact,
    Rollback,
    Reopen,
    Search { vector: [i8; 2], k: u8, exact: bool },
}

#[derive(Clone, PartialEq, Debug)]
struct Kept {
    label: Label,
    vector: [f32; 2],
    payload: Vec<u8>,
}

type Model = BTreeMap<Key, Kept>;

/// Does the steps to an index and to a map, and compares them.
pub fn run(steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let config = IndexConfig {
        quantization: Quantization::Int8,
        originals: Precision::Single,
        ..IndexConfig::new(2, Metric::Euclidean)
    };
    let options = WriterOptions { graph_from: 8, buffer_bytes: 2_000, ..WriterOptions::default() };
    let mut index = Index::create(folder.path(), config).unwrap();
    let mut writer = index.writer_with(options).unwrap();
    let (mut committed, mut model) = (Model::new(), Model::new());
    for step in steps.iter().take(200) {
        match *step {
            Step::Upsert { key, label, vector, payload } => {
                let key = Key(u64::from(key % 32));
                let kept = Kept {
                    label: Label(u16::from(label % 3)),
                    vector: vector.map(f32::from),
                    payload: vec![label; usize::from(payload % 20_000)],
                };
                writer.upsert(key, kept.label, &kept.vector, &kept.payload).unwrap();
                model.insert(key, kept);
            }
            Step::Delete { key } => {
                let key = Key(u64::from(key % 32));
                assert_eq!(writer.delete(key).unwrap(), model.remove(&key).is_some());
            }
            Step::Commit | Step::Compact => {
                let compact = matches!(step, Step::Compact);
                let outcome = if compact { writer.compact() } else { writer.commit() };
                assert_holds(&outcome.unwrap(), &model);
                committed.clone_from(&model);
            }
            Step::Rollback => {
                writer.rollback().unwrap();
                model.clone_from(&committed);
            }
            Step::Reopen => {
                drop(writer);
                index = Index::open(folder.path()).unwrap();
                assert_holds(&index.snapshot(), &committed);
                writer = index.writer_with(options).unwrap();
                model.clone_from(&committed);
            }
            Step::Search { vector, k, exact } => {
                search(&index.snapshot(), &committed, vector.map(f32::from), k.into(), exact);
            }
        }
    }
    drop(writer);
    let report = Index::verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_holds(&Index::open(folder.path()).unwrap().snapshot(), &committed);
}

fn assert_holds(snapshot: &Snapshot, model: &Model) {
    let found: Model = snapshot
        .documents()
        .map(|document| {
            let document = document.unwrap();
            let vector = [document.record.vector[0], document.record.vector[1]];
            let (label, payload) = (document.record.label, document.payload);
            (document.record.key, Kept { label, vector, payload })
        })
        .collect();
    assert_eq!(snapshot.len(), model.len() as u64);
    assert_eq!(&found, model);
}

fn search(snapshot: &Snapshot, model: &Model, query: [f32; 2], k: usize, exact: bool) {
    let params = SearchParams { k, exact, ..SearchParams::default() };
    let request = SearchRequest { params, ..SearchRequest::new(&query) };
    let found = snapshot.search(&request).unwrap();
    let distance = |kept: &Kept| {
        let [x, y] = [0, 1].map(|at| f64::from(kept.vector[at] - query[at]));
        x.hypot(y)
    };
    assert_eq!(found.len(), k.min(model.len()));
    for neighbor in &found {
        let expected = distance(&model[&neighbor.key]);
        assert!((f64::from(neighbor.distance) - expected).abs() < 1e-3, "{neighbor:?}");
    }
    if exact {
        let mut nearest: Vec<f64> = model.values().map(distance).collect();
        nearest.sort_by(f64::total_cmp);
        for (neighbor, expected) in found.iter().zip(nearest) {
            assert!((f64::from(neighbor.distance) - expected).abs() < 1e-3, "{neighbor:?}");
        }
    }
}
