//! Files of f32 rows, as `encode-corpus` writes them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};

/// Vectors in memory, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    dimension: usize,
    values: Vec<f32>,
}

impl Rows {
    /// The first `count` rows of a little-endian file without a header; fewer where it has fewer.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds no row.
    pub fn read(path: &Path, count: usize, dimension: usize) -> anyhow::Result<Rows> {
        let file =
            File::open(path).with_context(|| format!("could not open {}", path.display()))?;
        let row_bytes = dimension * size_of::<f32>();
        let mut bytes = Vec::new();
        file.take((count as u64).saturating_mul(row_bytes as u64)).read_to_end(&mut bytes)?;
        bytes.truncate(bytes.len() / row_bytes * row_bytes);
        ensure!(!bytes.is_empty(), "{} holds no row of {dimension} components", path.display());
        let values = bytes.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect();
        Ok(Rows { dimension, values })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension.max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of components of a row.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.dimension.max(1))
    }

    /// One row.
    ///
    /// # Panics
    /// Where there are not so many.
    pub fn row(&self, number: usize) -> &[f32] {
        &self.values[number * self.dimension..][..self.dimension]
    }
}
