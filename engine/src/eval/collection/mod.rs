//! Documents, queries and judgements of any kind: the data sets of BEIR's form, and parallel text.
//!
//! - **Pool**: all documents of the collection. A document whose id is the query's is left out of
//!   its ranking, as BEIR does and parallel text needs.
//! - **multi**: a query against the whole pool. **mono** and **cross**, where documents have
//!   languages: against the documents of its own language, and of one other language, of queries
//!   that have a relevant document there.
//! - Documents are ranked by dot product, equal ones in the order of the data, and every document
//!   is compared: the ranks of relevant documents are exact however deep they stand.

mod beir;
mod bitext;
mod evaluation;
mod judge;
mod lareqa;
mod texts;
mod vectors;
mod walks;

pub use beir::{BeirOptions, read_beir};
pub use bitext::{BitextOptions, read_bitext};
pub use evaluation::{
    Evaluation, Exposure, Found, PairScores, Scores, WorstQuery, evaluate, write_qrels, write_run,
};
pub use vectors::{Vectors, encode};
pub use walks::score_walks;

use std::collections::HashMap;
use std::path::Path;

use texts::Texts;

use crate::{Error, Language, Result};

/// A collection: what can be found, what is asked, and what answers it.
#[derive(Debug)]
pub struct Collection {
    name: String,
    languages: Vec<Language>,
    documents: Vec<Entry>,
    queries: Vec<Entry>,
    document_texts: Texts,
    query_texts: Texts,
    /// Of each query: the relevant documents and their grades, in the order of the documents.
    relevant: Vec<Vec<(usize, u32)>>,
    /// Of each query: relevant documents that the collection does not have, by their grades.
    missing: Vec<Vec<u32>>,
}

/// A document or a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// The group of translations that it belongs to.
    pub group: Option<String>,
    /// Its place in the languages.
    language: u16,
}

impl Collection {
    /// The name of the folder that it was read from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its documents.
    pub fn documents(&self) -> &[Entry] {
        &self.documents
    }

    /// Its queries: those that have a relevant document.
    pub fn queries(&self) -> &[Entry] {
        &self.queries
    }

    /// The languages of documents and queries; `und` where the data names none.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// The language of a document or a query.
    pub fn language_of(&self, entry: &Entry) -> &Language {
        &self.languages[usize::from(entry.language)]
    }

    /// The relevant documents of a query, by their numbers, and their grades from 1 on.
    ///
    /// # Panics
    /// When there is no query of this number.
    pub fn relevant(&self, query: usize) -> &[(usize, u32)] {
        &self.relevant[query]
    }

    /// The text of a document, read now where it is not in memory.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Input`] if the file has changed.
    pub fn document_text(&self, document: usize) -> Result<String> {
        self.document_texts.get(document)
    }

    /// The text of a query.
    ///
    /// # Errors
    /// As [`document_text`](Self::document_text).
    pub fn query_text(&self, query: usize) -> Result<String> {
        self.query_texts.get(query)
    }

    /// The number of each document's language.
    fn labels(&self) -> Vec<u16> {
        self.documents.iter().map(|document| document.language).collect()
    }
}

/// Languages by their numbers.
#[derive(Default)]
struct LanguageTable {
    languages: Vec<Language>,
    numbers: HashMap<Language, u16>,
}

impl LanguageTable {
    fn number(&mut self, language: Language) -> Result<u16> {
        if let Some(known) = self.numbers.get(&language) {
            return Ok(*known);
        }
        let number = u16::try_from(self.languages.len()).map_err(|_| Error::TooManyLanguages {
            tag: language.to_string(),
            most: usize::from(u16::MAX) + 1,
        })?;
        self.languages.push(language.clone());
        self.numbers.insert(language, number);
        Ok(number)
    }
}

fn input(path: &Path, line: Option<u64>, reason: impl Into<String>) -> Error {
    Error::Input { path: path.to_owned(), line, reason: reason.into() }
}

fn io_error(path: &Path, action: &'static str) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path: path.clone(), action, source }
}

/// The folder's own name, also of `.` and `..`.
fn name_of(folder: &Path) -> String {
    let full = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    full.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
