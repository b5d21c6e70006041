//! The graph of a segment: hierarchical navigable small worlds (Y. Malkov, D. Yashunin, 2016).
//!
//! Level 0 links every document to some of its neighbours; each level above keeps a sample of
//! the level below, so that a walk gets near its goal in a few steps. Links are plain arrays of
//! numbers at a fixed stride, read in place.

mod build;
mod graph;
#[cfg(feature = "hnsw_rs")]
mod hnsw_rs;
mod links;
mod pool;
mod reach;
mod scratch;
mod search;
mod select;
mod visited;

#[cfg(test)]
mod tests;

#[cfg(feature = "hnsw_rs")]
pub(crate) use self::hnsw_rs::build_with_hnsw_rs;
pub(crate) use build::{Base, BuildOptions, Built, Progress, Space, build, build_bytes};
pub(crate) use graph::{Graph, Level, NO_NODE};
pub(crate) use scratch::{Scratch, with_scratch};
pub(crate) use search::{Score, descend, walk, walk_admitted};
