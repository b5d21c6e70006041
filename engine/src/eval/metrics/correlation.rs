//! The correlation of two rankings.

use std::collections::HashMap;
use std::hash::Hash;

/// Spearman's rank correlation of two rankings, best document first: -1 to 1, 1 where the order is
/// the same. For the first `k` documents of the same query in two languages it is the `RC` of MRC@k,
/// mean rank correlation (Yang, Jiang & Baldwin, arXiv 2509.06195).
///
/// The paper leaves open what a document is worth that only one of the rankings has. Here the
/// correlation is over all documents of either, and those that a ranking lacks tie on the places
/// behind it, at the mean of them, as ties do in Spearman's correlation. So rankings with nothing in common are
/// below 0. A document that stands in a ranking twice counts where it stands first. `None` if the two
/// have fewer than two documents, or one of them has none.
pub fn rank_correlation<D: Eq + Hash>(first: &[D], second: &[D]) -> Option<f64> {
    let mut places: HashMap<&D, [Option<f64>; 2]> = HashMap::new();
    let mut lengths = [0usize; 2];
    for (which, ranking) in [first, second].into_iter().enumerate() {
        for document in ranking {
            let place = &mut places.entry(document).or_default()[which];
            if place.is_none() {
                lengths[which] += 1;
                *place = Some(lengths[which] as f64);
            }
        }
    }
    let all = places.len();
    if all < 2 || lengths.contains(&0) {
        return None;
    }
    // Of the places `length + 1` to `all`.
    let behind = lengths.map(|length| (length + 1 + all) as f64 / 2.0);
    let mean = (all as f64 + 1.0) / 2.0;
    let (mut product, mut squares) = (0.0, [0.0; 2]);
    // Halves of whole numbers: their sums are exact in whatever order the documents come.
    for place in places.values() {
        let deviations = [0, 1].map(|which| place[which].unwrap_or(behind[which]) - mean);
        product += deviations[0] * deviations[1];
        squares[0] += deviations[0] * deviations[0];
        squares[1] += deviations[1] * deviations[1];
    }
    Some((product / (squares[0] * squares[1]).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    #[test]
    fn the_same_documents_correlate_by_their_order() {
        assert!(near(rank_correlation(&[1, 2, 3], &[1, 2, 3]), 1.0));
        assert!(near(rank_correlation(&[1, 2, 3], &[3, 2, 1]), -1.0));
        // 1 - 6 * (1 + 1) / (3 * 8).
        assert!(near(rank_correlation(&[1, 2, 3], &[2, 1, 3]), 0.5));
    }

    #[test]
    fn documents_of_one_ranking_only_tie_behind_the_other() {
        // Ranks 1, 2, 3 and 2, 1, 3: c is behind in the first and a behind in the second would be
        // 3 each, so (1, 3), (2, 1), (3, 2).
        assert!(near(rank_correlation(&["a", "b"], &["b", "c"]), -0.5));
        // 1, 2, 3.5, 3.5 against 3.5, 3.5, 1, 2: deviations -1.5, -0.5, 1, 1 and 1, 1, -1.5, -0.5.
        assert!(near(rank_correlation(&["a", "b"], &["c", "d"]), -4.0 / 4.5));
    }

    #[test]
    fn too_few_documents_have_no_correlation() {
        assert_eq!(rank_correlation(&["a"], &["a"]), None);
        assert_eq!(rank_correlation(&["a", "b"], &[]), None);
        assert_eq!(rank_correlation::<u8>(&[], &[]), None);
        assert!(near(rank_correlation(&["a"], &["b"]), -1.0));
    }

    #[test]
    fn a_repeated_document_counts_once() {
        assert_eq!(
            rank_correlation(&[1, 1, 2, 3], &[2, 1, 3, 3]),
            rank_correlation(&[1, 2, 3], &[2, 1, 3])
        );
    }
}
