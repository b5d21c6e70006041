//! Whatever moment the power fails at, and whatever the disk made of what it was not made to
//! keep: the folder holds the last commit, or the one that was on its way.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use crate::fault_tests::{Contents, try_contents};
use crate::format::names;
use crate::storage::faulty::FaultyDisk;
use crate::storage::journal::{Journal, Operation};
use crate::storage::power::{Bytes, Chance, Image, Machine};
use crate::{
    Error, Index, IndexConfig, IndexWriter, Key, Label, Metric, OpenOptions, Result, WriterOptions,
};

/// Up to so many changes of names all combinations of what is kept are tried.
const ALL_COMBINATIONS: usize = 8;

/// And so many of them beyond that, beside the regular ones.
const SOME_COMBINATIONS: u64 = 200;

/// A life of an index: what was asked of the disk, and what each commit holds.
struct Life {
    start: Image,
    /// Whether the first commit is in what it starts with.
    continued: bool,
    operations: Vec<Operation>,
    commits: Vec<Committed>,
}

struct Committed {
    /// How many operations there were when the commit returned.
    returned: usize,
    contents: Contents,
}

/// Says what is wrong with what was found, where one of some commits should be.
type Check<'test> = dyn Fn(&Image, &[Option<&Contents>]) -> Result<(), String> + Sync + 'test;

fn options() -> WriterOptions {
    WriterOptions {
        buffer_bytes: 40_000,
        graph_from: 24,
        threads: std::num::NonZeroUsize::new(1),
        ..WriterOptions::default()
    }
}

/// Adds documents whose payloads do not compress, so that they take several blocks.
fn add(writer: &mut IndexWriter, keys: std::ops::Range<u64>, version: u64) -> Result<()> {
    for key in keys {
        let mut chance = Chance(key << 8 | version);
        let length = if key % 3 == 0 { 5_000 } else { key as usize % 50 };
        let payload: Vec<u8> = (0..length).map(|_| chance.next() as u8).collect();
        let vector = [key as f32, version as f32, 0.5];
        writer.upsert(Key(key), Label((key % 5) as u16), &vector, &payload)?;
    }
    Ok(())
}

fn delete(writer: &mut IndexWriter, keys: impl Iterator<Item = u64>) -> Result<()> {
    keys.into_iter().try_for_each(|key| writer.delete(Key(key)).map(drop))
}

/// Lives through additions, replacements, deletions, commits, compactions, a rollback, and a
/// writer that ends with work undone.
fn live() -> Life {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::of(folder.path());
    let mut commits = Vec::new();
    let mut note = |index: &Index| {
        let contents = try_contents(&index.snapshot()).unwrap();
        commits.push(Committed { returned: journal.len(), contents });
    };
    let config = IndexConfig::new(3, Metric::Euclidean);
    let index = Index::create_on(Arc::new(journal.clone()), folder.path(), config).unwrap();
    note(&index);

    let mut writer = index.writer_with(options()).unwrap();
    add(&mut writer, 0..60, 1).unwrap();
    writer.set_attribute("model", "first");
    writer.commit().unwrap();
    note(&index);

    add(&mut writer, 50..70, 2).unwrap();
    delete(&mut writer, (0..60).step_by(9)).unwrap();
    writer.commit().unwrap();
    note(&index);

    add(&mut writer, 70..110, 3).unwrap();
    delete(&mut writer, 20..30).unwrap();
    writer.rollback().unwrap();
    add(&mut writer, 66..90, 3).unwrap();
    writer.commit().unwrap();
    note(&index);

    delete(&mut writer, 10..30).unwrap();
    writer.compact().unwrap();
    note(&index);

    add(&mut writer, 100..140, 4).unwrap();
    drop(writer);
    let mut writer = index.writer_with(options()).unwrap();
    add(&mut writer, 85..130, 5).unwrap();
    writer.set_attribute("model", "second");
    writer.commit().unwrap();
    note(&index);

    delete(&mut writer, (30..120).step_by(2)).unwrap();
    writer.commit().unwrap();
    note(&index);

    add(&mut writer, 0..12, 6).unwrap();
    writer.compact().unwrap();
    note(&index);

    delete(&mut writer, 5..200).unwrap();
    writer.commit().unwrap();
    note(&index);

    Life { start: Image::default(), continued: false, operations: journal.operations(), commits }
}

impl Life {
    /// The commits that a folder may hold after so many operations: the last that returned, and
    /// the one after it if its manifest has been renamed. Nothing before the first has.
    fn allowed(&self, operations: usize) -> Vec<Option<&Contents>> {
        let returned = self.commits.iter().filter(|commit| commit.returned <= operations).count();
        let renamed = self.operations[..operations]
            .iter()
            .filter(|operation| matches!(operation, Operation::Rename { to, .. } if to == names::MANIFEST))
            .count();
        let renamed = renamed + usize::from(self.continued);
        assert!(renamed == returned || renamed == returned + 1);
        let contents = |count: usize| Some(&self.commits[count.checked_sub(1)?].contents);
        (returned..=renamed).map(contents).collect()
    }

    /// Calls `check` with what may be found after a power cut at each moment, about one in `part`
    /// of it, and returns how many it was called with.
    fn play(&self, part: u64, check: &Check<'_>) -> Result<usize, String> {
        let next = AtomicUsize::new(0);
        let work = || -> Result<usize, String> {
            let mut checked = 0;
            loop {
                let moment = next.fetch_add(1, Ordering::Relaxed);
                if moment > self.operations.len() {
                    return Ok(checked);
                }
                let mut machine = Machine::starting_with(&self.start);
                self.operations[..moment].iter().for_each(|operation| machine.apply(operation));
                let mut chance = Chance(moment as u64);
                let allowed = self.allowed(moment);
                let mut seen = HashSet::new();
                for (kept, bytes) in outcomes(&machine, &mut chance) {
                    if !chance.next().is_multiple_of(part) {
                        continue;
                    }
                    let image = machine.found(|change| kept[change], bytes);
                    if seen.insert(image.digest()) {
                        checked += 1;
                        check(&image, &allowed).map_err(|problem| {
                            let last = self.operations[..moment].last();
                            format!(
                                "power cut after {moment} operations, of which the last is \
                                 {last:.200?}, names kept: {kept:?}, bytes: {bytes:?}: {problem}"
                            )
                        })?;
                    }
                }
            }
        };
        let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        })
    }
}

/// What may become of the names and of the bytes that are not durable.
fn outcomes(machine: &Machine, chance: &mut Chance) -> Vec<(Vec<bool>, Bytes)> {
    let changes = machine.pending_names();
    let mut combinations: Vec<Vec<bool>> = Vec::new();
    if changes <= ALL_COMBINATIONS {
        combinations.extend(
            (0..1_u32 << changes).map(|set| (0..changes).map(|at| set >> at & 1 == 1).collect()),
        );
    } else {
        for one in 0..changes {
            combinations.push((0..changes).map(|at| at == one).collect());
            combinations.push((0..changes).map(|at| at != one).collect());
            combinations.push((0..changes).map(|at| at < one).collect());
        }
        combinations.push(vec![true; changes]);
        combinations.extend(
            (0..SOME_COMBINATIONS)
                .map(|_| (0..changes).map(|_| chance.next() & 1 == 1).collect::<Vec<bool>>()),
        );
    }
    let mut outcomes = Vec::new();
    for kept in combinations {
        let bytes = if !machine.has_pending_bytes() {
            vec![Bytes::Kept]
        } else if kept.iter().all(|&kept| kept) || !kept.contains(&true) {
            every_fate(chance)
        } else {
            let random = every_fate(chance);
            let one = random[chance.next() as usize % random.len()];
            vec![Bytes::Lost, Bytes::Kept, one]
        };
        outcomes.extend(bytes.into_iter().map(|bytes| (kept.clone(), bytes)));
    }
    outcomes
}

/// What may become of bytes: torn at the ends of sectors and within them, and in any order.
fn every_fate(chance: &mut Chance) -> Vec<Bytes> {
    let mut fates = vec![Bytes::Lost, Bytes::Kept, Bytes::Zeros];
    for share in [1, 250, 500, 750, 999] {
        fates.extend([Bytes::Until(share), Bytes::UntilSector(share)]);
    }
    fates.extend((0..4).map(|_| Bytes::Until(chance.next() as usize % 1_000)));
    fates.extend((0..4).map(|_| Bytes::Holes(chance.next())));
    fates.extend((0..4).map(|_| Bytes::Noise(chance.next())));
    fates
}

fn open(folder: &Path) -> Result<Index> {
    Index::open_on(Arc::new(FaultyDisk::sound()), folder, OpenOptions::default())
}

/// What there is must be one of the commits allowed, sound, and a writer must be able to go on
/// from it and leave no stray file.
fn check(image: &Image, allowed: &[Option<&Contents>]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    image.write(folder);
    let told = |what: &str, error: Error| format!("{what}: {error}");

    let (index, found) = match open(folder) {
        Ok(index) => {
            let found = try_contents(&index.snapshot()).map_err(|error| told("reading", error))?;
            if !allowed.contains(&Some(&found)) {
                return Err(format!("it holds another commit, {}", found.generation));
            }
            (index, found)
        }
        Err(Error::NotAnIndex { .. }) if allowed.contains(&None) => {
            let config = IndexConfig::new(3, Metric::Euclidean);
            let created = Index::create_on(Arc::new(FaultyDisk::sound()), folder, config);
            let index = created.map_err(|error| told("creating it again", error))?;
            let found = try_contents(&index.snapshot()).unwrap();
            (index, found)
        }
        Err(error) => return Err(told("opening", error)),
    };
    check_sound(folder)?;

    let mut writer =
        index.writer_with(options()).map_err(|error| told("opening a writer", error))?;
    check_swept(folder)?;
    let changes = add(&mut writer, 500..501, 9)
        .and_then(|()| delete(&mut writer, [1, 121].into_iter()))
        .and_then(|()| writer.commit());
    let snapshot = changes.map_err(|error| told("committing", error))?;
    let mut expected = found;
    expected.generation += 1;
    expected.documents.remove(&Key(1));
    expected.documents.remove(&Key(121));
    let mut after = try_contents(&snapshot).map_err(|error| told("reading again", error))?;
    if after.documents.remove(&Key(500)).is_none() || after != expected {
        return Err("a writer that went on from it lost something".to_owned());
    }
    drop((writer, index));
    check_sound(folder)?;
    check_swept(folder)
}

fn check_sound(folder: &Path) -> Result<(), String> {
    let report = Index::verify(folder).map_err(|error| format!("verifying: {error}"))?;
    report.is_sound().then_some(()).ok_or_else(|| format!("not sound: {:?}", report.problems))
}

/// Checks that there are the manifest, the files it names, and the lock.
fn check_swept(folder: &Path) -> Result<(), String> {
    let named = Index::verify(folder).map_err(|error| format!("verifying: {error}"))?.files;
    let found = fs::read_dir(folder).unwrap().count();
    (found == named + 1)
        .then_some(())
        .ok_or_else(|| format!("{found} files where the manifest needs {named} and the lock"))
}

#[test]
fn a_power_cut_at_a_moment_leaves_the_last_commit_or_the_next() {
    let life = live();
    assert!(life.operations.len() > 200, "{} operations", life.operations.len());
    assert_eq!(life.commits.len(), 9);
    let checked = life.play(40, &check).unwrap_or_else(|problem| panic!("{problem}"));
    assert!(checked > 200, "{checked} states");
}

#[test]
#[ignore = "takes minutes: make stress-replay"]
#[expect(clippy::print_stdout, reason = "its figures are what it is run for")]
fn a_power_cut_at_any_moment_leaves_the_last_commit_or_the_next() {
    let life = live();
    let checked = life.play(1, &check).unwrap_or_else(|problem| panic!("{problem}"));
    println!(
        "{} operations, {} commits, {checked} states after a power cut: each is the last commit \
         or the next, sound, and goes on",
        life.operations.len(),
        life.commits.len()
    );
}

/// A disk that only claims to keep what it is asked to keep.
fn lying(operation: fn(&Operation) -> bool) -> Life {
    let mut life = live();
    let mut kept = 0;
    let mut positions = vec![0];
    for operation_at in &life.operations {
        kept += usize::from(!operation(operation_at));
        positions.push(kept);
    }
    life.operations.retain(|made| !operation(made));
    for commit in &mut life.commits {
        commit.returned = positions[commit.returned];
    }
    life
}

#[test]
fn a_disk_that_does_not_keep_what_it_was_asked_to_is_noticed() {
    let files = lying(|operation| matches!(operation, Operation::Sync { .. }));
    assert!(files.play(10, &check).is_err(), "files that are not durable went unnoticed");
    let names = lying(|operation| matches!(operation, Operation::SyncFolder));
    assert!(names.play(10, &check).is_err(), "names that are not durable went unnoticed");
}

/// What a writer does after a power cut, until it has committed something.
fn recovery(image: &Image) -> Option<Life> {
    let folder = tempfile::tempdir().unwrap();
    image.write(folder.path());
    let journal = Journal::of(folder.path());
    let storage = Arc::new(journal.clone());
    let index = Index::open_on(storage, folder.path(), OpenOptions::default()).ok()?;
    let first = Committed { returned: 0, contents: try_contents(&index.snapshot()).unwrap() };
    let mut writer = index.writer_with(options()).unwrap();
    add(&mut writer, 0..9, 8).unwrap();
    let snapshot = writer.commit().unwrap();
    let second = Committed { returned: journal.len(), contents: try_contents(&snapshot).unwrap() };
    Some(Life {
        start: image.clone(),
        continued: true,
        operations: journal.operations(),
        commits: vec![first, second],
    })
}

#[test]
fn a_second_power_cut_during_recovery_leaves_a_commit() {
    let life = live();
    let checked = AtomicUsize::new(0);
    let recover = |image: &Image, _: &[Option<&Contents>]| match recovery(image) {
        None => Ok(()),
        Some(life) => {
            let count = life.play(60, &check)?;
            checked.fetch_add(count, Ordering::Relaxed);
            Ok(())
        }
    };
    life.play(300, &recover).unwrap_or_else(|problem| panic!("{problem}"));
    let checked = checked.into_inner();
    assert!(checked > 50, "{checked} states");
}
