//! Ctrl-C: the first asks the command to stop, the second ends it.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::output::Console;

/// Whether the user wants the command to stop.
#[derive(Clone)]
pub(crate) struct Interrupt {
    wanted: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes over Ctrl-C, and the signals with which systems end programs. Call once.
    pub(crate) fn take_over(console: &Console) -> Result<Self> {
        let wanted = Arc::new(AtomicBool::new(false));
        let interrupt = Self { wanted: Arc::clone(&wanted) };
        let console = console.clone();
        ctrlc::set_handler(move || {
            if wanted.swap(true, Ordering::SeqCst) {
                leave();
            }
            console.say("stopping after this batch; press Ctrl-C again to stop at once");
        })
        .context("cannot listen to Ctrl-C")?;
        Ok(interrupt)
    }

    /// Whether the user wants the command to stop.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }
}

/// Lets Ctrl-C end the command at once, after a word about what there is then: for work that has
/// nothing to put in order. Call once, in place of [`Interrupt::take_over`].
pub(crate) fn leave_at_once(console: &Console, outcome: String) -> Result<()> {
    let console = console.clone();
    ctrlc::set_handler(move || {
        console.say(&outcome);
        leave();
    })
    .context("cannot listen to Ctrl-C")
}

#[expect(clippy::exit, reason = "the user insists, and the command may be busy for long")]
fn leave() -> ! {
    process::exit(130)
}
