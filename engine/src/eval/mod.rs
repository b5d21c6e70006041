//! Measuring retrieval by published protocols.
//!
//! [`lareqa`] asks whether a model finds answers across languages, [`metrics`] holds the measures
//! and [`trec`] writes rankings in the format that other evaluation programs read.

pub mod lareqa;
pub mod metrics;
pub mod trec;

mod output;
mod progress;

pub use progress::{Progress, Stage};
