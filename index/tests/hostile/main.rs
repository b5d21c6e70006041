//! Files that mean harm: whatever an index folder holds, the library returns, in bounded time and
//! memory, and what it says names a file and a reason.
//!
//! `HOSTILE_CASES` says how many cases are made (2,000 by default), `HOSTILE_SEED` which.

#[path = "../corpus/mod.rs"]
mod corpus;

mod arguments;
mod bombs;
mod bounds;
mod cases;
mod change;
mod counters;
mod exercise;
mod files;
mod odd_files;
