//! Measuring retrieval by published protocols.
//!
//! [`lareqa`] asks whether a model finds answers across languages, [`metrics`] holds the measures
//! and [`trec`] writes rankings in the format that other evaluation programs read.

pub mod collection;
pub mod html;
pub mod lareqa;
pub mod metrics;
pub mod trec;

mod blocks;
mod correcting;
mod encoding;
mod output;
mod progress;
mod top;
mod walks;

pub use correcting::Correcting;
pub use encoding::{CachingEncoder, VectorCache};
pub use progress::{Progress, Stage};
pub use walks::WalkScores;
