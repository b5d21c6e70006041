//! The commands, one a file.

mod completions;
mod demo;
mod doctor;
mod encode;
mod eval;
mod index;
mod query;

use anyhow::Result;
use clap::Subcommand;

use crate::arguments::Arguments;
use crate::output::Console;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what it does: build an index of sample passages in 22 languages and query it
    Demo(demo::Demo),
    /// Build an index, change it, and look into it
    #[command(subcommand)]
    Index(index::Command),
    /// Find the documents of an index that are nearest to a query in meaning
    Query(query::Query),
    /// Turn texts into vectors
    Encode(encode::Encode),
    /// Measure retrieval on published data sets
    #[command(subcommand)]
    Eval(eval::Command),
    /// Check that everything works on this machine, and tell what does not
    Doctor(doctor::Doctor),
    /// Print the completion script of a shell
    Completions(completions::Completions),
}

/// Does what the arguments say.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<()> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Demo(command) => command.run(global, console),
        Command::Index(command) => command.run(global, console),
        Command::Query(command) => command.run(global, console),
        Command::Encode(command) => command.run(global, console),
        Command::Eval(command) => command.run(global, console),
        Command::Doctor(command) => command.run(global, console),
        Command::Completions(command) => command.run(),
    }
}
