//! What is asked of an index.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bias::Correction;
use crate::{Filter, Language};

/// Which languages are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Documents of every language.
    #[default]
    Multilingual,
    /// Only documents in the query's language (in any of its languages, when it mixes them).
    Monolingual,
    /// Only documents in other languages than the query's.
    CrossLingual,
}

impl Mode {
    /// The mode's name, as in the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Multilingual => "multilingual",
            Self::Monolingual => "monolingual",
            Self::CrossLingual => "cross-lingual",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Multilingual, Self::Monolingual, Self::CrossLingual]
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or_else(|| format!("unknown mode {text:?}; the modes are multilingual, monolingual and cross-lingual"))
    }
}

/// How much an answer says about its language bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BiasDetail {
    /// Nothing.
    Off,
    /// Which languages the ranking favours, and by how much.
    #[default]
    Report,
    /// Also what the ranking would be with a correction or, if it is corrected, without: costs a
    /// second search.
    Counterfactual,
}

/// A query and how it is to be answered.
///
/// ```
/// use mlsearch::{Mode, Query};
/// let query = Query { k: 3, mode: Mode::CrossLingual, ..Query::new("warum tanzen Bienen?") };
/// # assert_eq!(query.k, 3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The words or the sentence to search for, in any language or mix of languages.
    pub text: String,
    /// Hits wanted; of each language with [`per_language`](Self::per_language).
    pub k: usize,
    /// Whether the best `k` of each language are wanted, in place of the best `k` of all: hits come
    /// language by language, that of the best hit first, and ranks count within a language.
    pub per_language: bool,
    /// Which languages are searched.
    pub mode: Mode,
    /// The query's language; detected when `None`.
    pub language: Option<Language>,
    /// Only documents in these languages; any that the mode allows when empty. A tag stands for
    /// all that begin with it: `zh` for `zh-Hant` too.
    pub targets: Vec<Language>,
    /// Only documents that this holds for.
    pub filter: Option<Filter>,
    /// How the ranking is corrected for language: not at all unless this says so.
    pub correction: Correction,
    /// How much the answer says about its language bias.
    pub bias: BiasDetail,
    /// Compares the query with every document that may be found, in place of a walk through the
    /// graph: nothing nearer is missed, and the time grows with the number of documents.
    pub exact: bool,
    /// Candidates that a walk keeps: more find more of the nearest documents, and take longer.
    /// When `None`, as many as [`SearchParams`](mlsearch_index::SearchParams::ef) says; fewer
    /// than `k` count as `k`.
    pub ef: Option<usize>,
}

impl Query {
    /// A query for ten hits in any language.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            k: 10,
            per_language: false,
            mode: Mode::default(),
            language: None,
            targets: Vec::new(),
            filter: None,
            correction: Correction::default(),
            bias: BiasDetail::default(),
            exact: false,
            ef: None,
        }
    }
}

impl From<&str> for Query {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Query {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
