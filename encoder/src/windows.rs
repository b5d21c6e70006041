//! Texts longer than the model: cut into windows, encoded apart, combined.
//!
//! A text whose tokens do not fit is cut into consecutive windows of equal length that each
//! carry the prompt. The text's vector is the mean of its windows' vectors, each weighted by
//! its number of tokens, scaled to unit length: what mean pooling over all tokens would give if
//! tokens did not look beyond their window.

use std::ops::Range;

/// Splits `tokens` content tokens into the fewest windows of at most `room` tokens, as equal in
/// length as can be, and at most `most` of them; what lies behind is left out.
pub(crate) fn split(tokens: usize, room: usize, most: usize) -> Vec<Range<usize>> {
    debug_assert!(room > 0 && most > 0, "checked by the caller");
    let kept = tokens.min(room.saturating_mul(most));
    let count = kept.div_ceil(room).max(1);
    (0..count).map(|window| window * kept / count..(window + 1) * kept / count).collect()
}

/// Adds `weight` times `vector` to `sum`.
pub(crate) fn accumulate(sum: &mut [f32], vector: &[f32], weight: f32) {
    for (total, component) in sum.iter_mut().zip(vector) {
        *total += weight * component;
    }
}

/// Scales `vector` to unit length. A zero vector, which only opposite windows could give, stays.
pub(crate) fn normalize(vector: &mut [f32]) {
    let norm = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    if norm > 0.0 {
        let inverse = (1.0 / norm) as f32;
        vector.iter_mut().for_each(|component| *component *= inverse);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_token_once_and_are_balanced() {
        for tokens in [0, 1, 9, 10, 11, 19, 20, 21, 99, 1234] {
            let windows = split(tokens, 10, 1000);
            assert_eq!(windows[0].start, 0);
            assert_eq!(windows.last().expect("at least one").end, tokens);
            assert!(windows.windows(2).all(|pair| pair[0].end == pair[1].start));
            let lengths: Vec<_> = windows.iter().map(ExactSizeIterator::len).collect();
            let (least, most) = (lengths.iter().min(), lengths.iter().max());
            assert!(*most.expect("some") <= 10);
            assert!(most.expect("some") - least.expect("some") <= 1, "{lengths:?}");
        }
    }

    #[test]
    fn tokens_beyond_the_last_window_are_left_out() {
        assert_eq!(split(1000, 10, 3), [0..10, 10..20, 20..30]);
    }

    #[test]
    fn combination_is_the_weighted_mean_at_unit_length() {
        let mut sum = vec![0.0; 2];
        accumulate(&mut sum, &[1.0, 0.0], 3.0);
        accumulate(&mut sum, &[0.0, 1.0], 4.0);
        normalize(&mut sum);
        assert!((sum[0] - 0.6).abs() < 1e-6 && (sum[1] - 0.8).abs() < 1e-6);
    }
}
