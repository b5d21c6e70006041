//! hnsw_rs among the rivals of our index: the worker process that `benches/index_rivals.py` drives.

use std::path::Path;

use anyhow::Context;
use clap::Parser;
use hnsw_rs::prelude::{AnnT, DistL2, Hnsw, HnswIo};
use mlsearch_benches::rows::Rows;
use mlsearch_benches::worker::{self, Contestant};

const M: usize = 16;
const EF_CONSTRUCTION: usize = 200;
const MOST_LAYERS: usize = 16;
const NAME: &str = "index";

/// Builds and searches an index as it is told on standard input.
#[derive(Parser)]
struct Arguments {
    /// `f32` is all there is.
    variant: String,
}

/// Distances are Euclidean, which rank unit vectors as the cosine does: the crate's inner product
/// panics when rounding makes 1 - a·b negative.
#[derive(Default)]
struct HnswRs {
    index: Option<Hnsw<'static, f32, DistL2>>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    anyhow::ensure!(arguments.variant == "f32", "hnsw_rs has no variant {}", arguments.variant);
    worker::serve(HnswRs::default())
}

impl Contestant for HnswRs {
    fn version(&self) -> String {
        "0.3.5".to_owned()
    }

    fn build(&mut self, rows: &Rows, _folder: &Path) -> anyhow::Result<()> {
        let index = Hnsw::new(M, rows.len(), MOST_LAYERS, EF_CONSTRUCTION, DistL2);
        for (id, row) in rows.iter().enumerate() {
            index.insert_slice((row, id));
        }
        self.index = Some(index);
        Ok(())
    }

    fn save(&mut self, folder: &Path) -> anyhow::Result<()> {
        self.index.as_ref().context("nothing was built")?.file_dump(folder, NAME)?;
        Ok(())
    }

    fn open(&mut self, folder: &Path) -> anyhow::Result<()> {
        // The index borrows from what reads it, and lives as long as the process.
        let reader = Box::leak(Box::new(HnswIo::new(folder, NAME)));
        let mut index = reader.load_hnsw::<f32, DistL2>()?;
        index.set_searching_mode(true);
        self.index = Some(index);
        Ok(())
    }

    fn search(
        &self,
        query: &[f32],
        effort: Option<usize>,
        found: &mut [i32],
    ) -> anyhow::Result<()> {
        let index = self.index.as_ref().context("the index is not open")?;
        let ef = effort.context("hnsw_rs has no exact search")?;
        for (neighbour, found) in index.search(query, found.len(), ef).iter().zip(found) {
            *found = i32::try_from(neighbour.get_origin_id())?;
        }
        Ok(())
    }
}
