//! From vectors to figures.

use std::ops::ControlFlow;

use super::{Dataset, Evaluation, LanguageScores, MultiScores, TaskScores, Vectors};
use crate::bias::Correction;
use crate::eval::blocks::{Scores, for_each_query};
use crate::eval::metrics::JudgedRanking;
use crate::eval::top::{rank, top};
use crate::eval::{Correcting, Progress, Stage};
use crate::{Result, SearchReport};

/// Where the nDCG and the share of the query's language are cut off.
const CUT_OFF: usize = 10;

/// Scores the rankings that `vectors` give. It computes on all cores and holds a bounded part of
/// the scores at a time.
///
/// # Errors
/// [`Error::Index`](crate::Error::Index) when the vectors are not those of the data set or not
/// finite, and [`Error::Cancelled`](crate::Error::Cancelled) when `progress` answers so.
pub fn score(
    dataset: &Dataset,
    vectors: &Vectors,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Evaluation> {
    score_corrected(dataset, vectors, Correcting::default(), progress)
}

/// As [`score`], with the rankings corrected as the engine corrects them: those of the mono task
/// not at all, for all their candidates are in the query's language; those of the cross task,
/// whose candidates are in one other language, only by what is taken off the query.
///
/// # Errors
/// As [`score`], and [`Error::InvalidStrength`](crate::Error::InvalidStrength).
pub fn score_corrected(
    dataset: &Dataset,
    vectors: &Vectors,
    correcting: Correcting<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Evaluation> {
    vectors.check(dataset)?;
    let mut tallies: Vec<Tally> = dataset.parts().iter().map(|_| Tally::new(dataset)).collect();
    let look = |query: usize, scores: Scores<'_>| Ranks::of(dataset, query, scores);
    vectors.with_pool(dataset, correcting, |pool| {
        for_each_query(pool, Stage::Scoring, progress, look, |query, ranks| {
            let own = dataset.part_of(query);
            tallies[own].add(own, &ranks);
            Ok(())
        })
    })?;
    Ok(evaluation(dataset, correcting.correction, &tallies))
}

/// Where a query's gold sentences stand.
struct Ranks {
    /// Part of each gold sentence and its rank among the candidates of that part.
    by_part: Vec<(usize, usize)>,
    /// Their ranks among all candidates.
    pooled: JudgedRanking,
    /// Share of the query's language in the first candidates.
    own_share: f64,
}

impl Ranks {
    fn of(dataset: &Dataset, query: usize, scores: Scores<'_>) -> Self {
        let parts = dataset.parts();
        let own_part = dataset.part_of(query);
        let mut by_part = Vec::new();
        let mut pooled = Vec::new();
        for gold in dataset.gold(query) {
            let part = parts.partition_point(|part| part.candidates.end <= *gold);
            let range = parts[part].candidates.clone();
            let of_part = if part == own_part { scores.plain } else { scores.corrected };
            by_part.push((part, rank(&of_part[range.clone()], gold - range.start)));
            pooled.push(rank(scores.corrected, *gold));
        }
        let best = top(scores.corrected, CUT_OFF);
        let own = &parts[own_part].candidates;
        let in_own = best.iter().filter(|candidate| own.contains(candidate)).count();
        Self {
            by_part,
            pooled: JudgedRanking::from_ranks(pooled),
            own_share: in_own as f64 / best.len() as f64,
        }
    }
}

/// A mean that grows.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut mean = Self::default();
        values.into_iter().for_each(|value| mean.add(value));
        mean
    }
}

/// Average precision and nDCG.
#[derive(Clone, Copy, Default)]
struct TaskTally {
    map: Mean,
    ndcg: Mean,
}

impl TaskTally {
    fn add(&mut self, ranking: &JudgedRanking) {
        self.map.add(ranking.average_precision());
        self.ndcg.add(ranking.ndcg(CUT_OFF));
    }
}

/// What the queries of one language add up to.
struct Tally {
    mono: TaskTally,
    /// For each part, against its candidates.
    cross: Vec<TaskTally>,
    multi: TaskTally,
    rank_distance: Mean,
    own_share: Mean,
}

impl Tally {
    fn new(dataset: &Dataset) -> Self {
        Self {
            mono: TaskTally::default(),
            cross: vec![TaskTally::default(); dataset.parts().len()],
            multi: TaskTally::default(),
            rank_distance: Mean::default(),
            own_share: Mean::default(),
        }
    }

    /// Adds a query that is in the part `own`.
    fn add(&mut self, own: usize, ranks: &Ranks) {
        for (part, rank) in &ranks.by_part {
            let task = if *part == own { &mut self.mono } else { &mut self.cross[*part] };
            task.add(&JudgedRanking::from_ranks([*rank]));
        }
        self.multi.add(&ranks.pooled);
        if let Some(distance) = ranks.pooled.rank_distance() {
            self.rank_distance.add(distance as f64);
        }
        self.own_share.add(ranks.own_share);
    }
}

fn evaluation(dataset: &Dataset, correction: Correction, tallies: &[Tally]) -> Evaluation {
    // A mean over languages, of those that have the figure.
    let mean = |figure: fn(&Tally) -> Mean| -> Option<f64> {
        tallies.iter().filter_map(|tally| figure(tally).value()).collect::<Mean>().value()
    };
    let always =
        |figure| mean(figure).expect("a data set has a question, and each its gold sentence");
    let pairs = |figure: fn(&TaskTally) -> Mean| -> Option<f64> {
        let pairs = tallies.iter().flat_map(|tally| &tally.cross);
        pairs.filter_map(|pair| figure(pair).value()).collect::<Mean>().value()
    };
    let pool = dataset.candidates().len();
    let rank_distance = mean(|tally| tally.rank_distance);
    let parts = || dataset.parts().iter().zip(tallies);
    Evaluation {
        dataset: dataset.name().to_owned(),
        context: dataset.has_context(),
        queries: dataset.questions().len(),
        candidates: pool,
        unanswered: dataset.unanswered(),
        search: SearchReport::EXACT,
        correction,
        mono: TaskScores {
            map: always(|tally| tally.mono.map),
            ndcg_at_10: always(|tally| tally.mono.ndcg),
        },
        cross: pairs(|pair| pair.map)
            .zip(pairs(|pair| pair.ndcg))
            .map(|(map, ndcg_at_10)| TaskScores { map, ndcg_at_10 }),
        multi: MultiScores {
            map: always(|tally| tally.multi.map),
            ndcg_at_10: always(|tally| tally.multi.ndcg),
            rank_distance,
            rank_distance_share: rank_distance.map(|distance| distance / pool as f64),
            query_language_share_at_10: always(|tally| tally.own_share),
        },
        per_language: parts()
            .filter_map(|(part, tally)| {
                let scores = LanguageScores {
                    queries: part.questions.len(),
                    candidates: part.candidates.len(),
                    mono: tally.mono.map.value()?,
                    cross: tally
                        .cross
                        .iter()
                        .filter_map(|pair| pair.map.value())
                        .collect::<Mean>()
                        .value(),
                    multi: tally.multi.map.value()?,
                    rank_distance: tally.rank_distance.value(),
                    query_language_share_at_10: tally.own_share.value()?,
                };
                Some((part.language.clone(), scores))
            })
            .collect(),
        cross_pairs: parts()
            .map(|(part, tally)| {
                let others = dataset.parts().iter().zip(&tally.cross);
                let others = others
                    .filter_map(|(other, pair)| Some((other.language.clone(), pair.map.value()?)));
                (part.language.clone(), others.collect())
            })
            .collect(),
    }
}
