//! What can go wrong when documents are added or searched.

use std::io;
use std::path::PathBuf;

use crate::FilterError;

/// `Result` with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, one variant for each thing a caller would do differently.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A query without anything to search for.
    #[error("the query is empty: give a word or a sentence to search for")]
    EmptyQuery,
    /// Not a BCP 47 language tag.
    #[error("{tag:?} is not a language tag: use BCP 47 tags such as `de`, `pt-BR` or `zh-Hant`")]
    InvalidLanguage {
        /// What was given.
        tag: String,
    },
    /// A language was asked for that no document of the index is in.
    #[error(
        "no document of the index is in {}; its languages are: {}",
        list(wanted),
        list(present)
    )]
    LanguageNotInIndex {
        /// The languages asked for.
        wanted: Vec<String>,
        /// The languages of the index.
        present: Vec<String>,
    },
    /// The mode needs the query's language, and it could not be detected.
    #[error(
        "the language of the query could not be detected, and the {mode} mode needs it: name it, for example `de`, or search in the multilingual mode"
    )]
    QueryLanguageUnknown {
        /// The mode asked for.
        mode: &'static str,
    },
    /// A correction can have no such strength.
    #[error(
        "the correction {method} cannot have the strength {strength}: give 0 to 1, and to `balanced` 1"
    )]
    InvalidStrength {
        /// The method of the correction.
        method: &'static str,
        /// What was given.
        strength: f32,
    },
    /// A document that cannot be added.
    #[error("the document {id:?} cannot be added: {reason}")]
    InvalidDocument {
        /// The document's id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More different language tags than an index can hold.
    #[error(
        "the index already holds {most} different language tags, and `{tag}` would be one more"
    )]
    TooManyLanguages {
        /// The tag that did not fit.
        tag: String,
        /// The limit.
        most: usize,
    },
    /// A filter that cannot be read, or that names a field which the index does not filter by.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A field that a new index cannot filter by.
    #[error("documents cannot be filtered by the field {field:?}: {reason}")]
    InvalidFilterable {
        /// The field.
        field: String,
        /// Why not.
        reason: String,
    },
    /// A dimension was asked for that the model's vectors cannot be cut to.
    #[error(
        "the vectors of {model} cannot be cut to {asked} components: choose {}",
        available.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    )]
    DimensionNotInModel {
        /// The dimension asked for.
        asked: usize,
        /// The model's name.
        model: String,
        /// The dimensions that it was trained for.
        available: Vec<usize>,
    },
    /// No model folder was found.
    #[error(
        "no model folder `{name}` was found (searched {}); give the folder, or set {} to it",
        paths(searched),
        crate::MODEL_VARIABLE
    )]
    ModelNotFound {
        /// The model's name.
        name: String,
        /// The places searched, in order.
        searched: Vec<PathBuf>,
    },
    /// The index was built with another model than the one given.
    #[error("the index {} was built with the model {built_with}, and the model {given} at {} gives vectors that cannot be compared with its own: open it with its own model, or build the index again", index.display(), model.display())]
    ModelMismatch {
        /// The index folder.
        index: PathBuf,
        /// The model folder that was given.
        model: PathBuf,
        /// Name and version of the model that built the index.
        built_with: String,
        /// Name and version of the model that was given.
        given: String,
    },
    /// The folder holds vectors, and not documents of this engine.
    #[error("{} is not an index of mlsearch documents: {reason}", path.display())]
    NotAnEngine {
        /// The index folder.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A stored document cannot be read back.
    #[error("a stored document of {} cannot be read: {reason}; run `mlsearch index verify` on it", path.display())]
    CorruptDocument {
        /// The index folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An input file cannot be read, or a line of it in the strict mode.
    #[error("{}{}: {reason}", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Input {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on, where there is one.
        line: Option<u64>,
        /// What is wrong.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The work was stopped by its caller.
    #[error("stopped")]
    Cancelled,
    /// The encoder failed.
    #[error(transparent)]
    Encoder(#[from] mlsearch_encoder::Error),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] mlsearch_index::Error),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn paths(paths: &[PathBuf]) -> String {
    let shown: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    shown.join(", ")
}
