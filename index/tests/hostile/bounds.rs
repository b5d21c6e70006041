//! How much memory and time something may take.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What any call may allocate, whatever the files say: a payload block when expanded and its copy,
/// and room for what a small index takes.
pub(crate) const MEMORY_BOUND: usize = 40 << 20;

/// Beside that, for each byte of the files.
pub(crate) const MEMORY_PER_BYTE: usize = 64;

/// What a case may take on a machine that is busy with others.
pub(crate) const TIME_BOUND: Duration = Duration::from_secs(20);

/// Allocations of the whole program are counted, so only one test may run at a time.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs something, and returns what it returns and the most that was allocated meanwhile beyond
/// what was before.
pub(crate) fn measured<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = run();
    (outcome, MEMORY.peak_usage().saturating_sub(before))
}

/// Runs something within the bounds for files of so many bytes.
pub(crate) fn bounded<T>(file_bytes: usize, run: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let (outcome, memory) = measured(run);
    let allowed = MEMORY_BOUND + MEMORY_PER_BYTE * file_bytes;
    assert!(memory <= allowed, "{memory} bytes of memory where {allowed} are allowed");
    let taken = started.elapsed();
    assert!(taken <= TIME_BOUND, "{taken:?} where {TIME_BOUND:?} are allowed");
    outcome
}
