//! Distance kernels: one query against many rows, by the best instructions the machine has.
//!
//! Every kernel adds up a row in an order that depends on the dimension alone, so a distance
//! does not depend on where a row lies or which rows are beside it.

mod scalar;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::OnceLock;

use half::f16;

use crate::metric::Metric;

/// Computes one number a row: `rows` holds `out.len()` rows of `query.len()` components.
type RowsKernel = fn(query: &[f32], rows: &[f32], out: &mut [f32]);

/// The same for rows of half precision.
type HalvesKernel = fn(query: &[f32], rows: &[f16], out: &mut [f32]);

/// Computes the dot product of a query and the code of each of some slots.
type CodesKernel = fn(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]);

/// The same for codes of one bit a component.
type BitsKernel = fn(query: &BitQuery, codes: Codes, slots: &[u32], out: &mut [f32]);

/// The kernels of one instruction set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernels {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the kernels in test failures"))]
    name: &'static str,
    /// The dot product with each row.
    dot: RowsKernel,
    /// The squared Euclidean distance to each row.
    squared: RowsKernel,
    /// The dot product with each row of half precision.
    dot_halves: HalvesKernel,
    /// The squared Euclidean distance to each row of half precision.
    squared_halves: HalvesKernel,
    /// The sum of products of a query and unsigned bytes. The query's length is a multiple of
    /// 64, and each row has that many bytes of codes.
    pub(crate) int8: CodesKernel,
    /// The same for two components a byte: of each 64 bytes, the low halves are the first 64
    /// components of a block of 128, and the high halves the others.
    pub(crate) int4: CodesKernel,
    /// Weighs the bits of each row with a query of four bits a component.
    pub(crate) bits: BitsKernel,
}

/// Rows of codes, one a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codes<'file> {
    pub(crate) bytes: &'file [u8],
    /// The bytes from the beginning of a row to the next.
    pub(crate) stride: usize,
}

impl<'file> Codes<'file> {
    /// The row of a slot.
    #[inline]
    pub(crate) fn row(&self, slot: u32) -> &'file [u8] {
        &self.bytes[slot as usize * self.stride..][..self.stride]
    }

    /// Asks for the row of a slot to be brought near the processor, if there is such a row.
    #[inline]
    pub(crate) fn prefetch(&self, slot: u32) {
        prefetch(self.bytes, slot as usize * self.stride, self.stride);
    }
}

/// Asks for some bytes of a slice to be brought near the processor. Those outside are left out.
#[inline]
pub(crate) fn prefetch(bytes: &[u8], start: usize, length: usize) {
    let Some(bytes) = bytes.get(start..start.saturating_add(length)) else { return };
    #[cfg(target_arch = "x86_64")]
    x86_64::prefetch(bytes);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// A query for codes of one bit: its components in 16 steps, a bit plane after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitQuery {
    /// Four planes, from the lowest bit, each of as many words as a row has.
    pub(crate) planes: Vec<u64>,
    /// What a component of step 0 stands for.
    pub(crate) lowest: f32,
    /// What a step stands for.
    pub(crate) step: f32,
}

impl BitQuery {
    /// The words of a plane.
    fn words(&self) -> usize {
        self.planes.len() / 4
    }
}

/// The vectors of documents, row after row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vectors<'file> {
    F32(&'file [f32]),
    F16(&'file [f16]),
}

impl<'file> Vectors<'file> {
    /// The values at some positions.
    pub(crate) fn slice(&self, range: Range<usize>) -> Vectors<'file> {
        match self {
            Vectors::F32(values) => Vectors::F32(&values[range]),
            Vectors::F16(values) => Vectors::F16(&values[range]),
        }
    }

    /// Copies the values, of which there are as many as `out` has room for.
    pub(crate) fn copy_to(&self, out: &mut [f32]) {
        match self {
            Vectors::F32(values) => out.copy_from_slice(values),
            Vectors::F16(values) => {
                use half::slice::HalfFloatSliceExt as _;
                values.convert_to_f32_slice(out);
            }
        }
    }

    /// Asks for the values at some positions to be brought near the processor.
    pub(crate) fn prefetch(&self, range: Range<usize>) {
        use zerocopy::IntoBytes as _;
        match self {
            Vectors::F32(values) => prefetch(values.as_bytes(), range.start * 4, range.len() * 4),
            Vectors::F16(values) => prefetch(values.as_bytes(), range.start * 2, range.len() * 2),
        }
    }
}

/// Measures distances by one metric.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distance {
    metric: Metric,
    rows: RowsKernel,
    halves: HalvesKernel,
}

impl Distance {
    /// Chooses the kernels for a metric: once a search, not once a row.
    pub(crate) fn new(metric: Metric) -> Distance {
        let kernels = kernels();
        let (rows, halves) = match metric {
            Metric::Cosine | Metric::InnerProduct => (kernels.dot, kernels.dot_halves),
            Metric::Euclidean => (kernels.squared, kernels.squared_halves),
        };
        Distance { metric, rows, halves }
    }

    /// The distances from `query` to each row of `rows`, into `out`. A row that is damaged so
    /// that its distance is not a number is infinitely far.
    pub(crate) fn measure(&self, query: &[f32], rows: Vectors, out: &mut [f32]) {
        let length = match rows {
            Vectors::F32(rows) => rows.len(),
            Vectors::F16(rows) => rows.len(),
        };
        assert_eq!(length, query.len() * out.len(), "rows are of the query's dimension");
        match rows {
            Vectors::F32(rows) => (self.rows)(query, rows, out),
            Vectors::F16(rows) => (self.halves)(query, rows, out),
        }
        match self.metric {
            Metric::Cosine => out.iter_mut().for_each(|x| *x = not_nan((1.0 - *x).clamp(0.0, 2.0))),
            Metric::InnerProduct => out.iter_mut().for_each(|x| *x = not_nan(-*x)),
            Metric::Euclidean => out.iter_mut().for_each(|x| *x = not_nan(x.sqrt())),
        }
    }

    /// The distances from `query` to the rows of some slots.
    pub(crate) fn measure_slots(
        &self,
        query: &[f32],
        vectors: Vectors,
        slots: &[u32],
        out: &mut [f32],
    ) {
        let dimension = query.len();
        let row = |slot: u32| slot as usize * dimension..(slot as usize + 1) * dimension;
        for (position, (&slot, out)) in slots.iter().zip(out).enumerate() {
            if let Some(&next) = slots.get(position + 2) {
                vectors.prefetch(row(next));
            }
            self.measure(query, vectors.slice(row(slot)), std::slice::from_mut(out));
        }
    }
}

fn not_nan(distance: f32) -> f32 {
    if distance.is_nan() { f32::INFINITY } else { distance }
}

/// The best kernels of this machine.
pub(crate) fn kernels() -> Kernels {
    static BEST: OnceLock<Kernels> = OnceLock::new();
    *BEST.get_or_init(|| available()[0])
}

/// The kernels this machine can run, best first. The scalar ones are always there.
fn available() -> Vec<Kernels> {
    let mut kernels = Vec::new();
    #[cfg(target_arch = "x86_64")]
    kernels.extend(x86_64::available());
    #[cfg(target_arch = "aarch64")]
    kernels.extend(aarch64::available());
    kernels.push(scalar::KERNELS);
    kernels
}
