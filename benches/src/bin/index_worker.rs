//! Our index among its rivals: the worker process that `benches/index_rivals.py` drives.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use mlsearch::index::{
    Index, IndexConfig, Key, Label, Metric, OpenOptions, Quantization, SearchParams, SearchRequest,
    Snapshot, WriterOptions,
};
use mlsearch_benches::rows::Rows;
use mlsearch_benches::worker::{self, Contestant};

/// Builds and searches an index as it is told on standard input.
#[derive(Parser)]
struct Arguments {
    /// A quantisation, which may end in `-pinned`; or `exact`.
    variant: String,
}

struct Ours {
    quantization: Quantization,
    pinned: bool,
    exact: bool,
    snapshot: Option<Arc<Snapshot>>,
}

fn main() -> anyhow::Result<()> {
    worker::serve(Ours::of(&Arguments::parse().variant)?)
}

/// What depends on which features the index has: all of it is here.
impl Ours {
    fn of(variant: &str) -> anyhow::Result<Ours> {
        let exact = variant == "exact";
        let (codes, pinned) = match variant.strip_suffix("-pinned") {
            Some(codes) => (codes, true),
            None => (if exact { "f32" } else { variant }, false),
        };
        let quantization = serde_json::from_value(codes.into())
            .with_context(|| format!("the index does not offer {codes}"))?;
        Ok(Ours { quantization, pinned, exact, snapshot: None })
    }

    fn config(&self, dimension: usize) -> IndexConfig {
        IndexConfig {
            quantization: self.quantization,
            ..IndexConfig::new(dimension, Metric::Cosine)
        }
    }

    /// One thread, and one segment: nothing is written before the commit.
    fn writer_options() -> WriterOptions {
        WriterOptions {
            buffer_bytes: usize::MAX,
            memory_bytes: usize::MAX,
            threads: Some(NonZeroUsize::MIN),
            ..WriterOptions::default()
        }
    }

    fn open_index(&self, folder: &Path) -> anyhow::Result<Index> {
        Ok(Index::open_with(folder, OpenOptions { pinned: self.pinned })?)
    }

    fn params(&self, k: usize, effort: Option<usize>) -> SearchParams {
        SearchParams { k, ef: effort, exact: self.exact, threads: Some(NonZeroUsize::MIN) }
    }
}

impl Contestant for Ours {
    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn efforts(&self) -> Vec<Option<usize>> {
        if self.exact { vec![None] } else { worker::EF_VALUES.map(Some).to_vec() }
    }

    fn build(&mut self, rows: &Rows, folder: &Path) -> anyhow::Result<()> {
        let index = Index::create(folder, self.config(rows.dimension()))?;
        let mut writer = index.writer_with(Self::writer_options())?;
        for (key, row) in (0..).zip(rows.iter()) {
            writer.upsert(Key(key), Label(0), row, b"")?;
        }
        writer.commit()?;
        Ok(())
    }

    fn save(&mut self, _folder: &Path) -> anyhow::Result<()> {
        Ok(())
    }

    fn open(&mut self, folder: &Path) -> anyhow::Result<()> {
        self.snapshot = Some(self.open_index(folder)?.snapshot());
        Ok(())
    }

    fn search(
        &self,
        query: &[f32],
        effort: Option<usize>,
        found: &mut [i32],
    ) -> anyhow::Result<()> {
        let snapshot = self.snapshot.as_ref().context("the index is not open")?;
        let request =
            SearchRequest { params: self.params(found.len(), effort), ..SearchRequest::new(query) };
        for (neighbor, found) in snapshot.search(&request)?.iter().zip(found) {
            *found = i32::try_from(neighbor.key.0)?;
        }
        Ok(())
    }
}
