//! The moments of a label's vectors: what its mean and its spread are computed from.

use zerocopy::FromBytes;
use zerocopy::little_endian::F64;

use super::Flaw;

/// Sums over some vectors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moments {
    /// The sum of squared lengths.
    pub(crate) squares: f64,
    /// The sum of the vectors.
    pub(crate) sums: Vec<f64>,
}

impl Moments {
    pub(crate) fn new(dimension: usize) -> Moments {
        Moments { squares: 0.0, sums: vec![0.0; dimension] }
    }

    /// Adds a vector.
    pub(crate) fn add(&mut self, vector: impl Iterator<Item = f32>) {
        for (sum, value) in self.sums.iter_mut().zip(vector) {
            let value = f64::from(value);
            *sum += value;
            self.squares += value * value;
        }
    }

    /// Takes a vector away that was added.
    pub(crate) fn subtract(&mut self, vector: &[f32]) {
        for (sum, &value) in self.sums.iter_mut().zip(vector) {
            let value = f64::from(value);
            *sum -= value;
            self.squares -= value * value;
        }
    }

    /// Adds what another has summed up.
    pub(crate) fn merge(&mut self, other: &Moments) {
        self.squares += other.squares;
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            *sum += other;
        }
    }
}

/// The bytes of the section: of each label in order, the sum of squares and the sums.
pub(crate) fn encode_moments(moments: &[Moments]) -> Vec<u8> {
    moments
        .iter()
        .flat_map(|moments| std::iter::once(&moments.squares).chain(&moments.sums))
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Reads the moments of the label that is `position`th in the label table.
pub(crate) fn decode_moments(
    section: &[u8],
    position: usize,
    dimension: usize,
) -> Result<Moments, Flaw> {
    let bytes = (dimension + 1) * size_of::<F64>();
    let row = section.chunks_exact(bytes).nth(position);
    let Some(row) = row.and_then(|row| <[F64]>::ref_from_bytes(row).ok()) else {
        return Flaw::damaged("its section of label moments is cut short");
    };
    let values: Vec<f64> = row.iter().map(|value| value.get()).collect();
    Ok(Moments { squares: values[0], sums: values[1..].to_vec() })
}
