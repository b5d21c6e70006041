//! What is decided once, when an index is created.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metric::Metric;

/// The greatest number of components a vector may have.
pub const MAX_DIMENSION: usize = 65_536;

/// What vectors are compared by on the way to the nearest. The nearest are then compared by the
/// vectors themselves, so that only the search for them is approximate. Sizes are of a vector of
/// 384 components.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantization {
    /// The vectors themselves, of single precision: 1,536 bytes, and no codes beside them.
    F32,
    /// The vectors themselves, of half precision: 768 bytes, and no codes beside them.
    F16,
    /// Codes of eight bits a component: 384 bytes. The fastest that keeps the order of all but
    /// the closest neighbours, and right for nearly everyone.
    #[default]
    Int8,
    /// Codes of four bits a component: 192 bytes.
    Int4,
    /// Codes of one bit a component: 64 bytes. For indexes whose codes would not fit in memory.
    Binary,
}

/// The precision of the vectors that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Two bytes a component, of eleven significant bits and at most 65,504 in magnitude.
    #[default]
    Half,
    /// Four bytes a component: vectors are kept as they came.
    Single,
}

/// The shape of the graph (Y. Malkov, D. Yashunin, "HNSW", 2016).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HnswConfig {
    /// Links a document on the upper levels, and half of those on level 0: 4 to 64.
    pub m: usize,
    /// Candidates looked at for the links of a document: more build a better graph, slower.
    /// At least `m`, at most 4,096.
    pub ef_construction: usize,
}

impl Default for HnswConfig {
    fn default() -> Self {
        HnswConfig { m: 16, ef_construction: 200 }
    }
}

/// The configuration of an index. Only the attributes can change later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexConfig {
    /// The number of components of every vector: 1 to [`MAX_DIMENSION`].
    pub dimension: usize,
    /// The distance between vectors.
    pub metric: Metric,
    /// What vectors are compared by on the way to the nearest.
    pub quantization: Quantization,
    /// The precision of the vectors that are kept. [`Quantization::F32`] and
    /// [`Quantization::F16`] keep the vectors that they compare, whatever this says.
    pub originals: Precision,
    /// The shape of the graph.
    pub hnsw: HnswConfig,
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
            originals: Precision::default(),
            hnsw: HnswConfig::default(),
            attributes: BTreeMap::new(),
        }
    }

    /// The precision that vectors are kept in.
    pub fn kept_precision(&self) -> Precision {
        match self.quantization {
            Quantization::F32 => Precision::Single,
            Quantization::F16 => Precision::Half,
            Quantization::Int8 | Quantization::Int4 | Quantization::Binary => self.originals,
        }
    }

    /// Why a vector cannot be a document's or a query, if it cannot.
    pub(crate) fn flaw(&self, vector: &[f32]) -> Option<String> {
        self.metric.flaw(self.dimension, vector).or_else(|| {
            let largest = f32::from(half::f16::MAX);
            let position = vector.iter().position(|component| component.abs() > largest)?;
            (self.kept_precision() == Precision::Half).then(|| {
                format!(
                    "component {position} of the vector is {}, and half precision ends at \
                     {largest}: create the index with originals of single precision",
                    vector[position]
                )
            })
        })
    }

    /// The memory in bytes that building the graph of so many documents takes at most, about.
    pub fn build_memory(&self, documents: u64, threads: usize) -> u64 {
        let codes = self.dimension.next_multiple_of(64) as u64;
        // Keys, places of payloads and the order of slots are kept until the end.
        let places = 40;
        documents * (codes + places) + crate::hnsw::build_bytes(documents, self.hnsw.m, threads)
    }

    /// Refuses a graph of a shape that cannot be.
    pub(crate) fn check_hnsw(&self) -> Result<()> {
        let HnswConfig { m, ef_construction } = self.hnsw;
        if !(4..=64).contains(&m) {
            return Err(Error::invalid(format!(
                "a graph with m = {m} cannot be built: choose 4 to 64"
            )));
        }
        if !(m..=4096).contains(&ef_construction) {
            return Err(Error::invalid(format!(
                "a graph with ef_construction = {ef_construction} cannot be built: choose {m} to 4096"
            )));
        }
        Ok(())
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
