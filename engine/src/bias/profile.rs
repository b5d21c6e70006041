//! What is known of the vectors of each language of an index, computed once for a commit.

use std::sync::OnceLock;

use mlsearch_index::{Label, Snapshot};

use super::samples::Rounded;
use super::subspace::Subspace;
use crate::{Language, Result};

/// Vectors of each language that spreads are estimated from, at most, evenly spaced in the order of
/// storage. An estimate from 32 is within a quarter of the truth in 95 of 100 cases.
const SAMPLES: usize = 32;
/// Vectors of all languages together: each query looks at them.
const ALL_SAMPLES: usize = 2048;
/// Vectors of a language at least.
const LEAST_SAMPLES: usize = 8;

/// The languages of a commit that have documents, and how their vectors lie.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    pub(crate) languages: Vec<Profile>,
    /// Where the means of the languages lie; made when a correction needs it.
    subspace: OnceLock<Subspace>,
}

/// The vectors of one language.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) label: Label,
    pub(crate) language: Language,
    pub(crate) documents: u64,
    /// The mean of its vectors.
    pub(crate) mean: Vec<f32>,
    /// Some of its vectors, row after row.
    pub(crate) samples: Rounded,
}

impl Profiles {
    pub(crate) fn of(snapshot: &Snapshot, present: &[(Label, Language)]) -> Result<Self> {
        let statistics = snapshot.label_statistics()?;
        let mut languages = Vec::with_capacity(present.len());
        let samples = (ALL_SAMPLES / present.len().max(1)).clamp(LEAST_SAMPLES, SAMPLES);
        for (label, language) in present {
            let Some(known) = statistics.get(label) else { continue };
            languages.push(Profile {
                label: *label,
                language: language.clone(),
                documents: known.documents,
                mean: known.mean.clone(),
                samples: Rounded::of(&snapshot.label_sample(*label, samples)),
            });
        }
        Ok(Self::from(languages))
    }

    /// Those of languages that are known otherwise.
    pub(crate) fn from(languages: Vec<Profile>) -> Self {
        Self { languages, subspace: OnceLock::new() }
    }

    /// The directions in which the languages differ.
    pub(crate) fn subspace(&self) -> &Subspace {
        self.subspace.get_or_init(|| {
            let means: Vec<&[f32]> =
                self.languages.iter().map(|profile| profile.mean.as_slice()).collect();
            Subspace::of(&means)
        })
    }
}

impl Profile {
    /// From vectors of one language: at least one, all of one length.
    pub(crate) fn of<'v>(
        label: Label,
        language: Language,
        vectors: impl ExactSizeIterator<Item = &'v [f32]> + Clone,
    ) -> Self {
        let count = vectors.len();
        let mut sum: Vec<f64> = Vec::new();
        for vector in vectors.clone() {
            sum.resize(vector.len(), 0.0);
            sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x));
        }
        let samples = vectors.step_by(count.div_ceil(SAMPLES).max(1)).take(SAMPLES);
        Self {
            label,
            language,
            documents: count as u64,
            samples: Rounded::of(&samples.flatten().copied().collect::<Vec<f32>>()),
            mean: sum.into_iter().map(|sum| (sum / count as f64) as f32).collect(),
        }
    }
}
