//! `mlsearch eval lareqa`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use mlsearch::encoder::Encoder;
use mlsearch::eval::lareqa::{self, Dataset, Evaluation, RunOptions, WalkScores};
use mlsearch::eval::{self, Stage};
use mlsearch::{Error, SearchReport, locate_model};
use serde::Serialize;
use tempfile::TempDir;

use crate::arguments::Global;
use crate::failure::Stopped;
use crate::interrupt::Interrupt;
use crate::output::progress::Progress;
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

    /// Print the figures as a JSON object
    #[arg(long)]
    json: bool,

    /// Write the rankings to this file, as a TREC run
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    run_file: Option<PathBuf>,

    /// Write the right answers to this file, as TREC relevance judgements
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    qrels_file: Option<PathBuf>,
}

impl Lareqa {
    pub(super) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let dataset = Dataset::read(&self.folder, self.context)?;
        let encoder = Encoder::open(locate_model(global.model())?, &global.encoder_options())
            .map_err(Error::from)?;
        let interrupt = Interrupt::take_over(console)?;
        let report = match self.evaluate(&encoder, &dataset, &interrupt, console) {
            Err(error) if matches!(error.downcast_ref(), Some(Error::Cancelled)) => {
                bail!(Stopped { outcome: "there are no figures yet".to_owned() })
            }
            other => other?,
        };
        if self.json {
            return json::print(&report, console);
        }
        console.print(&render(&report))?;
        Ok(())
    }

    fn evaluate(
        &self,
        encoder: &Encoder,
        dataset: &Dataset,
        interrupt: &Interrupt,
        console: &Console,
    ) -> Result<Report> {
        let mut stages = Stages { current: None, console };
        let mut listen = |progress: eval::Progress| {
            stages.show(progress);
            if interrupt.is_wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        if let Some(path) = &self.qrels_file {
            lareqa::write_qrels(path, dataset)?;
        }
        let vectors = lareqa::encode(encoder, dataset, &mut listen)?;
        let evaluation = lareqa::score(dataset, &vectors, &mut listen)?;
        if let Some(path) = &self.run_file {
            lareqa::write_run(path, dataset, &vectors, &RunOptions::default(), &mut listen)?;
        }
        let walks = match self.ef {
            Some(ef) => {
                let folder = TempDir::with_prefix("mlsearch-eval-")
                    .map_err(|error| anyhow!("cannot create a temporary folder: {error}"))?;
                let ef = usize::try_from(ef)?;
                Some(lareqa::score_walks(dataset, &vectors, folder.path(), ef, &mut listen)?)
            }
            None => None,
        };
        Ok(Report { evaluation, walks })
    }
}

/// The figures of exact search, and what walks find if that was asked for.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    evaluation: Evaluation,
    #[serde(skip_serializing_if = "Option::is_none")]
    walks: Option<WalkScores>,
}

/// The progress of one stage after the other.
struct Stages<'a> {
    current: Option<(Stage, Progress)>,
    console: &'a Console,
}

impl Stages<'_> {
    fn show(&mut self, progress: eval::Progress) {
        let total = progress.total as u64;
        if self.current.as_ref().is_none_or(|(stage, _)| *stage != progress.stage) {
            // The bar before goes first: only one can be on the screen.
            self.current = None;
            let unit = match progress.stage {
                Stage::EncodingQueries => "question",
                Stage::EncodingCandidates => "candidate",
                Stage::Scoring | Stage::Walking | Stage::WritingRun => "ranking",
                _ => "item",
            };
            self.current = Some((progress.stage, Progress::start(Some(total), unit, self.console)));
        }
        if let Some((_, bar)) = &self.current {
            bar.update(progress.done as u64, progress.done as u64);
        }
    }
}

/// How candidates were ranked.
fn searched(search: SearchReport) -> String {
    match search.ef {
        None => "exact search".to_owned(),
        Some(ef) => format!("walks with ef = {ef}"),
    }
}

fn render(Report { evaluation, walks }: &Report) -> String {
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
         ranked by {}{DIM:#}\n\n{}\n{}\n{}{walks}",
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
