//! The process that reads: it searches from several threads and holds every answer against the
//! commit that it is of.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mlsearch_index::{Index, Neighbor, SearchParams, SearchRequest, Snapshot};

use crate::history::{Document, History, Numbers, Shape, commit_of};

/// One answer in so many is compared with all documents of its commit.
const EXACT_EVERY: u64 = 8;

/// How often commits of the writer are looked for.
const REFRESH: Duration = Duration::from_millis(10);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    folder: PathBuf,
    #[arg(long)]
    seed: u64,
    /// The number of this process, to ask other questions than the others.
    #[arg(long)]
    number: u64,
    #[arg(long)]
    threads: u64,
    /// Queries a second of each thread.
    #[arg(long)]
    rate: u64,
    #[command(flatten)]
    shape: Shape,
}

/// What a thread did.
#[derive(Default)]
struct Work {
    /// The slice of time of each query, and how long it took.
    latencies: Vec<(u32, Duration)>,
    exact: u64,
    commits: BTreeSet<u64>,
}

/// Searches in slices of time, whose numbers it is told line by line, until there are no more.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let index = Index::open(&arguments.folder)?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "ready")?;
    let (slice, done) = (AtomicU32::new(0), AtomicBool::new(false));
    let works = thread::scope(|scope| -> Result<Vec<Work>> {
        let threads: Vec<_> = (0..arguments.threads)
            .map(|number| {
                let (index, slice, done) = (&index, &slice, &done);
                scope.spawn(move || search(arguments, number, index, slice, done))
            })
            .collect();
        let refreshing = scope.spawn(|| -> Result<()> {
            while !done.load(Ordering::Relaxed) {
                index.refresh()?;
                thread::sleep(REFRESH);
            }
            Ok(())
        });
        for line in std::io::stdin().lines() {
            slice.store(line?.parse()?, Ordering::Relaxed);
        }
        done.store(true, Ordering::Relaxed);
        refreshing.join().expect("it does not panic")?;
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    })?;
    let commits: BTreeSet<u64> =
        works.iter().flat_map(|work| work.commits.iter().copied()).collect();
    let exact: u64 = works.iter().map(|work| work.exact).sum();
    for (slice, latency) in works.iter().flat_map(|work| &work.latencies) {
        writeln!(output, "{slice} {}", latency.as_nanos())?;
    }
    Ok(writeln!(output, "checked {exact} {}", commits.len())?)
}

fn search(
    arguments: &Arguments,
    thread: u64,
    index: &Index,
    slice: &AtomicU32,
    done: &AtomicBool,
) -> Result<Work> {
    let mut numbers = Numbers(arguments.number << 32 | thread << 16);
    let mut truth =
        Truth { history: History::new(arguments.seed, arguments.shape), vectors: BTreeMap::new() };
    let mut work = Work::default();
    while !done.load(Ordering::Relaxed) {
        let query = truth.history.document(numbers.next() >> 24, 0).vector;
        let exact = numbers.below(EXACT_EVERY) == 0;
        let params = SearchParams { exact, ..SearchParams::default() };
        let request = SearchRequest { params, ..SearchRequest::new(&query) };
        let before = slice.load(Ordering::Relaxed);
        let started = Instant::now();
        let snapshot = index.snapshot();
        let neighbors = snapshot.search(&request)?;
        let payloads: Vec<Vec<u8>> = neighbors
            .iter()
            .map(|neighbor| snapshot.payload(neighbor.address))
            .collect::<Result<_, _>>()?;
        let latency = started.elapsed();
        let after = slice.load(Ordering::Relaxed);
        truth.check(&snapshot, &query, exact, &neighbors, &payloads)?;
        // Exact searches take longer, and queries between two slices are of neither.
        if before == after && before > 0 && !exact {
            work.latencies.push((after, latency));
        }
        work.exact += u64::from(exact);
        work.commits.insert(truth.history.commit);
        thread::sleep(Duration::from_micros(numbers.below(2_000_000 / arguments.rate)));
    }
    Ok(work)
}

/// What the commits hold.
struct Truth {
    history: History,
    /// The vectors of documents, and of which version they are.
    vectors: BTreeMap<u64, (u64, Vec<f32>)>,
}

impl Truth {
    /// Fails unless an answer is that of the commit it is of.
    fn check(
        &mut self,
        snapshot: &Snapshot,
        query: &[f32],
        exact: bool,
        neighbors: &[Neighbor],
        payloads: &[Vec<u8>],
    ) -> Result<()> {
        let commit = commit_of(snapshot)?;
        self.history.advance_to(commit)?;
        let documents = self.history.versions.len();
        ensure!(
            snapshot.len() == documents as u64,
            "{} documents where commit {commit} has {documents}",
            snapshot.len()
        );
        for (neighbor, payload) in neighbors.iter().zip(payloads) {
            let key = neighbor.key.0;
            let version = self.history.versions.get(&key).with_context(|| {
                format!("document {key} was found, and commit {commit} does not have it")
            })?;
            let document = self.history.document(key, *version);
            let found = Document {
                label: neighbor.label,
                vector: document.vector.clone(),
                payload: payload.clone(),
            };
            ensure!(
                found == document && neighbor.distance == distance(query, &document.vector),
                "document {key} was not found as it is in commit {commit}"
            );
        }
        let order = |neighbor: &Neighbor| (neighbor.distance, neighbor.key);
        ensure!(
            neighbors.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])),
            "an answer is out of order"
        );
        ensure!(neighbors.len() == documents.min(10), "{} were found", neighbors.len());
        if exact {
            self.check_nearest(query, neighbors)?;
        }
        Ok(())
    }

    /// Fails unless these are the nearest of all documents.
    fn check_nearest(&mut self, query: &[f32], neighbors: &[Neighbor]) -> Result<()> {
        let mut all = Vec::with_capacity(self.history.versions.len());
        for (&key, &version) in &self.history.versions {
            let known = self.vectors.get(&key).is_some_and(|(known, _)| *known == version);
            if !known {
                let vector = self.history.document(key, version).vector;
                self.vectors.insert(key, (version, vector));
            }
            all.push((distance(query, &self.vectors[&key].1), key));
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let nearest: Vec<u64> = all.iter().take(neighbors.len()).map(|&(_, key)| key).collect();
        let found: Vec<u64> = neighbors.iter().map(|neighbor| neighbor.key.0).collect();
        ensure!(found == nearest, "{found:?} were found where {nearest:?} are nearest");
        Ok(())
    }
}

/// The distance of vectors of eighths, whose squares add up without rounding.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}
