//! Telling how far a long commit is.

use std::fmt;

/// How far a commit is with the graphs it builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildProgress {
    /// What is being done.
    pub stage: BuildStage,
    /// The documents it is done for.
    pub done: u64,
    /// The documents it is to be done for.
    pub total: u64,
}

/// What a commit that takes long is doing.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildStage {
    /// Linking documents with their neighbours.
    Linking,
}

type Callback = dyn Fn(&BuildProgress) + Send + Sync;

/// Called now and then, from any thread.
#[derive(Default)]
pub(super) struct Listener(pub(super) Option<Box<Callback>>);

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Listener" } else { "none" })
    }
}
