//! Distances that depend on the label: what a search changes so that no label is favoured.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::format::layout::LabelRun;
use crate::hnsw::Score;
use crate::id::Label;

/// What a search makes of the distances to a label's documents: `scale * distance + shift`.
///
/// The nearest are then those nearest by what comes of it, wherever they were before: the search
/// looks for them, and does not only reorder what it would have found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjustment {
    /// Greater than 0.
    pub scale: f32,
    /// In units of distance; greater puts the documents farther back.
    pub shift: f32,
}

/// The adjustments of a search by label; a label that is not named keeps its distances.
pub type Adjustments = BTreeMap<Label, Adjustment>;

impl Adjustment {
    /// Leaves distances as they are.
    pub const NONE: Self = Self { scale: 1.0, shift: 0.0 };

    /// What becomes of a distance.
    #[inline]
    pub fn apply(self, distance: f32) -> f32 {
        self.scale * distance + self.shift
    }

    /// What was a distance that became `adjusted`.
    pub fn undo(self, adjusted: f32) -> f32 {
        (adjusted - self.shift) / self.scale
    }
}

impl Default for Adjustment {
    fn default() -> Self {
        Self::NONE
    }
}

/// Checks that distances stay numbers, in order within a label.
pub(crate) fn check(adjustments: &Adjustments) -> Result<()> {
    let sound = |adjustment: &Adjustment| {
        adjustment.scale.is_normal() && adjustment.scale > 0.0 && adjustment.shift.is_finite()
    };
    match adjustments.iter().find(|(_, adjustment)| !sound(adjustment)) {
        None => Ok(()),
        Some((label, Adjustment { scale, shift })) => Err(Error::invalid(format!(
            "the distances of label {label} cannot be adjusted by scale {scale} and shift {shift}: \
             give a positive scale and a finite shift"
        ))),
    }
}

/// The adjustments of one segment, found by slot.
#[derive(Debug)]
pub(crate) struct SlotAdjustments {
    /// The end of each run of slots that have a label, ascending, and its adjustment.
    runs: Vec<(u32, Adjustment)>,
}

impl SlotAdjustments {
    pub(crate) fn new(labels: &[LabelRun], adjustments: &Adjustments) -> Self {
        let of = |label: &Label| adjustments.get(label).copied().unwrap_or_default();
        Self { runs: labels.iter().map(|run| (run.end, of(&run.label))).collect() }
    }

    /// The adjustment of a slot.
    #[inline]
    pub(crate) fn of(&self, slot: u32) -> Adjustment {
        let place = self.runs.partition_point(|(end, _)| *end <= slot);
        self.runs.get(place).map(|(_, adjustment)| *adjustment).unwrap_or_default()
    }

    /// The runs of slots that share an adjustment of their own.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Range<u32>> + '_ {
        let starts = std::iter::once(0).chain(self.runs.iter().map(|(end, _)| *end));
        starts.zip(&self.runs).map(|(start, (end, _))| start..*end)
    }
}

/// Measures as another does, and adjusts what comes of it.
#[derive(Debug)]
pub(crate) struct Adjusted<'search, S> {
    pub(crate) score: &'search S,
    pub(crate) adjustments: &'search SlotAdjustments,
}

impl<S: Score> Score for Adjusted<'_, S> {
    fn score(&self, nodes: &[u32], out: &mut Vec<f32>) {
        self.score.score(nodes, out);
        for (&node, distance) in nodes.iter().zip(out) {
            *distance = self.adjustments.of(node).apply(*distance);
        }
    }

    #[inline]
    fn prefetch(&self, node: u32) {
        self.score.prefetch(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_adjusted_can_be_undone() {
        let adjustment = Adjustment { scale: 1.5, shift: -0.25 };
        assert!((adjustment.undo(adjustment.apply(0.75)) - 0.75).abs() < 1e-6);
        assert_eq!(Adjustment::NONE.apply(0.3), 0.3);
    }

    #[test]
    fn slots_have_the_adjustment_of_their_label() {
        let run = |label, start, end| LabelRun { label: Label(label), start, end };
        let labels = [run(3, 0, 2), run(5, 2, 3), run(9, 3, 7)];
        let adjustments = Adjustments::from([
            (Label(5), Adjustment { scale: 1.0, shift: 0.5 }),
            (Label(9), Adjustment { scale: 2.0, shift: 0.0 }),
        ]);
        let slots = SlotAdjustments::new(&labels, &adjustments);
        let found: Vec<f32> = (0..8).map(|slot| slots.of(slot).apply(1.0)).collect();
        assert_eq!(found, [1.0, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0, 1.0]);
        assert_eq!(slots.runs().collect::<Vec<_>>(), [0..2, 2..3, 3..7]);
    }

    #[test]
    fn adjustments_that_lose_the_order_are_refused() {
        for adjustment in [
            Adjustment { scale: 0.0, shift: 0.0 },
            Adjustment { scale: -1.0, shift: 0.0 },
            Adjustment { scale: f32::NAN, shift: 0.0 },
            Adjustment { scale: 1.0, shift: f32::INFINITY },
        ] {
            let error = check(&Adjustments::from([(Label(1), adjustment)])).unwrap_err();
            assert!(error.to_string().contains("positive scale"), "{error}");
        }
    }
}
