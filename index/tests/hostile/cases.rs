//! Indexes changed at random, with checksums as they were and with checksums made right again.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use mlsearch_index::{
    Field, HnswConfig, Index, IndexConfig, Key, Label, Metric, NewDocument, Quantization,
    WriterOptions,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tempfile::TempDir;

use super::bounds::{TIME_BOUND, alone, bounded};
use super::change::{Change, change};
use super::corpus::{Numbers, QUANTIZATIONS};
use super::exercise::{check, read, write};
use super::files::{self, Files, make_right};

/// An index that was written right, another of the same kind, and a folder for what is made of it.
struct Sound {
    files: Files,
    foreign: Files,
    folder: TempDir,
    /// What the folder holds.
    there: RefCell<Files>,
}

#[derive(Clone, Debug)]
struct Case {
    index: prop::sample::Index,
    changes: Vec<Change>,
    /// Whether checksums are made right again.
    forged: bool,
    pinned: bool,
    /// Whether the index is written to; by compaction, if it says so.
    written: Option<bool>,
}

fn case() -> impl Strategy<Value = Case> {
    (
        any::<prop::sample::Index>(),
        prop_oneof![
            6 => prop::collection::vec(change(), 1..2),
            3 => prop::collection::vec(change(), 2..5),
        ],
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.15, any::<bool>()),
    )
        .prop_map(|(index, changes, forged, pinned, written)| Case {
            index,
            changes,
            forged,
            pinned,
            written,
        })
}

/// Two segments with graphs, deletions, fields, and payloads in several blocks.
fn build(quantization: Quantization, seed: u64) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let config = IndexConfig {
        quantization,
        hnsw: HnswConfig { m: 4, ef_construction: 16 },
        attributes: [("model".to_owned(), "some model".to_owned())].into(),
        ..IndexConfig::new(3, Metric::Cosine)
    };
    let index = Index::create(folder.path(), config).unwrap();
    let options = WriterOptions { graph_from: 40, ..WriterOptions::default() };
    let mut writer = index.writer_with(options).unwrap();
    let mut numbers = Numbers::new(seed);
    // So many that some walk through the graph: see ADMITTED_PER_CANDIDATE.
    let many = match quantization {
        Quantization::Int4 => 360,
        Quantization::Int8 => 200,
        _ => 120,
    };
    for keys in [(0..many).collect(), vec![0, 5, 9, many + 3]] {
        for key in keys {
            let payload = match key % 16 {
                0 => 6_000,
                1..8 => 20,
                _ => 0,
            };
            let document = NewDocument {
                key: Key(key),
                label: Label((key % 3) as u16),
                vector: &numbers.vector(Metric::Cosine, 3),
                payload: &vec![key as u8; payload],
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
    files::read(folder.path())
}

fn sound() -> Vec<Sound> {
    let with_folder = |files: Files, foreign| {
        let folder = tempfile::tempdir().unwrap();
        files::write(folder.path(), &Files::new(), &files);
        Sound { there: RefCell::new(files.clone()), files, foreign, folder }
    };
    let fixture = |version| {
        let root: PathBuf = env!("CARGO_MANIFEST_DIR").into();
        files::read(&root.join(format!("tests/fixtures/format-{version}")))
    };
    let mut sound: Vec<Sound> = QUANTIZATIONS
        .map(|quantization| with_folder(build(quantization, 1), build(quantization, 2)))
        .into();
    sound.push(with_folder(fixture(1), fixture(2)));
    sound.push(with_folder(fixture(2), fixture(1)));
    sound
}

/// Whether the index opened.
fn run(sound: &[Sound], case: &Case) -> bool {
    let sound = case.index.get(sound);
    let mut files = sound.files.clone();
    if case.forged {
        let (of_manifest, of_files): (Vec<_>, Vec<_>) =
            case.changes.iter().partition(|change| change.is_of_manifest(&files));
        of_files.iter().for_each(|it| it.apply(&mut files, &sound.foreign));
        if let Some(manifest) = sound.files.get(files::MANIFEST) {
            files.insert(files::MANIFEST.to_owned(), manifest.clone());
        }
        make_right(&mut files);
        of_manifest.iter().for_each(|it| it.apply_to_commit(&mut files));
    } else {
        case.changes.iter().for_each(|it| it.apply(&mut files, &sound.foreign));
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    let folder = sound.folder.path();
    files::write(folder, &sound.there.borrow(), &files);
    sound.there.replace(files.clone());

    let outcome = bounded(bytes, || read(folder, case.pinned));
    assert!(outcome.opened || !outcome.sound, "verification did not see what opening did");
    let changed = |(name, bytes): (&String, &Vec<u8>)| {
        name != files::MANIFEST && files.get(name) != Some(bytes)
    };
    if !case.forged && sound.files.iter().any(changed) {
        assert!(!outcome.sound, "verification saw nothing");
    }
    if let Some(compact) = case.written {
        let outcome = bounded(bytes, || write(folder, compact));
        outcome.err().into_iter().for_each(|error| check(&error, folder));
        bounded(2 * bytes + 10_000, || read(folder, false));
        empty(folder);
        sound.there.replace(Files::new());
    }
    outcome.opened
}

fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => default,
    }
}

#[test]
fn whatever_the_files_hold_the_library_returns_within_bounds() {
    let _alone = alone();
    let cases = number("HOSTILE_CASES", 2_000);
    let seed = number("HOSTILE_SEED", 1);
    let current: Arc<Mutex<String>> = Arc::default();
    let (finished, finish) = channel();
    let running = Arc::clone(&current);
    let worker = thread::spawn(move || {
        let sound = sound();
        for sound in &sound {
            assert!(read(sound.folder.path(), false).sound);
        }
        let config = Config {
            cases: u32::try_from(cases).expect("at most 4,294,967,295 cases"),
            failure_persistence: None,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let opened = Cell::new(0);
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let outcome = TestRunner::new_with_rng(config, random).run(&case(), |case| {
            let said = format!("{case:?}");
            *running.lock().unwrap_or_else(PoisonError::into_inner) = said;
            opened.set(opened.get() + u64::from(run(&sound, &case)));
            Ok(())
        });
        // Who waits is told also by the panic that drops this.
        drop(finished);
        outcome.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
        // They are to reach what is behind the opening, and to be refused there.
        let opened = opened.get();
        assert!(opened >= cases / 4 && opened <= cases * 3 / 4, "{opened} of {cases} opened");
    });
    let mut last = String::new();
    while finish.recv_timeout(6 * TIME_BOUND) == Err::<(), _>(RecvTimeoutError::Timeout) {
        let current = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert_ne!(current, last, "it hangs");
        last = current;
    }
    worker.join().unwrap();
}
