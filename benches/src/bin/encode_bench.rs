//! Measures the encoder on texts from standard input, for side-by-side comparison with other
//! engines: `benches/encode_rivals.py` runs it.

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use mlsearch::encoder::{Device, Encoder, EncoderOptions};
use mlsearch_benches::quantile;

/// Encodes texts (one JSON string or object with `text` a line) and prints one JSON object.
#[derive(Parser)]
struct Arguments {
    /// Model folder.
    #[arg(long)]
    model: Option<std::path::PathBuf>,
    /// Batches at once; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Tokens in a batch.
    #[arg(long)]
    batch_tokens: Option<usize>,
    /// Texts encoded one by one as queries, to measure latency.
    #[arg(long, default_value_t = 200)]
    queries: usize,
    /// Times that all texts are encoded; the median is reported.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[derive(serde::Serialize)]
struct Figures {
    engine: &'static str,
    texts: usize,
    mean_tokens: f64,
    open_ms: f64,
    passages_per_second: f64,
    query_p50_ms: f64,
    query_p99_ms: f64,
    peak_rss_mib: Option<f64>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let texts = texts()?;
    anyhow::ensure!(!texts.is_empty(), "no texts on standard input");

    let started = Instant::now();
    let mut options = EncoderOptions {
        device: Device::Cpu,
        threads: arguments.threads,
        ..EncoderOptions::default()
    };
    options.batch_tokens = arguments.batch_tokens.unwrap_or(options.batch_tokens);
    let folder = arguments.model.unwrap_or_else(mlsearch_benches::model_folder);
    let encoder = Encoder::open(folder, &options)?;
    let open_ms = started.elapsed().as_secs_f64() * 1e3;

    let role = mlsearch::encoder::Role::Passage;
    let mut tokens = 0;
    for text in &texts {
        tokens += encoder.token_ids(text, role)?.iter().map(Vec::len).sum::<usize>();
    }
    encoder.encode_passages(&texts[..texts.len().min(64)])?;
    let mut rates = Vec::new();
    for _ in 0..arguments.rounds.max(1) {
        let started = Instant::now();
        encoder.encode_passages(&texts)?;
        rates.push(texts.len() as f64 / started.elapsed().as_secs_f64());
    }
    let mut latencies = Vec::new();
    for text in texts.iter().cycle().take(arguments.queries) {
        let started = Instant::now();
        encoder.encode_queries(&[text])?;
        latencies.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let figures = Figures {
        engine: "mlsearch",
        texts: texts.len(),
        mean_tokens: tokens as f64 / texts.len() as f64,
        open_ms,
        passages_per_second: quantile(&mut rates, 0.5),
        query_p50_ms: quantile(&mut latencies, 0.5),
        query_p99_ms: quantile(&mut latencies, 0.99),
        peak_rss_mib: peak_rss_mib(),
    };
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, &figures)?;
    writeln!(output)?;
    Ok(())
}

fn texts() -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let value: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("line {}", number + 1))?;
        let text = value.as_str().or_else(|| value["text"].as_str());
        texts.push(text.with_context(|| format!("line {} has no text", number + 1))?.to_owned());
    }
    Ok(texts)
}

/// The most memory this process ever had resident, where the system tells.
fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
