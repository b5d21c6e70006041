//! A predicate selects the documents that it holds for, whatever was done to the index.

mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use corpus::Numbers;
use mlsearch_index::{
    Error, Field, Index, IndexConfig, Key, Label, LabelFilter, MAX_FIELD_NAME_BYTES,
    MAX_FIELD_VALUE_BYTES, MAX_FIELD_VALUES, MAX_FIELDS, MAX_PREDICATE_DEPTH, Metric, NewDocument,
    Predicate, SearchParams, SearchRequest, Snapshot, WriterOptions,
};
use proptest::prelude::*;

const NAMES: [&str; 3] = ["day", "topic", "year"];

/// The fields of a document: sorted, each value once.
type Fields = BTreeSet<(String, Vec<u8>)>;

#[derive(Clone, Debug, PartialEq)]
struct Expected {
    label: Label,
    fields: Fields,
}

type Model = BTreeMap<Key, Expected>;

fn fields(fields: &Fields) -> Vec<Field<'_>> {
    fields.iter().map(|(name, value)| Field { name, value }).collect()
}

/// Whether a predicate holds, by its definition.
fn holds(predicate: &Predicate, key: Key, document: &Expected) -> bool {
    let any = |name: &String, is_meant: &dyn Fn(&[u8]) -> bool| {
        document.fields.iter().any(|(field, value)| field == name && is_meant(value))
    };
    match predicate {
        Predicate::Equal { field, value } => any(field, &|other| other == value),
        Predicate::In { field, values } => any(field, &|other| values.contains(other)),
        Predicate::Range { field, lower, upper } => any(field, &|other| {
            let above = match lower {
                Bound::Included(lower) => other >= &**lower,
                Bound::Excluded(lower) => other > &**lower,
                Bound::Unbounded => true,
            };
            let below = match upper {
                Bound::Included(upper) => other <= &**upper,
                Bound::Excluded(upper) => other < &**upper,
                Bound::Unbounded => true,
            };
            above && below
        }),
        Predicate::Exists { field } => any(field, &|_| true),
        Predicate::Keys(keys) => keys.contains(&key),
        Predicate::Labels(labels) => labels.contains(&document.label),
        Predicate::And(parts) => parts.iter().all(|part| holds(part, key, document)),
        Predicate::Or(parts) => parts.iter().any(|part| holds(part, key, document)),
        Predicate::Not(part) => !holds(part, key, document),
        other => panic!("{other:?} is not in the model"),
    }
}

fn selected(snapshot: &Snapshot, predicate: &Predicate) -> BTreeSet<Key> {
    let selection = snapshot.select(predicate).unwrap();
    let keys: BTreeSet<Key> = snapshot
        .records()
        .filter(|record| selection.contains(record.address))
        .map(|record| record.key)
        .collect();
    assert_eq!(selection.len(), keys.len() as u64);
    assert_eq!(selection.is_empty(), keys.is_empty());
    if let Predicate::Equal { field, value } = predicate {
        let listed = snapshot.with_value(field, value).unwrap();
        let records = listed.iter().map(|(address, label)| {
            let record = snapshot.record(*address).unwrap();
            assert_eq!(record.label, *label);
            record.key
        });
        assert_eq!(records.collect::<BTreeSet<Key>>(), keys);
        assert_eq!(listed.len(), keys.len());
    }
    keys
}

fn values() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&[0, 1, 255][..]), 0..3)
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => Just("nothing".to_owned()),
    ]
}

fn bounds() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        Just(Bound::Unbounded),
        values().prop_map(Bound::Included),
        values().prop_map(Bound::Excluded),
    ]
}

fn predicates() -> impl Strategy<Value = Predicate> {
    let leaf = prop_oneof![
        (names(), values()).prop_map(|(field, value)| Predicate::Equal { field, value }),
        (names(), prop::collection::btree_set(values(), 0..4))
            .prop_map(|(field, values)| Predicate::In { field, values }),
        (names(), bounds(), bounds()).prop_map(|(field, lower, upper)| Predicate::Range {
            field,
            lower,
            upper
        }),
        names().prop_map(|field| Predicate::Exists { field }),
        prop::collection::btree_set((0..60u64).prop_map(Key), 0..20).prop_map(Predicate::Keys),
        prop::collection::btree_set((0..5u16).prop_map(Label), 0..3).prop_map(Predicate::Labels),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::Or),
            inner.prop_map(|part| Predicate::Not(Box::new(part))),
        ]
    })
}

#[derive(Clone, Debug)]
enum Step {
    Upsert { key: u64, label: u16, fields: Fields },
    Delete { key: u64 },
    Commit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = prop::sample::select(&NAMES[..]).prop_map(str::to_owned);
    let fields = prop::collection::btree_set((name, values()), 0..5);
    let step = prop_oneof![
        12 => (0..60u64, 0..4u16, fields)
            .prop_map(|(key, label, fields)| Step::Upsert { key, label, fields }),
        3 => (0..60u64).prop_map(|key| Step::Delete { key }),
        1 => Just(Step::Commit),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_predicate_selects_the_documents_that_it_holds_for(
        steps in steps(),
        predicates in prop::collection::vec(predicates(), 1..12),
        buffer_bytes in prop::sample::select(&[800, 3_000, 64 << 20][..]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Euclidean)).unwrap();
        let mut writer = index.writer_with(WriterOptions { buffer_bytes, ..WriterOptions::default() }).unwrap();
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Upsert { key, label, fields: given } => {
                    let document = NewDocument {
                        key: Key(key),
                        label: Label(label),
                        vector: &[key as f32, 1.0],
                        payload: b"",
                        fields: &fields(&given),
                    };
                    writer.upsert_document(&document).unwrap();
                    model.insert(Key(key), Expected { label: Label(label), fields: given });
                }
                Step::Delete { key } => {
                    writer.delete(Key(key)).unwrap();
                    model.remove(&Key(key));
                }
                Step::Commit => drop(writer.commit().unwrap()),
            }
        }
        writer.commit().unwrap();
        drop((writer, index));
        let snapshot = Index::open(folder.path()).unwrap().snapshot();
        for (&key, expected) in &model {
            let address = snapshot.get(key).unwrap().unwrap().address;
            prop_assert_eq!(snapshot.fields(address).unwrap(), fields(&expected.fields));
        }
        for predicate in predicates {
            let expected: BTreeSet<Key> = model
                .iter()
                .filter(|(key, document)| holds(&predicate, **key, document))
                .map(|(key, _)| *key)
                .collect();
            prop_assert_eq!(&selected(&snapshot, &predicate), &expected, "{:?}", predicate);

            // A search finds them, all and only.
            let selection = snapshot.select(&predicate).unwrap();
            let request = SearchRequest {
                params: SearchParams { k: 1_000, ..SearchParams::default() },
                selection: Some(&selection),
                ..SearchRequest::new(&[30.2, 1.0])
            };
            let found = snapshot.search(&request).unwrap();
            prop_assert!(found.is_sorted_by(|a, b| (a.distance, a.key) < (b.distance, b.key)));
            prop_assert_eq!(found.iter().map(|it| it.key).collect::<BTreeSet<_>>(), expected);
        }
        let report = Index::verify(folder.path()).unwrap();
        prop_assert!(report.is_sound(), "{:?}", report.problems);
    }
}

/// Many documents, so that some blocks of rows have many selected ones, some few, some none.
fn large(folder: &std::path::Path) -> Index {
    let index = Index::create(folder, IndexConfig::new(8, Metric::Cosine)).unwrap();
    let mut writer = index.writer().unwrap();
    let mut numbers = Numbers::new(5);
    for key in 0..6_000u64 {
        // A third of them has every value, the next third every second, the last every 300th.
        let every = [1, 2, 300][key as usize / 2_000];
        let value = [u8::from(key % every == 0)];
        let document = NewDocument {
            key: Key(key),
            label: Label((key % 7) as u16),
            vector: &numbers.vector(Metric::Cosine, 8),
            payload: b"",
            fields: &[Field { name: "wanted", value: &value }],
        };
        writer.upsert_document(&document).unwrap();
        if key == 3_000 {
            writer.commit().unwrap();
        }
    }
    for key in (0..6_000).step_by(13) {
        writer.delete(Key(key)).unwrap();
    }
    writer.commit().unwrap();
    drop(writer);
    index
}

#[test]
fn a_search_of_a_selection_is_exact_with_labels_and_threads() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = large(folder.path()).snapshot();
    let wanted = Predicate::Equal { field: "wanted".to_owned(), value: vec![1] };
    let selection = snapshot.select(&wanted).unwrap();
    let mut numbers = Numbers::new(6);
    for labels in [
        LabelFilter::All,
        LabelFilter::Only([Label(2), Label(3)].into()),
        LabelFilter::Except([Label(0)].into()),
    ] {
        let query = numbers.vector(Metric::Cosine, 8);
        let all = SearchRequest {
            params: SearchParams { k: 6_000, exact: true, ..SearchParams::default() },
            labels: labels.clone(),
            ..SearchRequest::new(&query)
        };
        let expected: Vec<_> = snapshot
            .search(&all)
            .unwrap()
            .into_iter()
            .filter(|neighbor| selection.contains(neighbor.address))
            .collect();
        for k in [1, 10, 6_000] {
            let threads = std::num::NonZeroUsize::new(k % 4);
            let request = SearchRequest {
                params: SearchParams { k, threads, ..all.params },
                selection: Some(&selection),
                ..all.clone()
            };
            let found = snapshot.search(&request).unwrap();
            assert_eq!(found, expected[..k.min(expected.len())]);
        }
    }
}

#[test]
fn a_selection_of_another_snapshot_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = large(folder.path());
    let before = index.snapshot();
    let selection = before.select(&Predicate::And(Vec::new())).unwrap();
    assert_eq!(selection.len(), before.len());
    let mut writer = index.writer().unwrap();
    writer.delete(Key(1)).unwrap();
    let after = writer.commit().unwrap();
    let query = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let request = SearchRequest { selection: Some(&selection), ..SearchRequest::new(&query) };
    assert_eq!(before.search(&request).unwrap().len(), 10);
    assert!(matches!(after.search(&request), Err(Error::InvalidInput { .. })));
    // The same commit, opened again, is the same snapshot.
    let again = after.select(&Predicate::And(Vec::new())).unwrap();
    let request = SearchRequest { selection: Some(&again), ..SearchRequest::new(&query) };
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().search(&request).unwrap().len(), 10);
}

#[test]
fn an_empty_index_has_nothing_to_select() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    let snapshot = index.snapshot();
    let selection = snapshot.select(&Predicate::Not(Box::new(Predicate::Or(vec![])))).unwrap();
    assert!(selection.is_empty());
    let request = SearchRequest { selection: Some(&selection), ..SearchRequest::new(&[1.0, 0.0]) };
    assert_eq!(snapshot.search(&request).unwrap(), []);
}

#[test]
fn predicates_deeper_than_the_limit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = large(folder.path()).snapshot();
    let nested = |levels: usize| {
        let leaf = Predicate::Exists { field: "wanted".to_owned() };
        (1..levels).fold(leaf, |inner, level| match level % 3 {
            0 => Predicate::Not(Box::new(inner)),
            1 => Predicate::And(vec![inner]),
            _ => Predicate::Or(vec![inner]),
        })
    };
    assert!(snapshot.select(&nested(MAX_PREDICATE_DEPTH)).is_ok());
    for levels in [MAX_PREDICATE_DEPTH + 1, 5_000] {
        let outcome = snapshot.select(&nested(levels));
        assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{levels} levels");
    }
}

#[test]
fn fields_beyond_the_limits_are_refused_and_nothing_else_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(1, Metric::Euclidean)).unwrap();
    let mut writer = index.writer().unwrap();
    let mut upsert = |key: u64, fields: &[Field]| {
        let (key, label) = (Key(key), Label(0));
        writer.upsert_document(&NewDocument { key, label, vector: &[0.0], payload: b"", fields })
    };
    let longest_name = "x".repeat(MAX_FIELD_NAME_BYTES);
    let longest = [9; MAX_FIELD_VALUE_BYTES];
    upsert(0, &[Field { name: &longest_name, value: &longest }]).unwrap();
    let numbers: Vec<_> = (0..=MAX_FIELD_VALUES as u32).map(u32::to_be_bytes).collect();
    let many: Vec<_> = numbers.iter().map(|value| Field { name: "n", value }).collect();
    upsert(1, &many[1..]).unwrap();

    let too_long = [9; MAX_FIELD_VALUE_BYTES + 1];
    for (fields, complaint) in [
        (&[Field { name: "n", value: &too_long }][..], "1025 bytes"),
        (&[Field { name: "", value: b"" }], "must have 1 to 255"),
        (&[Field { name: &format!("{longest_name}x"), value: b"" }], "256 bytes"),
        (&many, "at most 1024"),
    ] {
        let error = upsert(2, fields).unwrap_err();
        assert!(matches!(error, Error::InvalidInput { .. }));
        assert!(error.to_string().contains(complaint), "{error}");
    }

    // Two names are taken; names count whether they are in a segment or not.
    let names: Vec<String> = (2..=MAX_FIELDS).map(|number| format!("name {number}")).collect();
    let named: Vec<_> = names.iter().map(|name| Field { name, value: b"" }).collect();
    assert!(upsert(3, &named).unwrap_err().to_string().contains("at most 64 different fields"));
    upsert(3, &named[1..]).unwrap();
    let snapshot = writer.commit().unwrap();
    assert_eq!(snapshot.len(), 3);
    assert_eq!(snapshot.field_names().len(), MAX_FIELDS);
    let mut upsert = |name| {
        let fields = &[Field { name, value: b"" }];
        let (key, label) = (Key(4), Label(0));
        writer.upsert_document(&NewDocument { key, label, vector: &[0.0], payload: b"", fields })
    };
    assert!(upsert("one more").is_err());
    upsert("n").unwrap();
}
