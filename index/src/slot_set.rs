//! Sets of slots of one segment, a bit each.

use std::ops::Range;

/// A set of slots below some number: one bit a slot, in words of 64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotSet {
    words: Vec<u64>,
    slots: u32,
}

#[allow(dead_code, reason = "a set is whole, whichever part of it is searched with")]
impl SlotSet {
    /// No slots, of so many.
    pub(crate) fn empty(slots: u32) -> SlotSet {
        SlotSet { words: vec![0; (slots as usize).div_ceil(64)], slots }
    }

    /// All of so many slots.
    pub(crate) fn full(slots: u32) -> SlotSet {
        let mut set = SlotSet::empty(slots);
        set.not();
        set
    }

    /// How many slots there are to choose from.
    pub(crate) fn slots(&self) -> u32 {
        self.slots
    }

    /// Adds a slot, and returns whether there is such a slot.
    #[inline]
    pub(crate) fn insert(&mut self, slot: u32) -> bool {
        if slot >= self.slots {
            return false;
        }
        self.words[slot as usize / 64] |= 1 << (slot % 64);
        true
    }

    /// Adds the slots of a range, as far as there are such slots.
    pub(crate) fn insert_range(&mut self, slots: Range<u32>) {
        for (word, mask) in masks(self.clip(slots)) {
            self.words[word] |= mask;
        }
    }

    /// Takes a slot out.
    pub(crate) fn remove(&mut self, slot: u32) {
        if slot < self.slots {
            self.words[slot as usize / 64] &= !(1 << (slot % 64));
        }
    }

    /// Whether a slot is in the set.
    #[inline]
    pub(crate) fn contains(&self, slot: u32) -> bool {
        slot < self.slots && self.words[slot as usize / 64] >> (slot % 64) & 1 == 1
    }

    /// How many slots are in the set.
    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many slots of a range are in the set.
    pub(crate) fn count_range(&self, slots: Range<u32>) -> u64 {
        masks(self.clip(slots))
            .map(|(word, mask)| u64::from((self.words[word] & mask).count_ones()))
            .sum()
    }

    /// Whether no slot is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Keeps the slots that are in `other`, too, which is of the same segment.
    pub(crate) fn and(&mut self, other: &SlotSet) {
        assert_eq!(self.slots, other.slots, "sets of one segment");
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds the slots of `other`, which is of the same segment.
    pub(crate) fn or(&mut self, other: &SlotSet) {
        assert_eq!(self.slots, other.slots, "sets of one segment");
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes out what was in, and adds what was not.
    pub(crate) fn not(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        if let (Some(last), bits @ 1..) = (self.words.last_mut(), self.slots % 64) {
            *last &= (1 << bits) - 1;
        }
    }

    /// The slots of a range that are in the set, ascending.
    pub(crate) fn iter_range(&self, slots: Range<u32>) -> impl Iterator<Item = u32> {
        masks(self.clip(slots)).flat_map(|(at, mask)| {
            let mut word = self.words[at] & mask;
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros())?;
                word &= word - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }

    /// The slots of the set, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.iter_range(0..self.slots)
    }

    fn clip(&self, slots: Range<u32>) -> Range<u32> {
        slots.start..slots.end.min(self.slots)
    }
}

/// The words that a range of slots touches, and which of their bits.
fn masks(slots: Range<u32>) -> impl Iterator<Item = (usize, u64)> {
    let Range { start, end } = slots;
    let words = if start < end { start / 64..(end - 1) / 64 + 1 } else { 0..0 };
    words.map(move |word| {
        let first = start.max(word * 64) % 64;
        let bits = end.min((word + 1).saturating_mul(64)) - start.max(word * 64);
        (word as usize, (u64::MAX >> (64 - bits)) << first)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sets(slots: u32) -> impl Strategy<Value = BTreeSet<u32>> {
        prop::collection::btree_set(0..slots, 0..slots as usize)
    }

    fn set(slots: u32, members: &BTreeSet<u32>) -> SlotSet {
        let mut set = SlotSet::empty(slots);
        members.iter().for_each(|&slot| assert!(set.insert(slot)));
        set
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_set_of_slots_behaves_as_a_set(
            (slots, one, other) in (1..200u32).prop_flat_map(|n| (Just(n), sets(n), sets(n))),
            start in 0..250u32,
            end in 0..250u32,
        ) {
            let (a, b) = (set(slots, &one), set(slots, &other));
            let range: BTreeSet<u32> = (start..end.min(slots)).collect();
            prop_assert_eq!(a.count(), one.len() as u64);
            prop_assert_eq!(a.is_empty(), one.is_empty());
            prop_assert!(a.iter().eq(one.iter().copied()));
            prop_assert!(a.iter_range(start..end).eq(one.intersection(&range).copied()));
            prop_assert_eq!(a.count_range(start..end), one.intersection(&range).count() as u64);
            for slot in 0..250 {
                prop_assert_eq!(a.contains(slot), one.contains(&slot));
            }
            let mut both = a.clone();
            both.and(&b);
            prop_assert!(both.iter().eq(one.intersection(&other).copied()));
            let mut either = a.clone();
            either.or(&b);
            prop_assert!(either.iter().eq(one.union(&other).copied()));
            let mut rest = a.clone();
            rest.not();
            prop_assert!(rest.iter().eq((0..slots).filter(|slot| !one.contains(slot))));
            let mut wider = a.clone();
            wider.insert_range(start..end);
            prop_assert!(wider.iter().eq(one.union(&range).copied()));
            one.iter().for_each(|&slot| wider.remove(slot));
            prop_assert!(wider.iter().eq(range.difference(&one).copied()));
        }
    }

    #[test]
    fn slots_beyond_the_segment_are_refused() {
        let mut set = SlotSet::empty(64);
        assert!(set.insert(63) && !set.insert(64) && !set.insert(u32::MAX));
        assert_eq!(SlotSet::full(65).count(), 65);
        assert_eq!(SlotSet::full(0).count(), 0);
        assert_eq!(SlotSet::full(64).count_range(1..u32::MAX), 63);
    }
}
