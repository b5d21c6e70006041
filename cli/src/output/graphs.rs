//! How far the graph of a segment is, while a large one is built.

use std::sync::{Arc, Mutex, PoisonError};

use mlsearch::{BuildProgress, Engine};

use super::Console;
use super::progress::Progress;
use super::style::{bytes, counted};

/// Documents to link from which on it takes long enough for a bar...
const SHOWN_FROM: u64 = 5_000;
/// ... and for a word about the memory it takes.
const TOLD_FROM: u64 = 50_000;

/// Shows the graphs that an engine builds.
pub(crate) struct Graphs {
    shown: Arc<Mutex<Shown>>,
}

struct Shown {
    bar: Option<Progress>,
    /// The most memory that was told of.
    told: u64,
    console: Console,
}

impl Graphs {
    /// Shows what `engine` builds from now on.
    pub(crate) fn watch(engine: &Engine, console: &Console) -> Self {
        let shown = Shown { bar: None, told: 0, console: console.clone() };
        let shown = Arc::new(Mutex::new(shown));
        let told = Arc::clone(&shown);
        engine.on_progress(move |progress| {
            told.lock().unwrap_or_else(PoisonError::into_inner).show(progress);
        });
        Self { shown }
    }

    /// Takes the bar off the screen, after a commit.
    pub(crate) fn clear(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).bar = None;
    }
}

impl Drop for Graphs {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Shown {
    fn show(&mut self, progress: &BuildProgress) {
        let BuildProgress { done, total, memory_bytes, .. } = *progress;
        if self.bar.is_none() {
            let left = total.saturating_sub(done);
            if left < SHOWN_FROM {
                return;
            }
            // As an index grows, so do its graphs: what is little more is not told again.
            if left >= TOLD_FROM && memory_bytes >= 2 * self.told {
                self.console.say(&format!(
                    "linking {} takes up to {} of memory",
                    counted(total, "document"),
                    bytes(memory_bytes)
                ));
                self.told = memory_bytes;
            }
            self.bar = Some(Progress::resume(total, done, "document", " linked", &self.console));
        }
        if let Some(bar) = &self.bar {
            bar.update(done, done);
        }
        if done >= total {
            self.bar = None;
        }
    }
}
