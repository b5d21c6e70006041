//! Word of how far an evaluation has come, and the caller's chance to stop it.

use std::ops::ControlFlow;

use crate::{Error, Result};

/// How far an evaluation has come. Whoever is told may answer [`ControlFlow::Break`], and the
/// evaluation ends with [`Error::Cancelled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Items done.
    pub done: usize,
    /// Items of this stage.
    pub total: usize,
}

/// A stage of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Encoding the queries.
    EncodingQueries,
    /// Encoding the candidates.
    EncodingCandidates,
    /// Ranking the candidates for every query.
    Scoring,
    /// Asking an index of the candidates all queries.
    Walking,
    /// Writing the rankings to a file.
    WritingRun,
}

/// Where progress is told.
pub(crate) type Listener<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

impl Progress {
    /// Tells `listener`.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when it answers so.
    pub(crate) fn tell(self, listener: &mut Listener<'_>) -> Result<()> {
        match listener(self) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }
}
