//! `mlsearch index verify`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use mlsearch::Engine;

use crate::failure::Unsound;
use crate::output::Console;
use crate::output::style::{ERROR, GOOD, bytes, counted};

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Folder of the index
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    index: PathBuf,
}

impl Verify {
    pub(crate) fn run(&self, console: &Console) -> Result<()> {
        let report = Engine::verify(&self.index)?;
        let index = self.index.display();
        if report.is_sound() {
            if !console.is_quiet() {
                console.print(&format!(
                    "{GOOD}{index} is sound{GOOD:#}: {}, {}, {}\n",
                    counted(report.documents, "document"),
                    counted(report.files as u64, "file"),
                    bytes(report.bytes)
                ))?;
            }
            return Ok(());
        }
        let mut text = format!("{ERROR}{index} is damaged{ERROR:#}\n");
        for problem in &report.problems {
            text.push_str(&format!("  {}: {}\n", problem.path.display(), problem.what));
        }
        text.push_str("restore it from a copy, or build it again\n");
        console.print(&text)?;
        bail!(Unsound)
    }
}
