//! What the fuzz targets do with their inputs. Run them with `make fuzz`.

#[path = "../../index/tests/hostile/exercise.rs"]
mod exercise;
#[path = "../../index/tests/hostile/files.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod files;

mod patches;

/// Opening and verifying an index of damaged files.
pub mod open;
/// What is done to an index, beside a map from keys to documents.
pub mod operations;
/// Searching an index of forged files, whose checksums are right.
pub mod search;

/// The language of filters.
#[cfg(feature = "engine")]
pub mod filter;
/// Documents from files of any kind.
#[cfg(feature = "engine")]
pub mod ingest;
/// Language tags.
#[cfg(feature = "engine")]
pub mod tags;

pub use patches::Patches;
