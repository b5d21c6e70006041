//! LAReQA: does a question find its answer in every language (arXiv 2004.05484)?
//!
//! The data is a set of paragraphs cut into sentences, with questions in several languages.
//! Questions of one id are translations of each other, and so are the sentences that answer
//! them. XQuAD-R and MLQA-R are published in this form.
//!
//! - **Candidates** are all sentences of all paragraphs; sentences that read alike stay apart.
//! - **Queries** are all questions of all languages.
//! - **Gold sentence** of a question in its language: the first sentence whose
//!   `break_start <= answer_start <= break_end`, of the first answer.
//! - **mono**: a query against the candidates of its language. **cross**: against those of one
//!   other language, averaged over all ordered pairs of languages. **multi**: against all
//!   candidates, where the gold sentences of all languages are relevant.
//! - Candidates are ranked by dot product, equal ones in the order of the data, and the measures
//!   take in the whole ranking. Every figure is a mean over the queries of a language first and
//!   over languages (pairs) then, so that each language counts alike.
//! - All of this compares every candidate. [`score_walks`] tells what an index finds that does not.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use mlsearch::encoder::{Encoder, EncoderOptions};
//! use mlsearch::eval::{CachingEncoder, lareqa};
//!
//! # fn main() -> mlsearch::Result<()> {
//! let encoder = Encoder::open("models/multilingual-e5-small-aligned", &EncoderOptions::default())?;
//! let mut encoder = CachingEncoder::from(&encoder);
//! let dataset = lareqa::Dataset::read("xquad-r", false)?;
//! let evaluation = lareqa::evaluate(&mut encoder, &dataset, &mut |_| ControlFlow::Continue(()))?;
//! println!("mAP over all languages: {:.3}", evaluation.multi.map);
//! # Ok(())
//! # }
//! ```

mod dataset;
mod file;

mod score;
mod vectors;
mod walks;

mod evaluation;
mod export;

pub use dataset::{Candidate, Dataset, LanguagePart, Question};
pub use evaluation::{Evaluation, LanguageScores, MultiScores, TaskScores};
pub use export::{RunOptions, write_qrels, write_run};
pub use score::{score, score_corrected};
pub use vectors::{Vectors, encode};
pub use walks::score_walks;

use std::ops::ControlFlow;

use super::{CachingEncoder, Progress};
use crate::Result;

/// Encodes the texts of `dataset` and scores the rankings: [`encode`], then [`score`].
///
/// # Errors
/// Those of the two.
pub fn evaluate(
    encoder: &mut CachingEncoder<'_>,
    dataset: &Dataset,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Evaluation> {
    let vectors = encode(encoder, dataset, progress)?;
    score(dataset, &vectors, progress)
}
