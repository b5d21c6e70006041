//! `mlsearch index add`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use mlsearch::Engine;
use mlsearch::ingest::Ingest;

use super::build::tally;
use crate::arguments::{Global, Input, Writing};
use crate::failure::Stopped;
use crate::interrupt::Interrupt;
use crate::loading::{End, load};
use crate::output::Console;
use crate::output::style::{DIM, HEADING, counted};

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Folder of the index
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    index: PathBuf,

    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    writing: Writing,
}

impl Add {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let options = self.input.options();
        let strict = options.strict;
        let ingest = Ingest::open(&self.input.inputs, options)?;
        let options = self.writing.apply(global.engine_options());
        let engine = Engine::open_with(&self.index, &options)?;
        let interrupt = Interrupt::take_over(console)?;
        let (loaded, end) = load(&engine, ingest, strict, &interrupt, console);
        let path = self.index.display();
        let outcome = || {
            let added = counted(loaded.committed, "document");
            format!(
                "{added} of this input were added; {path} holds {}",
                counted(engine.len(), "document")
            )
        };
        match end {
            End::Done => {
                if !console.is_quiet() {
                    let documents = counted(engine.len(), "document");
                    let tally = tally(&loaded).render(0);
                    console.print(&format!(
                        "{HEADING}{path} holds {documents}{HEADING:#}\n{DIM}{tally}{DIM:#}"
                    ))?;
                }
                Ok(())
            }
            End::Stopped => bail!(Stopped { outcome: outcome() }),
            End::Failed(error) => {
                console.say(&outcome());
                Err(error)
            }
        }
    }
}
