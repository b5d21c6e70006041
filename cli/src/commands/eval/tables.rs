//! The figures of collections on the terminal.

use mlsearch::eval::collection::{Evaluation, PairScores, Scores};

use super::collections::Report;
use crate::output::style::{DIM, HEADING, count, counted};
use crate::output::table::{Align, Table};

/// Languages that are listed at most; `--json` and `--html` have all.
const LISTED: usize = 40;

pub(super) fn render(Report { evaluation, corrected, walks }: &Report) -> String {
    let mut text = format!(
        "{HEADING}{}{HEADING:#}  {DIM}{} queries, {} documents, ranked by exact search{DIM:#}\n\n",
        evaluation.dataset,
        count(evaluation.queries as u64),
        count(evaluation.documents as u64),
    );
    let mut tasks = Table::new(&[Align::Left, Align::Right, Align::Right, Align::Right])
        .with_header(&["task", "mAP", "nDCG@10", "Hit@1"]);
    let mut task = |name: &str, scores: PairScores| {
        tasks.row(&[
            name,
            &figure(scores.map),
            &figure(scores.ndcg_at_10),
            &figure(scores.hit_at_1),
        ]);
    };
    if let Some(mono) = evaluation.mono {
        task("mono", mono);
    }
    if let Some(cross) = evaluation.cross {
        task("cross", cross);
    }
    let multi = &evaluation.multi;
    tasks.row(&["multi", &figure(multi.map), &figure(multi.ndcg_at_10), &figure(multi.hit_at_1)]);
    text += &tasks.render(2);

    let mut more = Table::new(&[Align::Left, Align::Right, Align::Right]).with_header(&[
        "all documents",
        "by language",
        "by query",
    ]);
    let micro = &evaluation.micro;
    type Figure = fn(&Scores) -> Option<f64>;
    let rows: [(&str, Figure, usize); 14] = [
        ("mAP", |of| Some(of.map), 3),
        ("MRR", |of| Some(of.mrr), 3),
        ("recall@10", |of| Some(of.recall_at_10), 3),
        ("recall@100", |of| Some(of.recall_at_100), 3),
        ("complete@10", |of| Some(of.complete_at_10), 3),
        ("TLR@10, other languages", |of| of.tlr_at_10, 3),
        ("PEER@20", |of| of.peer_at_20, 3),
        ("MRC@10", |of| of.mrc_at_10, 3),
        ("rank distance", |of| of.rank_distance, 1),
        ("rank distance / documents", |of| of.rank_distance_share, 4),
        ("worst rank", |of| of.max_rank, 1),
        ("query language in the first ten", |of| Some(of.own_share_at_10), 3),
        ("its lift over the pool", |of| of.lift_at_10, 2),
        ("divergence, bits", |of| Some(of.divergence_at_10), 3),
    ];
    for (name, of, digits) in rows {
        if let (Some(by_language), Some(by_query)) = (of(multi), of(micro)) {
            more.row(&[
                name.to_owned(),
                format!("{by_language:.digits$}"),
                format!("{by_query:.digits$}"),
            ]);
        }
    }
    text += &format!("\n{}", more.render(2));
    if evaluation.per_language.len() > 1 {
        text += &format!("\n{}", languages(evaluation).render(2));
        let more = evaluation.per_language.len().saturating_sub(LISTED);
        if more > 0 {
            text += &format!("  {DIM}and {more} more, see --json{DIM:#}\n");
        }
    }
    if !corrected.is_empty() {
        text += &format!("\n{}", corrections(evaluation, corrected).render(2));
    }
    if let Some(walks) = walks {
        let mut table = Table::new(&[Align::Left, Align::Right]);
        table.row(&["walks keep", &counted(walks.ef as u64, "candidate")]);
        table.row(&["of the ten nearest they find", &figure(walks.recall_at_10)]);
        table.row(&["their nDCG@10", &figure(walks.ndcg_at_10)]);
        text += &format!("\n{}", table.render(2));
    }
    text
}

/// Pools of two languages each.
pub(super) fn render_pairs(reports: &[Report]) -> String {
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right, Align::Right])
        .with_header(&["pair", "lines", "there", "back"]);
    let (mut sum, mut count) = (0.0, 0usize);
    for report in reports {
        let pairs = &report.evaluation.pairs;
        let directions: Vec<_> = pairs
            .iter()
            .flat_map(|(from, to)| to.iter().map(move |(to, scores)| (from, to, scores)))
            .collect();
        let hits: Vec<f64> = directions.iter().map(|(_, _, scores)| scores.hit_at_1).collect();
        sum += hits.iter().sum::<f64>();
        count += hits.len();
        let Some((from, to, scores)) = directions.first() else { continue };
        table.row(&[
            format!("{from}-{to}"),
            crate::output::style::count(scores.queries as u64),
            figure(hits[0]),
            hits.get(1).map_or("-".to_owned(), |back| figure(*back)),
        ]);
    }
    format!(
        "{HEADING}Share of sentences whose translation comes first{HEADING:#}\n\n{}\n  mean {}\n",
        table.render(2),
        figure(sum / count.max(1) as f64)
    )
}

fn languages(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(&[
        Align::Left,
        Align::Right,
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
        "documents",
        "mono",
        "asks",
        "is found",
        "multi",
        "exposure",
        "own@10",
    ]);
    for (language, scores) in evaluation.per_language.iter().take(LISTED) {
        let pairs = &evaluation.pairs;
        let mono = pairs.get(language).and_then(|of| of.get(language)).map(|of| of.map);
        let asks = pairs.get(language).and_then(|of| {
            mean(of.iter().filter(|(other, _)| *other != language).map(|(_, of)| of.map))
        });
        let found = mean(
            pairs
                .iter()
                .filter(|(other, _)| *other != language)
                .filter_map(|(_, of)| of.get(language))
                .map(|of| of.map),
        );
        let exposure = evaluation.exposure.get(language);
        table.row(&[
            language.to_string(),
            count(scores.queries as u64),
            count(exposure.map_or(0, |of| of.documents) as u64),
            optional(mono, 3),
            optional(asks, 3),
            optional(found, 3),
            figure(scores.map),
            // Over its share of the pool: 1 is neutral.
            optional(exposure.map(|of| of.exposure / of.pool_share), 2),
            figure(scores.own_share_at_10),
        ]);
    }
    table
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
        Align::Right,
    ])
    .with_header(&[
        "correction",
        "mono",
        "cross",
        "multi",
        "nDCG@10",
        "rank distance",
        "own@10",
    ]);
    for evaluation in [plain].into_iter().chain(corrected) {
        table.row(&[
            evaluation.correction.to_string(),
            optional(evaluation.mono.map(|of| of.map), 3),
            optional(evaluation.cross.map(|of| of.map), 3),
            figure(evaluation.multi.map),
            figure(evaluation.multi.ndcg_at_10),
            optional(evaluation.multi.rank_distance, 1),
            figure(evaluation.multi.own_share_at_10),
        ]);
    }
    table
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

fn figure(value: f64) -> String {
    format!("{value:.3}")
}

fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}
