//! A commit is whole or not there, whichever operation of the disk fails.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::storage::Storage;
use crate::storage::faulty::{Fault, FaultyDisk};
use crate::{
    Error, Index, IndexConfig, IndexWriter, Key, Label, Metric, OpenOptions, Result, Snapshot,
    WriterOptions,
};

const FAULTS: [Fault; 6] = [
    Fault::Refused,
    Fault::Misreported,
    Fault::PowerCutKeepingNames,
    Fault::PowerCutLosingNames,
    Fault::PowerCutLosingNewFiles,
    Fault::PowerCutLosingRenames,
];

/// More operations than any script here needs.
const MANY: usize = 1_000;

/// Everything in a snapshot that a caller can see.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contents {
    pub(crate) generation: u64,
    pub(crate) documents: BTreeMap<Key, (Label, Vec<f32>, Vec<u8>)>,
    attributes: BTreeMap<String, String>,
}

pub(crate) fn try_contents(snapshot: &Snapshot) -> Result<Contents> {
    let documents = snapshot
        .documents()
        .map(|document| {
            let document = document?;
            let record = document.record;
            Ok((record.key, (record.label, record.vector.to_vec(), document.payload)))
        })
        .collect::<Result<_>>()?;
    let attributes = snapshot.attributes().clone();
    Ok(Contents { generation: snapshot.generation(), documents, attributes })
}

fn contents(snapshot: &Snapshot) -> Contents {
    try_contents(snapshot).unwrap()
}

fn upsert(writer: &mut IndexWriter, key: u64, version: f32) -> Result<()> {
    let payload = format!("payload of {key}, version {version}");
    let vector = [key as f32, version, 0.5];
    let outcome = writer.upsert(Key(key), Label((key % 3) as u16), &vector, payload.as_bytes());
    match outcome {
        // The disk is full once, and then not: what could not be added is added again.
        Err(Error::Io { .. }) => {
            writer.upsert(Key(key), Label((key % 3) as u16), &vector, payload.as_bytes())
        }
        other => other,
    }
}

fn open(disk: &FaultyDisk, folder: &Path) -> Result<Index> {
    Index::open_on(Arc::new(disk.clone()), folder, OpenOptions::default())
}

/// An index of two segments, with deletions in the first.
fn create(folder: &Path) -> Contents {
    let config = IndexConfig::new(3, Metric::Euclidean);
    let index = Index::create_on(Arc::new(FaultyDisk::sound()), folder, config).unwrap();
    let mut writer = index.writer().unwrap();
    for key in 0..20 {
        upsert(&mut writer, key, 1.0).unwrap();
    }
    writer.commit().unwrap();
    for key in 15..30 {
        upsert(&mut writer, key, 2.0).unwrap();
    }
    writer.delete(Key(3)).unwrap();
    writer.set_attribute("model", "first");
    contents(&writer.commit().unwrap())
}

/// Changes in both segments, one new segment that is flushed before the commit, and one that
/// is flushed by it.
fn change(index: &Index) -> Result<IndexWriter> {
    let options = WriterOptions { buffer_bytes: 2_000, graph_from: 12, ..WriterOptions::default() };
    let mut writer = index.writer_with(options)?;
    for key in 0..5 {
        writer.delete(Key(key))?;
    }
    for key in 18..40 {
        upsert(&mut writer, key, 3.0)?;
    }
    writer.set_attribute("model", "second");
    Ok(writer)
}

fn changed() -> Contents {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path());
    let index = open(&FaultyDisk::sound(), folder.path()).unwrap();
    contents(&change(&index).unwrap().commit().unwrap())
}

/// What a folder must be after a fault, whatever it was: sound, and ready for more.
fn check_recovery(folder: &Path, context: &str) -> Contents {
    let index =
        open(&FaultyDisk::sound(), folder).unwrap_or_else(|error| panic!("{context}: {error}"));
    let found = contents(&index.snapshot());
    let report = Index::verify(folder).unwrap();
    assert!(report.is_sound(), "{context}: {:?}", report.problems);

    let mut writer = index.writer().unwrap();
    upsert(&mut writer, 99, 9.0).unwrap();
    let after = contents(&writer.commit().unwrap());
    assert_eq!(after.documents.len(), found.documents.len() + 1, "{context}");
    drop(writer);
    let report = Index::verify(folder).unwrap();
    assert!(report.is_sound(), "{context}: {:?}", report.problems);
    // The manifest, the files it names, and the lock.
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        report.files + 1,
        "{context}: stray files"
    );
    found
}

#[test]
fn a_fault_at_any_operation_leaves_the_old_or_the_new_commit() {
    let new = changed();
    for fault in FAULTS {
        let mut outcomes = [0, 0];
        for successes in 0..MANY {
            let context = format!("{fault:?} after {successes} operations");
            let folder = tempfile::tempdir().unwrap();
            let old = create(folder.path());
            let disk = FaultyDisk::new(fault, successes);
            let index = open(&disk, folder.path()).unwrap();

            let committed = change(&index).and_then(|mut writer| writer.commit()).is_ok();
            let visible = contents(&index.snapshot());
            drop(index);
            disk.settle();

            let found = check_recovery(folder.path(), &context);
            assert!(found == old || found == new, "{context}: neither the old nor the new commit");
            assert!(visible == old || visible == new, "{context}: a snapshot of half a commit");
            assert!(!committed || found == new, "{context}: a commit was lost");
            outcomes[usize::from(found == new)] += 1;
            if !disk.struck() {
                break;
            }
        }
        assert!(outcomes[0] > 10 && outcomes[1] > 1, "{fault:?}: too few operations: {outcomes:?}");
    }
}

#[test]
fn a_power_cut_after_a_failed_commit_and_another_writer_leaves_a_whole_commit() {
    let new = changed();
    for successes in 0..MANY {
        let context = format!("after {successes} operations");
        let folder = tempfile::tempdir().unwrap();
        let old = create(folder.path());
        let disk = FaultyDisk::new(Fault::Refused, successes);
        let index = open(&disk, folder.path()).unwrap();
        let committed = change(&index).and_then(|mut writer| writer.commit()).is_ok();
        let struck = disk.struck();
        // It removes the files of the commit that is not the last, unless that may come back.
        drop(index.writer());
        disk.cut_power(Fault::PowerCutLosingRenames);
        disk.settle();
        let found = check_recovery(folder.path(), &context);
        assert!(found == old || found == new, "{context}: neither the old nor the new commit");
        assert!(!committed || found == new, "{context}: a commit was lost");
        if !struck {
            break;
        }
    }
}

#[test]
fn a_commit_that_failed_can_be_tried_again() {
    let new = changed();
    let mut retried = 0;
    for successes in 0..MANY {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path());
        let disk = FaultyDisk::new(Fault::Refused, successes);
        let index = open(&disk, folder.path()).unwrap();
        let Ok(mut writer) = change(&index) else { continue };
        match writer.commit() {
            Ok(_) => {}
            Err(first) => {
                assert!(matches!(first, Error::Io { .. }), "{first}");
                match writer.commit() {
                    Ok(_) => retried += 1,
                    // The rename itself failed: nobody can know.
                    Err(Error::WriterStopped { .. }) => {
                        assert!(first.to_string().contains("could not replace"), "{first}");
                        continue;
                    }
                    Err(other) => panic!("after {successes} operations: {first}, then {other}"),
                }
            }
        }
        assert_eq!(contents(&index.snapshot()), new, "after {successes} operations");
        drop(writer);
        assert_eq!(check_recovery(folder.path(), "after a second try"), new);
        if !disk.struck() {
            break;
        }
    }
    assert!(retried > 5, "only {retried} commits had to be tried again");
}

#[test]
fn a_commit_that_failed_can_be_rolled_back() {
    for successes in 0..MANY {
        let folder = tempfile::tempdir().unwrap();
        let old = create(folder.path());
        let disk = FaultyDisk::new(Fault::Refused, successes);
        let index = open(&disk, folder.path()).unwrap();
        let Ok(mut writer) = change(&index) else { continue };
        if writer.commit().is_err() && writer.rollback().is_ok() {
            let is_old = contents(&index.snapshot()) == old;
            assert_eq!(contents(&writer.commit().unwrap()) == old, is_old);
        }
        drop(writer);
        check_recovery(folder.path(), &format!("rolled back after {successes} operations"));
        if !disk.struck() {
            break;
        }
    }
}

#[test]
fn a_creation_that_failed_can_be_tried_again() {
    for fault in FAULTS {
        for successes in 0..MANY {
            let context = format!("{fault:?} after {successes} operations");
            let parent = tempfile::tempdir().unwrap();
            let folder = parent.path().join("new/index");
            let disk = FaultyDisk::new(fault, successes);
            let config = || IndexConfig::new(3, Metric::Euclidean);
            let created = Index::create_on(Arc::new(disk.clone()), &folder, config());
            let struck = disk.struck();
            if !matches!(fault, Fault::Refused | Fault::Misreported) {
                disk.cut_power(fault);
            }
            disk.settle();
            let sound = Arc::new(FaultyDisk::sound());
            match Index::create_on(sound, &folder, config()) {
                Ok(_) => assert!(created.is_err(), "{context}: a created index was lost"),
                Err(Error::AlreadyExists { .. }) => {}
                Err(other) => panic!("{context}: {other}"),
            }
            check_recovery(&folder, &context);
            if !struck {
                assert!(successes >= 8, "{context}: too few operations");
                break;
            }
        }
    }
}

#[test]
fn a_creation_that_was_tried_again_survives_a_power_cut() {
    for successes in 0..MANY {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("new/index");
        let disk = FaultyDisk::new(Fault::Refused, successes);
        let create = || {
            let config = IndexConfig::new(3, Metric::Euclidean);
            Index::create_on(Arc::new(disk.clone()), &folder, config)
        };
        let created = create().or_else(|_| create());
        let struck = disk.struck();
        disk.cut_power(Fault::PowerCutLosingNames);
        disk.settle();
        match created {
            Ok(_) => drop(check_recovery(&folder, &format!("after {successes} operations"))),
            // Only the last step failed: what is there was not promised to last.
            Err(Error::AlreadyExists { .. }) => {}
            Err(other) => panic!("after {successes} operations: {other}"),
        }
        if !struck {
            assert!(successes >= 8, "too few operations");
            break;
        }
    }
}

#[test]
fn the_disk_of_these_tests_does_fail() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::new(Fault::PowerCutLosingNames, 2);
    let path = folder.path().join("file");
    let mut file = disk.create(&path).unwrap();
    std::io::Write::write_all(&mut file, b"bytes").unwrap();
    assert!(file.sync().is_err());
    assert!(disk.sync_folder(folder.path()).is_err());
    disk.settle();
    assert!(!path.exists());
}
