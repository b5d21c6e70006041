//! Measures warm queries through the library: `benches/query_latency.py` runs it.

use std::io::{BufRead, Write};
use std::time::Instant;

use clap::Parser;
use mlsearch::{Engine, Query};

/// Answers queries (one a line on standard input) from an index and prints one JSON object.
#[derive(Parser)]
struct Arguments {
    /// Index folder.
    index: std::path::PathBuf,
    /// Hits of each query.
    #[arg(short, default_value_t = 10)]
    k: usize,
    /// Times that all queries are asked.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[derive(serde::Serialize)]
struct Figures {
    documents: u64,
    queries: usize,
    open_ms: f64,
    first_query_ms: f64,
    total_ms: Quantiles,
    detect_ms: Quantiles,
    encode_ms: Quantiles,
    search_ms: Quantiles,
    fetch_ms: Quantiles,
}

#[derive(serde::Serialize)]
struct Quantiles {
    p50: f64,
    p99: f64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let queries: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    anyhow::ensure!(!queries.is_empty(), "no queries on standard input");

    let started = Instant::now();
    let engine = Engine::open(&arguments.index)?;
    engine.encoder()?;
    let open_ms = started.elapsed().as_secs_f64() * 1e3;
    let ask = |text: &String| engine.search(Query { k: arguments.k, ..Query::new(text) });
    let first_query_ms = ask(&queries[0])?.timings_ms.total;
    // The language models of every script are read by the first query in it.
    for query in &queries {
        ask(query)?;
    }
    let mut timings = Vec::new();
    for _ in 0..arguments.rounds.max(1) {
        for query in &queries {
            timings.push(ask(query)?.timings_ms);
        }
    }
    let quantiles = |part: fn(&mlsearch::Timings) -> f64| {
        let mut values: Vec<f64> = timings.iter().map(part).collect();
        Quantiles {
            p50: mlsearch_benches::quantile(&mut values, 0.5),
            p99: mlsearch_benches::quantile(&mut values, 0.99),
        }
    };
    let figures = Figures {
        documents: engine.len(),
        queries: queries.len(),
        open_ms,
        first_query_ms,
        total_ms: quantiles(|timings| timings.total),
        detect_ms: quantiles(|timings| timings.detect),
        encode_ms: quantiles(|timings| timings.encode),
        search_ms: quantiles(|timings| timings.search),
        fetch_ms: quantiles(|timings| timings.fetch),
    };
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, &figures)?;
    writeln!(output)?;
    Ok(())
}
