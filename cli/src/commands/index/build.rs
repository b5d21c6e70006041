//! `mlsearch index build`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use mlsearch::ingest::Ingest;
use mlsearch::{Engine, EngineOptions};

use super::layout::Layout;
use crate::arguments::{Global, Input, Writing};
use crate::failure::Stopped;
use crate::interrupt::Interrupt;
use crate::loading::{End, Loaded};
use crate::new_index::NewIndex;
use crate::output::Console;
use crate::output::style::{DIM, HEADING, LANGUAGE, bytes, count, counted, duration, rate};
use crate::output::table::{Align, Table};
use crate::peak_memory::peak_memory;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mlsearch index build -o notes.index notes/
  mlsearch index build -o articles.index articles.jsonl --text-field body
  mlsearch index build -o laws.index laws.jsonl --filterable year,topic,author.name
  zcat dump.jsonl.gz | mlsearch index build -o dump.index -
  mlsearch index build -o large.index large.jsonl --quantization int4 --memory 8GiB

Long builds commit now and then: what was committed stays when one is stopped, and the same
command with --resume goes on from there, without encoding that again.

What --filterable names can be asked for with `mlsearch query --where`, later documents included.
Texts and numbers are told apart: columns of CSV and TSV are texts.")]
pub(crate) struct Build {
    /// Folder of the new index
    #[arg(short, long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: PathBuf,

    /// Fields of the documents to filter by, with dots for fields within fields; `id`,
    /// `language` and `group` always can be
    #[arg(long, value_name = "FIELD,FIELD", value_delimiter = ',')]
    filterable: Vec<String>,

    /// Go on with a build that was stopped: what the index has already is left as it is. It keeps
    /// the layout that it was created with
    #[arg(long)]
    resume: bool,

    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    writing: Writing,

    #[command(flatten)]
    layout: Layout,
}

impl Build {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let options = self.input.options();
        let strict = options.strict;
        let ingest = Ingest::open(&self.input.inputs, options)?;
        let skipped = ingest.skipped();
        let interrupt = Interrupt::take_over(console)?;
        let options = self.layout.apply(self.writing.apply(global.engine_options()));
        let options = EngineOptions { filterable: self.filterable.clone(), ..options };
        let mut index = match self.resume {
            true => NewIndex::create_or_resume(&self.output, &options)?,
            false => NewIndex::create(&self.output, &options)?,
        };
        let (loaded, end) = index.load(ingest, strict, &interrupt, console);
        let engine = index.engine();
        match end {
            End::Done if loaded.committed == 0 => bail!(nothing_found(&loaded, skipped)),
            End::Done => {
                if !console.is_quiet() {
                    console.print(&summary(&loaded, engine))?;
                }
                Ok(())
            }
            End::Stopped => bail!(Stopped { outcome: self.outcome(&index) }),
            End::Failed(error) => {
                console.say(&self.outcome(&index));
                Err(error)
            }
        }
    }

    /// What there is after a build that did not come to its end.
    fn outcome(&self, index: &NewIndex) -> String {
        let path = self.output.display();
        if index.is_refuse() {
            return format!("nothing was committed yet, and {path} was removed");
        }
        let documents = counted(index.engine().len(), "document");
        format!(
            "{path} holds {documents} and can be searched; the same command with --resume adds the others"
        )
    }
}

fn nothing_found(loaded: &Loaded, skipped: u64) -> String {
    match (loaded.problems, skipped) {
        (0, 0) => "there are no documents in the input".to_owned(),
        (0, skipped) => format!(
            "there are no documents in the input: {} were left out because they are hidden or of a type that is \
             not read",
            counted(skipped, "file")
        ),
        (problems, _) => {
            format!(
                "there are no documents in the input that could be read, and {}",
                counted(problems, "problem")
            )
        }
    }
}

/// What was built, for people.
fn summary(loaded: &Loaded, engine: &Engine) -> String {
    let info = engine.info();
    let mut text = format!(
        "{HEADING}{} in {}{HEADING:#}, {} on disk\n",
        counted(info.documents, "document"),
        counted(info.languages.len() as u64, "language"),
        bytes(info.bytes),
    );
    let mut languages: Vec<_> = info.languages.iter().collect();
    languages
        .sort_by_key(|(language, documents)| (std::cmp::Reverse(**documents), (*language).clone()));
    let list: Vec<String> = languages
        .iter()
        .map(|(language, documents)| {
            format!("{LANGUAGE}{language}{LANGUAGE:#} {}", count(**documents))
        })
        .collect();
    text.push_str(&format!("{}\n", list.join(", ")));
    text.push_str(&format!("{DIM}{}{DIM:#}", tally(loaded).render(0)));
    text
}

/// What was done, in figures.
pub(super) fn tally(loaded: &Loaded) -> Table {
    let mut table = Table::new(&[Align::Left, Align::Right]);
    table.row(&["documents read", &count(loaded.documents)]);
    if loaded.unchanged > 0 {
        table.row(&["there already", &count(loaded.unchanged)]);
    }
    table.row(&["problems", &count(loaded.problems)]);
    if loaded.skipped > 0 {
        table.row(&["files left out", &count(loaded.skipped)]);
    }
    table.row(&["time", &duration(loaded.elapsed)]);
    table.row(&["documents/s", &rate(loaded.documents, loaded.elapsed)]);
    if let Some(peak) = peak_memory() {
        table.row(&["peak memory", &bytes(peak)]);
    }
    table
}
