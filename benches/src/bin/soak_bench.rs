//! Asks an index mixed queries for a long time, and tells what the process takes meanwhile:
//! `benches/soak.py` runs it.

use std::fs;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use cpu_time::ProcessTime;
use mlsearch::bias::{Correction, Method};
use mlsearch::{BiasDetail, Engine, Mode, Query};
use mlsearch_benches::Draws;

/// Asks queries (made of lines of standard input) of every length, mode and correction, and prints a
/// line of CSV every so often.
#[derive(Parser)]
struct Arguments {
    /// Index folder.
    index: std::path::PathBuf,
    /// How long.
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
    /// Threads that ask.
    #[arg(long, default_value_t = 4)]
    threads: usize,
    /// Seconds from a line to the next.
    #[arg(long, default_value_t = 10)]
    every: u64,
}

const METHODS: [Method; 5] =
    [Method::None, Method::Center, Method::Standardize, Method::Lsar, Method::Balanced];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let texts: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    anyhow::ensure!(!texts.is_empty(), "no lines on standard input");
    let engine = Engine::open(&arguments.index)?;
    engine.encoder()?;

    let (asked, over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let askers: Vec<_> = (0..arguments.threads)
            .map(|number| {
                let (engine, texts, asked, over) = (&engine, &texts, &asked, &over);
                scope.spawn(move || -> mlsearch::Result<()> {
                    let mut draws = Draws::new(number as u64);
                    while !over.load(Ordering::Relaxed) {
                        engine.search(query(texts, &mut draws))?;
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        let told = tell(&arguments, &asked);
        over.store(true, Ordering::Relaxed);
        for asker in askers {
            asker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        told
    })
}

/// A query of some lines and some way of asking.
fn query(texts: &[String], draws: &mut Draws) -> Query {
    let mut text = texts[draws.below(texts.len())].clone();
    match draws.below(10) {
        // A few words.
        0..4 => text = text.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
        // Longer than the encoder takes at once.
        9 => (0..draws.below(30)).for_each(|_| text += &texts[draws.below(texts.len())]),
        _ => {}
    }
    let method = METHODS[draws.below(METHODS.len())];
    let per_language = method != Method::Balanced && draws.below(8) == 0;
    Query {
        k: [1, 10, 10, 100][draws.below(4)],
        // The others need a language that is in the index, which short texts may not show.
        mode: Mode::Multilingual,
        per_language,
        correction: Correction::new(method),
        bias: [BiasDetail::Off, BiasDetail::Report, BiasDetail::Counterfactual][draws.below(3)],
        exact: draws.below(20) == 0,
        ..Query::new(if text.trim().is_empty() { "?" } else { &text })
    }
}

fn tell(arguments: &Arguments, asked: &AtomicU64) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "seconds,queries,processor_seconds,resident_bytes,handles")?;
    let started = Instant::now();
    let processor = ProcessTime::now();
    while started.elapsed().as_secs() < arguments.seconds {
        thread::sleep(Duration::from_secs(arguments.every));
        writeln!(
            out,
            "{:.1},{},{:.1},{},{}",
            started.elapsed().as_secs_f64(),
            asked.load(Ordering::Relaxed),
            processor.elapsed().as_secs_f64(),
            resident_bytes()?,
            fs::read_dir("/proc/self/fd")?.count()
        )?;
        out.flush()?;
    }
    Ok(())
}

/// Memory of this process that is in use now, without what is mapped from files.
fn resident_bytes() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.map(|of| of * 1024).ok_or_else(|| anyhow::anyhow!("this system does not tell memory"))
}
