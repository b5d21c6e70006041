//! Rankings of the multi task and their judgements, for other evaluation programs.

use std::ops::ControlFlow;
use std::path::Path;

use super::{Dataset, Vectors};
use crate::Result;
use crate::eval::blocks::{Scores, for_each_query};
use crate::eval::top::top;
use crate::eval::trec::{QrelsWriter, RunWriter};
use crate::eval::{Correcting, Progress, Stage};

/// How a run is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// Candidates of each query; all when `None`, which for XQuAD-R is 186 million lines.
    pub depth: Option<usize>,
    /// Name of the system, in the last column.
    pub tag: String,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { depth: Some(100), tag: "mlsearch".to_owned() }
    }
}

/// Writes the rankings of the multi task to the file `path` as a TREC run. Queries are named by
/// language and id (`de-56be…`), documents by the id of the [`Candidate`](super::Candidate).
///
/// # Errors
/// As [`score`](super::score), and [`Error::Io`](crate::Error::Io).
pub fn write_run(
    path: impl AsRef<Path>,
    dataset: &Dataset,
    vectors: &Vectors,
    correcting: Correcting<'_>,
    options: &RunOptions,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<()> {
    vectors.check(dataset)?;
    let depth = options.depth.unwrap_or(usize::MAX);
    let mut writer = RunWriter::create(path, &options.tag)?;
    let rank = |_: usize, Scores { corrected, .. }: Scores<'_>| -> Vec<(usize, f32)> {
        top(corrected, depth).into_iter().map(|place| (place, corrected[place])).collect()
    };
    vectors.with_pool(dataset, correcting, |pool| {
        for_each_query(pool, Stage::WritingRun, progress, rank, |query, ranking| {
            let candidates = dataset.candidates();
            let ranking = ranking.into_iter().map(|(place, score)| (&candidates[place].id, score));
            writer.write(&query_name(dataset, query), ranking)
        })
    })?;
    writer.finish()
}

/// Writes which candidates answer which queries of the multi task to the file `path` as TREC
/// relevance judgements, under the names that [`write_run`] uses.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io).
pub fn write_qrels(path: impl AsRef<Path>, dataset: &Dataset) -> Result<()> {
    let mut writer = QrelsWriter::create(path)?;
    for query in 0..dataset.questions().len() {
        let gold = dataset.gold(query).iter().map(|gold| (&dataset.candidates()[*gold].id, 1));
        writer.write(&query_name(dataset, query), gold)?;
    }
    writer.finish()
}

fn query_name(dataset: &Dataset, query: usize) -> String {
    let language = &dataset.parts()[dataset.part_of(query)].language;
    format!("{language}-{}", dataset.questions()[query].id)
}
