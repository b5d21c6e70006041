//! Bad lines of the input, told one by one as long as they are not too many.

use super::Console;
use super::style::counted;

/// Problems that are told one by one, unless the user wants more.
const MOST: u64 = 100;

/// Tells and counts problems.
pub(crate) struct Problems<'a> {
    console: &'a Console,
    count: u64,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(console: &'a Console) -> Self {
        Self { console, count: 0 }
    }

    /// Problems so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Tells a problem.
    pub(crate) fn tell(&mut self, problem: &str) {
        self.count += 1;
        if self.count <= MOST || self.console.verbosity() > 0 {
            self.console.warn(problem);
        }
    }

    /// Tells how many were not told.
    pub(crate) fn finish(&self) {
        if self.count > MOST && self.console.verbosity() == 0 {
            let more = counted(self.count - MOST, "more problem");
            self.console.say(&format!("and {more}, which --verbose would show"));
        }
    }
}
