//! What walks find of the multi task.

use std::ops::ControlFlow;
use std::path::Path;

use super::{Dataset, Vectors};
use crate::Result;
use crate::eval::Progress;
use crate::eval::walks::{Asked, WalkScores, walk};

/// Builds an index of the candidates in `folder`, which must not exist yet or be empty, as an
/// engine with default options does, and asks it all queries: by walks that keep `ef`
/// candidates, and by exact search.
///
/// # Errors
/// As [`score`](super::score); [`Error::Index`](crate::Error::Index) also for vectors that are not
/// of unit length, and if the index cannot be written.
pub fn score_walks(
    dataset: &Dataset,
    vectors: &Vectors,
    folder: impl AsRef<Path>,
    ef: usize,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<WalkScores> {
    vectors.check(dataset)?;
    let asked = Asked {
        queries: vectors.queries.view(),
        documents: vectors.candidates.view(),
        labels: &dataset.labels()?,
        by_language: dataset.parts().iter().map(|part| part.questions.clone().collect()).collect(),
        grades: &|query| dataset.gold(query).iter().map(|gold| (*gold, 1)).collect(),
    };
    walk(&asked, folder.as_ref(), ef, progress)
}
