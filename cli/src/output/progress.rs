//! How far a long command has come, on a terminal.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::Console;
use super::style::{counted, rate};

/// The bars on the screen, so that other lines can be written above them.
static SCREEN: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// A bar with rate and remaining time; nothing where standard error is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    /// What is counted.
    unit: &'static str,
    /// What has become of it.
    done: &'static str,
    /// Units that were done before this began, at no cost in time.
    before: u64,
}

impl Progress {
    /// A bar towards `total`, or without an end where that is not known.
    pub(crate) fn start(total: Option<u64>, unit: &'static str, console: &Console) -> Self {
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        Self::show(bar, unit, console)
    }

    /// A bar of `total` units, of which some were done before. The others become what `done`
    /// says.
    pub(crate) fn resume(
        total: u64,
        before: u64,
        unit: &'static str,
        done: &'static str,
        console: &Console,
    ) -> Self {
        let bar = ProgressBar::new(total).with_position(before);
        bar.reset_eta();
        let mut progress = Self::show(bar, unit, console);
        (progress.done, progress.before) = (done, before);
        progress
    }

    fn show(bar: ProgressBar, unit: &'static str, console: &Console) -> Self {
        // One that is not on the screen draws nothing.
        let bar = if console.is_quiet() { ProgressBar::hidden() } else { SCREEN.add(bar) };
        let template = match bar.length() {
            Some(_) => "{bar:32} {percent:>3} %  {msg}  {eta} left",
            None => "{spinner} {msg}  {elapsed}",
        };
        let style = ProgressStyle::with_template(template).expect("the templates are valid");
        bar.set_style(style.progress_chars("━╸─"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, started: Instant::now(), unit, done: "", before: 0 }
    }

    /// Says what is done before anything can be counted.
    pub(crate) fn announce(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// Moves the bar to `position`, where `done` units are done.
    pub(crate) fn update(&self, position: u64, done: u64) {
        self.bar.set_position(position);
        let rate = rate(done.saturating_sub(self.before), self.started.elapsed());
        self.bar.set_message(format!("{}{}, {rate}/s", counted(done, self.unit), self.done));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        SCREEN.remove(&self.bar);
    }
}

/// Does something while no bar is on the screen.
pub(crate) fn without(write: impl FnOnce()) {
    SCREEN.suspend(write);
}
