//! Measuring retrieval by published protocols.
//!
//! [`lareqa`] asks whether a model finds answers across languages, [`metrics`] holds the measures
//! and [`trec`] reads and writes rankings in the format that other evaluation programs have.
//!
//! Any ranking becomes figures in three steps: [`QueryScores::of`] measures the ranking of a query,
//! [`Summary::of`] takes the means of many, and [`bootstrap`] tells whether two runs differ by more
//! than chance. [`Measure`] lists what is measured. [`score_run`] does the first step for rankings
//! that were read from a file.

pub mod collection;
pub mod html;
pub mod lareqa;
pub mod metrics;
pub mod trec;

mod blocks;
mod correcting;
mod encoding;
mod measure;
mod scores;
mod summary;

mod catalog;
mod run;

pub mod bootstrap;

mod output;
mod progress;
mod top;
mod walks;

pub use catalog::{Catalog, Entry};
pub use correcting::Correcting;
pub use encoding::{CachingEncoder, VectorCache};
pub use measure::{Better, Measure};
pub use progress::{Progress, Stage};
pub use run::{RunScores, score_run};
pub use scores::{CUT_OFF, QueryScores, RankedQuery, Values, correlate};
pub use summary::{LanguageSummary, Mean, Means, Pool, Summary};
pub use walks::WalkScores;
