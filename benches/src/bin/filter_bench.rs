//! Measures filtered search by how much the filter admits: recall against the truth, latency
//! against an exact search of the same documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use mlsearch::index::{
    Index, IndexConfig, Key, Label, LabelFilter, Metric, OpenOptions, Predicate, Quantization,
    SearchParams, SearchRequest, Selection, Snapshot, WriterOptions,
};
use mlsearch_benches::quantile;
use mlsearch_benches::rows::Rows;

/// The shares of documents that filters should admit.
const SELECTIVITIES: [f64; 9] = [1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001];
const DIMENSION: usize = 384;
/// Inner products closer than this are ties: either neighbour is right.
const TIE: f32 = 1e-5;
/// Of the random sets.
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
/// A set of languages whose share is further from the wanted one than this factor does not stand
/// for it.
const NEAR_ENOUGH: f64 = 1.3;

/// Writes a CSV of recall and latency of filtered search to standard output.
#[derive(Parser)]
struct Arguments {
    /// Folder of passages.f32, passages.jsonl and the queries.
    #[arg(long)]
    data: PathBuf,
    /// Folder that the index is built in, or was; made anew where the number of passages differs.
    #[arg(long)]
    index: PathBuf,
    /// Passages to index.
    #[arg(long, default_value_t = 200_000)]
    n: usize,
    /// Which file of queries.
    #[arg(long, default_value = "heldout")]
    queries: String,
    /// Queries to ask.
    #[arg(long, default_value_t = 500)]
    limit: usize,
    /// Efforts to search with; one exact search each besides.
    #[arg(long, value_delimiter = ',', default_values_t = [64, 128, 256])]
    ef: Vec<usize>,
    /// Neighbours of each query.
    #[arg(short, default_value_t = 10)]
    k: usize,
    /// The quantisation, as the index's configuration names it.
    #[arg(long, default_value = "int8")]
    quantization: String,
    /// Search in pinned memory.
    #[arg(long)]
    pinned: bool,
}

#[derive(serde::Deserialize)]
struct Passage {
    language: String,
}

/// A filter, and which rows it admits.
struct Case {
    kind: &'static str,
    wanted: f64,
    admitted: Vec<bool>,
    labels: LabelFilter,
    selection: Option<Selection>,
}

/// A way to search: with an effort, or exactly.
#[derive(Clone, Copy)]
enum How {
    Effort(usize),
    Exact,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let rows = Rows::read(&arguments.data.join("passages.f32"), arguments.n, DIMENSION)?;
    let queries = arguments.data.join(format!("{}.f32", arguments.queries));
    let queries = Rows::read(&queries, arguments.limit, DIMENSION)?;
    let labels = read_labels(&arguments.data.join("passages.jsonl"), rows.len())?;
    let index = open_or_build(&arguments, &rows, &labels)?;
    let snapshot = index.snapshot();

    let mut output = std::io::stdout().lock();
    writeln!(output, "filter,wanted,admitted,n,dim,ef,recall_at_10,p50_ms,p99_ms,mean_ms")?;
    for case in label_sets(&labels).into_iter().chain(random_sets(&snapshot, rows.len())?) {
        let admitted = case.admitted.iter().filter(|&&admitted| admitted).count();
        let truth = least_scores(&rows, &queries, &case.admitted, arguments.k);
        let efforts = arguments.ef.iter().copied().map(How::Effort);
        for how in std::iter::once(How::Exact).chain(efforts) {
            let mut latencies = Vec::with_capacity(queries.len());
            let (mut right, mut possible) = (0, 0);
            for (query, &least) in queries.iter().zip(&truth) {
                let started = Instant::now();
                let found = search(&snapshot, &case, query, arguments.k, how)?;
                latencies.push(started.elapsed().as_secs_f64() * 1e3);
                right += found
                    .iter()
                    .filter(|&&row| case.admitted[row] && dot(query, rows.row(row)) >= least - TIE)
                    .count();
                possible += arguments.k.min(admitted);
            }
            let effort = match how {
                How::Exact => String::new(),
                How::Effort(ef) => ef.to_string(),
            };
            let mean = latencies.iter().sum::<f64>() / latencies.len() as f64;
            writeln!(
                output,
                "{},{},{admitted},{},{DIMENSION},{effort},{:.4},{:.4},{:.4},{mean:.4}",
                case.kind,
                case.wanted,
                rows.len(),
                f64::from(right as u32) / f64::from(possible.max(1) as u32),
                quantile(&mut latencies, 0.5),
                quantile(&mut latencies, 0.99),
            )?;
            output.flush()?;
        }
    }
    Ok(())
}

/// The rows found.
fn search(
    snapshot: &Snapshot,
    case: &Case,
    query: &[f32],
    k: usize,
    how: How,
) -> anyhow::Result<Vec<usize>> {
    let (ef, exact) = match how {
        How::Effort(ef) => (Some(ef), false),
        How::Exact => (None, true),
    };
    let request = SearchRequest {
        vector: query,
        params: SearchParams { k, ef, exact, threads: Some(NonZeroUsize::MIN) },
        labels: case.labels.clone(),
        selection: case.selection.as_ref(),
        adjustments: None,
    };
    let found = snapshot.search(&request)?;
    found.iter().map(|neighbor| Ok(usize::try_from(neighbor.key.0)?)).collect()
}

fn open_or_build(arguments: &Arguments, rows: &Rows, labels: &[Label]) -> anyhow::Result<Index> {
    let folder = &arguments.index;
    let options = OpenOptions { pinned: arguments.pinned };
    let quantization: Quantization = serde_json::from_value(arguments.quantization.as_str().into())
        .context("the index does not offer this quantization")?;
    if let Ok(index) = Index::open_with(folder, options) {
        let snapshot = index.snapshot();
        if snapshot.len() == rows.len() as u64 && snapshot.config().quantization == quantization {
            return Ok(index);
        }
    }
    if folder.is_dir() {
        std::fs::remove_dir_all(folder)?;
    }
    let started = Instant::now();
    let config = IndexConfig { quantization, ..IndexConfig::new(rows.dimension(), Metric::Cosine) };
    // One segment: nothing is written before the commit.
    let writing = WriterOptions {
        buffer_bytes: usize::MAX,
        memory_bytes: usize::MAX,
        ..WriterOptions::default()
    };
    let mut writer = Index::create(folder, config)?.writer_with(writing)?;
    for ((key, row), &label) in (0..).zip(rows.iter()).zip(labels) {
        writer.upsert(Key(key), label, row, b"")?;
    }
    writer.commit()?;
    writeln!(std::io::stderr(), "built in {:.1} s", started.elapsed().as_secs_f64())?;
    Ok(Index::open_with(folder, options)?)
}

/// For each wanted share the rows that a fixed sequence of random numbers admits.
fn random_sets(snapshot: &Snapshot, count: usize) -> anyhow::Result<Vec<Case>> {
    let mut random = SEED;
    SELECTIVITIES
        .iter()
        .map(|&wanted| {
            let admitted: Vec<bool> = (0..count).map(|_| next(&mut random) < wanted).collect();
            let keys = (0..).zip(&admitted).filter(|(_, admitted)| **admitted);
            let keys = keys.map(|(row, _)| Key(row)).collect();
            Ok(Case {
                kind: "random",
                wanted,
                admitted,
                labels: LabelFilter::All,
                selection: Some(snapshot.select(&Predicate::Keys(keys))?),
            })
        })
        .collect()
}

/// The next number from 0 to 1, by Marsaglia's xorshift.
fn next(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

/// The language of each passage, as a number.
fn read_labels(path: &Path, count: usize) -> anyhow::Result<Vec<Label>> {
    let file = File::open(path).with_context(|| format!("could not open {}", path.display()))?;
    let mut known = BTreeMap::new();
    BufReader::new(file)
        .lines()
        .take(count)
        .map(|line| {
            let passage: Passage = serde_json::from_str(&line?)?;
            let next = Label(u16::try_from(known.len())?);
            Ok(*known.entry(passage.language).or_insert(next))
        })
        .collect()
}

/// For each wanted share a set of languages that comes near it, where there is one: the largest
/// language that still fits, again and again.
fn label_sets(labels: &[Label]) -> Vec<Case> {
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    for &label in labels {
        *counts.entry(label).or_default() += 1;
    }
    let mut largest_first: Vec<(Label, usize)> = counts.into_iter().collect();
    largest_first.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    SELECTIVITIES
        .iter()
        .filter_map(|&wanted| {
            let room = wanted * NEAR_ENOUGH.sqrt() * labels.len() as f64;
            let (mut chosen, mut total) = (BTreeSet::new(), 0);
            for &(label, count) in &largest_first {
                if (total + count) as f64 <= room && (total as f64) < wanted * labels.len() as f64 {
                    chosen.insert(label);
                    total += count;
                }
            }
            let share = total as f64 / labels.len() as f64;
            (share >= wanted / NEAR_ENOUGH).then(|| Case {
                kind: "languages",
                wanted,
                admitted: labels.iter().map(|label| chosen.contains(label)).collect(),
                labels: LabelFilter::Only(chosen),
                selection: None,
            })
        })
        .collect()
}

/// For each query the inner product of its k-th nearest admitted row, or of the last there is.
fn least_scores(rows: &Rows, queries: &Rows, admitted: &[bool], k: usize) -> Vec<f32> {
    let admitted: Vec<&[f32]> =
        rows.iter().zip(admitted).filter_map(|(row, &admitted)| admitted.then_some(row)).collect();
    queries
        .iter()
        .map(|query| {
            let mut scores: Vec<f32> = admitted.iter().map(|row| dot(query, row)).collect();
            let last = k.min(scores.len()).saturating_sub(1);
            if scores.is_empty() {
                return f32::NEG_INFINITY;
            }
            *scores.select_nth_unstable_by(last, |a, b| b.total_cmp(a)).1
        })
        .collect()
}

/// An inner product, in lanes that the compiler can keep in a register.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; 16];
    let (a, b) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.0.iter().zip(b.0) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f32 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}
