//! Everything that the command says.

pub(crate) mod answer;
pub(crate) mod bias;
pub(crate) mod graphs;
pub(crate) mod json;
pub(crate) mod problems;
pub(crate) mod progress;
pub(crate) mod style;
pub(crate) mod table;
mod wrap;

use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;
use clap::ColorChoice;
use terminal_size::{Width, terminal_size};

use crate::arguments::Global;
use style::{ERROR, WARNING};

/// Narrowest terminal that text is wrapped for.
const MIN_WIDTH: usize = 40;
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 110;

/// Standard output and standard error, and how much is said on them.
///
/// Results go to standard output, all else to standard error. Text is given with its colours,
/// which are taken out where they are not wanted.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    color: anstream::ColorChoice,
    verbosity: i8,
}

impl Console {
    pub(crate) fn new(global: &Global) -> Self {
        let color = match global.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let verbosity =
            if global.quiet { -1 } else { i8::try_from(global.verbose).unwrap_or(i8::MAX) };
        Self { color, verbosity }
    }

    /// -1 for quiet, 0, or how often more was asked for.
    pub(crate) fn verbosity(&self) -> i8 {
        self.verbosity
    }

    /// Whether only results and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.verbosity < 0
    }

    /// Writes a result for people.
    pub(crate) fn print(&self, text: &str) -> io::Result<()> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Says something beside the results, if anything may be said.
    pub(crate) fn say(&self, text: &str) {
        if !self.is_quiet() {
            self.say_anyway(text);
        }
    }

    /// Says that something may not be as the user thinks, if anything may be said.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("{WARNING}warning:{WARNING:#} {text}"));
    }

    /// Says what went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.say_anyway(&format!("{ERROR}error:{ERROR:#} {text}"));
    }

    fn say_anyway(&self, text: &str) {
        progress::without(|| {
            let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
            // There is nowhere else to say that nothing can be said.
            let _ = writeln!(stderr, "{text}");
        });
    }

    /// Whether standard output is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Columns that text is wrapped to.
    pub(crate) fn width(&self) -> usize {
        let columns = terminal_size().map_or(MAX_WIDTH, |(Width(columns), _)| usize::from(columns));
        columns.clamp(MIN_WIDTH, MAX_WIDTH)
    }
}
