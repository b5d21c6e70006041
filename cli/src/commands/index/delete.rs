//! `mlsearch index delete`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mlsearch::Engine;

use crate::arguments::Global;
use crate::output::Console;
use crate::output::graphs::Graphs;
use crate::output::style::{counted, one_line};

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Folder of the index
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    index: PathBuf,

    /// Ids of the documents
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

impl Delete {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let engine = Engine::open_with(&self.index, &global.engine_options())?;
        let there = engine.delete(&self.ids)?;
        let graphs = Graphs::watch(&engine, console);
        let documents = engine.commit()?;
        drop(graphs);
        for (id, there) in self.ids.iter().zip(&there) {
            if !there {
                console.warn(&format!("there is no document `{}`", one_line(id)));
            }
        }
        if !console.is_quiet() {
            let deleted = there.iter().filter(|there| **there).count() as u64;
            let index = self.index.display();
            console.print(&format!(
                "{} deleted; {index} holds {}\n",
                counted(deleted, "document"),
                counted(documents, "document")
            ))?;
        }
        Ok(())
    }
}
