//! What is decided once, when an index is created.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metric::Metric;

/// The greatest number of components a vector may have.
pub const MAX_DIMENSION: usize = 65_536;

/// How vectors are kept for searching.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantization {
    /// As they came: four bytes a component.
    #[default]
    F32,
}

/// The configuration of an index. Only the attributes can change later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexConfig {
    /// The number of components of every vector: 1 to [`MAX_DIMENSION`].
    pub dimension: usize,
    /// The distance between vectors.
    pub metric: Metric,
    /// How vectors are kept for searching.
    pub quantization: Quantization,
    /// Whatever the caller wants to keep with the index; it means nothing here.
    pub attributes: BTreeMap<String, String>,
}

impl IndexConfig {
    /// A configuration with the default quantisation and no attributes.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        IndexConfig {
            dimension,
            metric,
            quantization: Quantization::default(),
            attributes: BTreeMap::new(),
        }
    }

    /// The dimension as it is kept on disk.
    pub(crate) fn checked_dimension(&self) -> Result<u32> {
        if !(1..=MAX_DIMENSION).contains(&self.dimension) {
            return Err(Error::invalid(format!(
                "an index of dimension {} cannot be created: choose 1 to {MAX_DIMENSION}",
                self.dimension
            )));
        }
        Ok(u32::try_from(self.dimension).expect("MAX_DIMENSION fits in 32 bits"))
    }
}
