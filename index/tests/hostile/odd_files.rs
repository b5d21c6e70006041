//! What is no plain file where a file of the index should be.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

use mlsearch_index::Index;

use super::bounds::{TIME_BOUND, alone};
use super::exercise::{check, read};
use super::files::{self, Files};

fn build(folder: &Path) -> Files {
    let index =
        Index::create(folder, mlsearch_index::IndexConfig::new(2, mlsearch_index::Metric::Cosine))
            .unwrap();
    let mut writer = index.writer().unwrap();
    for key in 0..4 {
        let (key, label) = (mlsearch_index::Key(key), mlsearch_index::Label(0));
        writer.upsert(key, label, &[0.6, 0.8], b"payload").unwrap();
    }
    writer.commit().unwrap();
    writer.delete(mlsearch_index::Key(1)).unwrap();
    writer.commit().unwrap();
    drop(writer);
    fs::remove_file(folder.join("lock")).unwrap();
    files::read(folder)
}

/// Reads an index on another thread, so that waiting for ever is seen.
fn refused_in_time(folder: &Path, context: &str) {
    let (finished, finish) = channel();
    let owned = folder.to_owned();
    thread::spawn(move || {
        let outcome = read(&owned, false);
        let _ = finished.send(outcome.opened || outcome.sound);
    });
    let accepted = finish.recv_timeout(TIME_BOUND);
    assert_eq!(accepted, Ok(false), "{context}");
    if let Err(error) = Index::open(folder) {
        check(&error, folder);
    }
}

#[test]
fn a_folder_in_place_of_a_file_is_refused() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in build(folder.path()) {
        let path = folder.path().join(&name);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        refused_in_time(folder.path(), &name);
        fs::remove_dir(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn devices_and_links_to_nowhere_are_refused() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in build(folder.path()) {
        let path = folder.path().join(&name);
        for target in ["/dev/zero", "/dev/null", "nowhere", &name] {
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink(target, &path).unwrap();
            refused_in_time(folder.path(), &format!("{name}: {target}"));
        }
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }
}

/// Opening a pipe waits for whoever writes to it.
#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_refused_and_not_waited_for() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in build(folder.path()) {
        let path = folder.path().join(&name);
        fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo is needed");
        refused_in_time(folder.path(), &name);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }
}
