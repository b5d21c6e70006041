//! What can go wrong, by what a caller would do about it.

use std::io;
use std::path::{Path, PathBuf};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the index. Its message is a sentence: what is wrong, and what to do.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument cannot be used; nothing was changed.
    #[error("{what}")]
    InvalidInput {
        /// What is wrong with it.
        what: String,
    },

    /// There is no such folder.
    #[error("there is no folder {}: create an index there first", path.display())]
    NotFound {
        /// The folder asked for.
        path: PathBuf,
    },

    /// The folder already holds an index.
    #[error("{} already holds an index: open it, or choose another folder", path.display())]
    AlreadyExists {
        /// The folder asked for.
        path: PathBuf,
    },

    /// Something is there, and it is not an index.
    #[error("{} is not an index: {what}", path.display())]
    NotAnIndex {
        /// The folder asked for.
        path: PathBuf,
        /// How this can be told, and what to do.
        what: String,
    },

    /// The index is of a format version that this program does not read.
    #[error(
        "{} is of format version {found}, and this program reads versions {oldest} to {newest}: \
         use a matching version of the program, or build the index again", path.display()
    )]
    Incompatible {
        /// The file that says so.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The oldest version that can be read.
        oldest: u32,
        /// The newest version that can be read.
        newest: u32,
    },

    /// A file does not hold what was written to it.
    #[error(
        "{} is damaged: {what}; restore the index from a copy or build it again", path.display()
    )]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },

    /// Another writer has the index open.
    #[error(
        "another writer{} has {} open: wait for it to finish, or close it",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), path.display()
    )]
    Locked {
        /// The folder of the index.
        path: PathBuf,
        /// The process of the other writer, where it could be read.
        pid: Option<u32>,
    },

    /// This writer stopped, because it cannot know whether its last commit took effect.
    #[error(
        "the writer of {} stopped after a commit whose outcome is unknown: open a new writer, \
         which starts from whatever was committed", path.display()
    )]
    WriterStopped {
        /// The folder of the index.
        path: PathBuf,
    },

    /// The operating system refused something.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done with it, as in "could not …".
        action: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Error::InvalidInput { what: what.into() }
    }

    pub(crate) fn corrupt(path: &Path, what: impl Into<String>) -> Self {
        Error::Corrupt { path: path.to_owned(), what: what.into() }
    }

    /// For `map_err`: an operating-system error of doing `action` with `path`.
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Error::Io { path: path.to_owned(), action, source }
    }
}
