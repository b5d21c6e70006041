//! How far apart two vectors are.

use serde::{Deserialize, Serialize};

/// The distance between vectors. Smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// 1 - a·b, from 0 to 2. Vectors and queries are of unit length, which is checked.
    Cosine,
    /// -a·b.
    InnerProduct,
    /// The length of a - b.
    Euclidean,
}

/// How far from 1 the length of a vector may be for [`Metric::Cosine`].
const UNIT_LENGTH_TOLERANCE: f64 = 1e-3;

/// The same once the vector is kept in half precision, which rounds each component by at most
/// one part in 2,048.
const KEPT_LENGTH_TOLERANCE: f64 = 2e-3;

impl Metric {
    /// Why `vector` cannot be used with this metric and `dimension`, if it cannot.
    pub(crate) fn flaw(self, dimension: usize, vector: &[f32]) -> Option<String> {
        self.flaw_within(UNIT_LENGTH_TOLERANCE, dimension, vector)
    }

    /// Why `vector` cannot be what an index keeps, if it cannot.
    pub(crate) fn flaw_as_kept(self, in_halves: bool, vector: &[f32]) -> Option<String> {
        let tolerance = if in_halves { KEPT_LENGTH_TOLERANCE } else { UNIT_LENGTH_TOLERANCE };
        self.flaw_within(tolerance, vector.len(), vector)
    }

    fn flaw_within(self, tolerance: f64, dimension: usize, vector: &[f32]) -> Option<String> {
        if vector.len() != dimension {
            return Some(format!(
                "the vector has {} components where the index has {dimension}",
                vector.len()
            ));
        }
        if let Some(position) = vector.iter().position(|component| !component.is_finite()) {
            return Some(format!(
                "component {position} of the vector is {}, which is not a finite number",
                vector[position]
            ));
        }
        if self == Metric::Cosine {
            let length = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
            if (length - 1.0).abs() > tolerance {
                return Some(format!(
                    "the vector has length {length:.4}, and the cosine metric needs unit length: \
                     divide it by its length first"
                ));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_dimension_is_named() {
        let flaw = Metric::Euclidean.flaw(3, &[1.0, 2.0]).unwrap();
        assert!(flaw.contains("has 2 components where the index has 3"), "{flaw}");
    }

    #[test]
    fn a_component_that_is_not_finite_is_named() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let flaw = Metric::InnerProduct.flaw(3, &[1.0, bad, 2.0]).unwrap();
            assert!(flaw.contains("component 1"), "{flaw}");
        }
    }

    #[test]
    fn half_precision_may_change_the_length() {
        let vector = [0.6, 0.802];
        assert!(Metric::Cosine.flaw_as_kept(false, &vector).is_some());
        assert!(Metric::Cosine.flaw_as_kept(true, &vector).is_none());
        assert!(Metric::Cosine.flaw_as_kept(true, &[0.6, 0.804]).is_some());
        assert!(Metric::Euclidean.flaw_as_kept(true, &[f32::NAN]).is_some());
    }

    #[test]
    fn only_cosine_demands_unit_length() {
        assert!(Metric::Cosine.flaw(2, &[0.6, 0.8]).is_none());
        assert!(Metric::Cosine.flaw(2, &[0.6, 0.8009]).is_none());
        assert!(Metric::Cosine.flaw(2, &[0.6, 0.802]).is_some());
        assert!(Metric::Cosine.flaw(2, &[0.0, 0.0]).is_some());
        assert!(Metric::Euclidean.flaw(2, &[0.0, 0.0]).is_none());
        assert!(Metric::InnerProduct.flaw(2, &[3e30, 4.0]).is_none());
    }
}
