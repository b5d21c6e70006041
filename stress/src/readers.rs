//! Searching in two processes while a third adds, deletes, commits and compacts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mlsearch_index::{IndexWriter, WriterOptions};

use crate::history::{History, Shape};

const SHAPE: Shape = Shape { keys: 5_000, changes: 400, dimension: 32, payload: 600 };

const PROCESSES: u64 = 2;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long, default_value_t = 300.0)]
    seconds: f64,
    /// Seconds without a change of what is done beside the readers.
    #[arg(long, default_value_t = 5.0)]
    slice: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads that search in each of the two processes.
    #[arg(long, default_value_t = 4)]
    threads: u64,
    /// Queries a second of each thread.
    #[arg(long, default_value_t = 20)]
    rate: u64,
}

/// What is done beside the readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Beside {
    Nothing,
    /// A processor is kept busy with something else: what writing would cost if readers waited
    /// for nothing but processors.
    Computing,
    Writing,
}

struct Reader {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// Runs the slices in turn, and reports what the readers measured.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let parent = tempfile::tempdir()?;
    let folder = parent.path().join("index");
    let mut history = History::new(arguments.seed, SHAPE);
    let index = history.create(&folder)?;
    let options = WriterOptions {
        buffer_bytes: 100_000,
        graph_from: 500,
        threads: NonZeroUsize::new(1),
        ..WriterOptions::default()
    };
    let mut writer = index.writer_with(options)?;
    while history.versions.len() < SHAPE.keys as usize / 3 {
        commit(&mut history, &mut writer)?;
    }
    let first = history.commit;

    let mut readers = (0..PROCESSES)
        .map(|number| Reader::start(&folder, arguments, number))
        .collect::<Result<Vec<Reader>>>()?;
    let started = Instant::now();
    let slice = Duration::from_secs_f64(arguments.slice);
    let mut slices = vec![Beside::Nothing];
    let mut finished = Ok(());
    while started.elapsed().as_secs_f64() < arguments.seconds && finished.is_ok() {
        for beside in [Beside::Nothing, Beside::Computing, Beside::Writing] {
            readers.iter_mut().for_each(|reader| {
                // One that has failed is heard of below.
                let _ = writeln!(reader.input, "{}", slices.len());
            });
            slices.push(beside);
            finished = finished.and(spend(slice, beside, &mut history, &mut writer));
        }
    }
    let mut latencies: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let (mut exact, mut commits_seen) = (0, Vec::new());
    for reader in readers {
        let (checked, seen) = reader.finish(&mut latencies)?;
        exact += checked;
        commits_seen.push(seen);
    }
    finished?;
    report(
        &slices,
        latencies,
        &format!(
            "{} commits; {PROCESSES} processes of {} threads saw the index at {commits_seen:?} of them; every answer \
         was that of one commit, {exact} exact ones compared with all its documents",
            history.commit - first + 1,
            arguments.threads,
        ),
    )
}

fn commit(history: &mut History, writer: &mut IndexWriter) -> Result<()> {
    let next = history.commit + 1;
    history.perform(writer, next, || {})?;
    history.advance_to(next)
}

fn spend(
    slice: Duration,
    beside: Beside,
    history: &mut History,
    writer: &mut IndexWriter,
) -> Result<()> {
    let started = Instant::now();
    let mut number = 0_u64;
    while started.elapsed() < slice {
        match beside {
            Beside::Nothing => sleep(slice.saturating_sub(started.elapsed())),
            Beside::Computing => {
                for at in 0..100_000_u64 {
                    number = std::hint::black_box(number.wrapping_mul(at | 1) ^ at);
                }
            }
            Beside::Writing => commit(history, writer)?,
        }
    }
    Ok(())
}

impl Reader {
    fn start(folder: &Path, arguments: &Arguments, number: u64) -> Result<Reader> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("reader")
            .arg(folder)
            .arg(format!("--seed={}", arguments.seed))
            .arg(format!("--number={number}"))
            .arg(format!("--threads={}", arguments.threads))
            .arg(format!("--rate={}", arguments.rate))
            .args(SHAPE.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start a reading process")?;
        let input = child.stdin.take().context("standard input is piped")?;
        let mut output = BufReader::new(child.stdout.take().context("standard output is piped")?);
        output.read_line(&mut String::new())?;
        Ok(Reader { child, input, output })
    }

    /// Ends it, adds what it measured, and returns how many exact answers it compared and how
    /// many commits it saw.
    fn finish(mut self, latencies: &mut BTreeMap<usize, Vec<f64>>) -> Result<(u64, u64)> {
        drop(self.input);
        let mut checked = None;
        for line in self.output.lines() {
            let line = line?;
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["checked", exact, commits] => checked = Some((exact.parse()?, commits.parse()?)),
                [slice, nanoseconds] => latencies
                    .entry(slice.parse()?)
                    .or_default()
                    .push(nanoseconds.parse::<f64>()? / 1e3),
                _ => anyhow::bail!("a reading process said {line:?}"),
            }
        }
        let status = self.child.wait()?;
        ensure!(status.success(), "a reading process ended with {status}");
        checked.context("a reading process did not finish")
    }
}

fn report(
    slices: &[Beside],
    mut latencies: BTreeMap<usize, Vec<f64>>,
    summary: &str,
) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{summary}.")?;
    let mut pooled: BTreeMap<Beside, Vec<f64>> = BTreeMap::new();
    let mut of_slices: BTreeMap<Beside, Vec<f64>> = BTreeMap::new();
    for (&slice, times) in &mut latencies {
        times.sort_by(f64::total_cmp);
        let beside = *slices.get(slice).context("a slice that there was not")?;
        of_slices.entry(beside).or_default().push(quantile(times, 0.99));
        pooled.entry(beside).or_default().extend(&*times);
    }
    writeln!(
        output,
        "beside     queries     p50 µs     p99 µs   p99.9 µs   median p99 of a slice"
    )?;
    let mut medians = BTreeMap::new();
    for (beside, times) in &mut pooled {
        times.sort_by(f64::total_cmp);
        let slices = of_slices.entry(*beside).or_default();
        slices.sort_by(f64::total_cmp);
        let median = quantile(slices, 0.5);
        medians.insert(*beside, (quantile(times, 0.99), median));
        let name = format!("{beside:?}").to_lowercase();
        writeln!(
            output,
            "{name:9} {:8} {:10.0} {:10.0} {:10.0} {median:10.0}",
            times.len(),
            quantile(times, 0.5),
            quantile(times, 0.99),
            quantile(times, 0.999),
        )?;
    }
    if let (Some(idle), Some(computing), Some(writing)) = (
        medians.get(&Beside::Nothing),
        medians.get(&Beside::Computing),
        medians.get(&Beside::Writing),
    ) {
        writeln!(
            output,
            "p99 beside the writer: {:.2} times that beside nothing (medians of slices: {:.2}), \
             {:.2} times that beside a computation (medians: {:.2})",
            writing.0 / idle.0,
            writing.1 / idle.1,
            writing.0 / computing.0,
            writing.1 / computing.1,
        )?;
    }
    Ok(())
}

/// The quantile of sorted values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
