//! `mlsearch completions`.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments::Arguments;

#[derive(Debug, Args)]
#[command(
    after_help = "For example, for bash: mlsearch completions bash > ~/.local/share/bash-completion/completions/mlsearch"
)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<()> {
        let mut command = Arguments::command();
        let name = command.get_name().to_owned();
        // Into memory first: the generator panics when it cannot write.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        io::stdout().lock().write_all(&script)?;
        Ok(())
    }
}
