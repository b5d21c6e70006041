//! A set of the slots of one segment, dense.

use std::ops::Range;

/// Slots of a segment, a bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SlotSet {
    words: Vec<u64>,
}

impl SlotSet {
    /// An empty set of slots below `slots`.
    pub(crate) fn new(slots: u32) -> SlotSet {
        SlotSet { words: vec![0; (slots as usize).div_ceil(64)] }
    }

    /// Whether a slot is in the set. Slots that do not exist are not.
    #[inline]
    pub(crate) fn contains(&self, slot: u32) -> bool {
        self.words.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 != 0)
    }

    /// Adds a slot that exists.
    pub(crate) fn insert(&mut self, slot: u32) {
        self.words[slot as usize / 64] |= 1 << (slot % 64);
    }

    /// Takes a slot out.
    pub(crate) fn remove(&mut self, slot: u32) {
        if let Some(word) = self.words.get_mut(slot as usize / 64) {
            *word &= !(1 << (slot % 64));
        }
    }

    /// Adds slots that exist.
    pub(crate) fn insert_range(&mut self, slots: Range<u32>) {
        let (mut start, end) = (slots.start, slots.end);
        while start < end {
            let word = start / 64;
            let until = end.min((word + 1) * 64);
            let bits = if until - start == 64 {
                u64::MAX
            } else {
                ((1 << (until - start)) - 1) << (start % 64)
            };
            self.words[word as usize] |= bits;
            start = until;
        }
    }

    /// Keeps the slots that another set of the same segment has too.
    pub(crate) fn intersect(&mut self, other: &SlotSet) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// How many slots it has.
    pub(crate) fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The slots, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(position, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(position as u32 * 64 + bit)
            })
        })
    }
}
