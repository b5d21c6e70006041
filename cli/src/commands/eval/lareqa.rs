//! `mlsearch eval lareqa`.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use mlsearch::SearchReport;
use mlsearch::bias::Correction;
use mlsearch::eval::collection::{self, Collection};
use mlsearch::eval::lareqa::{self, Dataset, Evaluation, RunOptions, Vectors};
use mlsearch::eval::{Correcting, WalkScores, html};
use serde::Serialize;
use tempfile::TempDir;

use super::measuring::{Bench, Measuring};
use crate::arguments::Global;
use crate::output::style::{DIM, HEADING, count, counted};
use crate::output::table::{Align, Table};
use crate::output::{Console, json};

#[derive(Debug, Args)]
pub(crate) struct Lareqa {
    /// Folder of the data set: a JSON file for each language, as published
    #[arg(value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,

    /// Encode each sentence together with the paragraph that it is from
    #[arg(long)]
    context: bool,

    /// Tell also what walks through the graph of an index find that keep N candidates, 1 to
    /// 100,000; all other figures are of exact search
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    ef: Option<u32>,

    #[command(flatten)]
    measuring: Measuring,

    /// Print the figures as a JSON object
    #[arg(long)]
    json: bool,

    /// Write the rankings to this file, as a TREC run: the corrected ones, if there is a correction
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    run_file: Option<PathBuf>,

    /// Write the right answers to this file, as TREC relevance judgements
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    qrels_file: Option<PathBuf>,

    /// Write the figures to this file, as a page for a browser
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    html: Option<PathBuf>,
}

impl Lareqa {
    pub(super) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let dataset = Dataset::read(&self.folder, self.context)?;
        let corrections = self.measuring.corrections();
        if self.run_file.is_some() && corrections.len() > 1 {
            bail!("a run file has one ranking for each query: give one method and one strength");
        }
        let report = self
            .measuring
            .measure(global, console, |bench| self.evaluate(bench, &dataset, &corrections))?;
        if self.json {
            return json::print(&report, console);
        }
        console.print(&render(&report))?;
        Ok(())
    }

    fn evaluate(
        &self,
        bench: &mut Bench<'_>,
        dataset: &Dataset,
        corrections: &[Correction],
    ) -> Result<Report> {
        let Bench { encoder, query_means, listen } = bench;
        if let Some(path) = &self.qrels_file {
            lareqa::write_qrels(path, dataset)?;
        }
        let correcting = |correction| Correcting { correction, query_means: Some(&*query_means) };
        let vectors = lareqa::encode(encoder, dataset, listen)?;
        let evaluation = lareqa::score(dataset, &vectors, listen)?;
        let mut corrected = Vec::new();
        for correction in corrections {
            let correcting = correcting(*correction);
            corrected.push(lareqa::score_corrected(dataset, &vectors, correcting, listen)?);
        }
        if let Some(path) = &self.run_file {
            let correcting = correcting(corrections.first().copied().unwrap_or_default());
            let options = RunOptions::default();
            lareqa::write_run(path, dataset, &vectors, correcting, &options, listen)?;
        }
        let walks = match self.ef {
            Some(ef) => {
                let folder = TempDir::with_prefix("mlsearch-eval-")
                    .map_err(|error| anyhow!("cannot create a temporary folder: {error}"))?;
                let ef = usize::try_from(ef)?;
                Some(lareqa::score_walks(dataset, &vectors, folder.path(), ef, listen)?)
            }
            None => None,
        };
        if let Some(path) = &self.html {
            write_page(path, dataset, vectors, corrections, bench)?;
        }
        Ok(Report { evaluation, corrected, walks })
    }
}

fn write_page(
    path: &Path,
    dataset: &Dataset,
    vectors: Vectors,
    corrections: &[Correction],
    bench: &mut Bench<'_>,
) -> Result<()> {
    let collection = Collection::of_lareqa(dataset)?;
    let vectors = collection::Vectors::from(vectors);
    let mut evaluations = Vec::new();
    for correction in [Correction::default()].iter().chain(corrections) {
        let correcting =
            Correcting { correction: *correction, query_means: Some(&bench.query_means) };
        evaluations.push(collection::evaluate(&collection, &vectors, correcting, bench.listen)?);
    }
    let evaluations: Vec<_> = evaluations.iter().collect();
    Ok(html::write(path, &evaluations)?)
}

/// The figures of exact search, and what walks find if that was asked for.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    evaluation: Evaluation,
    /// The same with corrections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrected: Vec<Evaluation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    walks: Option<WalkScores>,
}

/// How candidates were ranked.
fn searched(search: SearchReport) -> String {
    match search.ef {
        None => "exact search".to_owned(),
        Some(ef) => format!("walks with ef = {ef}"),
    }
}

fn render(Report { evaluation, corrected, walks }: &Report) -> String {
    let figure = |value: f64| format!("{value:.3}");
    let optional = |value: Option<f64>, digits: usize| match value {
        Some(value) => format!("{value:.digits$}"),
        None => "-".to_owned(),
    };
    let mut tasks = Table::new(&[Align::Left, Align::Right, Align::Right])
        .with_header(&["task", "mAP", "nDCG@10"]);
    tasks.row(&["mono", &figure(evaluation.mono.map), &figure(evaluation.mono.ndcg_at_10)]);
    let cross = evaluation.cross;
    tasks.row(&[
        "cross",
        &optional(cross.map(|cross| cross.map), 3),
        &optional(cross.map(|cross| cross.ndcg_at_10), 3),
    ]);
    let multi = &evaluation.multi;
    tasks.row(&["multi", &figure(multi.map), &figure(multi.ndcg_at_10)]);

    let corrected = if corrected.is_empty() {
        String::new()
    } else {
        format!("\n{}", corrections(evaluation, corrected).render(2))
    };
    let walks = walks.as_ref().map_or(String::new(), |walks| {
        let mut table = Table::new(&[Align::Left, Align::Right]);
        table.row(&["walks keep", &counted(walks.ef as u64, "candidate")]);
        table.row(&["of the ten nearest they find", &figure(walks.recall_at_10)]);
        table.row(&["their nDCG@10, multi", &figure(walks.ndcg_at_10)]);
        format!("\n{}", table.render(2))
    });
    let mut bias = Table::new(&[Align::Left, Align::Right]);
    bias.row(&["rank distance", &optional(multi.rank_distance, 1)]);
    bias.row(&["rank distance / candidates", &optional(multi.rank_distance_share, 4)]);
    bias.row(&["query language in the first ten", &figure(multi.query_language_share_at_10)]);

    let mut languages = Table::new(&[
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ])
    .with_header(&[
        "language",
        "queries",
        "candidates",
        "mono",
        "cross",
        "multi",
        "rank distance",
        "own@10",
    ]);
    for (language, scores) in &evaluation.per_language {
        languages.row(&[
            language.to_string(),
            count(scores.queries as u64),
            count(scores.candidates as u64),
            figure(scores.mono),
            optional(scores.cross, 3),
            figure(scores.multi),
            optional(scores.rank_distance, 1),
            figure(scores.query_language_share_at_10),
        ]);
    }
    let unanswered = match evaluation.unanswered {
        0 => String::new(),
        number => format!(", {} without an answer left out", counted(number as u64, "question")),
    };
    format!(
        "{HEADING}{}{}{HEADING:#}  {DIM}{} queries, {} candidates{unanswered}, \
         ranked by {}{DIM:#}\n\n{}\n{}\n{}{corrected}{walks}",
        evaluation.dataset,
        if evaluation.context { ", with context" } else { "" },
        count(evaluation.queries as u64),
        count(evaluation.candidates as u64),
        searched(evaluation.search),
        tasks.render(2),
        bias.render(2),
        languages.render(2),
    )
}

/// The figures without and with each correction, a row each.
fn corrections(plain: &Evaluation, corrected: &[Evaluation]) -> Table {
    let mut table = Table::new(&[
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ])
    .with_header(&["correction", "mono", "cross", "multi", "rank distance", "own@10"]);
    for evaluation in [plain].into_iter().chain(corrected) {
        let optional = |value: Option<f64>, digits: usize| {
            value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
        };
        table.row(&[
            evaluation.correction.to_string(),
            format!("{:.3}", evaluation.mono.map),
            optional(evaluation.cross.map(|cross| cross.map), 3),
            format!("{:.3}", evaluation.multi.map),
            optional(evaluation.multi.rank_distance, 1),
            format!("{:.3}", evaluation.multi.query_language_share_at_10),
        ]);
    }
    table
}
