//! `mlsearch demo`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use mlsearch::ingest::{Ingest, IngestOptions};
use mlsearch::{Answer, Document, Mode, Query};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::arguments::Global;
use crate::failure::Stopped;
use crate::interrupt::Interrupt;
use crate::loading::End;
use crate::new_index::NewIndex;
use crate::output::Console;
use crate::output::answer::{INDENT, asked, hit};
use crate::output::style::{COMMAND, DIM, HEADING, counted, duration, paragraph};

const PASSAGES: &str = include_str!("../../samples/passages.jsonl");
const QUERIES: &str = include_str!("../../samples/queries.jsonl");

/// Hits shown for a query.
const HITS: usize = 3;
/// Lines shown of the English version of a hit.
const ENGLISH_LINES: usize = 6;

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Keep the index in this folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,
}

/// A query that is shown.
struct Scene {
    title: &'static str,
    mode: Mode,
    /// In what language it is, for the reader.
    language: &'static str,
    /// What tells it among the sample queries.
    begins: &'static str,
    /// What it says in English, for the reader.
    english: &'static str,
}

const SCENES: [Scene; 4] = [
    Scene {
        title: "Documents of every language",
        mode: Mode::Multilingual,
        language: "Nepali",
        begins: "अर्को मौसममा",
        english: "How is grain seed kept safe from insects, to be planted in the next season?",
    },
    Scene {
        title: "Only documents in the query's language",
        mode: Mode::Monolingual,
        language: "Khmer",
        begins: "តើគេប្រើអ្វី",
        english: "What is used to attract fish in the dark?",
    },
    Scene {
        title: "Only documents in other languages",
        mode: Mode::CrossLingual,
        language: "Turkish",
        begins: "İlaç şişeleri",
        english: "How do bottles of medicine come to distant health centres in hot countries unspoilt?",
    },
    Scene {
        title: "A query that mixes languages",
        mode: Mode::Multilingual,
        language: "Spanish and English",
        begins: "Mi landlord",
        english: "My landlord does not want to give the money back when I leave the apartment: what proof do I need?",
    },
];

impl Demo {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let interrupt = Interrupt::take_over(console)?;
        let unfinished = || Stopped { outcome: "the demo did not come to its end".to_owned() };
        // Removed when it is dropped, which is after the engine.
        let temporary = TempDir::with_prefix("mlsearch-demo-")
            .map_err(|error| anyhow!("cannot create a temporary folder: {error}"))?;
        let passages = temporary.path().join("passages.jsonl");
        fs::write(&passages, PASSAGES)
            .map_err(|error| anyhow!("cannot write {}: {error}", passages.display()))?;
        let folder = self.output.clone().unwrap_or_else(|| temporary.path().join("demo.index"));

        let ingest = Ingest::open(&[passages], IngestOptions::default())?;
        let mut index = NewIndex::create(&folder, &global.engine_options())?;
        let (loaded, end) = index.load(ingest, true, &interrupt, console);
        match end {
            End::Done => {}
            End::Stopped => bail!(unfinished()),
            End::Failed(error) => return Err(error),
        }
        let engine = index.engine();
        console.print(&format!(
            "{HEADING}{} in {}{HEADING:#}, indexed in {}: each of 18 texts in every language.\n\
             {DIM}English: …{DIM:#} tells what a document says; the search does not use it.\n\n",
            counted(loaded.documents, "passage"),
            counted(engine.info().languages.len() as u64, "language"),
            duration(loaded.elapsed),
        ))?;

        let english = english_versions()?;
        for scene in &SCENES {
            if interrupt.is_wanted() {
                bail!(unfinished());
            }
            let answer = engine.search(Query {
                k: HITS,
                mode: scene.mode,
                ..Query::new(sample_query(scene)?)
            })?;
            console.print(&render(scene, &answer, &english, console.width()))?;
        }
        console.print(&next_steps(self.output.as_deref()))?;
        Ok(())
    }
}

/// The text of a scene's query.
fn sample_query(scene: &Scene) -> Result<String> {
    #[derive(Deserialize)]
    struct Sample {
        text: String,
    }
    let samples: Vec<Sample> = json_lines(QUERIES)?;
    let found = samples.into_iter().find(|sample| sample.text.starts_with(scene.begins));
    Ok(found
        .ok_or_else(|| anyhow!("the sample queries lack one that begins with {:?}", scene.begins))?
        .text)
}

/// The English passage of each group.
fn english_versions() -> Result<HashMap<String, String>> {
    let passages: Vec<Document> = json_lines(PASSAGES)?;
    let english = passages.into_iter().filter(|passage| {
        passage.language.as_ref().is_some_and(|language| language.as_str() == "en")
    });
    Ok(english.filter_map(|passage| Some((passage.group?, passage.text))).collect())
}

fn json_lines<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    Ok(text.lines().map(serde_json::from_str).collect::<serde_json::Result<_>>()?)
}

fn render(
    scene: &Scene,
    answer: &Answer,
    english: &HashMap<String, String>,
    width: usize,
) -> String {
    let mut text =
        format!("{HEADING}{}{HEADING:#}  {DIM}--mode {}{DIM:#}\n", scene.title, scene.mode);
    text.push_str(&asked(answer));
    text.push_str(&format!("{DIM}{}, in English: {}{DIM:#}\n\n", scene.language, scene.english));
    for found in &answer.hits {
        text.push_str(&hit(found, width));
        let version = found.group.as_ref().and_then(|group| english.get(group));
        if let Some(version) = version.filter(|version| **version != found.text) {
            let lines = paragraph(&format!("English: {version}"), width, INDENT, ENGLISH_LINES);
            text.push_str(&format!("{DIM}{}{DIM:#}\n", lines.trim_end_matches('\n')));
        }
        text.push('\n');
    }
    text
}

fn next_steps(kept: Option<&Path>) -> String {
    let command = |text: &str| format!("    {COMMAND}{text}{COMMAND:#}\n");
    let mut text = format!("{HEADING}With your own files{HEADING:#}\n");
    text.push_str(&command("mlsearch index build -o my.index FOLDER-OR-FILES"));
    text.push_str(&command("mlsearch query my.index \"what you want to know, in any language\""));
    match kept {
        Some(folder) => {
            text.push_str("The demo's index was kept; ask it something:\n");
            text.push_str(&command(&format!(
                "mlsearch query {} \"why is the sky red?\"",
                folder.display()
            )));
        }
        None => text
            .push_str("The demo's index is gone; `mlsearch demo --output demo.index` keeps it.\n"),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_hold_what_the_demo_shows() {
        for scene in &SCENES {
            sample_query(scene).expect("a query");
        }
        assert_eq!(english_versions().expect("passages").len(), 18);
    }
}
