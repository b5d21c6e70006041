//! Measures latency while queries arrive at some rate: `benches/load.py` runs it.

use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use mlsearch::{Engine, Timings};
use mlsearch_benches::{Draws, quantile};
use serde::Serialize;

/// Finds out how many queries (lines of standard input) a second an index answers at most, then lets
/// them arrive at shares of that rate, at random as from many users, and prints one JSON object.
#[derive(Parser)]
struct Arguments {
    /// Index folder.
    index: std::path::PathBuf,
    /// Threads that answer.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Shares of the greatest rate, in percent.
    #[arg(long, value_delimiter = ',', default_values_t = [25, 50, 75, 100])]
    shares: Vec<u32>,
}

#[derive(Serialize)]
struct Figures {
    documents: u64,
    threads: usize,
    /// Answers a second with every thread always busy.
    saturation: f64,
    levels: Vec<Level>,
}

/// What came of one rate.
#[derive(Serialize)]
struct Level {
    share: u32,
    queries: usize,
    /// Answers a second.
    rate: f64,
    /// From the moment that a query arrived, waiting included.
    latency_ms: Quantiles,
    /// Of that, encoding.
    encode_ms: Quantiles,
    /// And the index.
    search_ms: Quantiles,
}

#[derive(Serialize)]
struct Quantiles {
    p50: f64,
    p99: f64,
    p999: f64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let texts: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    anyhow::ensure!(!texts.is_empty(), "no lines on standard input");
    let engine = Engine::open(&arguments.index)?;
    // The language models of every script are read by the first query in it.
    texts.iter().try_for_each(|text| engine.search(text.as_str()).map(drop))?;

    let length = Duration::from_secs(arguments.seconds);
    let all_at_once = vec![Duration::ZERO; 1_000_000];
    let (answered, took) = answer(&engine, &texts, &arguments, &all_at_once, length)?;
    let saturation = answered.len() as f64 / took.as_secs_f64();
    let mut levels = Vec::new();
    for &share in &arguments.shares {
        let arrivals = arrivals(saturation * f64::from(share) / 100.0, length);
        let (answered, took) = answer(&engine, &texts, &arguments, &arrivals, Duration::MAX)?;
        levels.push(Level::of(share, &answered, took));
    }
    let figures =
        Figures { documents: engine.len(), threads: arguments.threads, saturation, levels };
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &figures)?;
    writeln!(out)?;
    Ok(())
}

/// When queries arrive: independently of each other, so many a second on average.
fn arrivals(rate: f64, length: Duration) -> Vec<Duration> {
    let mut draws = Draws::new(1);
    let mut at = 0.0;
    let gaps = std::iter::from_fn(|| {
        at -= (1.0 - draws.share()).ln() / rate;
        Some(Duration::from_secs_f64(at))
    });
    gaps.take_while(|arrival| *arrival < length).collect()
}

/// The latency of each query in milliseconds, and where the time went. Ends when all are answered, or
/// after `most`.
fn answer(
    engine: &Engine,
    texts: &[String],
    arguments: &Arguments,
    arrivals: &[Duration],
    most: Duration,
) -> anyhow::Result<(Vec<(f64, Timings)>, Duration)> {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let work = || -> mlsearch::Result<Vec<(f64, Timings)>> {
        let mut answered = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(arrival) = arrivals.get(number) else { return Ok(answered) };
            if started.elapsed() > most {
                return Ok(answered);
            }
            thread::sleep(arrival.saturating_sub(started.elapsed()));
            let timings = engine.search(texts[number % texts.len()].as_str())?.timings_ms;
            let latency = started.elapsed().saturating_sub(*arrival).as_secs_f64() * 1e3;
            answered.push((latency, timings));
        }
    };
    let answered = thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.threads).map(|_| scope.spawn(work)).collect();
        let answers = threads.into_iter().map(|thread| match thread.join() {
            Ok(answered) => Ok(answered?),
            Err(_) => anyhow::bail!("a thread panicked"),
        });
        answers.collect::<anyhow::Result<Vec<_>>>()
    })?;
    Ok((answered.into_iter().flatten().collect(), started.elapsed()))
}

impl Level {
    fn of(share: u32, answered: &[(f64, Timings)], took: Duration) -> Self {
        let quantiles = |of: fn(&(f64, Timings)) -> f64| {
            let mut values: Vec<f64> = answered.iter().map(of).collect();
            Quantiles {
                p50: quantile(&mut values, 0.5),
                p99: quantile(&mut values, 0.99),
                p999: quantile(&mut values, 0.999),
            }
        };
        Self {
            share,
            queries: answered.len(),
            rate: answered.len() as f64 / took.as_secs_f64(),
            latency_ms: quantiles(|(latency, _)| *latency),
            encode_ms: quantiles(|(_, timings)| timings.encode),
            search_ms: quantiles(|(_, timings)| timings.search),
        }
    }
}
