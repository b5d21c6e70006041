//! An embedded vector index that lives in a folder.
//!
//! It keeps documents, each a [`Key`], a [`Label`], a vector, an opaque payload and any number
//! of [`Field`]s, in immutable segment files, and answers nearest-neighbour queries over them. It knows
//! nothing of text, languages or models: those belong to its callers.
//!
//! - [`Index`] opens a folder and hands out snapshots.
//! - [`Snapshot`] is one commit: it searches, and never changes.
//! - [`IndexWriter`] is the one writer: what it is given becomes visible by `commit`, whole
//!   or not at all.
//!
//! Distance: smaller is nearer. The bytes on disk are described in FORMAT.md.
//!
//! ```
//! use mlsearch_index::{Index, IndexConfig, Key, Label, Metric, SearchRequest};
//!
//! # fn main() -> mlsearch_index::Result<()> {
//! # let parent = tempfile::tempdir().unwrap();
//! # let folder = parent.path().join("index");
//! let index = Index::create(&folder, IndexConfig::new(2, Metric::Cosine))?;
//! let mut writer = index.writer()?;
//! writer.upsert(Key(1), Label(0), &[1.0, 0.0], b"east")?;
//! writer.upsert(Key(2), Label(0), &[0.0, 1.0], b"north")?;
//! let snapshot = writer.commit()?;
//!
//! let neighbors = snapshot.search(&SearchRequest::new(&[0.6, 0.8]))?;
//! assert_eq!(neighbors[0].key, Key(2));
//! assert_eq!(snapshot.payload(neighbors[0].address)?, b"north");
//! # Ok(())
//! # }
//! ```

#[cfg(target_endian = "big")]
compile_error!(
    "vectors are read from little-endian files in place: big-endian targets are not supported"
);

mod adjustment;
#[cfg(feature = "bench")]
mod bench;
mod codes;
mod config;
mod id;
mod metric;

mod documents;
mod index;
mod snapshot;
mod writer;

mod fields;
mod flat;
mod hnsw;
mod request;
mod slot_set;
mod top_k;

mod distance;

mod load;
mod segment;
mod verify;

mod format;
mod lock;
mod map;
mod read;
mod storage;

mod error;
mod info;
mod statistics;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod replay_tests;

pub use adjustment::{Adjustment, Adjustments};
#[cfg(feature = "bench")]
#[doc(hidden)]
pub use bench::{KernelBenchmark, kernel_benchmarks};
pub use config::{HnswConfig, IndexConfig, MAX_DIMENSION, Precision, Quantization};
pub use documents::{Document, Documents, Record};
pub use error::{Error, Result};
pub use fields::{Field, MAX_FIELD_VALUES, MAX_PREDICATE_DEPTH, Predicate, Selection};
pub use format::fields::{MAX_FIELD_NAME_BYTES, MAX_FIELD_VALUE_BYTES, MAX_FIELDS};
pub use format::{FORMAT_VERSION, MAX_PAYLOAD_BYTES, OLDEST_READABLE};
pub use id::{Address, Key, Label, Slot};
pub use index::{Index, OpenOptions};
pub use info::{FileInfo, IndexInfo, SectionInfo, SegmentInfo};
pub use metric::Metric;
pub use request::{LabelFilter, Neighbor, SearchParams, SearchRequest};
pub use snapshot::Snapshot;
pub use statistics::{GraphStatistics, LabelStatistics};
pub use verify::{Problem, VerifyReport};
pub use writer::{
    BuildProgress, BuildStage, GraphBuilder, IndexWriter, NewDocument, WriterOptions,
};
