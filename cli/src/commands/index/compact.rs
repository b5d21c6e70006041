//! `mlsearch index compact`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use mlsearch::{Engine, EngineInfo};
use serde::Serialize;

use crate::arguments::{Global, Writing};
use crate::interrupt;
use crate::output::graphs::Graphs;
use crate::output::style::{HEADING, bytes, count, counted, duration};
use crate::output::table::{Align, Table};
use crate::output::{Console, json};

#[derive(Debug, Args)]
#[command(after_help = "\
Indexes merge and clean up as they grow: this is for one that will not change for long, or that lost
many documents. It takes room on the disk for the new files beside the old ones. It can be stopped at
any time: the index can then be searched as before.")]
pub(crate) struct Compact {
    /// Folder of the index
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    index: PathBuf,

    #[command(flatten)]
    writing: Writing,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// What became of an index.
#[derive(Debug, Serialize)]
struct Report {
    documents: u64,
    before: State,
    after: State,
    seconds: f64,
}

/// What an index consisted of at a time.
#[derive(Debug, Serialize)]
struct State {
    segments: u64,
    deleted: u64,
    bytes: u64,
}

impl State {
    fn of(info: &EngineInfo) -> Self {
        Self { segments: info.segments.len() as u64, deleted: info.deleted, bytes: info.bytes }
    }
}

impl Compact {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let options = self.writing.apply(global.engine_options());
        let engine = Engine::open_with(&self.index, &options)?;
        let path = self.index.display();
        interrupt::leave_at_once(
            console,
            format!(
                "stopped: {path} can be searched as before; the next change removes what was begun"
            ),
        )?;
        let started = Instant::now();
        let before = State::of(&engine.info());
        let graphs = Graphs::watch(&engine, console);
        let documents = engine.compact()?;
        drop(graphs);
        let report = Report {
            documents,
            before,
            after: State::of(&engine.info()),
            seconds: started.elapsed().as_secs_f64(),
        };
        if self.json {
            return json::print(&report, console);
        }
        if !console.is_quiet() {
            let time = duration(started.elapsed());
            console.print(&format!(
                "{HEADING}{path} holds {}{HEADING:#}, compacted in {time}\n{}",
                counted(documents, "document"),
                table(&report)
            ))?;
        }
        Ok(())
    }
}

fn table(report: &Report) -> String {
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right])
        .with_header(&["", "before", "after"]);
    let Report { before, after, .. } = report;
    table.row(&["segments", &count(before.segments), &count(after.segments)]);
    table.row(&["deleted or replaced", &count(before.deleted), &count(after.deleted)]);
    table.row(&["size", &bytes(before.bytes), &bytes(after.bytes)]);
    table.render(2)
}
