//! Measures a builder of graphs: processor time, memory, and what a walk through the graph finds.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use mlsearch::index::{
    GraphBuilder, Index, IndexConfig, Key, Label, Metric, SearchParams, SearchRequest,
    WriterOptions,
};
use mlsearch_benches::rows::Rows;

const DIMENSION: usize = 384;

/// Builds an index with one of the builders and writes one line of CSV for each ef.
#[derive(Parser)]
struct Arguments {
    /// Folder of passages.f32 and heldout.f32.
    #[arg(long)]
    data: PathBuf,
    /// Passages to index.
    #[arg(long, default_value_t = 50_000)]
    n: usize,
    #[arg(long, value_enum)]
    builder: Builder,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Queries to ask.
    #[arg(long, default_value_t = 1_000)]
    queries: usize,
    #[arg(long, value_delimiter = ',', default_values_t = [32, 64, 128, 256])]
    ef: Vec<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Builder {
    Own,
    HnswRs,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let rows = Rows::read(&arguments.data.join("passages.f32"), arguments.n, DIMENSION)?;
    let queries = Rows::read(&arguments.data.join("heldout.f32"), arguments.queries, DIMENSION)?;
    let (name, builder) = match arguments.builder {
        Builder::Own => ("own", GraphBuilder::Own),
        Builder::HnswRs => ("hnsw_rs", GraphBuilder::HnswRs),
    };
    let parent = tempfile::tempdir()?;
    let config = IndexConfig::new(DIMENSION, Metric::Cosine);
    let index = Index::create(parent.path().join("index"), config)?;
    let options = WriterOptions {
        builder,
        threads: NonZeroUsize::new(arguments.threads),
        ..WriterOptions::default()
    };
    let mut writer = index.writer_with(options)?;
    for (key, row) in rows.iter().enumerate() {
        writer.upsert(Key(key as u64), Label(0), row, b"")?;
    }
    let memory_before = memory("VmRSS:");
    let started = cpu_time::ProcessTime::now();
    let snapshot = writer.commit()?;
    let build = started.elapsed().as_secs_f64();
    let memory = memory("VmHWM:").saturating_sub(memory_before);

    let search = |query, exact, ef| {
        let params = SearchParams { exact, ef: Some(ef), ..SearchParams::default() };
        snapshot.search(&SearchRequest { params, ..SearchRequest::new(query) })
    };
    let truth =
        queries.iter().map(|query| search(query, true, 0)).collect::<Result<Vec<_>, _>>()?;
    let mut output = std::io::stdout().lock();
    for ef in arguments.ef {
        let mut found = 0;
        let started = cpu_time::ProcessTime::now();
        for (query, truth) in queries.iter().zip(&truth) {
            let neighbors = search(query, false, ef)?;
            found += neighbors
                .iter()
                .filter(|neighbor| truth.iter().any(|true_one| true_one.key == neighbor.key))
                .count();
        }
        let rate = queries.len() as f64 / started.elapsed().as_secs_f64();
        writeln!(
            output,
            "{name},{},{},{build:.1},{memory},{ef},{:.4},{rate:.0}",
            rows.len(),
            arguments.threads,
            found as f64 / (queries.len() * 10) as f64,
        )?;
    }
    Ok(())
}

/// A line of the process's status in bytes; 0 where the system does not tell.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let kilobytes = found.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
