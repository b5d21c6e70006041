//! Arguments that nobody should give: each is answered, or refused with a sentence.

use mlsearch_index::{
    Adjustment, Adjustments, Error, Field, HnswConfig, Index, IndexConfig, Key, Label,
    MAX_FIELD_NAME_BYTES, MAX_FIELD_VALUE_BYTES, MAX_FIELD_VALUES, MAX_PAYLOAD_BYTES,
    MAX_PREDICATE_DEPTH, Metric, NewDocument, Precision, Predicate, Quantization, Result,
    SearchParams, SearchRequest, Snapshot, WriterOptions,
};

use super::bounds::{alone, bounded};
use super::corpus::METRICS;

const DOCUMENTS: usize = 120;

fn filled(metric: Metric, options: WriterOptions) -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = IndexConfig::new(2, metric);
    config.quantization = Quantization::Binary;
    config.originals = Precision::Single;
    let index = Index::create(folder.path(), config).unwrap();
    let mut writer = index.writer_with(options).unwrap();
    for key in 0..DOCUMENTS {
        let angle = key as f32 / 20.0;
        let vector = [angle.cos(), angle.sin()];
        writer.upsert(Key(key as u64), Label(key as u16 % 3), &vector, b"payload").unwrap();
    }
    writer.commit().unwrap();
    drop(writer);
    (folder, index)
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T>, expected: &str) {
    match outcome {
        Err(Error::InvalidInput { what }) => assert!(what.contains(expected), "{what}"),
        other => panic!("{expected}: {other:?}"),
    }
}

fn search(snapshot: &Snapshot, k: usize, ef: Option<usize>, exact: bool) -> usize {
    let params = SearchParams { k, ef, exact, threads: None };
    let request = SearchRequest { params, ..SearchRequest::new(&[0.6, 0.8]) };
    bounded(0, || snapshot.search(&request)).unwrap().len()
}

#[test]
fn vectors_that_are_none_are_refused_by_writers_and_searches() {
    let _alone = alone();
    let vectors: [(&[f32], &str); 8] = [
        (&[], "0 components where the index has 2"),
        (&[1.0], "1 components where the index has 2"),
        (&[1.0; 100_000], "100000 components where the index has 2"),
        (&[f32::NAN, 1.0], "component 0 of the vector is NaN"),
        (&[1.0, f32::INFINITY], "component 1 of the vector is inf"),
        (&[f32::NEG_INFINITY, 1.0], "component 0 of the vector is -inf"),
        (&[0.0, 0.0], "divide it by its length first"),
        (&[f32::MAX, f32::MAX], "divide it by its length first"),
    ];
    for metric in METRICS {
        let (_folder, index) = filled(metric, WriterOptions::default());
        let snapshot = index.snapshot();
        let mut writer = index.writer().unwrap();
        for (vector, expected) in vectors {
            if metric != Metric::Cosine && expected.starts_with("divide") {
                continue;
            }
            refused(snapshot.search(&SearchRequest::new(vector)), expected);
            refused(writer.upsert(Key(1), Label(0), vector, b""), expected);
        }
        assert_eq!(writer.pending(), 0);
    }
}

#[test]
fn the_longest_and_the_shortest_vectors_are_found_where_the_metric_takes_them() {
    let _alone = alone();
    for metric in [Metric::InnerProduct, Metric::Euclidean] {
        let (_folder, index) = filled(metric, WriterOptions::default());
        for query in [[0.0, 0.0], [f32::MAX, f32::MAX], [f32::MIN_POSITIVE, -0.0]] {
            let found = index.snapshot().search(&SearchRequest::new(&query)).unwrap();
            assert_eq!(found.len(), 10);
            assert!(found.iter().all(|neighbor| !neighbor.distance.is_nan()), "{found:?}");
        }
    }
}

#[test]
fn any_number_of_neighbors_and_candidates_can_be_asked_for() {
    let _alone = alone();
    for graph_from in [0, 50, u32::MAX] {
        let options = WriterOptions { graph_from, ..WriterOptions::default() };
        let (_folder, index) = filled(Metric::Cosine, options);
        let snapshot = index.snapshot();
        for exact in [false, true] {
            for ef in [None, Some(0), Some(1), Some(usize::MAX)] {
                for (k, found) in [(0, 0), (1, 1), (DOCUMENTS, DOCUMENTS), (usize::MAX, DOCUMENTS)]
                {
                    assert_eq!(search(&snapshot, k, ef, exact), found, "k {k}, ef {ef:?}");
                }
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let empty = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    assert_eq!(search(&empty.snapshot(), usize::MAX, Some(0), false), 0);
    assert_eq!(search(&empty.snapshot(), usize::MAX, Some(0), true), 0);
}

#[test]
fn adjustments_that_are_no_numbers_are_refused() {
    let _alone = alone();
    let (_folder, index) = filled(Metric::Cosine, WriterOptions::default());
    for (scale, shift) in
        [(f32::NAN, 0.0), (f32::INFINITY, 0.0), (0.0, 0.0), (-1.0, 0.0), (1.0, f32::NAN)]
    {
        let adjustments = Adjustments::from([(Label(0), Adjustment { scale, shift })]);
        let request =
            SearchRequest { adjustments: Some(&adjustments), ..SearchRequest::new(&[0.6, 0.8]) };
        refused(index.snapshot().search(&request), "");
    }
}

#[test]
fn indexes_that_cannot_be_are_refused_and_leave_nothing() {
    let _alone = alone();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("index");
    for dimension in [0, 65_537, usize::MAX] {
        let outcome = Index::create(&folder, IndexConfig::new(dimension, Metric::Cosine));
        refused(outcome, &dimension.to_string());
    }
    for (m, ef_construction) in [(0, 200), (usize::MAX, usize::MAX), (16, 0), (16, usize::MAX)] {
        let mut config = IndexConfig::new(2, Metric::Cosine);
        config.hnsw = HnswConfig { m, ef_construction };
        refused(Index::create(&folder, config), "choose");
    }
    assert!(!folder.exists());
}

#[test]
fn options_at_their_edges_are_taken() {
    let _alone = alone();
    for (buffer_bytes, memory_bytes) in [(0, 0), (usize::MAX, usize::MAX), (1, usize::MAX)] {
        let options = WriterOptions {
            buffer_bytes,
            memory_bytes,
            graph_from: 0,
            threads: std::num::NonZeroUsize::new(64),
            ..WriterOptions::default()
        };
        let (_folder, index) = filled(Metric::Cosine, options);
        assert_eq!(search(&index.snapshot(), 5, None, false), 5);
    }
}

#[test]
fn what_is_too_large_for_a_document_is_refused_before_it_is_kept() {
    let _alone = alone();
    let (_folder, index) = filled(Metric::Cosine, WriterOptions::default());
    let mut writer = index.writer().unwrap();
    let vector = [0.6, 0.8];
    let payload = vec![0; MAX_PAYLOAD_BYTES + 1];
    refused(writer.upsert(Key(1), Label(0), &vector, &payload), "");
    let long = "n".repeat(MAX_FIELD_NAME_BYTES + 1);
    let many = vec![0; MAX_FIELD_VALUE_BYTES + 1];
    let numbers: Vec<[u8; 2]> = (0..MAX_FIELD_VALUES as u16 + 1).map(u16::to_le_bytes).collect();
    let too_many: Vec<Field> = numbers.iter().map(|value| Field { name: "n", value }).collect();
    for fields in [
        &[Field { name: &long, value: b"" }][..],
        &[Field { name: "", value: b"" }],
        &[Field { name: "n", value: &many }],
        &too_many,
    ] {
        let (key, label, payload) = (Key(1), Label(0), &b""[..]);
        let document = NewDocument { key, label, vector: &vector, payload, fields };
        refused(writer.upsert_document(&document), "");
    }
    assert_eq!(writer.pending(), 0);
    writer.upsert(Key(1), Label(0), &vector, &payload[1..]).unwrap();
    writer.commit().unwrap();
    let kept = index.snapshot().get(Key(1)).unwrap().unwrap().address;
    assert_eq!(index.snapshot().payload(kept).unwrap().len(), MAX_PAYLOAD_BYTES);
}

#[test]
fn predicates_however_deep_are_answered_or_refused() {
    let _alone = alone();
    let (_folder, index) = filled(Metric::Cosine, WriterOptions::default());
    let snapshot = index.snapshot();
    let nested = |levels: usize| {
        (1..levels).fold(Predicate::Labels([Label(0)].into()), |inner, level| match level % 3 {
            0 => Predicate::Not(Box::new(inner)),
            1 => Predicate::And(vec![inner]),
            _ => Predicate::Or(vec![inner]),
        })
    };
    snapshot.select(&nested(MAX_PREDICATE_DEPTH)).unwrap();
    refused(snapshot.select(&nested(MAX_PREDICATE_DEPTH + 1)), "");
    let deep = nested(10_000);
    refused(snapshot.select(&deep), "");
    assert_eq!(snapshot.select(&Predicate::And(Vec::new())).unwrap().len(), DOCUMENTS as u64);
    assert!(snapshot.select(&Predicate::Or(Vec::new())).unwrap().is_empty());
    assert!(snapshot.select(&Predicate::Exists { field: String::new() }).unwrap().is_empty());
}
