//! Everything that can go wrong between a model folder and a vector.

use std::io;
use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, one variant for each thing a caller would do differently.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model folder, or a file that it must hold, is not there.
    #[error("no model at {}: {missing} is missing; give the folder that holds model.onnx, tokenizer.json and config.json", path.display())]
    ModelNotFound {
        /// The folder that was given.
        path: PathBuf,
        /// The file that was looked for.
        missing: String,
    },
    /// A file of the model folder cannot be used.
    #[error("the model file {} cannot be used: {reason}; convert or copy the model again", path.display())]
    InvalidModel {
        /// The offending file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the model folder is not the one its `config.json` describes.
    #[error("the model file {} is not the one that config.json describes ({what}: expected {expected}, found {found}); copy the model folder again", path.display())]
    AlteredModel {
        /// The offending file.
        path: PathBuf,
        /// The property that differs.
        what: &'static str,
        /// The value in `config.json`.
        expected: String,
        /// The value of the file.
        found: String,
    },
    /// No ONNX Runtime library was found in any of the places searched.
    #[error(
        "no ONNX Runtime library was found (searched {}); run `python3 scripts/fetch_onnxruntime.py` in the checkout, or set {} to the library's path",
        list(searched),
        crate::runtime::PATH_VARIABLE
    )]
    RuntimeNotFound {
        /// The places searched, in order.
        searched: Vec<PathBuf>,
    },
    /// A library was found, and is not a usable ONNX Runtime.
    #[error("the ONNX Runtime library {} cannot be used: {reason}; run `python3 scripts/fetch_onnxruntime.py --force` in the checkout, or name another library with {}", path.display(), crate::runtime::PATH_VARIABLE)]
    InvalidRuntime {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The process has loaded another ONNX Runtime already; it can load only one.
    #[error("this process already runs with the ONNX Runtime library {}, so {} cannot be loaded too; use the same library everywhere or start another process", loaded.display(), requested.display())]
    RuntimeAlreadyLoaded {
        /// The library in use.
        loaded: PathBuf,
        /// The library that was asked for.
        requested: PathBuf,
    },
    /// CUDA was asked for and cannot be used.
    #[error(
        "CUDA was requested and cannot be used: {reason}; choose the device `cpu` or `auto`, or fix the cause"
    )]
    CudaUnavailable {
        /// Why.
        reason: String,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer failed on a text of {bytes} bytes: {reason}")]
    Tokenizer {
        /// Length of the text.
        bytes: usize,
        /// The tokenizer's words.
        reason: String,
    },
    /// ONNX Runtime failed while running the model.
    #[error("ONNX Runtime failed on a batch of {texts} texts x {tokens} tokens: {reason}")]
    Inference {
        /// Texts in the batch.
        texts: usize,
        /// Tokens per text, padding included.
        tokens: usize,
        /// The runtime's words.
        reason: String,
    },
    /// A file could not be read.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
}

impl Error {
    /// An [`Error::Io`], for use in `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, action, source }
    }

    /// An [`Error::InvalidModel`].
    pub(crate) fn invalid_model(path: &Path, reason: impl ToString) -> Self {
        Self::InvalidModel { path: path.to_owned(), reason: reason.to_string() }
    }

    /// An [`Error::InvalidRuntime`].
    pub(crate) fn invalid_runtime(path: &Path, reason: impl ToString) -> Self {
        Self::InvalidRuntime { path: path.to_owned(), reason: reason.to_string() }
    }
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    shown.join(", ")
}
