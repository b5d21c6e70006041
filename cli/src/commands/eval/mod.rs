//! `mlsearch eval`.

mod collections;
mod lareqa;
mod measuring;
mod run;
mod stages;
mod tables;

use anyhow::Result;
use clap::Subcommand;

use crate::arguments::Global;
use crate::output::Console;

/// What to measure retrieval on.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Does a question find its answer in every language? (XQuAD-R, MLQA-R)
    Lareqa(lareqa::Lareqa),
    /// Does a query find its documents? (folders of BEIR's form: BEIR, MIRACL, MTEB, your own)
    Beir(collections::Beir),
    /// Does a sentence find its translations? (parallel text: NTREX-128, Tatoeba)
    Bitext(collections::Bitext),
    /// How good are the rankings of a file? (any TREC run), and is another one better?
    Run(run::Run),
}

impl Command {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        match self {
            Self::Lareqa(command) => command.run(global, console),
            Self::Beir(command) => command.run(global, console),
            Self::Bitext(command) => command.run(global, console),
            Self::Run(command) => command.run(console),
        }
    }
}
