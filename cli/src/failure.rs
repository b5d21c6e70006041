//! How a command that did not succeed ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::output::Console;

/// Exit code of a command that was stopped by Ctrl-C, as a shell would report it.
const STOPPED: u8 = 130;

/// Exit code for arguments that do not go together, as clap's own.
const WRONG_USAGE: u8 = 2;

/// The command stopped because the user wanted it to.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// What there is now.
    pub(crate) outcome: String,
}

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "stopped: {}", self.outcome)
    }
}

impl std::error::Error for Stopped {}

/// The command did its work, told what it found, and that was not good.
#[derive(Debug)]
pub(crate) struct Unsound;

impl fmt::Display for Unsound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("something is wrong, as told above")
    }
}

impl std::error::Error for Unsound {}

/// Tells the user what went wrong, and returns the exit code for it.
pub(crate) fn report(error: &anyhow::Error, console: &Console) -> ExitCode {
    if is_broken_pipe(error) {
        // Whoever read the output has enough.
        return ExitCode::SUCCESS;
    }
    if error.is::<Unsound>() {
        return ExitCode::FAILURE;
    }
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        console.say(&stopped.to_string());
        return ExitCode::from(STOPPED);
    }
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        // As if it had been seen while the arguments were read.
        let _ = usage.print();
        return ExitCode::from(WRONG_USAGE);
    }
    // The messages tell their causes themselves.
    console.error(&error.to_string());
    ExitCode::FAILURE
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let kind = match cause.downcast_ref::<serde_json::Error>() {
            Some(error) => error.io_error_kind(),
            None => cause.downcast_ref::<io::Error>().map(io::Error::kind),
        };
        kind == Some(io::ErrorKind::BrokenPipe)
    })
}
