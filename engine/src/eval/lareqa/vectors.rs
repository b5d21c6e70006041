//! The vectors of a data set's texts.

use std::borrow::Cow;

use mlsearch_encoder::Role;
use ndarray::Array2;

use super::Dataset;
use crate::eval::blocks::Pool;
use crate::eval::correcting::Corrector;
use crate::eval::progress::Listener;
use crate::eval::{CachingEncoder, Correcting, Stage};
use crate::{Error, Language, Result};

/// A vector for each text of a data set, made by [`encode`] or otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    /// Row-major (questions, dim), in the data set's order.
    pub queries: Array2<f32>,
    /// Row-major (candidates, dim), in the data set's order.
    pub candidates: Array2<f32>,
}

impl Vectors {
    /// Whether these can be the vectors of `dataset`.
    ///
    /// # Errors
    /// [`mlsearch_index::Error::InvalidInput`] for another number of rows or of columns.
    pub(super) fn check(&self, dataset: &Dataset) -> Result<()> {
        let (queries, candidates) = (self.queries.dim(), self.candidates.dim());
        let rows = (dataset.questions().len(), dataset.candidates().len());
        if (queries.0, candidates.0) != rows || queries.1 != candidates.1 {
            return Err(invalid(format!(
                "the data set has {} questions and {} candidates, and the vectors given are {} of {} components and {} of {}",
                rows.0, rows.1, queries.0, queries.1, candidates.0, candidates.1
            )));
        }
        Ok(())
    }

    /// Hands them to `work` as a pool whose rankings are corrected.
    pub(super) fn with_pool<T>(
        &self,
        dataset: &Dataset,
        correcting: Correcting<'_>,
        work: impl FnOnce(&Pool<'_>) -> Result<T>,
    ) -> Result<T> {
        let parts = dataset.parts();
        let languages: Vec<Language> = parts.iter().map(|part| part.language.clone()).collect();
        let labels = dataset.labels()?;
        let corrector = Corrector::new(correcting, &languages, &labels, &self.candidates)?;
        work(&Pool {
            queries: self.queries.view(),
            documents: self.candidates.view(),
            corrector: &corrector,
            language_of: &|query| &parts[dataset.part_of(query)].language,
        })
    }
}

/// Encodes the questions of `dataset` as queries and the texts of its candidates as passages.
/// Nearly all of an evaluation's time goes here.
///
/// # Errors
/// [`Error::Encoder`], and [`Error::Cancelled`] when `progress` answers so.
pub fn encode(
    encoder: &mut CachingEncoder<'_>,
    dataset: &Dataset,
    progress: &mut Listener<'_>,
) -> Result<Vectors> {
    let questions = dataset.questions();
    let question = |number: usize| Cow::Borrowed(&questions[number].text[..]);
    let queries = (questions.len(), Role::Query, Stage::EncodingQueries);
    let candidates = (dataset.candidates().len(), Role::Passage, Stage::EncodingCandidates);
    Ok(Vectors {
        queries: encoder.encode_all(question, queries, progress)?,
        candidates: encoder.encode_all(|number| dataset.text(number), candidates, progress)?,
    })
}

pub(super) fn invalid(what: String) -> Error {
    Error::Index(mlsearch_index::Error::InvalidInput { what })
}
