//! The directions in which languages differ (LSAR: Xie, Zhao, Yu & Li, "Discovering Low-rank
//! Subspaces for Language-agnostic Multilingual Representations", EMNLP 2022).

use nalgebra::DMatrix;

/// Directions at most: published results change little beyond.
const MOST: usize = 10;
/// Directions that explain less than this share of the strongest are noise.
const LEAST: f32 = 1e-3;

/// An orthonormal basis of the differences between the means of languages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subspace {
    basis: Vec<Vec<f32>>,
}

impl Subspace {
    /// The strongest directions of some means about their own mean: fewer than there are means.
    pub(crate) fn of(means: &[&[f32]]) -> Self {
        let (count, dimension) = (means.len(), means.first().map_or(0, |mean| mean.len()));
        if count < 2 || dimension == 0 {
            return Self { basis: Vec::new() };
        }
        let matrix = DMatrix::from_fn(count, dimension, |row, column| means[row][column]);
        let center = matrix.row_mean();
        let mut centered = matrix;
        centered.row_iter_mut().for_each(|mut row| row -= &center);
        let decomposition = centered.svd(false, true);
        let Some(directions) = decomposition.v_t else { return Self { basis: Vec::new() } };
        let strongest = decomposition.singular_values.iter().copied().fold(0.0, f32::max);
        let mut order: Vec<usize> = (0..decomposition.singular_values.len()).collect();
        order.sort_by(|a, b| {
            decomposition.singular_values[*b].total_cmp(&decomposition.singular_values[*a])
        });
        let basis = order
            .into_iter()
            .filter(|at| decomposition.singular_values[*at] > LEAST * strongest)
            .take(MOST.min(count - 1))
            .map(|at| directions.row(at).iter().copied().collect())
            .collect();
        Self { basis }
    }

    /// The vector less `share` of what of it lies in the subspace.
    pub(crate) fn without(&self, vector: &[f32], share: f32) -> Vec<f32> {
        let mut rest = vector.to_vec();
        for direction in &self.basis {
            let along = share * super::dot(vector, direction);
            rest.iter_mut().zip(direction).for_each(|(x, y)| *x -= along * y);
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_languages_differ_by_is_removed() {
        let means: [&[f32]; 3] =
            [&[1.0, 0.0, 0.5, 0.2], &[-1.0, 0.0, 0.5, 0.2], &[0.0, 2.0, 0.5, 0.2]];
        let subspace = Subspace::of(&means);
        assert_eq!(subspace.basis.len(), 2);
        let rest = subspace.without(&[3.0, 4.0, 5.0, 6.0], 1.0);
        let expected = [0.0, 0.0, 5.0, 6.0];
        assert!(rest.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-5), "{rest:?}");
        let half = subspace.without(&[3.0, 4.0, 5.0, 6.0], 0.5);
        assert!((half[0] - 1.5).abs() < 1e-5 && (half[1] - 2.0).abs() < 1e-5, "{half:?}");
    }

    #[test]
    fn one_language_differs_from_none() {
        let subspace = Subspace::of(&[&[1.0, 2.0]]);
        assert_eq!(subspace.without(&[1.0, 2.0], 1.0), [1.0, 2.0]);
        assert_eq!(Subspace::of(&[]).without(&[], 1.0), Vec::<f32>::new());
        // Means that are all the same.
        assert_eq!(Subspace::of(&[&[1.0, 2.0], &[1.0, 2.0]]).without(&[1.0, 0.0], 1.0), [1.0, 0.0]);
    }
}
