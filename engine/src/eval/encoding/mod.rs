//! Turning the texts of a data set into vectors, each text once: what a cache holds is not
//! encoded again.

mod cache;

use mlsearch_encoder::{Encoder, Role};
use ndarray::{Array2, s};

use super::progress::Listener;
use super::{Progress, Stage};
use crate::Result;

pub use cache::VectorCache;

/// Texts that are encoded between two words of progress. The encoder sorts texts by length
/// within what it is given, so small groups waste its time on padding.
pub(super) const GROUP: usize = 512;

/// An encoder that asks a cache first, where it is given one.
#[derive(Debug)]
pub struct CachingEncoder<'e> {
    encoder: &'e Encoder,
    cache: Option<VectorCache>,
}

impl<'e> From<&'e Encoder> for CachingEncoder<'e> {
    fn from(encoder: &'e Encoder) -> Self {
        Self { encoder, cache: None }
    }
}

impl<'e> CachingEncoder<'e> {
    /// Keeps the vectors of `encoder` in `cache`, which must be [opened](VectorCache::open) for it.
    pub fn new(encoder: &'e Encoder, cache: VectorCache) -> Self {
        Self { encoder, cache: Some(cache) }
    }

    /// The encoder.
    pub fn encoder(&self) -> &'e Encoder {
        self.encoder
    }

    /// Vectors of unit length, row-major (texts, dim).
    ///
    /// # Errors
    /// [`Error::Encoder`](crate::Error::Encoder), and [`Error::Io`](crate::Error::Io) if the cache
    /// cannot be read or written.
    pub fn encode<S: AsRef<str> + Sync>(&mut self, texts: &[S], role: Role) -> Result<Array2<f32>> {
        let Some(cache) = &mut self.cache else { return Ok(self.encoder.encode(texts, role)?) };
        let mut vectors = Array2::zeros((texts.len(), self.encoder.dimension()));
        let keys: Vec<_> = texts.iter().map(|text| cache::key(role, text.as_ref())).collect();
        let mut missing = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            let mut vector = vectors.row_mut(row);
            let vector = vector.as_slice_mut().expect("rows of a new array are contiguous");
            if !cache.get(*key, vector)? {
                missing.push(row);
            }
        }
        if missing.is_empty() {
            return Ok(vectors);
        }
        let encoded = {
            let texts: Vec<&str> = missing.iter().map(|row| texts[*row].as_ref()).collect();
            self.encoder.encode(&texts, role)?
        };
        for (row, vector) in missing.iter().zip(encoded.rows()) {
            vectors.row_mut(*row).assign(&vector);
        }
        let rows = missing.iter().zip(encoded.rows());
        let rows = rows.map(|(row, vector)| (keys[*row], vector.to_vec()));
        cache.add(rows)?;
        Ok(vectors)
    }

    /// The vectors of `total` texts, a group at a time.
    pub(super) fn encode_all<S: AsRef<str> + Sync>(
        &mut self,
        text: impl Fn(usize) -> S,
        (total, role, stage): (usize, Role, Stage),
        progress: &mut Listener<'_>,
    ) -> Result<Array2<f32>> {
        let mut vectors = Array2::zeros((total, self.encoder.dimension()));
        Progress { stage, done: 0, total }.tell(progress)?;
        for start in (0..total).step_by(GROUP) {
            let end = total.min(start + GROUP);
            let texts: Vec<S> = (start..end).map(&text).collect();
            vectors.slice_mut(s![start..end, ..]).assign(&self.encode(&texts, role)?);
            Progress { stage, done: end, total }.tell(progress)?;
        }
        Ok(vectors)
    }
}
