//! Turns the texts that `benches/rivals/corpus.py` gathers into vectors, for the benchmarks of
//! the index. A run that was interrupted goes on where it stopped.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Parser;
use mlsearch::encoder::Role;

/// Texts encoded between two writes.
const TEXTS_AT_ONCE: usize = 8192;

/// Encodes JSON lines with a `text` into a file of f32 rows (little-endian, unit length).
#[derive(Parser)]
struct Arguments {
    /// JSON lines with `text`.
    texts: PathBuf,
    /// The file of vectors, added to if it is there.
    vectors: PathBuf,
    /// The texts are queries.
    #[arg(long)]
    queries: bool,
    /// Stop after so many texts.
    #[arg(long, default_value_t = usize::MAX)]
    limit: usize,
    /// Batches at once; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

#[derive(serde::Deserialize)]
struct Line {
    text: String,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let encoder = mlsearch_benches::encoder(arguments.threads);
    let role = if arguments.queries { Role::Query } else { Role::Passage };
    let row_bytes = encoder.dimension() as u64 * 4;

    let mut output = OpenOptions::new().create(true).append(true).open(&arguments.vectors)?;
    let mut done = (output.metadata()?.len() / row_bytes) as usize;
    output.set_len(done as u64 * row_bytes)?;
    let file = File::open(&arguments.texts)
        .with_context(|| format!("could not open {}", arguments.texts.display()))?;
    let mut lines = BufReader::new(file).lines().skip(done);
    let started = Instant::now();
    let before = done;
    while done < arguments.limit {
        let texts = lines
            .by_ref()
            .take(TEXTS_AT_ONCE.min(arguments.limit - done))
            .map(|line| Ok(serde_json::from_str::<Line>(&line?)?.text))
            .collect::<anyhow::Result<Vec<String>>>()?;
        if texts.is_empty() {
            break;
        }
        let vectors = encoder.encode(&texts, role)?;
        ensure!(vectors.is_standard_layout(), "rows are contiguous");
        let bytes: Vec<u8> = vectors.iter().flat_map(|value| value.to_le_bytes()).collect();
        output.write_all(&bytes)?;
        done += texts.len();
        let rate = (done - before) as f64 / started.elapsed().as_secs_f64();
        writeln!(std::io::stderr(), "{done} texts, {rate:.0} a second")?;
    }
    output.sync_all()?;
    Ok(())
}
