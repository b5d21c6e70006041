//! The likeliest way to divide a text among languages.

/// What changing the language between two words costs.
const SWITCH: f32 = 4.0;

/// The language of every word, as columns of `evidence`, and how much likelier this division is
/// (as a logarithm) than the best single language.
///
/// `evidence`: (words, languages); `priors`: (languages), paid whenever a language begins.
/// Viterbi's algorithm; time and memory grow with words × languages.
pub(super) fn divide(evidence: &[Vec<f32>], priors: &[f32]) -> (Vec<usize>, f32) {
    let Some((first, rest)) = evidence.split_first() else { return (Vec::new(), 0.0) };
    let mut best: Vec<f32> = priors.iter().zip(first).map(|(prior, value)| prior + value).collect();
    // (words - 1, languages): the language of the word before
    let mut before: Vec<Vec<usize>> = Vec::with_capacity(rest.len());
    for row in rest {
        let leader = largest(&best);
        let switched = best[leader] - SWITCH;
        let mut came_from = Vec::with_capacity(row.len());
        for (language, value) in best.iter_mut().enumerate() {
            let begun = switched + priors[language];
            came_from.push(if begun > *value { leader } else { language });
            *value = value.max(begun) + row[language];
        }
        before.push(came_from);
    }
    let single = total(evidence, priors);
    let mut language = largest(&best);
    let gain = best[language] - single[largest(&single)];
    let mut languages = vec![language];
    for came_from in before.iter().rev() {
        language = came_from[language];
        languages.push(language);
    }
    languages.reverse();
    (languages, gain)
}

/// The evidence for each language, if all of the text is in it.
pub(super) fn total(evidence: &[Vec<f32>], priors: &[f32]) -> Vec<f32> {
    let mut sum = priors.to_vec();
    for row in evidence {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sum
}

/// Place of the largest value; the first of equals.
pub(super) fn largest(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_divided_into_nothing() {
        assert_eq!(divide(&[], &[0.0]), (vec![], 0.0));
    }

    #[test]
    fn weak_evidence_does_not_change_the_language() {
        let evidence = [vec![0.0, -5.0], vec![-1.0, 0.0], vec![0.0, -5.0]];
        assert_eq!(divide(&evidence, &[0.0, 0.0]).0, [0, 0, 0]);
    }

    #[test]
    fn the_division_is_the_best_of_all_divisions() {
        // Every division of six words among three languages, scored by the definition.
        let mut state = 7_u32;
        let mut value = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            -((state >> 24) as f32) / 16.0
        };
        for _ in 0..50 {
            let evidence: Vec<Vec<f32>> =
                (0..6).map(|_| (0..3).map(|_| value()).collect()).collect();
            let priors = [0.0, -0.5, -1.5];
            let score = |path: &[usize]| {
                let mut sum = priors[path[0]];
                for (at, &language) in path.iter().enumerate() {
                    sum += evidence[at][language];
                    if at > 0 && path[at - 1] != language {
                        sum += priors[language] - SWITCH;
                    }
                }
                sum
            };
            let best = (0..729_usize)
                .map(|number| score(&[1, 3, 9, 27, 81, 243].map(|power| number / power % 3)))
                .fold(f32::NEG_INFINITY, f32::max);
            let (path, gain) = divide(&evidence, &priors);
            let single =
                (0..3).map(|language| score(&[language; 6])).fold(f32::NEG_INFINITY, f32::max);
            assert!((score(&path) - best).abs() < 1e-3, "{path:?}");
            assert!((gain - (best - single)).abs() < 1e-3);
        }
    }
}
