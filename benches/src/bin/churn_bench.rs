//! Measures what replacing half of the documents does to an index: recall, size and time, beside
//! an index built from the same documents anew.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use mlsearch::index::{
    Index, IndexConfig, IndexWriter, Key, Label, Metric, SearchParams, SearchRequest, Snapshot,
};
use mlsearch_benches::rows::Rows;

const DIMENSION: usize = 384;
/// Labels that documents are spread over.
const LABELS: u64 = 7;

/// Writes a CSV of recall, size and time along the way to standard output.
#[derive(Parser)]
struct Arguments {
    /// Folder of passages.f32 and heldout.f32.
    #[arg(long)]
    data: PathBuf,
    /// Passages to begin with; half as many replace half of them.
    #[arg(long, default_value_t = 50_000)]
    n: usize,
    /// Commits that the replacing takes.
    #[arg(long, default_value_t = 20)]
    commits: usize,
    /// Queries to ask.
    #[arg(long, default_value_t = 500)]
    queries: usize,
}

/// What is measured of a state of the index.
struct Figures<'run> {
    queries: &'run Rows,
    output: std::io::StdoutLock<'static>,
}

impl Figures<'_> {
    fn row(&mut self, state: &str, seconds: f64, snapshot: &Snapshot) -> anyhow::Result<()> {
        let info = snapshot.info();
        let mut found = 0;
        for query in self.queries.iter() {
            let exact = SearchRequest {
                params: SearchParams { exact: true, ..SearchParams::default() },
                ..SearchRequest::new(query)
            };
            let truth = snapshot.search(&exact)?;
            let neighbors = snapshot.search(&SearchRequest::new(query))?;
            found += neighbors
                .iter()
                .filter(|neighbor| truth.iter().any(|true_one| true_one.key == neighbor.key))
                .count();
        }
        writeln!(
            self.output,
            "{state},{},{},{},{:.0},{:.4},{seconds:.2}",
            info.documents,
            info.deleted,
            info.segments.len(),
            info.bytes as f64 / info.documents as f64,
            found as f64 / (self.queries.len() * 10) as f64,
        )?;
        Ok(self.output.flush()?)
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let rows = Rows::read(&arguments.data.join("passages.f32"), arguments.n * 3 / 2, DIMENSION)?;
    let n = arguments.n.min(rows.len() * 2 / 3);
    let queries = Rows::read(&arguments.data.join("heldout.f32"), arguments.queries, DIMENSION)?;
    let mut figures = Figures { queries: &queries, output: std::io::stdout().lock() };
    writeln!(
        figures.output,
        "state,documents,deleted,segments,bytes_per_document,recall_at_10,seconds"
    )?;

    let parent = tempfile::tempdir()?;
    let mut writer = create(&parent.path().join("churned"))?;
    let started = Instant::now();
    for number in 0..n {
        add(&mut writer, &rows, number)?;
    }
    let snapshot = writer.commit()?;
    figures.row("built", started.elapsed().as_secs_f64(), &snapshot)?;

    let mut random = 1_u64;
    let mut added = n;
    let mut slowest = 0.0_f64;
    let started = Instant::now();
    for _ in 0..arguments.commits {
        for _ in 0..n / 2 / arguments.commits {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut key = (random >> 33) % n as u64;
            while !writer.delete(Key(key))? {
                key = (key + 1) % n as u64;
            }
            add(&mut writer, &rows, added)?;
            added += 1;
        }
        let committing = Instant::now();
        writer.commit()?;
        slowest = slowest.max(committing.elapsed().as_secs_f64());
    }
    let seconds = started.elapsed().as_secs_f64();
    let snapshot = writer.commit()?;
    figures.row("half replaced", seconds, &snapshot)?;
    let started = Instant::now();
    let snapshot = writer.compact()?;
    figures.row("compacted", started.elapsed().as_secs_f64(), &snapshot)?;

    let mut anew = create(&parent.path().join("anew"))?;
    let started = Instant::now();
    for record in snapshot.records() {
        anew.upsert(record.key, record.label, &record.vector, b"")?;
    }
    let snapshot = anew.commit()?;
    figures.row("built anew", started.elapsed().as_secs_f64(), &snapshot)?;
    writeln!(std::io::stderr(), "slowest of {} commits: {slowest:.2} s", arguments.commits)?;
    Ok(())
}

fn create(folder: &Path) -> anyhow::Result<IndexWriter> {
    Ok(Index::create(folder, IndexConfig::new(DIMENSION, Metric::Cosine))?.writer()?)
}

fn add(writer: &mut IndexWriter, rows: &Rows, number: usize) -> anyhow::Result<()> {
    let label = Label((number as u64 % LABELS) as u16);
    Ok(writer.upsert(Key(number as u64), label, rows.row(number), b"")?)
}
