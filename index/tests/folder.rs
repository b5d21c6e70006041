//! What may be in a folder besides a sound index, and what is said about it.

mod corpus;

use std::fs;
use std::path::Path;

use mlsearch_index::{
    Error, FORMAT_VERSION, Index, IndexConfig, Key, Label, MAX_DIMENSION, MAX_PAYLOAD_BYTES, Metric,
};

fn config() -> IndexConfig {
    IndexConfig::new(2, Metric::Cosine)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_index_is_created_in_a_folder_that_is_empty_or_does_not_exist() {
    let parent = tempfile::tempdir().unwrap();
    Index::create(parent.path().join("a/b/c"), config()).unwrap();
    assert!(Index::open(parent.path().join("a/b/c")).unwrap().snapshot().is_empty());
    let empty = tempfile::tempdir().unwrap();
    Index::create(empty.path(), config()).unwrap();
}

#[test]
fn an_index_is_not_created_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), config()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.upsert(Key(1), Label(1), &[1.0, 0.0], b"").unwrap();
    writer.commit().unwrap();
    drop(writer);
    let outcome = Index::create(folder.path(), config());
    assert!(matches!(outcome, Err(Error::AlreadyExists { .. })), "{outcome:?}");
    // Not even over a damaged one.
    let manifest = folder.path().join("manifest.json");
    let bytes = fs::read(&manifest).unwrap();
    fs::write(&manifest, &bytes[..bytes.len() / 2]).unwrap();
    let outcome = Index::create(folder.path(), config());
    assert!(matches!(outcome, Err(Error::AlreadyExists { .. })), "{outcome:?}");
    fs::write(&manifest, &bytes).unwrap();
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().len(), 1);
}

#[test]
fn other_peoples_folders_are_left_as_they_are() {
    for foreign in ["notes.txt", "manifest.json", "00000001.segment"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(foreign), "{\"name\": \"something else\"}").unwrap();
        let outcome = Index::create(folder.path(), config());
        assert!(matches!(outcome, Err(Error::NotAnIndex { .. })), "{foreign}: {outcome:?}");
        let outcome = Index::open(folder.path());
        assert!(matches!(outcome, Err(Error::NotAnIndex { .. })), "{foreign}: {outcome:?}");
        let outcome = Index::verify(folder.path());
        assert!(matches!(outcome, Err(Error::NotAnIndex { .. })), "{foreign}: {outcome:?}");
        assert_eq!(names(folder.path()), [foreign]);
        let text = fs::read_to_string(folder.path().join(foreign)).unwrap();
        assert_eq!(text, "{\"name\": \"something else\"}");
    }
}

#[test]
fn what_is_not_there_or_not_a_folder_is_not_an_index() {
    let parent = tempfile::tempdir().unwrap();
    let missing = parent.path().join("missing");
    assert!(matches!(Index::open(&missing), Err(Error::NotFound { .. })));
    assert!(matches!(Index::verify(&missing), Err(Error::NotFound { .. })));
    assert!(!missing.exists());
    assert!(matches!(Index::open(parent.path()), Err(Error::NotAnIndex { .. })));
    assert_eq!(names(parent.path()), [""; 0]);
    let file = parent.path().join("file");
    fs::write(&file, "text").unwrap();
    assert!(matches!(Index::open(&file), Err(Error::NotAnIndex { .. })));
    assert!(Index::create(&file, config()).is_err());
}

#[test]
fn a_newer_format_version_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    Index::create(folder.path(), config()).unwrap();
    let manifest = folder.path().join("manifest.json");
    // Whatever else a later version changes, these two stay.
    fs::write(&manifest, r#"{"format": "mlsearch-index", "format_version": 7, "new": []}"#)
        .unwrap();
    for outcome in [Index::open(folder.path()).map(drop), Index::verify(folder.path()).map(drop)] {
        let Err(Error::Incompatible { path, found, oldest, newest }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((path, found, oldest, newest), (manifest.clone(), 7, 1, FORMAT_VERSION));
    }
    let outcome = Index::create(folder.path(), config());
    assert!(matches!(outcome, Err(Error::AlreadyExists { .. })), "{outcome:?}");
}

#[test]
fn a_second_writer_is_told_who_has_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), config()).unwrap();
    let writer = index.writer().unwrap();
    let other = Index::open(folder.path()).unwrap();
    for index in [&index, &other] {
        match index.writer() {
            Err(Error::Locked { path, pid }) => {
                assert_eq!(path, folder.path());
                #[cfg(unix)]
                assert_eq!(pid, Some(std::process::id()));
            }
            outcome => panic!("{outcome:?}"),
        }
    }
    drop(writer);
    other.writer().unwrap();
}

#[test]
fn what_a_crashed_writer_left_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), config()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.upsert(Key(1), Label(1), &[1.0, 0.0], b"").unwrap();
    writer.commit().unwrap();
    drop(writer);
    let before = names(folder.path());
    for stray in
        ["00000002.segment", "00000002.payload", "00000001-0009.deleted", "manifest.json.new"]
    {
        fs::write(folder.path().join(stray), "half a file").unwrap();
    }
    fs::write(folder.path().join("2.segment"), "mine").unwrap();
    fs::write(folder.path().join("README"), "mine").unwrap();
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().len(), 1);
    drop(index.writer().unwrap());
    let kept: Vec<String> = names(folder.path())
        .into_iter()
        .filter(|name| !["2.segment", "README"].contains(&&**name))
        .collect();
    assert_eq!(kept, before);
    assert!(folder.path().join("2.segment").exists() && folder.path().join("README").exists());
}

#[test]
fn configurations_that_cannot_be_are_refused_before_anything_is_created() {
    let parent = tempfile::tempdir().unwrap();
    for dimension in [0, MAX_DIMENSION + 1, usize::MAX] {
        let outcome =
            Index::create(parent.path().join("x"), IndexConfig::new(dimension, Metric::Cosine));
        assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{outcome:?}");
    }
    assert_eq!(names(parent.path()), [""; 0]);
    Index::create(parent.path().join("x"), IndexConfig::new(MAX_DIMENSION, Metric::Cosine))
        .unwrap();
}

#[test]
fn documents_that_cannot_be_are_refused_and_leave_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), config()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.upsert(Key(1), Label(1), &[1.0, 0.0], b"kept").unwrap();
    let bad: [&[f32]; 6] =
        [&[], &[1.0], &[1.0, 0.0, 0.0], &[0.0, 0.0], &[f32::NAN, 0.0], &[0.0, f32::NEG_INFINITY]];
    for vector in bad {
        let outcome = writer.upsert(Key(1), Label(2), vector, b"refused");
        assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{vector:?}: {outcome:?}");
    }
    let message = writer.upsert(Key(1), Label(2), &[0.0, f32::NAN], b"").unwrap_err().to_string();
    assert!(message.contains("component 1"), "{message}");
    let huge = vec![0; MAX_PAYLOAD_BYTES + 1];
    let outcome = writer.upsert(Key(1), Label(2), &[1.0, 0.0], &huge);
    assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{outcome:?}");
    let snapshot = writer.commit().unwrap();
    let record = snapshot.get(Key(1)).unwrap().unwrap();
    assert_eq!(record.label, Label(1));
    assert_eq!(snapshot.payload(record.address).unwrap(), b"kept");
}

#[test]
fn the_largest_payload_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), config()).unwrap();
    let mut writer = index.writer().unwrap();
    let mut numbers = corpus::Numbers::new(3);
    let huge: Vec<u8> = (0..MAX_PAYLOAD_BYTES).map(|_| numbers.next() as u8).collect();
    writer.upsert(Key(1), Label(1), &[1.0, 0.0], b"before").unwrap();
    writer.upsert(Key(2), Label(1), &[1.0, 0.0], &huge).unwrap();
    writer.upsert(Key(3), Label(1), &[1.0, 0.0], b"after").unwrap();
    let snapshot = writer.commit().unwrap();
    let payload = |key| snapshot.payload(snapshot.get(Key(key)).unwrap().unwrap().address).unwrap();
    assert!(payload(2) == huge, "the payload changed");
    assert_eq!((payload(1), payload(3)), (b"before".to_vec(), b"after".to_vec()));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_can_be_read() {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), config()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.upsert(Key(1), Label(1), &[1.0, 0.0], b"").unwrap();
    writer.commit().unwrap();
    drop((writer, index));
    fs::remove_file(folder.path().join("lock")).unwrap();
    let set_mode =
        |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o555);
    if fs::write(folder.path().join("probe"), "").is_ok() {
        set_mode(0o755);
        // Permissions do not bind the superuser: there is nothing to see here.
        // Written past the test harness, which would hide it.
        let skipped = b"\nSKIPPED: this user can write to a folder without write permission\n";
        std::io::stderr().write_all(skipped).unwrap();
        return;
    }
    let index = Index::open(folder.path()).unwrap();
    assert_eq!(index.snapshot().len(), 1);
    let outcome = index.writer();
    let created = Index::create(folder.path().join("new"), config());
    set_mode(0o755);
    assert!(matches!(outcome, Err(Error::Io { .. })), "{outcome:?}");
    assert!(matches!(created, Err(Error::Io { .. })), "{created:?}");
}

#[test]
fn every_error_names_its_path_and_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), config()).unwrap();
    let _writer = index.writer().unwrap();
    let errors = [
        Index::open(folder.path().join("missing")).unwrap_err(),
        Index::create(folder.path(), config()).unwrap_err(),
        index.writer().unwrap_err(),
    ];
    for error in errors {
        let message = error.to_string();
        assert!(message.contains(folder.path().to_str().unwrap()), "{message}");
        assert!(message.contains(": ") && !message.contains("Error"), "{message}");
    }
}
