//! Scores of all queries against all candidates, a block of queries at a time.

use std::ops::Range;
use std::thread;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, s};

use super::vectors::{Vectors, invalid};
use crate::Result;
use crate::eval::progress::Listener;
use crate::eval::{Progress, Stage};

/// Scores that are held at once by all threads together: 256 MiB.
const SCORES: usize = 1 << 26;
/// Queries of a block at most. Matrix products are no faster with more.
const BLOCK: usize = 256;

/// Runs `work` on every query's number and scores (one for each candidate), on all cores, and
/// hands the results to `take` in the order of the queries.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled) when `progress` answers so, scores that are no
/// numbers, and the errors of `take`.
pub(super) fn for_each_query<T: Send>(
    vectors: &Vectors,
    stage: Stage,
    progress: &mut Listener<'_>,
    work: impl Fn(usize, &[f32]) -> T + Sync,
    mut take: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let total = vectors.queries.nrows();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let block = (SCORES / threads / vectors.candidates.nrows().max(1)).clamp(1, BLOCK);
    let work = &work;
    Progress { stage, done: 0, total }.tell(progress)?;
    // Waves of one block a thread: results come in order, and no more than a wave of them wait.
    for wave in ranges(0..total, block * threads) {
        let results = thread::scope(|scope| {
            let blocks: Vec<_> = ranges(wave.clone(), block)
                .map(|rows| scope.spawn(move || score_block(vectors, rows, work)))
                .collect();
            let blocks =
                blocks.into_iter().map(|block| block.join().expect("scoring does not panic"));
            blocks.collect::<Result<Vec<Vec<T>>>>()
        })?;
        for (query, result) in wave.clone().zip(results.into_iter().flatten()) {
            take(query, result)?;
        }
        Progress { stage, done: wave.end, total }.tell(progress)?;
    }
    Ok(())
}

fn score_block<T>(
    vectors: &Vectors,
    rows: Range<usize>,
    work: &impl Fn(usize, &[f32]) -> T,
) -> Result<Vec<T>> {
    let mut scores = Array2::zeros((rows.len(), vectors.candidates.nrows()));
    let queries = vectors.queries.slice(s![rows.clone(), ..]);
    general_mat_mul(1.0, &queries, &vectors.candidates.t(), 0.0, &mut scores);
    let mut results = Vec::with_capacity(rows.len());
    for (query, scores) in rows.zip(scores.rows()) {
        let scores = scores.to_slice().expect("rows of a new array are contiguous");
        if !scores.iter().all(|score| score.is_finite()) {
            return Err(invalid(format!(
                "the vectors of query {query} and of some candidates have no finite dot product"
            )));
        }
        results.push(work(query, scores));
    }
    Ok(results)
}

/// `range` in pieces of `length`.
fn ranges(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(length).map(move |start| start..range.end.min(start + length))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use ndarray::array;

    use super::*;

    #[test]
    fn results_of_many_waves_come_once_each_and_in_order() {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let total = 2 * BLOCK * threads + BLOCK + 7;
        let vectors = Vectors {
            queries: Array2::from_shape_fn((total, 1), |(query, _)| query as f32),
            candidates: array![[1.0], [-2.0]],
        };
        let mut told = Vec::new();
        let mut listen = |progress: Progress| {
            told.push(progress.done);
            ControlFlow::Continue(())
        };
        let work = |query: usize, scores: &[f32]| {
            assert_eq!(scores, [query as f32, -2.0 * query as f32]);
            query
        };
        let mut taken = Vec::new();
        let take = |query: usize, result: usize| {
            assert_eq!(query, result);
            taken.push(query);
            Ok(())
        };
        for_each_query(&vectors, Stage::Scoring, &mut listen, work, take).expect("scored");
        assert_eq!(taken, (0..total).collect::<Vec<_>>());
        let waves: Vec<usize> =
            (0..).map(|wave| total.min(wave * BLOCK * threads)).take(told.len()).collect();
        assert_eq!(told, waves);
        assert_eq!(told.last(), Some(&total));
    }
}
