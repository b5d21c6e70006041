//! `mlsearch index info`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mlsearch::{Engine, EngineInfo, GraphStatistics, Language, LanguageStatistics, SegmentInfo};
use serde::Serialize;

use crate::output::style::{HEADING, bytes, count};
use crate::output::table::{Align, Table};
use crate::output::{Console, json};

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// Folder of the index
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    index: PathBuf,

    /// Tell how far the documents of each language lie from their mean; reads the vectors of
    /// deleted documents
    #[arg(long)]
    languages: bool,

    /// Tell what the graph of each segment is like; reads all links
    #[arg(long)]
    graph: bool,

    /// Print a JSON object, which has all of it
    #[arg(long)]
    json: bool,
}

/// What an index holds, with what takes longer to find out.
#[derive(Serialize)]
struct Report<'info> {
    #[serde(flatten)]
    info: &'info EngineInfo,
    language_statistics: Option<BTreeMap<Language, LanguageStatistics>>,
    graph_statistics: Option<Vec<GraphStatistics>>,
}

impl Info {
    pub(crate) fn run(&self, console: &Console) -> Result<()> {
        let engine = Engine::open(&self.index)?;
        let wants = |wanted: bool| wanted || self.json;
        let report = Report {
            info: &engine.info(),
            language_statistics: wants(self.languages)
                .then(|| engine.language_statistics())
                .transpose()?,
            graph_statistics: wants(self.graph).then(|| engine.graph_statistics()).transpose()?,
        };
        if self.json {
            return json::print(&report, console);
        }
        console.print(&render(&report))?;
        Ok(())
    }
}

fn render(report: &Report) -> String {
    let info = report.info;
    let path = info.path.display();
    let mut text = format!("{HEADING}{path}{HEADING:#}\n{}", facts(info).render(2));
    let tables = [
        languages(info, report.language_statistics.as_ref()),
        segments(&info.segments),
        parts(info),
        report.graph_statistics.as_deref().and_then(graphs),
    ];
    for table in tables.into_iter().flatten() {
        text.push('\n');
        text.push_str(&table.render(2));
    }
    if report.graph_statistics.as_ref().is_some_and(Vec::is_empty) {
        text.push_str("\n  no segment has a graph: all are small enough to be searched whole\n");
    }
    text
}

fn facts(info: &EngineInfo) -> Table {
    let mut facts = Table::new(&[Align::Left, Align::Left]);
    facts.row(&["documents", &count(info.documents)]);
    facts.row(&["deleted or replaced", &count(info.deleted)]);
    facts.row(&["size", &bytes(info.bytes)]);
    facts.row(&["model", &format!("{} {}", info.model.name, info.model.version)]);
    facts.row(&["fingerprint", &info.model.fingerprint]);
    let vectors = format!(
        "{} components, kept in {} precision, compared by {}",
        info.dimension, info.originals, info.quantization
    );
    facts.row(&["vectors", &vectors]);
    let graph = format!("m = {}, ef_construction = {}", info.hnsw.m, info.hnsw.ef_construction);
    facts.row(&["graph", &graph]);
    if !info.filterable.is_empty() {
        facts.row(&["filterable fields", &info.filterable.join(", ")]);
    }
    facts.row(&["format version", &info.format_version.to_string()]);
    facts.row(&["commits", &count(info.generation)]);
    facts.row(&["segments", &count(info.segments.len() as u64)]);
    facts
}

/// Documents of each language, most first, and their spread where it is known.
fn languages(
    info: &EngineInfo,
    statistics: Option<&BTreeMap<Language, LanguageStatistics>>,
) -> Option<Table> {
    let mut counts: Vec<_> = info.languages.iter().collect();
    counts.sort_by_key(|(language, documents)| (Reverse(**documents), (*language).clone()));
    let columns = [Align::Left, Align::Right, Align::Right];
    let shown = if statistics.is_some() { 3 } else { 2 };
    let mut table =
        Table::new(&columns[..shown]).with_header(&["language", "documents", "spread"][..shown]);
    for (language, documents) in counts {
        let spread = statistics.and_then(|statistics| statistics.get(language));
        let spread = spread.map_or("-".to_owned(), |known| format!("{:.3}", known.spread));
        table.row(&[language.as_str(), &count(*documents), &spread][..shown]);
    }
    (!info.languages.is_empty()).then_some(table)
}

fn segments(segments: &[SegmentInfo]) -> Option<Table> {
    let mut table = Table::new(&[Align::Right; 5]).with_header(&[
        "segment",
        "documents",
        "deleted",
        "share",
        "size",
    ]);
    for segment in segments {
        table.row(&[
            segment.number.to_string(),
            count(segment.documents),
            count(segment.deleted),
            percent(segment.deleted_share),
            bytes(segment.bytes),
        ]);
    }
    (!segments.is_empty()).then_some(table)
}

/// Where the bytes are: the sections of all segments, largest first, then the other files.
fn parts(info: &EngineInfo) -> Option<Table> {
    let mut sections: Vec<(&str, u64)> =
        info.sections.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    sections.sort_by_key(|(name, bytes)| (Reverse(*bytes), *name));
    let others = info.files.iter().filter(|(kind, _)| *kind != "segment").map(|(kind, bytes)| {
        let name = match kind.as_str() {
            "payload" => "payloads",
            "deleted" => "deletions",
            other => other,
        };
        (name, *bytes)
    });
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right])
        .with_header(&["part", "size", "share"]);
    for (name, size) in sections.iter().copied().chain(others) {
        table.row(&[name, &bytes(size), &percent(size as f64 / info.bytes.max(1) as f64)]);
    }
    (!sections.is_empty()).then_some(table)
}

fn graphs(graphs: &[GraphStatistics]) -> Option<Table> {
    let mut columns = [Align::Right; 6];
    columns[1] = Align::Left;
    let mut table = Table::new(&columns).with_header(&[
        "graph of segment",
        "documents by level",
        "links: least",
        "mean",
        "most",
        "reachable",
    ]);
    for graph in graphs {
        let levels: Vec<String> = graph.levels.iter().map(|level| count(*level)).collect();
        let documents = graph.levels.first().copied().unwrap_or(0);
        let reachable = match graph.reachable == documents {
            true => "all".to_owned(),
            false => format!("{} of {}", count(graph.reachable), count(documents)),
        };
        table.row(&[
            graph.segment.to_string(),
            levels.join(" / "),
            graph.least_degree.to_string(),
            format!("{:.1}", graph.mean_degree),
            graph.greatest_degree.to_string(),
            reachable,
        ]);
    }
    (!graphs.is_empty()).then_some(table)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
