//! Language bias: what a ranking owes to the languages of its documents, and how to take it back.
//!
//! An encoder puts texts of a language near each other, so a query is nearer to the documents of
//! some languages whatever they say. Two facts make that visible without any labels:
//!
//! - The mean similarity of a query `q` to the documents of a language `l` is `q . c_l`, with
//!   `c_l` the mean of their vectors. By how much it is above the mean over the languages is the
//!   language's **offset**: what each of its documents has in advance.
//! - Whether an offset matters depends on how far the similarities within a language spread. The
//!   **bias** of a query compares the two, see [`BiasReport::bias`].
//!
//! A [`Correction`] takes such advantages away inside the search, so that documents are found
//! that they had pushed out. [`measures`] has the functions behind the figures.
//!
//! ```no_run
//! use mlsearch::{Engine, Query};
//! use mlsearch::bias::{Correction, Method};
//!
//! # fn main() -> mlsearch::Result<()> {
//! let engine = Engine::open("notes.index")?;
//! let correction = Correction::new(Method::Center);
//! let answer = engine.search(Query { correction, ..Query::new("Warum tanzen Bienen?") })?;
//! if let Some(bias) = &answer.bias {
//!     println!("{}", bias.summary());
//! }
//! # Ok(())
//! # }
//! ```

mod balance;
mod correction;
pub mod measures;
mod offsets;
mod profile;
mod query_means;
mod report;
mod samples;
mod subspace;
#[cfg(test)]
mod tests;

pub use correction::{Correction, Method};
pub use query_means::QueryMeans;
pub use report::{
    BiasReport, Counterfactual, GroupReport, HitBias, LanguageBias, Strength, Uncertainty,
};

pub(crate) use balance::interleave;
pub(crate) use correction::{Corrected, correct};
pub(crate) use offsets::{LanguageOffset, Offsets, dot};
pub(crate) use profile::{Profile, Profiles};
pub(crate) use report::{Ranked, Scope, report};
