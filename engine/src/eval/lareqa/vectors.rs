//! The vectors of a data set's texts.

use std::borrow::Cow;

use mlsearch_encoder::{Encoder, Role};
use ndarray::{Array2, s};

use super::Dataset;
use crate::eval::progress::Listener;
use crate::eval::{Progress, Stage};
use crate::{Error, Result};

/// Texts that are encoded between two words of progress. The encoder sorts texts by length
/// within what it is given, so small groups waste its time on padding.
const GROUP: usize = 512;

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
}

/// Encodes the questions of `dataset` as queries and the texts of its candidates as passages.
/// Nearly all of an evaluation's time goes here.
///
/// # Errors
/// [`Error::Encoder`], and [`Error::Cancelled`] when `progress` answers so.
pub fn encode(
    encoder: &Encoder,
    dataset: &Dataset,
    progress: &mut Listener<'_>,
) -> Result<Vectors> {
    let questions = dataset.questions();
    let question = |number: usize| Cow::Borrowed(&questions[number].text[..]);
    let queries = (questions.len(), Role::Query, Stage::EncodingQueries);
    let candidates = (dataset.candidates().len(), Role::Passage, Stage::EncodingCandidates);
    Ok(Vectors {
        queries: encode_texts(encoder, question, queries, progress)?,
        candidates: encode_texts(encoder, |number| dataset.text(number), candidates, progress)?,
    })
}

fn encode_texts<'d>(
    encoder: &Encoder,
    text: impl Fn(usize) -> Cow<'d, str>,
    (total, role, stage): (usize, Role, Stage),
    progress: &mut Listener<'_>,
) -> Result<Array2<f32>> {
    let mut vectors = Array2::zeros((total, encoder.dimension()));
    Progress { stage, done: 0, total }.tell(progress)?;
    for start in (0..total).step_by(GROUP) {
        let end = total.min(start + GROUP);
        let texts: Vec<Cow<'_, str>> = (start..end).map(&text).collect();
        vectors.slice_mut(s![start..end, ..]).assign(&encoder.encode(&texts, role)?);
        Progress { stage, done: end, total }.tell(progress)?;
    }
    Ok(vectors)
}

pub(super) fn invalid(what: String) -> Error {
    Error::Index(mlsearch_index::Error::InvalidInput { what })
}
