//! The candidates of a walk, nearest first.

/// Marks a candidate whose neighbours have been looked at.
const EXPANDED: u32 = 1 << 31;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Not NaN.
    distance: f32,
    /// A node, and whether it has been expanded.
    node: u32,
}

/// At most so many candidates, sorted: one array in place of two heaps.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    entries: Vec<Entry>,
    capacity: usize,
    /// No candidate before this one is unexpanded.
    cursor: usize,
}

impl Pool {
    /// Empties the pool and sets how many candidates it keeps.
    pub(crate) fn reset(&mut self, capacity: usize) {
        self.entries.clear();
        self.capacity = capacity.max(1);
        self.cursor = 0;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= self.capacity
    }

    /// Only candidates nearer than this are kept.
    #[inline]
    pub(crate) fn limit(&self) -> f32 {
        if self.is_full() { self.entries[self.entries.len() - 1].distance } else { f32::INFINITY }
    }

    /// Keeps a candidate if it is among the nearest. A node is offered once.
    #[inline]
    pub(crate) fn offer(&mut self, distance: f32, node: u32) {
        if self.is_full() {
            if distance >= self.limit() {
                return;
            }
            self.entries.pop();
        }
        let place = self.entries.partition_point(|entry| entry.distance <= distance);
        self.entries.insert(place, Entry { distance, node });
        self.cursor = self.cursor.min(place);
    }

    /// The nearest candidate that is not expanded, which it then is.
    #[inline]
    pub(crate) fn expand_next(&mut self) -> Option<(f32, u32)> {
        while let Some(entry) = self.entries.get_mut(self.cursor) {
            self.cursor += 1;
            if entry.node & EXPANDED == 0 {
                let next = (entry.distance, entry.node);
                entry.node |= EXPANDED;
                return Some(next);
            }
        }
        None
    }

    /// The candidate that would be expanded next if none nearer came up.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u32> {
        self.entries[self.cursor..]
            .iter()
            .find(|entry| entry.node & EXPANDED == 0)
            .map(|entry| entry.node)
    }

    /// The candidates, nearest first.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = (f32, u32)> + '_ {
        self.entries.iter().map(|entry| (entry.distance, entry.node & !EXPANDED))
    }
}
