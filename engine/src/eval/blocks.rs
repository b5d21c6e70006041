//! Scores of all queries against all documents, a block of queries at a time.

use std::ops::Range;
use std::thread;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, s};

use super::correcting::Corrector;
use super::progress::Listener;
use super::{Progress, Stage};
use crate::{Error, Language, Result};

/// What is scored: vectors row-major (texts, dim), and what is corrected.
pub(super) struct Pool<'a> {
    pub(super) queries: ArrayView2<'a, f32>,
    pub(super) documents: ArrayView2<'a, f32>,
    pub(super) corrector: &'a Corrector<'a>,
    /// The language of each query.
    pub(super) language_of: &'a (dyn Fn(usize) -> &'a Language + Sync),
}

/// The scores of a query, one for each document.
#[derive(Clone, Copy)]
pub(super) struct Scores<'s> {
    /// The products of the vectors.
    pub(super) plain: &'s [f32],
    /// What documents are ranked by.
    pub(super) corrected: &'s [f32],
}

/// Scores that are held at once by all threads together: 256 MiB.
const SCORES: usize = 1 << 26;
/// Queries of a block at most. Matrix products are no faster with more.
const BLOCK: usize = 256;

/// Runs `work` on every query's number and scores, on all cores, and hands the results to `take`
/// in the order of the queries.
///
/// # Errors
/// [`Error::Cancelled`] when `progress` answers so, scores that are no numbers, and the errors of
/// `take`.
pub(super) fn for_each_query<T: Send>(
    pool: &Pool<'_>,
    stage: Stage,
    progress: &mut Listener<'_>,
    work: impl Fn(usize, Scores<'_>) -> T + Sync,
    mut take: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let total = pool.queries.nrows();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let block = (SCORES / threads / pool.documents.nrows().max(1)).clamp(1, BLOCK);
    let work = &work;
    Progress { stage, done: 0, total }.tell(progress)?;
    // Waves of one block a thread: results come in order, and no more than a wave of them wait.
    for wave in ranges(0..total, block * threads) {
        let results = thread::scope(|scope| {
            let blocks: Vec<_> = ranges(wave.clone(), block)
                .map(|rows| scope.spawn(move || score_block(pool, rows, work)))
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
    pool: &Pool<'_>,
    rows: Range<usize>,
    work: &impl Fn(usize, Scores<'_>) -> T,
) -> Result<Vec<T>> {
    let asked = pool.queries.slice(s![rows.clone(), ..]);
    let plain = products(asked, pool.documents);
    for (query, scores) in rows.clone().zip(plain.rows()) {
        if !scores.iter().all(|score| score.is_finite()) {
            let what = format!(
                "the vectors of query {query} and of some documents have no finite dot product"
            );
            return Err(Error::Index(mlsearch_index::Error::InvalidInput { what }));
        }
    }
    let mut results = Vec::with_capacity(rows.len());
    if pool.corrector.is_none() {
        for (query, scores) in rows.zip(plain.rows()) {
            let plain = scores.to_slice().expect("rows of a new array are contiguous");
            results.push(work(query, Scores { plain, corrected: plain }));
        }
        return Ok(results);
    }
    let mut changed = asked.to_owned();
    let mut corrections = Vec::with_capacity(rows.len());
    for (query, mut vector) in rows.clone().zip(changed.rows_mut()) {
        let slice = vector.as_slice_mut().expect("rows of a new array are contiguous");
        let corrected = pool.corrector.of(slice, (pool.language_of)(query));
        if let Some(other) = &corrected.vector {
            slice.copy_from_slice(other);
        }
        corrections.push(corrected);
    }
    let mut corrected = products(changed.view(), pool.documents);
    for ((query, correction), (plain, mut scores)) in
        rows.zip(&corrections).zip(plain.rows().into_iter().zip(corrected.rows_mut()))
    {
        let scores = scores.as_slice_mut().expect("rows of a new array are contiguous");
        pool.corrector.apply(correction, scores);
        let plain = plain.to_slice().expect("rows of a new array are contiguous");
        results.push(work(query, Scores { plain, corrected: scores }));
    }
    Ok(results)
}

/// The product of each query with each document.
fn products(queries: ArrayView2<'_, f32>, documents: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut products = Array2::zeros((queries.nrows(), documents.nrows()));
    general_mat_mul(1.0, &queries, &documents.t(), 0.0, &mut products);
    products
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
    use crate::eval::Correcting;

    #[test]
    fn results_of_many_waves_come_once_each_and_in_order() {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let total = 2 * BLOCK * threads + BLOCK + 7;
        let queries = Array2::from_shape_fn((total, 1), |(query, _)| query as f32);
        let documents = array![[1.0], [-2.0]];
        let corrector = Corrector::new(Correcting::default(), &[], &[0, 0], &documents);
        let pool = Pool {
            queries: queries.view(),
            documents: documents.view(),
            corrector: &corrector.expect("nothing to correct"),
            language_of: &|_| unreachable!("nothing is corrected"),
        };
        let mut told = Vec::new();
        let mut listen = |progress: Progress| {
            told.push(progress.done);
            ControlFlow::Continue(())
        };
        let work = |query: usize, scores: Scores<'_>| {
            assert_eq!(scores.plain, [query as f32, -2.0 * query as f32]);
            query
        };
        let mut taken = Vec::new();
        let take = |query: usize, result: usize| {
            assert_eq!(query, result);
            taken.push(query);
            Ok(())
        };
        for_each_query(&pool, Stage::Scoring, &mut listen, work, take).expect("scored");
        assert_eq!(taken, (0..total).collect::<Vec<_>>());
        let waves: Vec<usize> =
            (0..).map(|wave| total.min(wave * BLOCK * threads)).take(told.len()).collect();
        assert_eq!(told, waves);
        assert_eq!(told.last(), Some(&total));
    }
}
