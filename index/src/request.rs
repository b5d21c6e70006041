//! What a search is asked, and what it answers.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use crate::adjustment::Adjustments;
use crate::fields::Selection;
use crate::id::{Address, Key, Label};

/// A search: which documents are nearest to a vector?
#[derive(Clone, Debug)]
pub struct SearchRequest<'query> {
    /// The query, of the index's dimension; of unit length for the cosine metric.
    pub vector: &'query [f32],
    /// How to search.
    pub params: SearchParams,
    /// Among which labels.
    pub labels: LabelFilter,
    /// Among which documents, of the snapshot that is searched: all if `None`.
    pub selection: Option<&'query Selection>,
    /// What becomes of the distances to the documents of each label, under the cosine and the
    /// inner product metric: documents are found and ordered by the outcome. None by default.
    pub adjustments: Option<&'query Adjustments>,
}

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchParams {
    /// How many neighbours to return, at most.
    pub k: usize,
    /// How many candidates are kept on the way to the nearest: more find more of the true
    /// neighbours, and take longer. By default enough to find at least 97 of 100 on the data of
    /// the benchmarks, and twice as many under a filter.
    /// Beyond 8,192 the search is exact, which is then faster.
    pub ef: Option<usize>,
    /// Compare the query with every admitted vector, in place of a walk through the graph. It
    /// finds all true neighbours.
    pub exact: bool,
    /// How many threads an exact search may use. By default as many as pay, up to the number of
    /// processors; small indexes are searched on the calling thread alone. The answer does
    /// not depend on it.
    pub threads: Option<NonZeroUsize>,
}

/// The labels a search is narrowed to. It costs nothing to leave labels out: their documents
/// are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LabelFilter {
    /// Every label.
    #[default]
    All,
    /// These labels.
    Only(BTreeSet<Label>),
    /// All but these labels.
    Except(BTreeSet<Label>),
}

/// A document that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// The document's key.
    pub key: Key,
    /// The document's label.
    pub label: Label,
    /// Its distance from the query, adjusted if the search adjusts; smaller is nearer.
    pub distance: f32,
    /// Where the snapshot that was searched keeps it.
    pub address: Address,
}

impl<'query> SearchRequest<'query> {
    /// A search for the neighbours of `vector` among all documents, with default parameters.
    pub fn new(vector: &'query [f32]) -> Self {
        SearchRequest {
            vector,
            params: SearchParams::default(),
            labels: LabelFilter::default(),
            selection: None,
            adjustments: None,
        }
    }
}

impl Default for SearchParams {
    fn default() -> Self {
        SearchParams { k: 10, ef: None, exact: false, threads: None }
    }
}

impl LabelFilter {
    /// Whether documents of this label are searched.
    pub fn admits(&self, label: Label) -> bool {
        match self {
            LabelFilter::All => true,
            LabelFilter::Only(labels) => labels.contains(&label),
            LabelFilter::Except(labels) => !labels.contains(&label),
        }
    }
}
