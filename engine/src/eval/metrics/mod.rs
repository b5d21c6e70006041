//! Measures of a ranking and of how languages fare in it.
//!
//! - [`JudgedRanking`]: the measures of `trec_eval` and those of translations, from the ranks of the
//!   relevant documents.
//! - [`tlr`] and [`peer()`]: whether relevant documents are found whatever language they are in.
//! - [`rank_correlation`]: whether a query finds the same when it is asked in another language.
//!
//! Exposure and divergence, which need no judgements, are in
//! [`bias::measures`](crate::bias::measures).

mod judged;
mod relevant;

mod correlation;
mod peer;

pub use correlation::rank_correlation;
pub use judged::JudgedRanking;
pub use peer::peer;
pub use relevant::{Relevant, tlr};
