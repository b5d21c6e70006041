//! Measures of language bias, from the languages of a ranking's documents. Measures of where relevant
//! documents stand, rank distance among them, are in [`metrics`](crate::eval::metrics).

/// The share of each of `languages` languages among the documents of a ranking; `ranking` has
/// their languages as numbers below `languages`. All 0 for an empty ranking.
pub fn exposure(ranking: &[usize], languages: usize) -> Vec<f64> {
    weighted(ranking, languages, |_| 1.0)
}

/// As [`exposure`], each document weighted by 1 / log2(rank + 1): the attention that its place
/// gets (Singh & Joachims, KDD 2018).
pub fn discounted_exposure(ranking: &[usize], languages: usize) -> Vec<f64> {
    weighted(ranking, languages, |rank| 1.0 / (rank as f64 + 1.0).log2())
}

fn weighted(ranking: &[usize], languages: usize, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut shares = vec![0.0; languages];
    let mut total = 0.0;
    for (&language, rank) in ranking.iter().zip(1..) {
        let weight = weight(rank);
        total += weight;
        shares[language] += weight;
    }
    if total > 0.0 {
        shares.iter_mut().for_each(|share| *share /= total);
    }
    shares
}

/// The Jensen-Shannon divergence of two distributions over the same languages, in bits: 0 where
/// they are the same, 1 where they have nothing in common (Lin, IEEE Trans. Inf. Theory 1991).
pub fn jensen_shannon(first: &[f64], second: &[f64]) -> f64 {
    let to_middle = |of: &[f64]| {
        let terms = of.iter().zip(first.iter().zip(second)).filter(|(p, _)| **p > 0.0);
        terms.map(|(p, (a, b))| p * (p / ((a + b) / 2.0)).log2()).sum::<f64>()
    };
    ((to_middle(first) + to_middle(second)) / 2.0).clamp(0.0, 1.0)
}

/// The probability that one of two normally distributed values is the greater, when its mean is
/// greater by `difference` and the two have the standard deviations `first` and `second`: the
/// common language effect size (McGraw & Wong, Psychological Bulletin 1992). 0.5 when equal.
pub fn superiority(difference: f64, first: f64, second: f64) -> f64 {
    let deviation = first.hypot(second);
    if deviation > 0.0 {
        0.5 * libm::erfc(-difference / (deviation * std::f64::consts::SQRT_2))
    } else {
        0.5 + 0.5 * sign(difference)
    }
}

fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn exposure_counts_and_discounts() {
        assert_eq!(exposure(&[0, 1, 0, 0], 3), [0.75, 0.25, 0.0]);
        let shares = discounted_exposure(&[0, 1], 2);
        let second = 1.0 / 3f64.log2();
        assert!(near(shares[0], 1.0 / (1.0 + second)) && near(shares[1], second / (1.0 + second)));
        assert_eq!(exposure(&[], 2), [0.0, 0.0]);
    }

    #[test]
    fn divergence_runs_from_nothing_to_a_bit() {
        assert_eq!(jensen_shannon(&[0.5, 0.5], &[0.5, 0.5]), 0.0);
        assert!(near(jensen_shannon(&[1.0, 0.0], &[0.0, 1.0]), 1.0));
        // By hand: halves of log2(4/3) + ... for (1, 0) against (1/2, 1/2).
        let expected = 0.5 * (4.0f64 / 3.0).log2() + 0.5 * (0.5 * (2.0f64 / 3.0).log2() + 0.5);
        assert!(near(jensen_shannon(&[1.0, 0.0], &[0.5, 0.5]), expected));
    }

    #[test]
    fn superiority_is_even_without_a_difference() {
        assert_eq!(superiority(0.0, 1.0, 2.0), 0.5);
        // A difference of one deviation of the difference: the normal distribution at 1.
        assert!((superiority(5.0, 3.0, 4.0) - 0.841_344_746_068_543).abs() < 1e-12);
        assert_eq!(superiority(0.1, 0.0, 0.0), 1.0);
        assert_eq!(superiority(0.0, 0.0, 0.0), 0.5);
    }
}
