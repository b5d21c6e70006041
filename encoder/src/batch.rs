//! Which token sequences run together: of like length, so that little is padding.

use std::ops::Range;

/// Padding that a batch may hold, as a share of its real tokens.
const MAX_PADDING: f64 = 0.08;

/// Cuts sequences, whose `lengths` are in descending order, into batches of consecutive ones.
///
/// A batch holds at most `max_tokens` tokens, padding included (but always one sequence), and
/// little padding. Longest first: the peak of memory comes at once, and no worker is left alone
/// with a long batch at the end.
pub(crate) fn plan(lengths: &[usize], max_tokens: usize) -> Vec<Range<usize>> {
    debug_assert!(lengths.is_sorted_by(|a, b| a >= b), "the caller sorts");
    let mut batches = Vec::new();
    let mut start = 0;
    while start < lengths.len() {
        let width = lengths[start].max(1);
        let mut end = start + 1;
        let mut real = lengths[start];
        while end < lengths.len() {
            let padded = width * (end + 1 - start);
            real += lengths[end];
            if padded > max_tokens || padded as f64 > real as f64 * (1.0 + MAX_PADDING) {
                break;
            }
            end += 1;
        }
        batches.push(start..end);
        start = end;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sequence_is_in_exactly_one_batch_within_the_limits() {
        let mut lengths: Vec<usize> = (0..500).map(|i| (i * 37) % 211 + 3).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        let batches = plan(&lengths, 1024);
        assert_eq!(batches[0].start, 0);
        assert_eq!(batches.last().expect("some").end, lengths.len());
        assert!(batches.windows(2).all(|pair| pair[0].end == pair[1].start));
        for batch in batches {
            let padded = lengths[batch.start] * batch.len();
            let real: usize = lengths[batch.clone()].iter().sum();
            assert!(padded <= 1024 || batch.len() == 1);
            assert!(padded as f64 <= real as f64 * 1.081, "{padded} for {real}");
        }
    }

    #[test]
    fn a_sequence_longer_than_the_limit_runs_alone() {
        assert_eq!(plan(&[900, 900, 10], 512), [0..1, 1..2, 2..3]);
        assert!(plan(&[], 512).is_empty());
    }
}
