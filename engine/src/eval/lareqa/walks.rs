//! What walks through the graph of an index find of what exact search finds.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use mlsearch_index::{
    Index, IndexConfig, Key, Metric, Neighbor, SearchParams, SearchRequest, Snapshot,
};
use serde::Serialize;

use super::vectors::label_of;
use super::{Dataset, Vectors};
use crate::Result;
use crate::eval::metrics::JudgedRanking;
use crate::eval::{Progress, Stage};

/// Candidates that are looked for, and where the nDCG is cut off.
const WANTED: usize = 10;

/// Queries between two words of progress.
const GROUP: usize = 256;

/// What walks find for the multi task, whose [`Evaluation`](super::Evaluation) compares everything.
/// Both figures are means over the queries of a language first and over languages then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WalkScores {
    /// Candidates that walks kept.
    pub ef: usize,
    /// Share of the ten nearest candidates that walks find; another at the same distance as the
    /// tenth will do.
    pub recall_at_10: f64,
    /// Mean nDCG of the first ten candidates that walks find.
    pub ndcg_at_10: f64,
}

/// Builds an index of the candidates in `folder`, which must not exist yet or be empty, as an
/// engine with default options does, and asks it all queries: by walks that keep `ef`
/// candidates, and by exact search.
///
/// # Errors
/// As [`score`](super::score); [`Error::Index`] also for vectors that are not of unit length, and
/// if the index cannot be written.
pub fn score_walks(
    dataset: &Dataset,
    vectors: &Vectors,
    folder: impl AsRef<Path>,
    ef: usize,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<WalkScores> {
    vectors.check(dataset)?;
    let total = dataset.questions().len();
    let mut tell = |done| Progress { stage: Stage::Walking, done, total }.tell(progress);
    tell(0)?;
    let snapshot = build(dataset, vectors, folder.as_ref())?;
    let walks = SearchParams { k: WANTED, ef: Some(ef), ..SearchParams::default() };
    let exact = SearchParams { k: WANTED, exact: true, ..SearchParams::default() };

    let (mut recalls, mut ndcgs) = (Vec::new(), Vec::new());
    for part in dataset.parts().iter().filter(|part| !part.questions.is_empty()) {
        let (mut recall, mut ndcg) = (0.0, 0.0);
        for query in part.questions.clone() {
            let vector = &vectors.queries.row(query).to_vec();
            let search =
                |params| snapshot.search(&SearchRequest { params, ..SearchRequest::new(vector) });
            let (found, nearest) = (search(walks)?, search(exact)?);
            recall += found_share(&found, &nearest);
            ndcg += judged(dataset.gold(query), &found).ndcg(WANTED);
            if (query + 1).is_multiple_of(GROUP) || query + 1 == total {
                tell(query + 1)?;
            }
        }
        recalls.push(recall / part.questions.len() as f64);
        ndcgs.push(ndcg / part.questions.len() as f64);
    }
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
    Ok(WalkScores {
        ef: snapshot.ef(&SearchRequest { params: walks, ..SearchRequest::new(&[]) }),
        recall_at_10: mean(&recalls),
        ndcg_at_10: mean(&ndcgs),
    })
}

/// An index of the candidates: keys are their numbers, labels those of their parts.
fn build(dataset: &Dataset, vectors: &Vectors, folder: &Path) -> Result<Arc<Snapshot>> {
    let config = IndexConfig::new(vectors.candidates.ncols(), Metric::Cosine);
    let mut writer = Index::create(folder, config)?.writer()?;
    for (number, part) in dataset.parts().iter().enumerate() {
        let label = label_of(number, &part.language)?;
        for candidate in part.candidates.clone() {
            let vector = vectors.candidates.row(candidate).to_vec();
            writer.upsert(Key(candidate as u64), label, &vector, b"")?;
        }
    }
    Ok(writer.commit()?)
}

/// The share of the nearest that was found; distances of both are of the same vectors.
fn found_share(found: &[Neighbor], nearest: &[Neighbor]) -> f64 {
    let Some(last) = nearest.last() else { return 1.0 };
    let near = found.iter().filter(|neighbor| neighbor.distance <= last.distance).count();
    near as f64 / nearest.len() as f64
}

fn judged(gold: &[usize], found: &[Neighbor]) -> JudgedRanking {
    let ranking: Vec<usize> = found.iter().map(|neighbor| neighbor.key.0 as usize).collect();
    JudgedRanking::new(&ranking, &gold.iter().map(|gold| (*gold, 1)).collect())
}
