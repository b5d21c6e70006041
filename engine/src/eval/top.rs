//! The best candidates of a query.

/// The `k` best places in `scores`, best first; equal scores in order. Scores must be finite.
pub(in crate::eval) fn top(scores: &[f32], k: usize) -> Vec<usize> {
    let better = |a: &usize, b: &usize| {
        let order = scores[*b].partial_cmp(&scores[*a]).expect("finite scores have an order");
        order.then(a.cmp(b))
    };
    let mut places: Vec<usize> = (0..scores.len()).collect();
    if k == 0 {
        return Vec::new();
    }
    if k < places.len() {
        places.select_nth_unstable_by(k - 1, better);
        places.truncate(k);
    }
    places.sort_unstable_by(better);
    places
}

/// All places, best first; equal scores in order.
pub(in crate::eval) fn order(scores: &[f32]) -> Vec<usize> {
    top(scores, usize::MAX)
}

/// The rank, from 1 on, of the place `target` among `scores`, by counting what is before it.
pub(in crate::eval) fn rank(scores: &[f32], target: usize) -> usize {
    let score = scores[target];
    let (before, rest) = scores.split_at(target);
    // Sums of u32 over many are what compilers vectorise; a pool has fewer than 2^32 candidates.
    let not_worse: u32 = before.iter().map(|other| u32::from(*other >= score)).sum();
    let better: u32 = rest.iter().map(|other| u32::from(*other > score)).sum();
    1 + not_worse as usize + better as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_keep_their_order() {
        let scores = [0.5, 0.9, 0.5, -1.0, 0.9, 0.0, -0.0];
        assert_eq!(top(&scores, 100), [1, 4, 0, 2, 5, 6, 3]);
        assert_eq!(top(&scores, 4), [1, 4, 0, 2]);
        assert_eq!(top(&scores, 3), [1, 4, 0]);
        assert_eq!(top(&scores, 0), [0; 0]);
        assert_eq!(top(&[], 5), [0; 0]);
        for (place, candidate) in top(&scores, 100).into_iter().enumerate() {
            assert_eq!(rank(&scores, candidate), place + 1);
        }
    }
}
