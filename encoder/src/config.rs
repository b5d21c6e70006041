//! The model folder: what its `config.json` says and whether its files are the ones described.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Name of the configuration file inside a model folder.
pub(crate) const CONFIG_FILE: &str = "config.json";
/// Name of the graph inside a model folder.
pub(crate) const GRAPH_FILE: &str = "model.onnx";
/// Name of the tokenizer inside a model folder.
pub(crate) const TOKENIZER_FILE: &str = "tokenizer.json";
/// Name of the parity fixture inside a model folder.
pub(crate) const PARITY_FILE: &str = "parity.json";

/// The layout of `config.json` that this version reads.
const FORMAT: u32 = 1;
/// Larger configuration files are refused before they are read.
const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// Largest vector dimension accepted.
const MAX_DIMENSION: usize = 1 << 14;
/// Longest token sequence accepted.
const MAX_TOKENS: usize = 1 << 16;
/// Tokens that a window must have room for beside the prompt.
const MIN_CONTENT_TOKENS: usize = 8;

/// `config.json` of a model folder. Everything that differs between models is data in here;
/// no code depends on a model's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Version of this file's layout.
    pub format: u32,
    /// The model's name.
    pub name: String,
    /// The model's version.
    pub version: String,
    /// Components of a vector.
    pub dimension: usize,
    /// Longest token sequence of the model, prompt and special tokens included.
    pub max_tokens: usize,
    /// What is put before a text.
    pub prompts: Prompts,
    /// How the graph turns token vectors into one.
    pub pooling: Pooling,
    /// Whether the graph scales vectors to unit length. Must be true.
    pub normalize: bool,
    /// Shorter dimensions that the vectors may be cut to, if the model was trained for that.
    #[serde(default)]
    pub matryoshka_dimensions: Vec<usize>,
    /// Token id that fills a batch up to its longest text.
    pub padding_id: u32,
    /// Where the weights come from and what was done to them; free form.
    #[serde(default)]
    pub provenance: serde_json::Value,
    /// Licences of the weights and of the data behind them.
    #[serde(default)]
    pub licences: Vec<License>,
    /// Size and digest of each file of the folder, by file name.
    pub files: BTreeMap<String, ModelFile>,
}

/// Text put before a query or a passage, as the model was trained with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompts {
    /// Before a query.
    pub query: String,
    /// Before a passage.
    pub passage: String,
}

/// How token vectors become one text vector. Done inside the graph; recorded here because two
/// poolings of one model give vectors that cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Pooling {
    /// The mean of all token vectors.
    Mean,
    /// The vector of the first token.
    Cls,
}

/// A licence and what it covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// What is licensed.
    pub what: String,
    /// The licence's name.
    pub licence: String,
    /// Who publishes it.
    #[serde(default)]
    pub source: String,
}

/// Size and digest of one file of a model folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Length in bytes.
    pub bytes: u64,
    /// BLAKE3 digest, in hexadecimal.
    pub blake3: String,
}

impl ModelConfig {
    /// Reads and checks `config.json` of the model folder `folder`.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`] without the file, [`Error::InvalidModel`] if it does not describe
    /// a model that this version can run.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(CONFIG_FILE);
        let metadata = std::fs::metadata(&path).map_err(|_| Error::ModelNotFound {
            path: folder.to_owned(),
            missing: CONFIG_FILE.to_owned(),
        })?;
        if metadata.len() > MAX_CONFIG_BYTES {
            return Err(Error::invalid_model(&path, "it is far too large for a configuration"));
        }
        let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
        let config: Self =
            serde_json::from_slice(&bytes).map_err(|error| Error::invalid_model(&path, error))?;
        config.check().map_err(|reason| Error::invalid_model(&path, reason))?;
        Ok(config)
    }

    /// Compares every file listed in `files` with its size and digest.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`] for a missing file, [`Error::AlteredModel`] for a different one.
    pub fn verify_files(&self, folder: &Path) -> Result<()> {
        for (name, expected) in &self.files {
            verify_file(folder, name, expected)?;
        }
        Ok(())
    }

    /// Path of the graph in `folder`.
    pub(crate) fn graph_path(&self, folder: &Path) -> PathBuf {
        folder.join(GRAPH_FILE)
    }

    /// Path of the tokenizer in `folder`.
    pub(crate) fn tokenizer_path(&self, folder: &Path) -> PathBuf {
        folder.join(TOKENIZER_FILE)
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!(
                "its format is {}, and this version reads format {FORMAT}",
                self.format
            ));
        }
        if self.dimension == 0 || self.dimension > MAX_DIMENSION {
            return Err(format!("dimension {} is not within 1..={MAX_DIMENSION}", self.dimension));
        }
        if self.max_tokens < MIN_CONTENT_TOKENS || self.max_tokens > MAX_TOKENS {
            return Err(format!(
                "max_tokens {} is not within {MIN_CONTENT_TOKENS}..={MAX_TOKENS}",
                self.max_tokens
            ));
        }
        if !self.normalize {
            return Err("its vectors are not of unit length (normalize is false)".to_owned());
        }
        for dimension in &self.matryoshka_dimensions {
            if *dimension == 0 || *dimension > self.dimension {
                return Err(format!("matryoshka dimension {dimension} exceeds the dimension"));
            }
        }
        for name in self.files.keys() {
            if name.is_empty() || name.contains(['/', '\\', ':', '\0']) || name == ".." {
                return Err(format!("the file name {name:?} leads out of the folder"));
            }
        }
        for required in [GRAPH_FILE, TOKENIZER_FILE] {
            if !self.files.contains_key(required) {
                return Err(format!("it does not list {required} under `files`"));
            }
        }
        Ok(())
    }
}

fn verify_file(folder: &Path, name: &str, expected: &ModelFile) -> Result<()> {
    let path = folder.join(name);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::ModelNotFound { path: folder.to_owned(), missing: name.to_owned() });
        }
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    let bytes = file.metadata().map_err(Error::io("inspect", &path))?.len();
    if bytes != expected.bytes {
        return Err(Error::AlteredModel {
            path,
            what: "length in bytes",
            expected: expected.bytes.to_string(),
            found: bytes.to_string(),
        });
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut file).map_err(Error::io("read", &path))?;
    let found = hasher.finalize().to_hex();
    if !found.as_str().eq_ignore_ascii_case(&expected.blake3) {
        return Err(Error::AlteredModel {
            path,
            what: "BLAKE3",
            expected: expected.blake3.clone(),
            found: found.to_string(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(edit: impl FnOnce(&mut serde_json::Value)) -> Result<ModelConfig> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut value = serde_json::json!({
            "format": 1, "name": "tiny", "version": "1", "dimension": 4, "max_tokens": 16,
            "prompts": {"query": "query: ", "passage": "passage: "},
            "pooling": "mean", "normalize": true, "padding_id": 1,
            "files": {
                "model.onnx": {"bytes": 1, "blake3": "00"},
                "tokenizer.json": {"bytes": 1, "blake3": "00"}
            }
        });
        edit(&mut value);
        std::fs::write(folder.path().join(CONFIG_FILE), value.to_string()).expect("written");
        ModelConfig::read(folder.path())
    }

    #[test]
    fn a_complete_configuration_is_read() {
        assert_eq!(config(|_| ()).expect("valid").dimension, 4);
    }

    #[test]
    fn a_folder_without_configuration_is_not_a_model() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = ModelConfig::read(folder.path()).expect_err("empty folder");
        assert!(matches!(error, Error::ModelNotFound { .. }), "{error}");
    }

    #[test]
    fn configurations_that_cannot_be_run_are_refused() {
        let edits: [fn(&mut serde_json::Value); 8] = [
            |value| value["format"] = 2.into(),
            |value| value["dimension"] = 0.into(),
            |value| value["dimension"] = 1_000_000_000.into(),
            |value| value["max_tokens"] = 1.into(),
            |value| value["normalize"] = false.into(),
            |value| value["matryoshka_dimensions"] = serde_json::json!([5]),
            |value| value["files"]["../x"] = serde_json::json!({"bytes": 1, "blake3": ""}),
            |value| {
                value["files"].as_object_mut().expect("an object").remove("model.onnx");
            },
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            let error = config(edit).expect_err("refused");
            assert!(matches!(error, Error::InvalidModel { .. }), "edit {number}: {error}");
        }
    }

    #[test]
    fn altered_and_missing_files_are_told_apart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model.onnx");
        let expected = ModelFile { bytes: 3, blake3: blake3::hash(b"abc").to_hex().to_string() };
        let verify = || verify_file(folder.path(), "model.onnx", &expected);

        assert!(matches!(verify(), Err(Error::ModelNotFound { .. })));
        std::fs::write(&path, b"abcd").expect("written");
        assert!(matches!(verify(), Err(Error::AlteredModel { what: "length in bytes", .. })));
        std::fs::write(&path, b"abd").expect("written");
        assert!(matches!(verify(), Err(Error::AlteredModel { what: "BLAKE3", .. })));
        std::fs::write(&path, b"abc").expect("written");
        verify().expect("the described file");
    }
}
