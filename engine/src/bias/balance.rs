//! Answers of several languages, put together in turn.

use mlsearch_index::Neighbor;

/// The first of each language, then the second of each, and so on; within a round the nearer
/// first. `lists` are sorted; at most `k` are returned.
pub(crate) fn interleave(lists: &[Vec<Neighbor>], k: usize) -> Vec<Neighbor> {
    let rounds = lists.iter().map(Vec::len).max().unwrap_or(0);
    let mut all = Vec::new();
    for round in 0..rounds {
        let mut of_round: Vec<Neighbor> =
            lists.iter().filter_map(|list| list.get(round).copied()).collect();
        of_round.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.key.cmp(&b.key)));
        all.extend(of_round);
        if all.len() >= k {
            break;
        }
    }
    all.truncate(k);
    all
}

#[cfg(test)]
mod tests {
    use mlsearch_index::{Address, Key, Label, Slot};

    use super::*;

    fn list(label: u16, distances: &[f32]) -> Vec<Neighbor> {
        let neighbor = |(at, &distance): (usize, &f32)| Neighbor {
            key: Key(u64::from(label) * 100 + at as u64),
            label: Label(label),
            distance,
            address: Address { segment: 0, slot: Slot(at as u32) },
        };
        distances.iter().enumerate().map(neighbor).collect()
    }

    #[test]
    fn every_language_has_its_turn() {
        let lists = [list(0, &[0.1, 0.2, 0.3]), list(1, &[0.5]), list(2, &[0.05, 0.6])];
        let labels =
            |k| interleave(&lists, k).iter().map(|found| found.label.0).collect::<Vec<_>>();
        assert_eq!(labels(10), [2, 0, 1, 0, 2, 0]);
        assert_eq!(labels(2), [2, 0]);
        assert!(interleave(&[], 5).is_empty());
    }
}
