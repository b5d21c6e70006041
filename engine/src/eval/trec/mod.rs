//! Runs and relevance judgements in the formats of TREC, which most evaluation programs read.
//!
//! A run has a line of `query Q0 document rank score tag` for each document found, judgements
//! ("qrels") a line of `query 0 document grade` for each judged one. Scores are written with the
//! digits that bring the same `f32` back, so a reader that sorts them gets the same order, but
//! for equal scores, which `trec_eval` orders by descending document id, and so do the readers here.

mod read;
mod write;

pub use read::{Qrels, Run, read_qrels, read_run};
pub use write::{QrelsWriter, RunWriter};
