//! Killing a writing process at random moments, over and over.

use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mlsearch_index::{Error, Index};

use crate::history::{History, Numbers, Shape, commit_of};
use crate::worker::{Limits, Said, Worker};

/// Rounds that an index lives.
const ROUNDS_OF_AN_INDEX: u64 = 25;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long, default_value_t = 1_000)]
    rounds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The address space of the writing process, in kibibytes.
    #[arg(long)]
    address_space: Option<u64>,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Default)]
struct Counts {
    commits: u64,
    /// Kills between a commit's beginning and its end.
    in_commit: u64,
    /// Of these, how often it had taken effect.
    took_effect: u64,
    /// Kills that left files for the next writer to sweep.
    strays: u64,
    /// Kills before the index was there.
    before_creation: u64,
}

/// Waits until a new manifest is renamed into place, or for long enough.
fn wait_for_a_manifest(folder: &Path) {
    let manifest = folder.join("manifest.json");
    let written = || std::fs::metadata(&manifest).and_then(|metadata| metadata.modified()).ok();
    let (before, started) = (written(), Instant::now());
    while written() == before && started.elapsed() < Duration::from_secs(5) {
        std::hint::spin_loop();
    }
}

/// How fast the writing processes work here.
struct Pace {
    steps: u32,
    time: Duration,
}

impl Pace {
    fn hear(&mut self, worker: &mut Worker) -> Result<()> {
        let started = Instant::now();
        worker.wait_for_a_word()?;
        self.steps += 1;
        self.time += started.elapsed();
        Ok(())
    }

    /// The time between two words.
    fn step(&self) -> Duration {
        self.time / self.steps
    }
}

/// Runs the rounds; after each the index must hold what the last commit left.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut numbers = Numbers(arguments.seed);
    let mut counts = Counts::default();
    let limits = Limits { address_space: arguments.address_space, ..Limits::default() };
    let mut pace = Pace { steps: 1, time: Duration::from_millis(10) };
    let mut round = 0;
    while round < arguments.rounds {
        let parent = tempfile::tempdir()?;
        let folder = parent.path().join("index");
        let seed = numbers.next();
        let mut history = History::new(seed, arguments.shape);
        for _ in 0..ROUNDS_OF_AN_INDEX.min(arguments.rounds - round) {
            let mut worker = Worker::start(&folder, seed, &arguments.shape, None, limits)?;
            // One in four while it opens or creates the index, the others some steps later; of
            // these, one in three just when a commit takes effect.
            let steps = numbers.below(4) * numbers.below(6);
            for _ in 0..steps {
                pace.hear(&mut worker)?;
            }
            if steps > 0 && numbers.below(3) == 0 {
                wait_for_a_manifest(&folder);
            } else {
                let longest = 2 * pace.step().as_micros() as u64;
                sleep(Duration::from_micros(numbers.below(longest)));
            }
            let ended = worker.kill()?;
            let context = || {
                format!(
                    "round {round}, seed {}: {:?}, {}",
                    arguments.seed, ended.said, ended.complaint
                )
            };
            ensure!(ended.status.code().is_none(), "it was not the kill that ended {}", context());
            examine(&folder, &mut history, &ended.said, &mut counts).with_context(context)?;
            round += 1;
        }
        counts.commits += history.commit;
    }
    let Counts { commits, in_commit, took_effect, strays, before_creation } = counts;
    writeln!(
        std::io::stdout(),
        "{round} kills, {commits} commits: none lost, none torn. {in_commit} kills were within a \
         commit, of which {took_effect} had taken effect; {before_creation} came before the index \
         was there; {strays} left files, which the next writer removed."
    )?;
    Ok(())
}

/// Fails unless a folder holds the last commit that was said to be done, or the one begun.
fn examine(folder: &Path, history: &mut History, said: &Said, counts: &mut Counts) -> Result<()> {
    let index = match Index::open(folder) {
        Err(Error::NotFound { .. } | Error::NotAnIndex { .. })
            if history.commit == 0 && said.done.is_none() =>
        {
            counts.before_creation += 1;
            return Ok(());
        }
        outcome => outcome?,
    };
    let snapshot = index.snapshot();
    let commit = commit_of(&snapshot)?;
    let done = said.done.unwrap_or(history.commit);
    let begun = said.begun.unwrap_or(done);
    ensure!(
        (done..=begun.max(done)).contains(&commit),
        "the index is at commit {commit}, {done} was done and {begun} begun"
    );
    if begun > done {
        counts.in_commit += 1;
        counts.took_effect += u64::from(commit == begun);
    }
    history.advance_to(commit)?;
    history.check(&snapshot)?;
    let files = check_sound(folder)?;
    counts.strays += u64::from(files_in(folder)? > files + 1);
    // Every other time, that is left to the process that goes on.
    if commit.is_multiple_of(2) {
        drop(index.writer()?);
        check_swept(folder)?;
    }
    Ok(())
}

/// Fails unless an index is sound, and returns how many files it needs.
pub(crate) fn check_sound(folder: &Path) -> Result<usize> {
    let report = Index::verify(folder)?;
    ensure!(report.is_sound(), "not sound: {:?}", report.problems);
    Ok(report.files)
}

/// Fails if there are more files than the index needs, and the lock.
pub(crate) fn check_swept(folder: &Path) -> Result<()> {
    let (found, needed) = (files_in(folder)?, check_sound(folder)?);
    ensure!(found == needed + 1, "{found} files where the index needs {needed} and the lock");
    Ok(())
}

fn files_in(folder: &Path) -> Result<usize> {
    Ok(std::fs::read_dir(folder)?.count())
}
