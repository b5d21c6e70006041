//! A codec, as a section holds it: the mean of the vectors, and the steps.

use zerocopy::FromBytes;
use zerocopy::little_endian::F32;

use super::Flaw;
use crate::codes::{CodeShape, Codec};

/// The bytes of the section.
pub(crate) fn encode(codec: &Codec) -> Vec<u8> {
    codec.mean.iter().chain(&codec.steps).flat_map(|value| value.to_le_bytes()).collect()
}

/// Reads a codec for codes of a shape.
pub(crate) fn decode(bytes: &[u8], shape: CodeShape) -> Result<Codec, Flaw> {
    let values = <[F32]>::ref_from_bytes(bytes)
        .ok()
        .filter(|values| values.len() == shape.dimension + shape.steps());
    let Some(values) = values else {
        return Flaw::damaged("its section of the codec has the wrong length");
    };
    let values: Vec<f32> = values.iter().map(|value| value.get()).collect();
    let (mean, steps) = values.split_at(shape.dimension);
    if mean.iter().any(|value| !value.is_finite())
        || steps.iter().any(|&step| !step.is_finite() || step <= 0.0)
    {
        return Flaw::damaged("its codec has numbers that no writer computes");
    }
    Ok(Codec { shape, mean: mean.to_vec(), steps: steps.to_vec() })
}
