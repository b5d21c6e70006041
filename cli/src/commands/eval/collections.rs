//! `mlsearch eval beir` and `mlsearch eval bitext`.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use mlsearch::Language;
use mlsearch::bias::Correction;
use mlsearch::eval::collection::{
    self, BeirOptions, BitextOptions, Collection, Evaluation, read_beir, read_bitext,
};
use mlsearch::eval::{Correcting, WalkScores};
use serde::Serialize;
use tempfile::TempDir;

use super::measuring::{Bench, Measuring};
use super::tables;
use crate::arguments::Global;
use crate::output::{Console, json};

#[derive(Debug, Args)]
#[command(after_help = "\
A line of corpus.jsonl or queries.jsonl is an object with `_id` and `text`, and optionally `title`,
`lang` (a language tag) and `group` (the same for translations). Judgements are lines of query,
document and grade. Data sets of BEIR, MIRACL and MTEB are exported in this form.

Examples:
  mlsearch eval beir miracl-sw
  mlsearch eval beir help-pages --split dev --debias center,lsar --strength 0.5,1")]
pub(crate) struct Beir {
    /// Folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv
    #[arg(value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,

    /// Which judgements: qrels/SPLIT.tsv; by default `test`, or the only ones there are
    #[arg(long, value_name = "SPLIT")]
    split: Option<String>,

    /// Language of documents and queries that name none
    #[arg(long, value_name = "TAG")]
    lang: Option<Language>,

    #[command(flatten)]
    measuring: Measuring,

    #[command(flatten)]
    reporting: Reporting,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Files are named after their language: news.de.txt, news.sw.txt and so on make one pool of all
languages (NTREX-128); de-en/test.de and de-en/test.en, or test.de-en.de and test.de-en.en, a pool
for each pair (Tatoeba).

Examples:
  mlsearch eval bitext NTREX-128 --lines 200
  mlsearch eval bitext NTREX-128 --query-lang en,sw --debias lsar
  mlsearch eval bitext tatoeba/testsets --lines 500")]
pub(crate) struct Bitext {
    /// Folder of files of which the lines of one number are translations of each other
    #[arg(value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,

    /// Only the first lines of every file
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    lines: Option<u32>,

    /// Only these languages
    #[arg(long, value_name = "TAG,TAG", value_delimiter = ',')]
    lang: Vec<Language>,

    /// Ask only in these languages
    #[arg(long, value_name = "TAG,TAG", value_delimiter = ',')]
    query_lang: Vec<Language>,

    #[command(flatten)]
    measuring: Measuring,

    #[command(flatten)]
    reporting: Reporting,
}

/// What comes out.
#[derive(Debug, Args)]
struct Reporting {
    /// Tell also what walks through the graph of an index find that keep N candidates, 1 to
    /// 100,000; all other figures are of exact search
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    ef: Option<u32>,

    /// Print the figures as a JSON object
    #[arg(long)]
    json: bool,

    /// Write the first hundred documents of each query to this file, as a TREC run: the corrected
    /// ones, if there is a correction
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    run_file: Option<PathBuf>,

    /// Write the right answers to this file, as TREC relevance judgements
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    qrels_file: Option<PathBuf>,

    /// Write the figures to this file, as a page for a browser
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    html: Option<PathBuf>,
}

/// The figures of one pool.
#[derive(Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) evaluation: Evaluation,
    /// The same with corrections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) corrected: Vec<Evaluation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) walks: Option<WalkScores>,
}

impl Beir {
    pub(super) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let options = BeirOptions { split: self.split.clone(), language: self.lang.clone() };
        let collection = read_beir(&self.folder, &options)?;
        let reports = measure(&[collection], &self.measuring, &self.reporting, global, console)?;
        for report in &reports {
            if self.reporting.json {
                json::print(report, console)?;
            } else {
                console.print(&tables::render(report))?;
            }
        }
        Ok(())
    }
}

impl Bitext {
    pub(super) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let options = BitextOptions {
            lines: self.lines.map(usize::try_from).transpose()?,
            languages: self.lang.clone(),
            query_languages: self.query_lang.clone(),
        };
        let pools = read_bitext(&self.folder, &options)?;
        let reports = measure(&pools, &self.measuring, &self.reporting, global, console)?;
        if self.reporting.json {
            return match &reports[..] {
                [only] => json::print(only, console),
                _ => json::print(&serde_json::json!({ "pairs": reports }), console),
            };
        }
        match &reports[..] {
            [only] => console.print(&tables::render(only))?,
            _ => console.print(&tables::render_pairs(&reports))?,
        }
        Ok(())
    }
}

fn measure(
    pools: &[Collection],
    measuring: &Measuring,
    reporting: &Reporting,
    global: &Global,
    console: &Console,
) -> Result<Vec<Report>> {
    let corrections = measuring.corrections();
    if reporting.run_file.is_some() && corrections.len() > 1 {
        bail!("a run file has one ranking for each query: give one method and one strength");
    }
    let files = [&reporting.run_file, &reporting.qrels_file, &reporting.html];
    if pools.len() > 1 && files.iter().any(|file| file.is_some()) {
        bail!(
            "this folder holds a pool for each pair of languages, and a file can tell of one: choose a pair with --lang"
        );
    }
    let reports: Vec<Report> = measuring.measure(global, console, |bench| {
        pools.iter().map(|pool| measure_one(pool, &corrections, reporting, bench)).collect()
    })?;
    if let (Some(path), [report]) = (&reporting.html, &reports[..]) {
        let evaluations: Vec<&Evaluation> =
            [&report.evaluation].into_iter().chain(&report.corrected).collect();
        mlsearch::eval::html::write(path, &evaluations)?;
    }
    Ok(reports)
}

fn measure_one(
    pool: &Collection,
    corrections: &[Correction],
    reporting: &Reporting,
    bench: &mut Bench<'_>,
) -> Result<Report> {
    let Bench { encoder, query_means, listen } = bench;
    let correcting = |correction| Correcting { correction, query_means: Some(&*query_means) };
    if let Some(path) = &reporting.qrels_file {
        collection::write_qrels(path, pool)?;
    }
    let vectors = collection::encode(encoder, pool, listen)?;
    let evaluation = collection::evaluate(pool, &vectors, Correcting::default(), listen)?;
    let mut corrected = Vec::new();
    for correction in corrections {
        corrected.push(collection::evaluate(pool, &vectors, correcting(*correction), listen)?);
    }
    if let Some(path) = &reporting.run_file {
        let correcting = correcting(corrections.first().copied().unwrap_or_default());
        collection::write_run(path, pool, &vectors, correcting, "mlsearch", listen)?;
    }
    let walks = match reporting.ef {
        Some(ef) => {
            let folder = TempDir::with_prefix("mlsearch-eval-")
                .map_err(|error| anyhow!("cannot create a temporary folder: {error}"))?;
            let ef = usize::try_from(ef)?;
            Some(collection::score_walks(pool, &vectors, folder.path(), ef, listen)?)
        }
        None => None,
    };
    Ok(Report { evaluation, corrected, walks })
}
