//! The vectors of a collection's texts.

use mlsearch_encoder::Role;
use ndarray::{Array2, s};

use super::Collection;
use super::texts::Texts;
use crate::eval::encoding::GROUP;
use crate::eval::progress::Listener;
use crate::eval::{CachingEncoder, Progress, Stage};
use crate::{Error, Result};

/// A vector for each text of a collection, made by [`encode`] or otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    /// Row-major (queries, dim), in the collection's order.
    pub queries: Array2<f32>,
    /// Row-major (documents, dim), in the collection's order.
    pub documents: Array2<f32>,
}

impl Vectors {
    /// Whether these can be the vectors of `collection`.
    ///
    /// # Errors
    /// [`mlsearch_index::Error::InvalidInput`] for another number of rows or of columns.
    pub(super) fn check(&self, collection: &Collection) -> Result<()> {
        let rows = (self.queries.nrows(), self.documents.nrows());
        let expected = (collection.queries.len(), collection.documents.len());
        if rows != expected || self.queries.ncols() != self.documents.ncols() {
            let what = format!(
                "the collection has {} queries and {} documents, and the vectors given are {} and {}",
                expected.0, expected.1, rows.0, rows.1
            );
            return Err(Error::Index(mlsearch_index::Error::InvalidInput { what }));
        }
        Ok(())
    }
}

/// Encodes the queries and the documents of a collection, reading a group of texts at a time.
///
/// # Errors
/// [`Error::Encoder`]; [`Error::Io`] and [`Error::Input`] if a file has changed since it was
/// first read; [`Error::Cancelled`] when `progress` answers so.
pub fn encode(
    encoder: &mut CachingEncoder<'_>,
    collection: &Collection,
    progress: &mut Listener<'_>,
) -> Result<Vectors> {
    let queries = (collection.queries.len(), Role::Query, Stage::EncodingQueries);
    let documents = (collection.documents.len(), Role::Passage, Stage::EncodingCandidates);
    Ok(Vectors {
        queries: encode_texts(encoder, &collection.query_texts, queries, progress)?,
        documents: encode_texts(encoder, &collection.document_texts, documents, progress)?,
    })
}

fn encode_texts(
    encoder: &mut CachingEncoder<'_>,
    texts: &Texts,
    (total, role, stage): (usize, Role, Stage),
    progress: &mut Listener<'_>,
) -> Result<Array2<f32>> {
    let mut vectors = Array2::zeros((total, encoder.encoder().dimension()));
    let mut reader = texts.reader()?;
    Progress { stage, done: 0, total }.tell(progress)?;
    for start in (0..total).step_by(GROUP) {
        let end = total.min(start + GROUP);
        let texts = reader.take(end - start)?;
        vectors.slice_mut(s![start..end, ..]).assign(&encoder.encode(&texts, role)?);
        Progress { stage, done: end, total }.tell(progress)?;
    }
    Ok(vectors)
}
