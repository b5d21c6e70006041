//! What an index answers.

use serde::Serialize;

use crate::bias::{BiasReport, Correction, HitBias};
use crate::{Language, LanguageShare, Mode};

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The query as it was understood.
    pub query: QueryReport,
    /// How many documents of the index match the query's filter, whichever languages are
    /// searched; `None` without a filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<u64>,
    /// How the nearest were looked for.
    pub search: SearchReport,
    /// What was corrected: nothing unless the query asked for it.
    pub correction: Correction,
    /// Which languages the ranking favours; `None` if the query does not ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias: Option<BiasReport>,
    /// The documents nearest in meaning, best first; language by language if the query asks for
    /// the best of each.
    pub hits: Vec<Hit>,
    /// Where the time went.
    pub timings_ms: Timings,
}

impl Answer {
    /// The hits of each language, in the order of `hits`; the language that appears first, first.
    pub fn by_language(&self) -> Vec<(&Language, Vec<&Hit>)> {
        let mut languages: Vec<(&Language, Vec<&Hit>)> = Vec::new();
        for hit in &self.hits {
            match languages.iter_mut().find(|(language, _)| **language == hit.language) {
                Some((_, hits)) => hits.push(hit),
                None => languages.push((&hit.language, vec![hit])),
            }
        }
        languages
    }
}

/// The query as it was understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct QueryReport {
    /// Its text.
    pub text: String,
    /// Which languages were searched.
    pub mode: Mode,
    /// Whether the best of each language were asked for.
    pub per_language: bool,
    /// Its languages, largest share first; one with share 1 unless languages are mixed.
    pub languages: Vec<LanguageShare>,
    /// Its filter, as it was understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// How the nearest were looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SearchReport {
    /// Whether the query was compared with everything that may be found. Segments that are too
    /// small for a graph are searched so all the same.
    pub exact: bool,
    /// Candidates that walks kept; `None` if there was no walk.
    pub ef: Option<usize>,
}

impl SearchReport {
    /// Everything was compared.
    pub(crate) const EXACT: Self = Self { exact: true, ef: None };
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Hit {
    /// Place in the ranking, or in that of its language if every language has one, from 1 on.
    pub rank: usize,
    /// The document's id.
    pub id: String,
    /// Cosine of query and document, -1 to 1: greater is nearer. Hits are in this order unless
    /// the ranking is corrected.
    pub score: f32,
    /// What the score owes to the document's language; `None` if the query does not ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias: Option<HitBias>,
    /// The document's language.
    #[serde(rename = "lang")]
    pub language: Language,
    /// The group of translations that the document belongs to.
    pub group: Option<String>,
    /// The document's text.
    pub text: String,
    /// The document's metadata.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// Milliseconds spent on the parts of a query.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Timings {
    /// Finding out the query's language.
    pub detect: f64,
    /// Turning the query into a vector.
    pub encode: f64,
    /// Finding the documents that match the filter.
    pub filter: f64,
    /// Finding the nearest vectors.
    pub search: f64,
    /// Reading the documents found.
    pub fetch: f64,
    /// Finding out how the ranking is biased.
    pub bias: f64,
    /// All of it.
    pub total: f64,
}
