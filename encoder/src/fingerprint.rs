//! What makes two encoders' vectors comparable.

use std::fmt;
use std::str::FromStr;

use crate::config::{ModelConfig, PARITY_FILE};

/// Digest of everything that decides a vector: graph, weights, tokenizer, pooling and prompts.
///
/// Vectors of equal fingerprints can be compared; an index stores the fingerprint of the encoder
/// it was built with and refuses another. Name and version of the model do not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of the model that `config` describes.
    pub fn of(config: &ModelConfig) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("mlsearch encoder fingerprint 1");
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(&(config.dimension as u64).to_le_bytes());
        field(&(config.max_tokens as u64).to_le_bytes());
        field(config.prompts.query.as_bytes());
        field(config.prompts.passage.as_bytes());
        field(format!("{:?}", config.pooling).as_bytes());
        for (name, file) in &config.files {
            if name != PARITY_FILE {
                field(name.as_bytes());
                field(file.blake3.to_ascii_lowercase().as_bytes());
            }
        }
        Self(*hasher.finalize().as_bytes())
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        blake3::Hash::from_hex(text)
            .map(|hash| Self(*hash.as_bytes()))
            .map_err(|error| format!("{text:?} is not a fingerprint: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ModelConfig {
        serde_json::from_value(serde_json::json!({
            "format": 1, "name": "tiny", "version": "1", "dimension": 4, "max_tokens": 16,
            "prompts": {"query": "q", "passage": "p"},
            "pooling": "mean", "normalize": true, "padding_id": 1,
            "files": {
                "model.onnx": {"bytes": 1, "blake3": "00"},
                "parity.json": {"bytes": 1, "blake3": "00"},
                "tokenizer.json": {"bytes": 1, "blake3": "00"}
            }
        }))
        .expect("valid")
    }

    /// A change of the configuration, and whether it changes the fingerprint.
    type Edit = (fn(&mut ModelConfig), bool);

    #[test]
    fn what_decides_a_vector_changes_the_fingerprint_and_nothing_else_does() {
        let base = Fingerprint::of(&config());
        let edits: [Edit; 7] = [
            (|config| config.name = "other".to_owned(), false),
            (|config| config.version = "2".to_owned(), false),
            (
                |config| config.files.get_mut("parity.json").expect("there").blake3 = "11".into(),
                false,
            ),
            (
                |config| config.files.get_mut("model.onnx").expect("there").blake3 = "11".into(),
                true,
            ),
            (
                |config| {
                    config.files.get_mut("tokenizer.json").expect("there").blake3 = "11".into()
                },
                true,
            ),
            (|config| config.prompts.query.push(' '), true),
            (|config| config.pooling = crate::Pooling::Cls, true),
        ];
        for (number, (edit, changes)) in edits.into_iter().enumerate() {
            let mut edited = config();
            edit(&mut edited);
            assert_eq!(Fingerprint::of(&edited) != base, changes, "edit {number}");
        }
    }

    #[test]
    fn fingerprints_round_trip_through_text() {
        let fingerprint = Fingerprint::of(&config());
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        assert!("xyz".parse::<Fingerprint>().is_err());
    }
}
