//! Damaged files are errors: never a panic, never memory without bound, and `verify` sees them.

mod corpus;

use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use corpus::{Numbers, copy};
use mlsearch_index::{
    Address, Error, Field, Index, IndexConfig, Key, Label, Metric, NewDocument, Predicate, Result,
    SearchRequest, Slot,
};

const DIMENSION: usize = 3;

/// An index of two segments, the first with deletions, and payloads in several blocks.
fn build(folder: &Path) {
    let mut config = IndexConfig::new(DIMENSION, Metric::Cosine);
    config.attributes.insert("model".to_owned(), "some model".to_owned());
    let index = Index::create(folder, config).unwrap();
    let mut writer = index.writer().unwrap();
    let mut numbers = Numbers::new(1);
    for generation in 0..2 {
        for key in 0..12 {
            let key = 8 * generation + key;
            let payload = vec![key as u8; if key % 4 == 0 { 0 } else { 3_000 }];
            let vector = numbers.vector(Metric::Cosine, DIMENSION);
            let document = NewDocument {
                key: Key(key),
                label: Label((key % 3) as u16),
                vector: &vector,
                payload: &payload,
                fields: &[
                    Field { name: "n", value: &[key as u8] },
                    Field { name: "topic", value: [&b"law"[..], b"tax"][key as usize % 2] },
                ],
            };
            writer.upsert_document(&document).unwrap();
        }
        writer.commit().unwrap();
    }
    drop(writer);
    fs::remove_file(folder.join("lock")).unwrap();
    assert_eq!(files(folder).len(), 6);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Everything that reads an index.
fn read_everything(folder: &Path) -> Result<()> {
    let index = Index::open(folder)?;
    let snapshot = index.snapshot();
    snapshot.labels();
    snapshot.info();
    let mut first_error = Ok(());
    let mut note = |outcome: Result<()>| {
        if first_error.is_ok() {
            first_error = outcome;
        }
    };
    note(snapshot.search(&SearchRequest::new(&[0.6, 0.8, 0.0])).map(|neighbors| {
        for neighbor in neighbors {
            let _ = snapshot.payload(neighbor.address);
        }
    }));
    for key in 0..30 {
        note(snapshot.get(Key(key)).map(drop));
    }
    for document in snapshot.documents() {
        note(document.map(drop));
    }
    snapshot.field_names();
    for record in snapshot.records() {
        note(snapshot.fields(record.address).map(drop));
    }
    let (n, topic) = (|| "n".to_owned(), || "topic".to_owned());
    for predicate in [
        Predicate::Equal { field: topic(), value: b"tax".to_vec() },
        Predicate::In { field: n(), values: (0..30).map(|value| vec![value]).collect() },
        Predicate::Range { field: n(), lower: Bound::Excluded(vec![3]), upper: Bound::Unbounded },
        Predicate::Exists { field: topic() },
        Predicate::Keys((0..30).map(Key).collect()),
        Predicate::Labels((0..3).map(Label).collect()),
    ] {
        let predicate = Predicate::Not(Box::new(predicate));
        note(snapshot.select(&predicate).and_then(|selection| {
            let request = SearchRequest::new(&[0.6, 0.8, 0.0]);
            snapshot.search(&SearchRequest { selection: Some(&selection), ..request }).map(drop)
        }));
    }
    for segment in 0..4 {
        for slot in (0..14).chain([u32::MAX]) {
            let _ = snapshot.payload(Address { segment, slot: Slot(slot) });
        }
    }
    first_error
}

/// Everything that writes one.
fn write_everything(folder: &Path) -> Result<()> {
    let index = Index::open(folder)?;
    let mut writer = index.writer()?;
    for key in 0..30 {
        let _ = writer.contains(Key(key));
        let _ = writer.delete(Key(key));
        let _ = writer.upsert(Key(key + 7), Label(1), &[0.6, 0.8, 0.0], b"payload");
    }
    writer.commit().map(drop)
}

fn check_damaged(folder: &Path, context: &str) {
    // What these say is of no interest, as long as they return.
    let _ = read_everything(folder);
    match Index::verify(folder) {
        Ok(report) => assert!(!report.is_sound(), "{context}: verify saw nothing"),
        Err(Error::Incompatible { .. } | Error::NotAnIndex { .. }) => {}
        Err(other) => panic!("{context}: {other}"),
    }
}

#[test]
fn an_undamaged_index_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    read_everything(folder.path()).unwrap();
    let report = Index::verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!((report.files, report.documents), (6, 20));
    let bytes: u64 = files(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert_eq!(report.bytes, bytes);
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().info().bytes, bytes);
}

#[test]
fn every_truncation_of_every_file_is_noticed_at_open() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            let context = format!("{}, {length} of {} bytes", path.display(), bytes.len());
            let outcome = Index::open(folder.path());
            let missing_newline = path.ends_with("manifest.json") && length + 1 == bytes.len();
            assert!(outcome.is_err() || missing_newline, "{context}");
            if !missing_newline {
                check_damaged(folder.path(), &context);
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    read_everything(folder.path()).unwrap();
}

#[test]
fn bytes_after_the_end_of_a_file_are_noticed_at_open() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        assert!(Index::open(folder.path()).is_err(), "{}", path.display());
        check_damaged(folder.path(), &path.display().to_string());
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn flipped_bits_anywhere_in_any_file_are_noticed_by_verify() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        for position in 0..bytes.len() {
            // Every bit of the headers, and one of every other byte.
            let bits = if position < 256 { 0..8 } else { position % 8..position % 8 + 1 };
            for bit in bits {
                let mut flipped = bytes.clone();
                flipped[position] ^= 1 << bit;
                fs::write(&path, flipped).unwrap();
                let context = format!("{}, byte {position}, bit {bit}", path.display());
                check_damaged(folder.path(), &context);
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    read_everything(folder.path()).unwrap();
}

#[test]
fn stretches_of_noise_in_any_file_are_errors_for_readers_and_writers() {
    let original = tempfile::tempdir().unwrap();
    build(original.path());
    let mut numbers = Numbers::new(2);
    for path in files(original.path()) {
        let bytes = fs::read(&path).unwrap();
        for round in 0..60 {
            let folder = tempfile::tempdir().unwrap();
            copy(original.path(), folder.path());
            let mut noisy = bytes.clone();
            let start = numbers.below(noisy.len() as u64) as usize;
            let length = 1 + numbers.below(64) as usize;
            for byte in noisy.iter_mut().skip(start).take(length) {
                *byte = if round % 3 == 0 { 0xFF } else { numbers.next() as u8 };
            }
            if noisy == bytes {
                continue;
            }
            fs::write(folder.path().join(path.file_name().unwrap()), noisy).unwrap();
            check_damaged(
                folder.path(),
                &format!("{}, {length} bytes from {start}", path.display()),
            );
            let _ = write_everything(folder.path());
            let _ = read_everything(folder.path());
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        if path.ends_with("manifest.json") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        match Index::open(folder.path()) {
            Err(Error::Corrupt { path: named, what }) => {
                assert_eq!(named, path);
                assert!(what.contains("missing"), "{what}");
            }
            other => panic!("{}: {other:?}", path.display()),
        }
        let report = Index::verify(folder.path()).unwrap();
        assert_eq!(report.problems[0].path, path);
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn files_that_changed_places_are_noticed_at_open() {
    let folder = tempfile::tempdir().unwrap();
    // Two segments of the same size, so that only their checksums tell them apart.
    let index = Index::create(folder.path(), IndexConfig::new(1, Metric::Euclidean)).unwrap();
    let mut writer = index.writer().unwrap();
    for key in 0..2 {
        writer.upsert(Key(key), Label(0), &[key as f32], b"").unwrap();
        writer.commit().unwrap();
    }
    drop((writer, index));
    let [first, second] =
        ["00000001.segment", "00000002.segment"].map(|name| folder.path().join(name));
    let (first_bytes, second_bytes) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    assert_eq!(first_bytes.len(), second_bytes.len());
    fs::write(&first, second_bytes).unwrap();
    fs::write(&second, first_bytes).unwrap();
    let outcome = Index::open(folder.path());
    assert!(matches!(outcome, Err(Error::Corrupt { .. })), "{outcome:?}");
}
