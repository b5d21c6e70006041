//! The memory of a walk, kept by each thread for its next one.

use std::cell::Cell;

use super::pool::Pool;
use super::visited::Visited;
use crate::segment::Rows;

/// What a walk writes to. Takes one bit a node of the largest graph searched, and little else.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) visited: Visited,
    pub(crate) pool: Pool,
    pub(crate) fresh: Vec<u32>,
    pub(crate) bridges: Vec<u32>,
    pub(crate) scores: Vec<f32>,
    pub(crate) rows: Rows,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Calls `walk` with this thread's scratch.
pub(crate) fn with_scratch<R>(walk: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.take().unwrap_or_default();
    let result = walk(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}
