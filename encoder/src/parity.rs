//! Does this encoder give what the original model gives?
//!
//! A model folder holds `parity.json`: texts in many scripts with the token ids and the vectors
//! of the original model, computed in 32-bit floating point. Comparing with them shows at once a
//! wrong tokenizer, a wrong model, or a runtime that computes something else.

use serde::Deserialize;

use crate::config::PARITY_FILE;
use crate::{Encoder, Error, Result, Role};

/// How close an encoder comes to the original model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ParityReport {
    /// Each text of `parity.json`.
    pub texts: Vec<ParityText>,
}

/// The comparison of one text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ParityText {
    /// The text.
    pub text: String,
    /// Its language, a BCP 47 tag.
    pub language: String,
    /// Whether the token ids are the original's.
    pub same_tokens: bool,
    /// Cosine of the vector to the original's.
    pub cosine: f32,
}

impl ParityReport {
    /// Mean cosine over the texts.
    pub fn mean_cosine(&self) -> f32 {
        self.texts.iter().map(|text| text.cosine).sum::<f32>() / self.texts.len().max(1) as f32
    }

    /// The text whose vector is farthest from the original's.
    pub fn worst(&self) -> Option<&ParityText> {
        self.texts.iter().min_by(|a, b| a.cosine.total_cmp(&b.cosine))
    }

    /// Texts whose token ids differ from the original's.
    pub fn different_tokens(&self) -> usize {
        self.texts.iter().filter(|text| !text.same_tokens).count()
    }
}

#[derive(Deserialize)]
struct Fixture {
    texts: Vec<FixtureText>,
}

#[derive(Deserialize)]
struct FixtureText {
    text: String,
    language: String,
    role: Role,
    token_ids: Vec<u32>,
    vector: Vec<f32>,
}

impl Encoder {
    /// Encodes the texts of the model folder's `parity.json` and compares.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`] without the file, [`Error::InvalidModel`] if it cannot be read.
    pub fn parity(&self) -> Result<ParityReport> {
        let path = self.folder().join(PARITY_FILE);
        let bytes = std::fs::read(&path).map_err(|_| Error::ModelNotFound {
            path: self.folder().to_owned(),
            missing: PARITY_FILE.to_owned(),
        })?;
        let fixture: Fixture =
            serde_json::from_slice(&bytes).map_err(|error| Error::invalid_model(&path, error))?;
        let texts = fixture
            .texts
            .into_iter()
            .map(|expected| self.compare(expected))
            .collect::<Result<_>>()?;
        Ok(ParityReport { texts })
    }

    fn compare(&self, expected: FixtureText) -> Result<ParityText> {
        let ids = self.token_ids(&expected.text, expected.role)?;
        let vectors = self.encode(&[&expected.text], expected.role)?;
        let dot: f32 = vectors.iter().zip(&expected.vector).map(|(a, b)| a * b).sum();
        let norm = expected.vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        let same_length = expected.vector.len() == vectors.ncols();
        Ok(ParityText {
            same_tokens: ids == [expected.token_ids],
            cosine: if same_length && norm > 0.0 { dot / norm } else { 0.0 },
            text: expected.text,
            language: expected.language,
        })
    }
}
