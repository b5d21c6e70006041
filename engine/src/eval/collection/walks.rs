//! What walks find of a collection.

use std::ops::ControlFlow;
use std::path::Path;

use super::{Collection, Vectors};
use crate::Result;
use crate::eval::Progress;
use crate::eval::walks::{Asked, WalkScores, walk};

/// Builds an index of the documents in `folder`, which must not exist yet or be empty, as an
/// engine with default options does, and asks it all queries: by walks that keep `ef`
/// candidates, and by exact search.
///
/// # Errors
/// [`Error::Index`](crate::Error::Index) for vectors that are not those of the collection or not of
/// unit length, and if the index cannot be written; [`Error::Cancelled`](crate::Error::Cancelled)
/// when `progress` answers so.
pub fn score_walks(
    collection: &Collection,
    vectors: &Vectors,
    folder: impl AsRef<Path>,
    ef: usize,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<WalkScores> {
    vectors.check(collection)?;
    let mut by_language = vec![Vec::new(); collection.languages.len()];
    for (query, entry) in collection.queries.iter().enumerate() {
        by_language[usize::from(entry.language)].push(query);
    }
    let asked = Asked {
        queries: vectors.queries.view(),
        documents: vectors.documents.view(),
        labels: &collection.labels(),
        by_language,
        grades: &|query| collection.relevant[query].iter().copied().collect(),
    };
    walk(&asked, folder.as_ref(), ef, progress)
}
