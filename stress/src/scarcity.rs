//! A writing process that runs out of something: of room on the disk, of the size that a file
//! may have, of handles, of memory, of the right to write. It must say so in a sentence and end,
//! and the index must hold its last commit and go on from there.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use mlsearch_index::{Error, Index};

use crate::history::{History, Shape, commit_of};
use crate::kill::{check_sound, check_swept};
use crate::tmpfs::Tmpfs;
use crate::worker::{Ended, Limits, Worker, options};

/// The signal of a process that ends itself.
const SIGABRT: i32 = 6;

/// The commit that the index is at when things become scarce.
const FIRST: u64 = 6;

/// The commit that a process ends at if it lacks nothing; there are compactions before.
const LAST: u64 = 18;

const PAGE: u64 = 4_096;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tries one amount in so many.
    #[arg(long, default_value_t = 1)]
    every: u64,
}

/// What there was too little of, and how it ended.
struct Tally {
    what: &'static str,
    tried: u64,
    refused: u64,
    stopped: u64,
    aborted: u64,
    /// How the amounts differ.
    unit: &'static str,
}

struct Trial {
    seed: u64,
    shape: Shape,
    /// The folder as it was before.
    start: tempfile::TempDir,
    history: History,
}

impl Trial {
    fn new(seed: u64, shape: Shape) -> Result<Trial> {
        let start = tempfile::tempdir()?;
        let ended =
            Worker::start(start.path(), seed, &shape, Some(FIRST), Limits::default())?.end()?;
        ensure!(ended.said.done == Some(FIRST), "{}", ended.complaint);
        let mut history = History::new(seed, shape);
        history.advance_to(FIRST)?;
        Ok(Trial { seed, shape, start, history })
    }

    fn copy_to(&self, folder: &Path) -> Result<()> {
        fs::create_dir(folder)?;
        for entry in fs::read_dir(&self.start)? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
        Ok(())
    }

    fn run(&self, folder: &Path, limits: Limits) -> Result<Ended> {
        Worker::start(folder, self.seed, &self.shape, Some(LAST), limits)?.end()
    }

    /// Fails unless a process ended as it should; then nothing is scarce any more, and the
    /// folder holds its last commit and can be gone on with. Returns whether it had lacked
    /// anything.
    fn examine(&self, folder: &Path, ended: &Ended, tally: &mut Tally) -> Result<bool> {
        let said = &ended.said;
        let finished = ended.status.success() && said.refused.is_none() && !said.stopped;
        tally.tried += 1;
        match &said.refused {
            _ if finished => ensure!(said.done == Some(LAST), "it ended at {:?}", said.done),
            Some(refusal) => {
                ensure!(ended.status.success(), "{refusal}, and then {}", ended.complaint);
                let named = folder.to_str().context("the path of a temporary folder")?;
                ensure!(refusal.contains(named), "no file is named: {refusal}");
                tally.refused += 1;
            }
            None if said.stopped => tally.stopped += 1,
            // The standard library ends the process when an allocation fails.
            None if ended.status.signal() == Some(SIGABRT)
                && ended.complaint.contains("memory allocation") =>
            {
                tally.aborted += 1;
            }
            None => bail!("it ended with {}: {}", ended.status, ended.complaint),
        }
        let mut history = self.history.clone();
        let index = Index::open(folder)?;
        let commit = commit_of(&index.snapshot())?;
        let done = said.done.unwrap_or(FIRST);
        let begun = said.begun.unwrap_or(done);
        ensure!((done..=begun).contains(&commit), "at {commit}: {done} done, {begun} begun");
        history.advance_to(commit)?;
        history.check(&index.snapshot())?;
        check_sound(folder)?;
        let mut writer = index.writer_with(options(&self.shape))?;
        check_swept(folder)?;
        history.perform(&mut writer, commit + 1, || {})?;
        history.advance_to(commit + 1)?;
        history.check(&index.snapshot())?;
        drop(writer);
        check_swept(folder)?;
        Ok(!finished)
    }

    /// Runs with more and more of something until nothing is lacking.
    fn until_enough(
        &self,
        every: u64,
        mut tally: Tally,
        mut run: impl FnMut(u64, &Path) -> Result<Ended>,
        parent: &Path,
    ) -> Result<Tally> {
        let mut amount = 0;
        loop {
            let folder = parent.join(format!("index-{amount}"));
            self.copy_to(&folder)?;
            let lacking = run(amount, &folder)
                .and_then(|ended| self.examine(&folder, &ended, &mut tally))
                .with_context(|| format!("{}, {amount} {}", tally.what, tally.unit))?;
            fs::remove_dir_all(&folder)?;
            if !lacking {
                return Ok(tally);
            }
            amount += every;
            ensure!(amount < 100_000, "{amount} {} are still too few", tally.unit);
        }
    }
}

impl Tally {
    fn new(what: &'static str, unit: &'static str) -> Tally {
        Tally { what, unit, tried: 0, refused: 0, stopped: 0, aborted: 0 }
    }

    fn say(&self) -> Result<()> {
        let Tally { what, unit, tried, refused, stopped, aborted } = self;
        ensure!(*refused > 0, "{what}: nothing was refused");
        Ok(writeln!(
            std::io::stdout(),
            "{what}: {tried} amounts of {unit}, {refused} refused with a sentence that names the \
             file, {stopped} writers stopped, {aborted} ended by an allocation that failed; each \
             left its last commit"
        )?)
    }
}

/// Tries everything that can be scarce.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { seed, every } = *arguments;
    let shape = Shape { keys: 120, changes: 30, dimension: 8, payload: 1_500 };
    let trial = Trial::new(seed, shape)?;
    full_disk(&trial, every)?;
    read_only(&trial)?;
    let parent = tempfile::tempdir()?;
    let tally = Tally::new("files of a limited size", "blocks of 512 bytes");
    let limited = |blocks, folder: &Path| {
        trial.run(folder, Limits { file_blocks: Some(blocks), ..Limits::default() })
    };
    trial.until_enough(every, tally, limited, parent.path())?.say()?;

    let tally = Tally::new("few handles", "handles beside the four that a program starts with");
    let limited = |handles, folder: &Path| {
        trial.run(folder, Limits { handles: Some(handles + 4), ..Limits::default() })
    };
    trial.until_enough(1, tally, limited, parent.path())?.say()?;

    // Large documents, so that it is their files that do not fit.
    let large =
        Trial::new(seed, Shape { keys: 600, changes: 300, dimension: 512, payload: 9_000 })?;
    let tally = Tally::new("a limited address space", "steps of 256 KiB");
    let least = least_address_space()?;
    let limited = |steps, folder: &Path| {
        let kibibytes = least + 256 * steps;
        large.run(folder, Limits { address_space: Some(kibibytes), ..Limits::default() })
    };
    large.until_enough(every, tally, limited, parent.path())?.say()
}

/// The address space that this program can start in.
fn least_address_space() -> Result<u64> {
    let parent = tempfile::tempdir()?;
    let absent = parent.path().join("absent/nothing");
    let shape = Shape { keys: 9, changes: 9, dimension: 1, payload: 9 };
    // The parent of the folder is a file, so that the process says that it cannot create it.
    fs::write(parent.path().join("absent"), "")?;
    for kibibytes in (1_024..1_048_576).step_by(512) {
        let limits = Limits { address_space: Some(kibibytes), ..Limits::default() };
        let ended = Worker::start(&absent, 1, &shape, None, limits)?.wait_for_the_end()?;
        if ended {
            return Ok(kibibytes);
        }
    }
    bail!("no address space suffices")
}

/// Leaves a page of a small disk after the other free.
fn full_disk(trial: &Trial, every: u64) -> Result<()> {
    const KIBIBYTES: u64 = 4 << 10;
    let Some(disk) = Tmpfs::mount(KIBIBYTES)? else {
        return skip("a full disk", "a file system can be mounted by root only");
    };
    let filler = disk.path().join("filler");
    let tally = Tally::new("a full disk of 4 MiB", "free pages");
    let run = |pages: u64, folder: &Path| {
        fill(&filler, pages)?;
        let ended = trial.run(folder, Limits::default());
        fs::remove_file(&filler)?;
        ended
    };
    trial.until_enough(every, tally, run, &disk.path())?.say()
}

/// Fills a disk but for some pages.
fn fill(filler: &Path, pages: u64) -> Result<()> {
    let mut file = fs::File::create(filler)?;
    let page = [1; PAGE as usize];
    let mut written = 0;
    while file.write_all(&page).is_ok() {
        written += PAGE;
    }
    Ok(file.set_len(written.saturating_sub(pages * PAGE))?)
}

/// A folder that may not be written to is read, and not written to.
fn read_only(trial: &Trial) -> Result<()> {
    let Some(disk) = Tmpfs::mount(4 << 10)? else {
        return read_only_by_mode(trial);
    };
    let folder = disk.path().join("index");
    trial.copy_to(&folder)?;
    ensure!(disk.set_writable(false), "a file system cannot be mounted anew");
    check_read_only(trial, &folder)?;
    ensure!(disk.set_writable(true), "a file system cannot be mounted anew");
    drop(Index::open(&folder)?.writer()?);
    Ok(())
}

fn read_only_by_mode(trial: &Trial) -> Result<()> {
    let parent = tempfile::tempdir()?;
    let folder = parent.path().join("index");
    trial.copy_to(&folder)?;
    fs::remove_file(folder.join("lock"))?;
    let mut permissions = fs::metadata(&folder)?.permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&folder, permissions)?;
    if fs::File::create(folder.join("probe")).is_ok() {
        return skip("a read-only folder", "this user may write to it all the same");
    }
    check_read_only(trial, &folder)
}

fn check_read_only(trial: &Trial, folder: &Path) -> Result<()> {
    let index = Index::open(folder)?;
    trial.history.check(&index.snapshot())?;
    check_sound(folder)?;
    match index.writer() {
        Err(Error::Io { path, .. }) if path.starts_with(folder) => {}
        outcome => bail!("a writer of a read-only folder: {outcome:?}"),
    }
    let ended = trial.run(folder, Limits::default())?;
    let refusal = ended.said.refused.context("a read-only folder was written to")?;
    trial.history.check(&Index::open(folder)?.snapshot())?;
    Ok(writeln!(std::io::stdout(), "a read-only folder: read, verified, and refused: {refusal}")?)
}

fn skip(what: &str, why: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "SKIPPED: {what}: {why}")?)
}
