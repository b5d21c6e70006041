//! Shorter vectors, for models that were trained to put what matters first (A. Kusupati et al.,
//! "Matryoshka Representation Learning", 2022).

use mlsearch_encoder::ModelConfig;

use crate::{Error, Result};

/// The dimension of a new index: the one asked for, if the model has it, and else the model's.
pub(crate) fn dimension_of(config: &ModelConfig, asked: Option<usize>) -> Result<usize> {
    let Some(asked) = asked else { return Ok(config.dimension) };
    if asked == config.dimension || config.matryoshka_dimensions.contains(&asked) {
        return Ok(asked);
    }
    let mut available = vec![config.dimension];
    available.extend(config.matryoshka_dimensions.iter().copied());
    Err(Error::DimensionNotInModel { asked, model: config.name.clone(), available })
}

/// The first components of a vector of unit length, at unit length again.
pub(crate) fn cut(vector: &[f32], dimension: usize) -> Vec<f32> {
    let mut shorter = vector[..dimension.min(vector.len())].to_vec();
    if shorter.len() < vector.len() {
        let length = shorter.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        match length {
            // No model makes such a vector; any direction does as well as another.
            0.0 => shorter[0] = 1.0,
            _ => shorter.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32),
        }
    }
    shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_vector_is_of_unit_length_and_keeps_its_direction() {
        assert_eq!(cut(&[0.6, 0.0, 0.8], 3), [0.6, 0.0, 0.8]);
        assert_eq!(cut(&[0.6, 0.0, 0.8], 2), [1.0, 0.0]);
        let shorter = cut(&[0.3, 0.4, 0.5, 0.7], 2);
        assert!((shorter[0] - 0.6).abs() < 1e-6 && (shorter[1] - 0.8).abs() < 1e-6);
        assert_eq!(cut(&[0.0, 0.0, 1.0], 2), [1.0, 0.0]);
    }
}
