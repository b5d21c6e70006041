//! Word of how far a commit is that builds graphs.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use mlsearch_index::{IndexConfig, WriterOptions};

/// How far a commit is with the graph of a segment, which takes nearly all of its time where
/// there are many documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildProgress {
    /// Documents linked, those that were linked before included.
    pub done: u64,
    /// Documents to be linked in all.
    pub total: u64,
    /// Bytes of memory that it takes at most, about.
    pub memory_bytes: u64,
}

/// Where progress is told.
pub(crate) type Listener = Arc<dyn Fn(&BuildProgress) + Send + Sync>;

impl BuildProgress {
    pub(crate) fn of(progress: &mlsearch_index::BuildProgress, memory_bytes: u64) -> Self {
        Self { done: progress.done, total: progress.total, memory_bytes }
    }
}

/// The memory that building the graph of some documents takes, as a function of their number.
pub(crate) fn memory(
    config: &IndexConfig,
    options: &WriterOptions,
) -> impl Fn(u64) -> u64 + Send + Sync + 'static {
    let config = config.clone();
    let processors = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = options.threads.map_or_else(processors, NonZeroUsize::get);
    move |documents| config.build_memory(documents, threads)
}
