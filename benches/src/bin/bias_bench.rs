//! Measures what a report and a correction cost a query: `benches/bias_cost.py` runs it.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use clap::Parser;
use mlsearch::bias::{Correction, Method};
use mlsearch::{BiasDetail, Engine, Query};

/// Answers queries (one a line on standard input) from an index in several ways, one after the
/// other for each query, and prints one JSON object.
#[derive(Parser)]
struct Arguments {
    /// Index folder.
    index: std::path::PathBuf,
    /// Hits of each query.
    #[arg(short, default_value_t = 10)]
    k: usize,
    /// Times that all queries are asked.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[derive(serde::Serialize)]
struct Figures {
    documents: u64,
    languages: usize,
    queries: usize,
    /// The first search after opening with a report, which reads the statistics, and without.
    first_with_report_ms: f64,
    first_without_ms: f64,
    /// Medians of each way, in milliseconds.
    ways: BTreeMap<&'static str, Medians>,
}

#[derive(serde::Serialize)]
struct Medians {
    total: f64,
    search: f64,
    bias: f64,
    /// Median over the queries of this way's time less the plain one's, without encoding and
    /// detection, which are the same and noisy.
    more_than_plain: f64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let queries: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    anyhow::ensure!(!queries.is_empty(), "no queries on standard input");
    let first = |bias: BiasDetail| -> anyhow::Result<f64> {
        let engine = Engine::open(&arguments.index)?;
        engine.encoder()?.encode_queries(&[&queries[0]])?;
        let query = Query { k: arguments.k, bias, ..Query::new(&queries[0]) };
        Ok(engine.search(query)?.timings_ms.total)
    };
    let (first_without_ms, first_with_report_ms) =
        (first(BiasDetail::Off)?, first(BiasDetail::Report)?);

    let engine = Engine::open(&arguments.index)?;
    let corrected = |method| (Correction::new(method), BiasDetail::Off);
    let ways = [
        ("plain", (Correction::default(), BiasDetail::Off)),
        ("report", (Correction::default(), BiasDetail::Report)),
        ("counterfactual", (Correction::default(), BiasDetail::Counterfactual)),
        ("center", corrected(Method::Center)),
        ("standardize", corrected(Method::Standardize)),
        ("lsar", corrected(Method::Lsar)),
        ("balanced", corrected(Method::Balanced)),
    ];
    let ask = |text: &String, (correction, bias): (Correction, BiasDetail)| {
        engine.search(Query { k: arguments.k, correction, bias, ..Query::new(text) })
    };
    for query in &queries {
        for (_, way) in ways {
            ask(query, way)?;
        }
    }
    let mut measured: BTreeMap<&str, Vec<[f64; 4]>> = BTreeMap::new();
    for _ in 0..arguments.rounds.max(1) {
        for query in &queries {
            let mut plain = 0.0;
            for (name, way) in ways {
                let timings = ask(query, way)?.timings_ms;
                let work = timings.total - timings.encode - timings.detect;
                if name == "plain" {
                    plain = work;
                }
                let row = [timings.total, timings.search, timings.bias, work - plain];
                measured.entry(name).or_default().push(row);
            }
        }
    }
    let ways = measured.into_iter().map(|(name, rows)| {
        let median = |column: usize| {
            let mut values: Vec<f64> = rows.iter().map(|row| row[column]).collect();
            mlsearch_benches::quantile(&mut values, 0.5)
        };
        let medians = Medians {
            total: median(0),
            search: median(1),
            bias: median(2),
            more_than_plain: median(3),
        };
        (name, medians)
    });
    let figures = Figures {
        documents: engine.len(),
        languages: engine.info().languages.len(),
        queries: queries.len(),
        first_with_report_ms,
        first_without_ms,
        ways: ways.collect(),
    };
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, &figures)?;
    writeln!(output)?;
    Ok(())
}
