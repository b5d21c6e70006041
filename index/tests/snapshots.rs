//! Readers are never disturbed: not by a writer beside them, and not by one in another process.

mod corpus;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, fs, thread};

use corpus::{Expected, Model, assert_holds};
use mlsearch_index::{
    Error, Index, IndexConfig, IndexWriter, Key, Label, Metric, Quantization, Snapshot,
    WriterOptions,
};

const KEYS: u64 = 40;

/// Tells a child process which folder to write to.
const FOLDER: &str = "MLSEARCH_INDEX_TEST_FOLDER";

fn create(folder: &Path) -> Index {
    Index::create(folder, IndexConfig::new(2, Metric::Euclidean)).unwrap()
}

/// Replaces every document by that of a version.
fn write_version(writer: &mut IndexWriter, version: u64) {
    for key in 0..KEYS {
        let payload = format!("{version}");
        let label = Label((key % 5) as u16);
        writer.upsert(Key(key), label, &[version as f32, key as f32], payload.as_bytes()).unwrap();
    }
    writer.set_attribute("version", version.to_string());
}

/// A snapshot has one version of everything.
fn check_version(snapshot: &Snapshot) -> u64 {
    let version: u64 = snapshot.attributes()["version"].parse().unwrap();
    let mut keys = BTreeSet::new();
    for document in snapshot.documents() {
        let document = document.unwrap();
        assert_eq!(*document.record.vector, [version as f32, document.record.key.0 as f32]);
        assert_eq!(document.payload, version.to_string().as_bytes());
        keys.insert(document.record.key);
    }
    assert_eq!(keys.len() as u64, KEYS);
    assert_eq!(snapshot.len(), KEYS);
    version
}

#[test]
fn a_snapshot_stays_as_it_was_while_the_writer_commits() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(folder.path());
    let mut writer = index.writer().unwrap();
    write_version(&mut writer, 1);
    writer.commit().unwrap();
    let old = index.snapshot();
    for version in 2..10 {
        write_version(&mut writer, version);
        writer.commit().unwrap();
        assert_eq!(check_version(&old), 1);
        assert_eq!(check_version(&index.snapshot()), version);
    }
    // The files of the old snapshot have long been removed.
    assert!(!folder.path().join("00000001.segment").exists());
    drop((writer, index));
    assert_eq!(check_version(&old), 1);
}

#[test]
fn an_address_of_another_snapshot_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(folder.path());
    let mut writer = index.writer().unwrap();
    write_version(&mut writer, 1);
    let old = writer.commit().unwrap();
    let address = old.get(Key(3)).unwrap().unwrap().address;
    writer.delete(Key(3)).unwrap();
    let new = writer.commit().unwrap();
    assert!(old.payload(address).is_ok());
    for outcome in [new.payload(address).map(drop), new.record(address).map(drop)] {
        assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{outcome:?}");
    }
}

#[test]
fn refreshing_shows_the_commits_of_another_handle() {
    let folder = tempfile::tempdir().unwrap();
    let ours = create(folder.path());
    let theirs = Index::open(folder.path()).unwrap();
    let mut writer = theirs.writer().unwrap();
    assert!(!ours.refresh().unwrap());
    for version in 1..4 {
        write_version(&mut writer, version);
        assert!(!ours.refresh().unwrap());
        writer.commit().unwrap();
        assert!(ours.refresh().unwrap());
        assert!(!ours.refresh().unwrap());
        assert_eq!(check_version(&ours.snapshot()), version);
    }
    // A writer starts from the last commit, refreshed or not.
    write_version(&mut writer, 9);
    writer.commit().unwrap();
    drop(writer);
    let writer = ours.writer().unwrap();
    assert_eq!(writer.attribute("version"), Some("9"));
}

#[test]
fn readers_see_whole_commits_while_the_writer_works() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(folder.path());
    let mut writer = index
        .writer_with(WriterOptions { buffer_bytes: 2_000, ..WriterOptions::default() })
        .unwrap();
    write_version(&mut writer, 1);
    writer.commit().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let shared = scope.spawn(|| {
            let mut last = 1;
            while !done.load(Ordering::Relaxed) {
                let version = check_version(&index.snapshot());
                assert!(version >= last, "a reader went back in time");
                last = version;
                index.refresh().unwrap();
            }
            last
        });
        // Opening while files come and go.
        let opening = scope.spawn(|| {
            let mut opened = 0;
            while !done.load(Ordering::Relaxed) {
                check_version(&Index::open(folder.path()).unwrap().snapshot());
                opened += 1;
            }
            opened
        });
        let verifying = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let report = Index::verify(folder.path()).unwrap();
                assert!(report.is_sound(), "{:?}", report.problems);
            }
        });
        for version in 2..60 {
            write_version(&mut writer, version);
            writer.commit().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(shared.join().unwrap() > 1);
        assert!(opening.join().unwrap() > 1);
        verifying.join().unwrap();
    });
}

#[test]
fn unchanged_segments_are_shared_between_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    // Vectors of single precision are read in place.
    let quantization = Quantization::F32;
    let config = IndexConfig { quantization, ..IndexConfig::new(2, Metric::Euclidean) };
    let index = Index::create(folder.path(), config).unwrap();
    let mut writer = index.writer().unwrap();
    writer.upsert(Key(1), Label(0), &[1.0, 2.0], b"").unwrap();
    let old = writer.commit().unwrap();
    writer.upsert(Key(2), Label(0), &[3.0, 4.0], b"").unwrap();
    let new = writer.commit().unwrap();
    let vector = |snapshot: &Snapshot| snapshot.get(Key(1)).unwrap().unwrap().vector.as_ptr();
    assert_eq!(vector(&old), vector(&new));
}

/// Not a test: what the child processes of the tests below do.
#[test]
#[ignore = "run by other tests as a process of its own"]
fn write_until_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let index = Index::open(folder).unwrap();
    let mut writer = index
        .writer_with(WriterOptions { buffer_bytes: 2_000, ..WriterOptions::default() })
        .unwrap();
    let version = writer.attribute("version").map_or(0, |version| version.parse().unwrap());
    for version in version + 1.. {
        write_version(&mut writer, version);
        writer.commit().unwrap();
    }
}

fn spawn(what: &str, folder: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", what, "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_process_leaves_its_last_commit_and_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(folder.path());
    let mut last = 0;
    for round in 0..8 {
        let mut child = spawn("write_until_killed", folder.path());
        // Until it has committed, and then a little, to be killed in the midst of something.
        while !index.refresh().unwrap() {
            assert!(child.try_wait().unwrap().is_none(), "the writing process ended");
            thread::sleep(Duration::from_millis(1));
        }
        match index.writer() {
            Err(Error::Locked { pid, .. }) => {
                #[cfg(unix)]
                assert_eq!(pid, Some(child.id()));
            }
            outcome => panic!("{outcome:?}"),
        }
        thread::sleep(Duration::from_millis(5 + 7 * round));
        child.kill().unwrap();
        child.wait().unwrap();

        index.refresh().unwrap();
        let version = check_version(&index.snapshot());
        assert!(version > last);
        last = version;
        assert_eq!(check_version(&Index::open(folder.path()).unwrap().snapshot()), version);
        // The lock died with the process, and what it left is swept.
        drop(index.writer().unwrap());
        let report = Index::verify(folder.path()).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), report.files + 1);
    }
}

/// Not a test: what the reading process of the test below does.
#[test]
#[ignore = "run by another test as a process of its own"]
fn hold_a_snapshot_until_told() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let snapshot = Index::open(folder.join("index")).unwrap().snapshot();
    fs::write(folder.join(format!("ready-{}", std::process::id())), b"").unwrap();
    while !folder.join("go").exists() {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(check_version(&snapshot), 1);
    // Another process that opens the index now is at the last commit.
    assert_eq!(check_version(&Index::open(folder.join("index")).unwrap().snapshot()), 5);
}

/// A file that is open stays until nobody reads it: that is how Unix removes files. Elsewhere
/// the removal fails and is tried again by a later commit.
#[test]
#[cfg(unix)]
fn snapshots_of_other_processes_keep_the_files_that_a_writer_removes() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(&folder.path().join("index"));
    let mut writer = index.writer().unwrap();
    write_version(&mut writer, 1);
    writer.commit().unwrap();
    let names = |index: &Index| -> BTreeSet<String> {
        let entries = fs::read_dir(index.folder()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let first = names(&index);
    let mut children: Vec<Child> =
        (0..2).map(|_| spawn("hold_a_snapshot_until_told", folder.path())).collect();
    for child in &mut children {
        while !folder.path().join(format!("ready-{}", child.id())).exists() {
            assert!(child.try_wait().unwrap().is_none(), "the reading process ended");
            thread::sleep(Duration::from_millis(1));
        }
    }
    for version in 2..6 {
        write_version(&mut writer, version);
        writer.commit().unwrap();
    }
    writer.compact().unwrap();
    let shared: Vec<String> = first.intersection(&names(&index)).cloned().collect();
    assert_eq!(shared, ["lock", "manifest.json"]);
    #[cfg(target_os = "linux")]
    for child in &children {
        let maps = fs::read_to_string(format!("/proc/{}/maps", child.id())).unwrap();
        assert!(maps.contains("00000001.segment (deleted)"), "{maps}");
    }
    fs::write(folder.path().join("go"), b"").unwrap();
    for mut child in children {
        assert!(child.wait().unwrap().success(), "a reader lost its snapshot");
    }
}

#[test]
fn a_dropped_writer_leaves_the_last_commit() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(folder.path());
    let mut writer =
        index.writer_with(WriterOptions { buffer_bytes: 500, ..WriterOptions::default() }).unwrap();
    writer.upsert(Key(1), Label(7), &[1.0, 2.0], b"payload").unwrap();
    writer.commit().unwrap();
    write_version(&mut writer, 1);
    drop(writer);
    let expected =
        Expected { label: Label(7), vector: vec![1.0, 2.0], payload: b"payload".to_vec() };
    let model = Model::from([(Key(1), expected)]);
    assert_holds(&index.snapshot(), &model);
    assert_holds(&Index::open(folder.path()).unwrap().snapshot(), &model);
}
