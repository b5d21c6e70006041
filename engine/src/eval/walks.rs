//! What walks through the graph of an index find of what exact search finds.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use mlsearch_index::{
    Index, IndexConfig, Key, Label, Metric, Neighbor, SearchParams, SearchRequest, Snapshot,
};
use ndarray::ArrayView2;
use serde::Serialize;

use super::metrics::JudgedRanking;
use super::progress::Listener;
use super::{Progress, Stage};
use crate::Result;

/// Documents that are looked for, and where the nDCG is cut off.
const WANTED: usize = 10;

/// Queries between two words of progress.
const GROUP: usize = 256;

/// What walks find for queries against the whole pool, whose evaluation compares everything. Both
/// figures are means over the queries of a language first and over languages then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WalkScores {
    /// Candidates that walks kept.
    pub ef: usize,
    /// Share of the ten nearest documents that walks find; another at the same distance as the
    /// tenth will do.
    pub recall_at_10: f64,
    /// Mean nDCG of the first ten documents that walks find.
    pub ndcg_at_10: f64,
}

/// What is asked of the index.
pub(super) struct Asked<'a> {
    /// Row-major (queries, dim).
    pub(super) queries: ArrayView2<'a, f32>,
    /// Row-major (documents, dim).
    pub(super) documents: ArrayView2<'a, f32>,
    /// The label of each document.
    pub(super) labels: &'a [u16],
    /// The queries of each language.
    pub(super) by_language: Vec<Vec<usize>>,
    /// The relevant documents of a query and their grades.
    pub(super) grades: &'a dyn Fn(usize) -> HashMap<usize, u32>,
}

/// Builds an index of the documents in `folder`, which must not exist yet or be empty, as an
/// engine with default options does, and asks it all queries: by walks that keep `ef`
/// candidates, and by exact search.
pub(super) fn walk(
    asked: &Asked<'_>,
    folder: &Path,
    ef: usize,
    progress: &mut Listener<'_>,
) -> Result<WalkScores> {
    let total = asked.queries.nrows();
    let mut tell = |done| Progress { stage: Stage::Walking, done, total }.tell(progress);
    tell(0)?;
    let snapshot = build(asked, folder)?;
    let walks = SearchParams { k: WANTED, ef: Some(ef), ..SearchParams::default() };
    let exact = SearchParams { k: WANTED, exact: true, ..SearchParams::default() };

    let (mut recalls, mut ndcgs, mut done) = (Vec::new(), Vec::new(), 0);
    for queries in asked.by_language.iter().filter(|queries| !queries.is_empty()) {
        let (mut recall, mut ndcg) = (0.0, 0.0);
        for query in queries {
            let vector = &asked.queries.row(*query).to_vec();
            let search =
                |params| snapshot.search(&SearchRequest { params, ..SearchRequest::new(vector) });
            let (found, nearest) = (search(walks)?, search(exact)?);
            recall += found_share(&found, &nearest);
            let ranking: Vec<usize> = found.iter().map(|of| of.key.0 as usize).collect();
            ndcg += JudgedRanking::new(&ranking, &(asked.grades)(*query)).ndcg(WANTED);
            done += 1;
            if done % GROUP == 0 || done == total {
                tell(done)?;
            }
        }
        recalls.push(recall / queries.len() as f64);
        ndcgs.push(ndcg / queries.len() as f64);
    }
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
    Ok(WalkScores {
        ef: snapshot.ef(&SearchRequest { params: walks, ..SearchRequest::new(&[]) }),
        recall_at_10: mean(&recalls),
        ndcg_at_10: mean(&ndcgs),
    })
}

/// An index of the documents: keys are their numbers.
fn build(asked: &Asked<'_>, folder: &Path) -> Result<Arc<Snapshot>> {
    let config = IndexConfig::new(asked.documents.ncols(), Metric::Cosine);
    let mut writer = Index::create(folder, config)?.writer()?;
    for (key, (vector, label)) in (0..).zip(asked.documents.rows().into_iter().zip(asked.labels)) {
        writer.upsert(Key(key), Label(*label), &vector.to_vec(), b"")?;
    }
    Ok(writer.commit()?)
}

/// The share of the nearest that was found; distances of both are of the same vectors.
fn found_share(found: &[Neighbor], nearest: &[Neighbor]) -> f64 {
    let Some(last) = nearest.last() else { return 1.0 };
    let near = found.iter().filter(|neighbor| neighbor.distance <= last.distance).count();
    near as f64 / nearest.len() as f64
}
