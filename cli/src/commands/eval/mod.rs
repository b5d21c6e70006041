//! `mlsearch eval`.

mod lareqa;

use anyhow::Result;
use clap::Subcommand;

use crate::arguments::Global;
use crate::output::Console;

/// Data sets to measure retrieval on.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Does a question find its answer in every language? (XQuAD-R, MLQA-R)
    Lareqa(lareqa::Lareqa),
}

impl Command {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        match self {
            Self::Lareqa(command) => command.run(global, console),
        }
    }
}
