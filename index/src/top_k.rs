//! The k nearest of the candidates seen so far.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::id::{Address, Key};

/// A document and its distance. The order is total: by distance, then key, then address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Not NaN.
    pub(crate) distance: f32,
    pub(crate) key: Key,
    pub(crate) address: Address,
}

/// Keeps the k nearest candidates, in memory for k.
#[derive(Debug)]
pub(crate) struct TopK {
    k: usize,
    /// The farthest on top.
    heap: BinaryHeap<Candidate>,
}

impl TopK {
    pub(crate) fn new(k: usize) -> TopK {
        TopK { k, heap: BinaryHeap::with_capacity(k) }
    }

    /// No candidate farther than this is kept.
    pub(crate) fn limit(&self) -> f32 {
        match self.heap.peek() {
            Some(farthest) if self.heap.len() == self.k => farthest.distance,
            _ => f32::INFINITY,
        }
    }

    pub(crate) fn offer(&mut self, candidate: Candidate) {
        if self.heap.len() < self.k {
            self.heap.push(candidate);
        } else if let Some(mut farthest) = self.heap.peek_mut()
            && candidate < *farthest
        {
            *farthest = candidate;
        }
    }

    /// The candidates kept, nearest first.
    pub(crate) fn into_sorted(self) -> Vec<Candidate> {
        self.heap.into_sorted_vec()
    }

    /// Takes over what another kept.
    pub(crate) fn merge(&mut self, other: TopK) {
        for candidate in other.heap {
            self.offer(candidate);
        }
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance
            .total_cmp(&other.distance)
            .then_with(|| self.key.cmp(&other.key))
            .then_with(|| self.address.cmp(&other.address))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}
