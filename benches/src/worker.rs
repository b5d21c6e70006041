//! The worker process of an engine in Rust. It speaks what `benches/rivals/worker.py` describes:
//! one JSON object a line, requests on standard input, answers on standard output.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use cpu_time::ProcessTime;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::rows::Rows;

/// The values of `ef` that are tried, from quick to thorough.
pub const EF_VALUES: [usize; 21] =
    [10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 200, 256, 320, 400, 512, 640, 800, 1024];

/// An engine that a worker drives. Building and searching happen in different processes.
pub trait Contestant: Sync {
    /// The version of the engine.
    fn version(&self) -> String;

    /// What `search` is given as effort; `None` alone for an exact search.
    fn efforts(&self) -> Vec<Option<usize>> {
        EF_VALUES.map(Some).to_vec()
    }

    /// Indexes the rows with one thread, as far as it can be told apart from [`save`](Self::save).
    ///
    /// # Errors
    /// Where that cannot be done; the sentence ends up in the report.
    fn build(&mut self, rows: &Rows, folder: &Path) -> anyhow::Result<()>;

    /// Writes what was built, if building did not.
    ///
    /// # Errors
    /// Where that cannot be done.
    fn save(&mut self, folder: &Path) -> anyhow::Result<()>;

    /// Opens what was saved.
    ///
    /// # Errors
    /// Where that cannot be done.
    fn open(&mut self, folder: &Path) -> anyhow::Result<()>;

    /// Puts the row numbers of the neighbours found, nearest first, into `found`; those that are
    /// missing stay as they are. Runs on the calling thread alone.
    ///
    /// # Errors
    /// Where that cannot be done.
    fn search(&self, query: &[f32], effort: Option<usize>, found: &mut [i32])
    -> anyhow::Result<()>;
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Request {
    Hello,
    Build(Given),
    Queries {
        name: String,
        path: PathBuf,
        count: usize,
        dimension: usize,
    },
    Open {
        folder: PathBuf,
        queries: String,
        k: usize,
    },
    Search(Search),
    /// Nothing here needs what some rivals do between the first answer and the measurements.
    Tune,
    Memory,
    Quit,
}

#[derive(Deserialize)]
struct Given {
    vectors: PathBuf,
    count: usize,
    dimension: usize,
    folder: PathBuf,
}

#[derive(Deserialize)]
struct Search {
    queries: String,
    count: usize,
    k: usize,
    effort: Option<usize>,
    threads: usize,
    least_s: f64,
    ids: PathBuf,
}

/// Answers requests until told to quit or the input ends.
///
/// # Errors
/// Where a request cannot be understood; what an engine fails at is answered, not returned.
pub fn serve(mut contestant: impl Contestant) -> anyhow::Result<()> {
    let mut queries = BTreeMap::new();
    let mut memory_before = 0;
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        if matches!(request, Request::Quit) {
            break;
        }
        let answer = act(&mut contestant, request, &mut queries, &mut memory_before)
            .unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        let mut output = std::io::stdout().lock();
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn act(
    contestant: &mut impl Contestant,
    request: Request,
    queries: &mut BTreeMap<String, Rows>,
    memory_before: &mut u64,
) -> anyhow::Result<Value> {
    Ok(match request {
        Request::Hello => json!({
            "version": contestant.version(),
            "efforts": contestant.efforts(),
            "effort_name": "ef",
            "threads": true,
            "one_by_one": false,
            "reads_vectors": false,
        }),
        Request::Build(given) => build(contestant, &given)?,
        Request::Queries { name, path, count, dimension } => {
            queries.insert(name, Rows::read(&path, count, dimension)?);
            json!({})
        }
        Request::Open { folder, queries: name, k } => {
            let first = named(queries, &name)?.row(0);
            let effort = contestant.efforts()[0];
            *memory_before = memory("VmRSS");
            let started = Instant::now();
            contestant.open(&folder)?;
            let opened = started.elapsed();
            contestant.search(first, effort, &mut vec![-1; k])?;
            let answered = started.elapsed();
            json!({ "open_ms": milliseconds(opened), "first_answer_ms": milliseconds(answered) })
        }
        Request::Search(search) => measure(contestant, named(queries, &search.queries)?, &search)?,
        Request::Memory => {
            json!({ "rss_bytes": memory("VmRSS").saturating_sub(*memory_before) })
        }
        Request::Tune | Request::Quit => json!({}),
    })
}

fn build(contestant: &mut impl Contestant, given: &Given) -> anyhow::Result<Value> {
    let rows = Rows::read(&given.vectors, given.count, given.dimension)?;
    ensure!(rows.len() == given.count, "the file has {} rows, not {}", rows.len(), given.count);
    let before = memory("VmRSS");
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    contestant.build(&rows, &given.folder)?;
    let (cpu_s, wall_s) = (cpu.elapsed().as_secs_f64(), wall.elapsed().as_secs_f64());
    let saving = Instant::now();
    contestant.save(&given.folder)?;
    Ok(json!({
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "save_s": saving.elapsed().as_secs_f64(),
        "peak_rss_bytes": memory("VmHWM").saturating_sub(before),
    }))
}

/// Asks the queries as often as it takes to fill the time.
fn measure(contestant: &impl Contestant, queries: &Rows, search: &Search) -> anyhow::Result<Value> {
    let count = search.count.min(queries.len());
    let mut found = vec![-1_i32; count * search.k];
    let mut passes = 0;
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    while passes == 0 || wall.elapsed().as_secs_f64() < search.least_s {
        pass(contestant, queries, search, &mut found)?;
        passes += 1;
    }
    let (cpu_s, wall_s) = (cpu.elapsed().as_secs_f64(), wall.elapsed().as_secs_f64());
    let bytes: Vec<u8> = found.iter().flat_map(|id| id.to_le_bytes()).collect();
    std::fs::write(&search.ids, bytes)?;
    Ok(json!({ "cpu_s": cpu_s, "wall_s": wall_s, "answers": passes * count }))
}

/// Every query once. With several threads, each has an equal share of them.
fn pass(
    contestant: &impl Contestant,
    queries: &Rows,
    search: &Search,
    found: &mut [i32],
) -> anyhow::Result<()> {
    let some = |first: usize, found: &mut [i32]| {
        for (offset, found) in found.chunks_exact_mut(search.k).enumerate() {
            contestant.search(queries.row(first + offset), search.effort, found)?;
        }
        anyhow::Ok(())
    };
    if search.threads <= 1 {
        return some(0, found);
    }
    let share = (found.len() / search.k).div_ceil(search.threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = found
            .chunks_mut(share * search.k)
            .enumerate()
            .map(|(thread, part)| scope.spawn(move || some(thread * share, part)))
            .collect();
        running.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| anyhow::bail!("a thread that searched panicked"))
        })
    })
}

fn named<'rows>(queries: &'rows BTreeMap<String, Rows>, name: &str) -> anyhow::Result<&'rows Rows> {
    queries.get(name).with_context(|| format!("no queries are called {name}"))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A figure of this process in bytes, where the system tells: `VmRSS`, what of it is in memory, mapped
/// files included; `VmHWM`, the most that was.
fn memory(figure: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    kilobytes.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0)
        * 1024
}
