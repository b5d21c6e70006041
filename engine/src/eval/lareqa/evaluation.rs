//! What an evaluation found.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bias::Correction;
use crate::{Language, SearchReport};

/// The figures of a model on a data set. The [module's documentation](super) tells the tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// The data set's name.
    pub dataset: String,
    /// Whether candidates came with their paragraph.
    pub context: bool,
    /// Queries of all languages.
    pub queries: usize,
    /// Candidates of all languages.
    pub candidates: usize,
    /// Questions left out, because they have no answer in the data.
    pub unanswered: usize,
    /// How candidates were ranked: each was compared, because the measures take in the whole
    /// ranking. [`score_walks`](super::score_walks) tells what walks find.
    pub search: SearchReport,
    /// What was corrected.
    pub correction: Correction,
    /// Queries against the candidates of their own language.
    pub mono: TaskScores,
    /// Queries against the candidates of one other language; none when no question is in two
    /// languages.
    pub cross: Option<TaskScores>,
    /// Queries against all candidates.
    pub multi: MultiScores,
    /// The figures of each language's queries.
    pub per_language: BTreeMap<Language, LanguageScores>,
    /// Mean average precision of each ordered pair: query language, then candidates' language.
    pub cross_pairs: BTreeMap<Language, BTreeMap<Language, f64>>,
}

/// The figures of a task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TaskScores {
    /// Mean average precision.
    pub map: f64,
    /// Mean nDCG of the first ten candidates.
    pub ndcg_at_10: f64,
}

/// The figures of the multi task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MultiScores {
    /// Mean average precision.
    pub map: f64,
    /// Mean nDCG of the first ten candidates.
    pub ndcg_at_10: f64,
    /// Mean distance between the best and the worst rank of a query's gold sentences: smaller is
    /// better. None when no question is in two languages.
    pub rank_distance: Option<f64>,
    /// `rank_distance` divided by the number of candidates, to compare pools of different size.
    pub rank_distance_share: Option<f64>,
    /// Share of the query's own language in the first ten candidates.
    pub query_language_share_at_10: f64,
}

/// The figures of the queries of one language. Tasks are given by their mean average precision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LanguageScores {
    /// Queries in this language.
    pub queries: usize,
    /// Candidates in this language.
    pub candidates: usize,
    /// Against the candidates of this language.
    pub mono: f64,
    /// Against those of another one, averaged over the others.
    pub cross: Option<f64>,
    /// Against all candidates.
    pub multi: f64,
    /// As in [`MultiScores`].
    pub rank_distance: Option<f64>,
    /// As in [`MultiScores`].
    pub query_language_share_at_10: f64,
}
