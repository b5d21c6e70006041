//! `mlsearch eval run`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use mlsearch::eval::bootstrap::{BootstrapOptions, Comparison, MeanOver, compare_scores};
use mlsearch::eval::trec::{read_qrels, read_run};
use mlsearch::eval::{Catalog, Measure, Pool, RunScores, Summary, score_run};
use serde::Serialize;

use crate::output::style::{DIM, HEADING, WARNING, count, counted, one_line};
use crate::output::table::{Align, Table};
use crate::output::{Console, json};

/// Measures that the table of languages has.
const BY_LANGUAGE: [Measure; 7] = [
    Measure::Map,
    Measure::NdcgAt10,
    Measure::RecallAt100,
    Measure::HitAt1,
    Measure::RankDistance,
    Measure::OwnShareAt10,
    Measure::MrcAt10,
];

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Rankings of any system, as a TREC run: lines of `query Q0 document rank score tag`
    #[arg(value_name = "RUN", value_hint = clap::ValueHint::FilePath)]
    run: PathBuf,

    /// What is relevant, as TREC judgements: lines of `query 0 document grade`
    #[arg(value_name = "QRELS", value_hint = clap::ValueHint::FilePath)]
    qrels: PathBuf,

    /// Languages of the documents: JSON Lines with `_id` and `lang`, all documents that were
    /// searched; for exposure, PEER, TLR and pairs of languages
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    corpus: Option<PathBuf>,

    /// Languages of the queries: JSON Lines with `_id`, `lang` and, for translations of each other,
    /// the same `group`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    queries: Option<PathBuf>,

    /// Another run to compare with, by a paired bootstrap over the queries
    #[arg(long, value_name = "RUN", value_hint = clap::ValueHint::FilePath)]
    against: Option<PathBuf>,

    /// How often the bootstrap draws the queries, 100 to 1,000,000
    #[arg(
        long,
        value_name = "N",
        requires = "against",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(100..=1_000_000),
    )]
    resamples: u32,

    /// Print the figures as a JSON object, with those of each language and pair of languages
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(&self, console: &Console) -> Result<()> {
        let qrels = read_qrels(&self.qrels)?;
        let catalog = |path: &Option<PathBuf>| match path {
            Some(path) => Catalog::read(path),
            None => Ok(Catalog::default()),
        };
        let (documents, queries) = (catalog(&self.corpus)?, catalog(&self.queries)?);
        let score = |path: &Path| -> Result<RunScores> {
            Ok(score_run(&read_run(path)?, &qrels, &documents, &queries))
        };
        let scores = score(&self.run)?;
        let summary = Summary::of(&scores.queries);
        let against = match &self.against {
            Some(path) => {
                let other = score(path)?;
                let mean = match summary.languages.is_empty() {
                    true => MeanOver::Queries,
                    false => MeanOver::Languages,
                };
                let resamples = usize::try_from(self.resamples)?;
                let options = BootstrapOptions { mean, resamples, ..BootstrapOptions::default() };
                Some(Against {
                    run: path.display().to_string(),
                    missing: other.missing,
                    bootstrap: options,
                    comparison: compare_scores(&scores.queries, &other.queries, &options),
                    summary: Summary::of(&other.queries),
                })
            }
            None => None,
        };
        let report = Report {
            run: self.run.display().to_string(),
            qrels: self.qrels.display().to_string(),
            missing: scores.missing,
            without_relevant: scores.without_relevant,
            unjudged: scores.unjudged,
            pool: self.corpus.is_some().then(|| documents.pool()),
            summary,
            against,
        };
        if self.json {
            return json::print(&report, console);
        }
        console.print(&render(&report))?;
        Ok(())
    }
}

#[derive(Serialize)]
struct Report {
    run: String,
    qrels: String,
    /// Queries that the run lacks.
    missing: usize,
    without_relevant: usize,
    unjudged: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<Pool>,
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Against>,
}

#[derive(Serialize)]
struct Against {
    run: String,
    missing: usize,
    bootstrap: BootstrapOptions,
    comparison: BTreeMap<Measure, Comparison>,
    #[serde(flatten)]
    summary: Summary,
}

fn render(report: &Report) -> String {
    let summary = &report.summary;
    let mut text = format!(
        "{HEADING}{}{HEADING:#}  {DIM}{}{}{DIM:#}\n",
        one_line(&report.run),
        queries(summary.queries),
        report.pool.as_ref().map_or(String::new(), |pool| {
            format!(", {}", counted(pool.documents as u64, "document"))
        }),
    );
    text.push_str(&doubts(report));
    text.push('\n');
    text.push_str(&figures(summary));
    if let Some(against) = &report.against {
        text.push_str(&comparison(against));
    }
    if !summary.languages.is_empty() {
        text.push('\n');
        text.push_str(&languages(summary));
    }
    text
}

/// What the figures are not of.
fn doubts(report: &Report) -> String {
    let mut text = String::new();
    if report.missing > 0 {
        let missing = queries(report.missing);
        text.push_str(&format!(
            "{WARNING}{missing} not in the run{WARNING:#}, counted as having found nothing\n"
        ));
    }
    if report.without_relevant > 0 {
        let left_out = queries(report.without_relevant);
        text.push_str(&format!("{DIM}{left_out} to which nothing is relevant left out{DIM:#}\n"));
    }
    if report.unjudged > 0 {
        let unjudged = queries(report.unjudged);
        text.push_str(&format!("{DIM}{unjudged} of the run without judgements left out{DIM:#}\n"));
    }
    text
}

fn queries(number: usize) -> String {
    match number {
        1 => "1 query".to_owned(),
        _ => format!("{} queries", count(number as u64)),
    }
}

fn figure(measure: Measure, value: f64) -> String {
    match measure {
        Measure::RankDistance | Measure::MaxRank => format!("{value:.1}"),
        _ => format!("{value:.4}"),
    }
}

fn figures(summary: &Summary) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[left, right, right, right]).with_header(&[
        "measure",
        "by query",
        "by language",
        "queries",
    ]);
    for (measure, mean) in &summary.micro {
        let by_language = summary.by_language.get(measure);
        table.row(&[
            measure.label().to_owned(),
            figure(*measure, mean.mean),
            by_language.map_or("-".to_owned(), |mean| figure(*measure, mean.mean)),
            count(mean.of as u64),
        ]);
    }
    table.render(2)
}

fn comparison(against: &Against) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[left, right, right, right, right, right]).with_header(&[
        "measure",
        "this run",
        "the other",
        "difference",
        "95 % interval",
        "p",
    ]);
    for (measure, found) in &against.comparison {
        let signed = |value: f64| match measure {
            Measure::RankDistance | Measure::MaxRank => format!("{value:+.1}"),
            _ => format!("{value:+.4}"),
        };
        table.row(&[
            measure.label().to_owned(),
            figure(*measure, found.value),
            figure(*measure, found.against),
            signed(found.difference),
            format!("{} to {}", signed(found.low), signed(found.high)),
            format!("{:.4}", found.p),
        ]);
    }
    let over = match against.bootstrap.mean {
        MeanOver::Queries => "by query",
        MeanOver::Languages => "by language",
    };
    let missing = match against.missing {
        0 => String::new(),
        number => format!(", which lacks {}", count(number as u64)),
    };
    format!(
        "\n{HEADING}against {}{HEADING:#}{DIM}{missing}  means {over}, paired bootstrap, {} draws{DIM:#}\n\n{}",
        one_line(&against.run),
        count(against.bootstrap.resamples as u64),
        table.render(2),
    )
}

fn languages(summary: &Summary) -> String {
    let measures: Vec<Measure> =
        BY_LANGUAGE.into_iter().filter(|measure| summary.micro.contains_key(measure)).collect();
    let mut columns = vec![Align::Left];
    columns.resize(measures.len() + 2, Align::Right);
    let mut header = vec!["language", "queries"];
    header.extend(measures.iter().map(|measure| measure.label()));
    let mut table = Table::new(&columns).with_header(&header);
    for (language, of) in &summary.languages {
        let mut row = vec![language.to_string(), count(of.queries as u64)];
        row.extend(measures.iter().map(|measure| match of.means.get(measure) {
            Some(mean) => figure(*measure, mean.mean),
            None => "-".to_owned(),
        }));
        table.row(&row);
    }
    table.render(2)
}
