//! Codes: vectors made short, so that a walk through the graph touches few bytes.
//!
//! A code holds what is left of a vector once the mean of its segment is taken away, in 8, 4 or
//! 1 bits a component. A query is compared with a code directly; the best candidates are then
//! measured again with the vectors themselves.

use half::f16;

use crate::config::Quantization;
use crate::distance::{BitQuery, Codes, Distance, Kernels, Vectors, kernels};
use crate::metric::Metric;

/// Rows begin at multiples of this many bytes, a cache line.
const ROW_ALIGNMENT: usize = 64;

/// Vectors that the steps of a codec are measured on, at most.
const SAMPLE: u32 = 8192;

/// The share of components that may lie beyond the range of eight bits: the others gain from
/// finer steps what these lose.
const CLIPPED_SHARE: f64 = 0.0005;

/// The step of four bits, in standard deviations of a component, that keeps the mean error of a
/// normal distribution least (J. Max, "Quantizing for minimum distortion", 1960, table II).
const INT4_STEP: f32 = 0.3352;

/// A scale and a bias, of four bytes each, at the end of a row.
const TAIL_BYTES: usize = 8;

/// How the vectors of one segment become codes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Codec {
    pub(crate) shape: CodeShape,
    /// The mean of the segment's vectors.
    pub(crate) mean: Vec<f32>,
    /// What a step of each component stands for, or of all of them; none for one bit.
    pub(crate) steps: Vec<f32>,
}

/// What decides the lengths of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeShape {
    pub(crate) bits: CodeBits,
    pub(crate) metric: Metric,
    pub(crate) dimension: usize,
}

/// The bits of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeBits {
    Eight,
    Four,
    One,
}

impl CodeBits {
    /// The bits of a quantisation that has codes.
    pub(crate) fn of(quantization: Quantization) -> Option<CodeBits> {
        match quantization {
            Quantization::F32 | Quantization::F16 => None,
            Quantization::Int8 => Some(CodeBits::Eight),
            Quantization::Int4 => Some(CodeBits::Four),
            Quantization::Binary => Some(CodeBits::One),
        }
    }
}

impl CodeShape {
    /// The bytes of a row that hold components.
    fn code_bytes(self) -> usize {
        match self.bits {
            CodeBits::Eight => self.dimension.next_multiple_of(64),
            CodeBits::Four => self.dimension.next_multiple_of(128) / 2,
            CodeBits::One => self.dimension.next_multiple_of(64) / 8,
        }
    }

    /// Whether each row has a scale and a bias of its own. Unit vectors do without in eight and
    /// four bits: they are of one length, and one scale fits all.
    fn has_tail(self) -> bool {
        self.bits == CodeBits::One || self.metric != Metric::Cosine
    }

    /// The bytes from a row to the next.
    pub(crate) fn stride(self) -> usize {
        let tail = if self.has_tail() { TAIL_BYTES } else { 0 };
        (self.code_bytes() + tail).next_multiple_of(ROW_ALIGNMENT)
    }

    /// How many steps there are.
    pub(crate) fn steps(self) -> usize {
        match self.bits {
            CodeBits::Eight => 1,
            CodeBits::Four => self.dimension,
            CodeBits::One => 0,
        }
    }
}

impl Codec {
    /// Measures a codec on the vectors of a segment, of which `read` copies one.
    pub(crate) fn train(shape: CodeShape, documents: u32, read: impl Fn(u32, &mut [f32])) -> Codec {
        let dimension = shape.dimension;
        let mut sums = vec![0.0_f64; dimension];
        let mut vector = vec![0.0; dimension];
        for slot in 0..documents {
            read(slot, &mut vector);
            sums.iter_mut().zip(&vector).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        let count = f64::from(documents.max(1));
        let mean: Vec<f32> = sums.iter().map(|sum| (sum / count) as f32).collect();

        let mut magnitudes = Vec::new();
        let mut squares = vec![0.0_f64; dimension];
        let stride = documents.div_ceil(SAMPLE).max(1);
        for slot in (0..documents).step_by(stride as usize) {
            read(slot, &mut vector);
            for ((&x, &mean), square) in vector.iter().zip(&mean).zip(&mut squares) {
                let residual = x - mean;
                *square += f64::from(residual).powi(2);
                if shape.bits == CodeBits::Eight {
                    magnitudes.push(residual.abs());
                }
            }
        }
        let sampled = f64::from(documents.div_ceil(stride).max(1));
        let steps = match shape.bits {
            CodeBits::Eight => {
                let inside = (magnitudes.len() as f64 * (1.0 - CLIPPED_SHARE)) as usize;
                let range = if magnitudes.is_empty() {
                    0.0
                } else {
                    let inside = inside.min(magnitudes.len() - 1);
                    *magnitudes.select_nth_unstable_by(inside, f32::total_cmp).1
                };
                vec![usable_step(range / 127.0)]
            }
            CodeBits::Four => squares
                .iter()
                .map(|square| usable_step((square / sampled).sqrt() as f32 * INT4_STEP))
                .collect(),
            CodeBits::One => Vec::new(),
        };
        Codec { shape, mean, steps }
    }

    /// Writes the code of a vector.
    pub(crate) fn encode(&self, vector: &[f32], row: &mut [u8]) {
        let code_bytes = self.shape.code_bytes();
        let residuals = || vector.iter().zip(&self.mean).map(|(x, mean)| x - mean);
        let (codes, tail) = row.split_at_mut(code_bytes);
        tail.fill(0);
        match self.shape.bits {
            CodeBits::Eight => {
                codes.fill(128);
                let step = self.steps[0];
                let scale = self.row_scale(residuals().map(|residual| residual / step), 127.0);
                let unit = 1.0 / (step * scale);
                for (code, residual) in codes.iter_mut().zip(residuals()) {
                    *code = ((residual * unit).round().clamp(-127.0, 127.0) + 128.0) as u8;
                }
                self.write_tail(tail, step * scale, residuals());
            }
            CodeBits::Four => {
                codes.fill(0x88);
                let relative =
                    || residuals().zip(&self.steps).map(|(residual, step)| residual / step);
                let scale = self.row_scale(relative(), 7.0);
                for (component, value) in relative().enumerate() {
                    // Sixteen levels, half a step beside zero: -7.5 to 7.5.
                    let level = ((value / scale + 7.5).round().clamp(0.0, 15.0)) as u8;
                    let (byte, shift) = nibble_place(component);
                    codes[byte] = codes[byte] & !(15 << shift) | level << shift;
                }
                self.write_tail(tail, scale, residuals());
            }
            CodeBits::One => {
                codes.fill(0);
                let (mut squares, mut magnitudes) = (0.0_f32, 0.0_f32);
                for (component, residual) in residuals().enumerate() {
                    if residual > 0.0 {
                        codes[component / 8] |= 1 << (component % 8);
                    }
                    squares += residual * residual;
                    magnitudes += residual.abs();
                }
                // The length of the vector along its code, so that estimates are unbiased
                // (J. Gao, C. Long, "RaBitQ", SIGMOD 2024).
                let scale = if magnitudes > 0.0 { squares / magnitudes } else { 0.0 };
                self.write_tail(tail, scale, residuals());
            }
        }
    }

    /// The squared length of what a code of eight bits stands for, in steps.
    pub(crate) fn squared_length(&self, row: &[u8]) -> f32 {
        row[..self.shape.code_bytes()]
            .iter()
            .map(|&code| (i32::from(code) - 128).pow(2))
            .sum::<i32>() as f32
    }

    /// The part of an inner product that comes from the mean, negated, in squared steps.
    pub(crate) fn mean_product(&self, row: &[u8]) -> f32 {
        let step = self.steps[0];
        let terms =
            row.iter().zip(&self.mean).map(|(&code, mean)| (f32::from(code) - 128.0) * mean);
        -terms.sum::<f32>() / step
    }

    /// What the steps of one row are multiplied by so that no component is clipped.
    fn row_scale(&self, relative: impl Iterator<Item = f32>, levels: f32) -> f32 {
        if !self.shape.has_tail() {
            return 1.0;
        }
        let largest = relative.fold(0.0_f32, |largest, value| largest.max(value.abs()));
        usable_step(largest / levels)
    }

    fn write_tail(&self, tail: &mut [u8], scale: f32, residuals: impl Iterator<Item = f32>) {
        if !self.shape.has_tail() {
            return;
        }
        let bias = match self.shape.metric {
            Metric::Euclidean => residuals.map(|residual| residual * residual).sum::<f32>(),
            Metric::Cosine | Metric::InnerProduct => {
                -residuals.zip(&self.mean).map(|(residual, mean)| residual * mean).sum::<f32>()
            }
        };
        tail[..4].copy_from_slice(&scale.to_le_bytes());
        tail[4..8].copy_from_slice(&bias.to_le_bytes());
    }

    /// Prepares a query for comparison with codes.
    pub(crate) fn query(&self, query: &[f32]) -> CodeQuery {
        let shape = self.shape;
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        // Where rows have a bias, the mean is taken away from the query too, which leaves it
        // smaller components to quantise.
        let centered: Vec<f32> = if shape.has_tail() {
            query.iter().zip(&self.mean).map(|(x, mean)| x - mean).collect()
        } else {
            query.to_vec()
        };
        let (base, weight) = match shape.metric {
            Metric::Cosine => (1.0 - dot(query, &self.mean), 1.0),
            Metric::InnerProduct => (-dot(query, &self.mean), 1.0),
            Metric::Euclidean => (dot(&centered, &centered), 2.0),
        };
        let (values, center, gain) = match shape.bits {
            CodeBits::Eight => {
                let (values, step, sum) = quantized(centered.iter().copied(), shape.code_bytes());
                let step = if shape.has_tail() { step } else { step * self.steps[0] };
                (QueryValues::Int8(values), 128.0 * sum, step)
            }
            CodeBits::Four => {
                let folded = centered.iter().zip(&self.steps).map(|(x, step)| x * step);
                let (values, step, sum) = quantized(folded, shape.code_bytes() * 2);
                (QueryValues::Int4(values), 7.5 * sum, step)
            }
            CodeBits::One => {
                let (values, sum) = bit_planes(&centered);
                (QueryValues::Bits(values), sum / 2.0, 2.0)
            }
        };
        CodeQuery {
            values,
            center,
            gain: weight * gain,
            base,
            tail: shape.has_tail().then_some(shape.code_bytes()),
            kernels: kernels(),
        }
    }
}

/// A step that can be divided by.
fn usable_step(step: f32) -> f32 {
    if step.is_normal() && step > 0.0 { step } else { f32::MIN_POSITIVE.sqrt() }
}

/// The byte of a four-bit code, and the bit it begins at.
fn nibble_place(component: usize) -> (usize, u32) {
    let (block, within) = (component / 128, component % 128);
    (block * 64 + within % 64, if within < 64 { 0 } else { 4 })
}

/// Values as signed bytes, padded with zeros to `length`; what a step stands for, and their sum.
fn quantized(values: impl Iterator<Item = f32> + Clone, length: usize) -> (Vec<i8>, f32, f32) {
    let largest = values.clone().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let step = usable_step(largest / 127.0);
    let unit = 1.0 / step;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(values.map(|value| (value * unit).round() as i8));
    let sum = bytes.iter().map(|&value| i32::from(value)).sum::<i32>() as f32;
    bytes.resize(length, 0);
    (bytes, step, sum)
}

/// Values in sixteen steps, as bit planes; and their sum.
fn bit_planes(values: &[f32]) -> (BitQuery, f32) {
    let lowest = values.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let step = usable_step((highest - lowest) / 15.0);
    let words = values.len().div_ceil(64);
    let mut planes = vec![0_u64; 4 * words];
    let mut sum = 0.0;
    for (component, value) in values.iter().enumerate() {
        let level = ((value - lowest) / step).round().clamp(0.0, 15.0) as u64;
        for plane in 0..4 {
            planes[plane * words + component / 64] |= (level >> plane & 1) << (component % 64);
        }
        sum += lowest + step * level as f32;
    }
    (BitQuery { planes, lowest, step }, sum)
}

/// A query, ready for comparison with codes.
#[derive(Clone, Debug)]
pub(crate) struct CodeQuery {
    values: QueryValues,
    center: f32,
    gain: f32,
    base: f32,
    /// Where in a row its scale and bias are.
    tail: Option<usize>,
    kernels: Kernels,
}

#[derive(Clone, Debug)]
enum QueryValues {
    Int8(Vec<i8>),
    Int4(Vec<i8>),
    Bits(BitQuery),
}

impl CodeQuery {
    /// Estimates of the distances to some slots: of their squares for the Euclidean metric.
    fn score(&self, codes: Codes, slots: &[u32], out: &mut [f32]) {
        match &self.values {
            QueryValues::Int8(query) => (self.kernels.int8)(query, codes, slots, out),
            QueryValues::Int4(query) => (self.kernels.int4)(query, codes, slots, out),
            QueryValues::Bits(query) => (self.kernels.bits)(query, codes, slots, out),
        }
        match self.tail {
            None => {
                let base = self.base + self.gain * self.center;
                out.iter_mut().for_each(|x| *x = base - self.gain * *x);
            }
            Some(place) => {
                for (&slot, out) in slots.iter().zip(out) {
                    let tail = &codes.row(slot)[place..place + TAIL_BYTES];
                    let value = |at: usize| {
                        f32::from_le_bytes([tail[at], tail[at + 1], tail[at + 2], tail[at + 3]])
                    };
                    *out = self.base - self.gain * value(0) * (*out - self.center) + value(4);
                }
            }
        }
    }
}

/// Compares a query with the slots of a segment: by their codes, or by their vectors where there
/// are no codes.
#[derive(Debug)]
pub(crate) enum Scorer<'search> {
    Codes { query: CodeQuery, codes: Codes<'search> },
    Vectors { query: &'search [f32], distance: Distance, vectors: Vectors<'search> },
}

impl Scorer<'_> {
    /// How far some slots are, smaller is nearer. Values of one scorer can be compared with each
    /// other only. What is not a number comes out as infinitely far.
    pub(crate) fn score(&self, slots: &[u32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(slots.len(), 0.0);
        match self {
            Scorer::Codes { query, codes } => {
                query.score(*codes, slots, out);
                out.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = f32::INFINITY);
            }
            Scorer::Vectors { query, distance, vectors } => {
                distance.measure_slots(query, *vectors, slots, out);
            }
        }
    }

    /// Asks for what a slot is compared by.
    #[inline]
    pub(crate) fn prefetch(&self, slot: u32) {
        match self {
            Scorer::Codes { codes, .. } => codes.prefetch(slot),
            Scorer::Vectors { query, vectors, .. } => {
                let dimension = query.len();
                vectors.prefetch(slot as usize * dimension..(slot as usize + 1) * dimension);
            }
        }
    }
}

/// Vectors as half precision keeps them.
pub(crate) fn to_halves(vector: &[f32], out: &mut Vec<f16>) {
    use half::slice::HalfFloatSliceExt as _;
    out.clear();
    out.resize(vector.len(), f16::ZERO);
    out.convert_from_f32_slice(vector);
}
