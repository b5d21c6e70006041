//! Results for programs.

use std::io::{self, BufWriter, Write};

use anyhow::Result;
use serde::Serialize;

use super::Console;

/// Writes one JSON object: on a line, or over several where a person reads it.
pub(crate) fn print(value: &impl Serialize, console: &Console) -> Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    if console.is_terminal() {
        serde_json::to_writer_pretty(&mut stdout, value)?;
    } else {
        serde_json::to_writer(&mut stdout, value)?;
    }
    stdout.write_all(b"\n")?;
    stdout.flush()?;
    Ok(())
}
