//! `mlsearch index`.

mod add;
mod build;
mod compact;
mod delete;
mod info;
mod layout;
mod verify;

use anyhow::Result;
use clap::Subcommand;

use crate::arguments::Global;
use crate::output::Console;

/// What is to be done with an index.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build an index of documents in files and folders
    Build(build::Build),
    /// Add documents; one with an id that is there already replaces it
    Add(add::Add),
    /// Delete documents by their ids
    Delete(delete::Delete),
    /// Merge the parts of an index and give back the space of deleted documents
    Compact(compact::Compact),
    /// Tell what an index holds
    Info(info::Info),
    /// Read every byte of an index and tell what is damaged
    Verify(verify::Verify),
}

impl Command {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        match self {
            Self::Build(command) => command.run(global, console),
            Self::Add(command) => command.run(global, console),
            Self::Delete(command) => command.run(global, console),
            Self::Compact(command) => command.run(global, console),
            Self::Info(command) => command.run(console),
            Self::Verify(command) => command.run(console),
        }
    }
}
