//! The progress of an evaluation on the terminal.

use mlsearch::eval::{self, Stage};

use crate::output::Console;
use crate::output::progress::Progress;

/// The progress of one stage after the other.
pub(super) struct Stages<'a> {
    current: Option<(Stage, Progress)>,
    console: &'a Console,
}

impl<'a> Stages<'a> {
    pub(super) fn new(console: &'a Console) -> Self {
        Self { current: None, console }
    }

    pub(super) fn show(&mut self, progress: eval::Progress) {
        let total = progress.total as u64;
        if self.current.as_ref().is_none_or(|(stage, _)| *stage != progress.stage) {
            // The bar before goes first: only one can be on the screen.
            self.current = None;
            let unit = match progress.stage {
                Stage::EncodingQueries => "question",
                Stage::EncodingCandidates => "candidate",
                Stage::Scoring | Stage::Walking | Stage::WritingRun => "ranking",
                _ => "item",
            };
            self.current = Some((progress.stage, Progress::start(Some(total), unit, self.console)));
        }
        if let Some((_, bar)) = &self.current {
            bar.update(progress.done as u64, progress.done as u64);
        }
    }
}
