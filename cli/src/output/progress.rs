//! How far a long command has come, on a terminal.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Console;
use super::style::{counted, rate};

/// The bar on the screen, so that other lines can be written above it.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// A bar with rate and remaining time; nothing where standard error is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    /// What is counted.
    unit: &'static str,
}

impl Progress {
    /// A bar towards `total`, or without an end where that is not known.
    pub(crate) fn start(total: Option<u64>, unit: &'static str, console: &Console) -> Self {
        let target = if console.is_quiet() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(total, target);
        let template = match total {
            Some(_) => "{bar:32} {percent:>3} %  {msg}  {eta} left",
            None => "{spinner} {msg}  {elapsed}",
        };
        let style = ProgressStyle::with_template(template).expect("the templates are valid");
        bar.set_style(style.progress_chars("━╸─"));
        bar.enable_steady_tick(Duration::from_millis(200));
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
        Self { bar, started: Instant::now(), unit }
    }

    /// Says what is done before anything can be counted.
    pub(crate) fn announce(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// Moves the bar to `position`, where `done` units are done.
    pub(crate) fn update(&self, position: u64, done: u64) {
        self.bar.set_position(position);
        let rate = rate(done, self.started.elapsed());
        self.bar.set_message(format!("{}, {rate}/s", counted(done, self.unit)));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Does something while no bar is on the screen.
pub(crate) fn without(write: impl FnOnce()) {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match shown {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}
