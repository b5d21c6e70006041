//! `mlsearch index info`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mlsearch::{Engine, EngineInfo};

use crate::output::style::{HEADING, bytes, count};
use crate::output::table::{Align, Table};
use crate::output::{Console, json};

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// Folder of the index
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    index: PathBuf,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Info {
    pub(crate) fn run(&self, console: &Console) -> Result<()> {
        let info = Engine::open(&self.index)?.info();
        if self.json {
            return json::print(&info, console);
        }
        console.print(&render(&info))?;
        Ok(())
    }
}

fn render(info: &EngineInfo) -> String {
    let mut facts = Table::new(&[Align::Left, Align::Left]);
    facts.row(&["documents", &count(info.documents)]);
    facts.row(&["deleted or replaced", &count(info.deleted)]);
    facts.row(&["size", &bytes(info.bytes)]);
    facts.row(&["model", &format!("{} {}", info.model.name, info.model.version)]);
    facts.row(&["fingerprint", &info.model.fingerprint]);
    facts.row(&["vectors", &format!("{} components, {}", info.dimension, info.quantization)]);
    if !info.filterable.is_empty() {
        facts.row(&["filterable fields", &info.filterable.join(", ")]);
    }
    facts.row(&["format version", &info.format_version.to_string()]);
    facts.row(&["commits", &count(info.generation)]);
    facts.row(&["segments", &count(info.segments.len() as u64)]);

    let mut languages =
        Table::new(&[Align::Left, Align::Right]).with_header(&["language", "documents"]);
    let mut counts: Vec<_> = info.languages.iter().collect();
    counts
        .sort_by_key(|(language, documents)| (std::cmp::Reverse(**documents), (*language).clone()));
    for (language, documents) in counts {
        languages.row(&[language.as_str(), &count(*documents)]);
    }

    let mut segments = Table::new(&[Align::Right, Align::Right, Align::Right, Align::Right])
        .with_header(&["segment", "documents", "deleted", "size"]);
    for segment in &info.segments {
        segments.row(&[
            segment.number.to_string(),
            count(segment.documents),
            count(segment.deleted),
            bytes(segment.files.values().sum()),
        ]);
    }
    let path = info.path.display();
    let mut text = format!("{HEADING}{path}{HEADING:#}\n{}", facts.render(2));
    for (table, is_empty) in
        [(languages, info.languages.is_empty()), (segments, info.segments.is_empty())]
    {
        if !is_empty {
            text.push('\n');
            text.push_str(&table.render(2));
        }
    }
    text
}
