//! Kernels in plain Rust: the twin of every fast path, and the path of other machines.

use half::f16;
use half::slice::HalfFloatSliceExt as _;

use super::{BitQuery, Codes, Kernels};

pub(super) const KERNELS: Kernels =
    Kernels { name: "scalar", dot, squared, dot_halves, squared_halves, int8, int4, bits };

/// Sums kept apart, so that the compiler can use what vector registers there are.
const LANES: usize = 8;

fn dot(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for_rows(query, rows, out, |a, b| a * b);
}

fn squared(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for_rows(query, rows, out, |a, b| (a - b) * (a - b));
}

#[inline(always)]
fn for_rows(query: &[f32], rows: &[f32], out: &mut [f32], term: impl Fn(f32, f32) -> f32) {
    let (query_lanes, query_rest) = query.as_chunks::<LANES>();
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        let (row_lanes, row_rest) = row.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for (a, b) in query_lanes.iter().zip(row_lanes) {
            for lane in 0..LANES {
                sums[lane] += term(a[lane], b[lane]);
            }
        }
        for (lane, (a, b)) in query_rest.iter().zip(row_rest).enumerate() {
            sums[lane] += term(*a, *b);
        }
        *out = sums.iter().sum();
    }
}

pub(super) fn dot_halves(query: &[f32], rows: &[f16], out: &mut [f32]) {
    widened(query, rows, out, dot);
}

pub(super) fn squared_halves(query: &[f32], rows: &[f16], out: &mut [f32]) {
    widened(query, rows, out, squared);
}

/// Applies a kernel to rows of half precision, one at a time.
fn widened(query: &[f32], rows: &[f16], out: &mut [f32], kernel: fn(&[f32], &[f32], &mut [f32])) {
    let mut row = vec![0.0; query.len()];
    for (halves, out) in rows.chunks_exact(query.len()).zip(out) {
        halves.convert_to_f32_slice(&mut row);
        kernel(query, &row, std::slice::from_mut(out));
    }
}

fn int8(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    for (&slot, out) in slots.iter().zip(out) {
        let row = &codes.row(slot)[..query.len()];
        let terms = query.iter().zip(row).map(|(&q, &code)| i32::from(q) * i32::from(code));
        *out = terms.sum::<i32>() as f32;
    }
}

pub(super) fn int4(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    let (blocks, _) = query.as_chunks::<128>();
    for (&slot, out) in slots.iter().zip(out) {
        let (rows, _) = codes.row(slot)[..query.len() / 2].as_chunks::<64>();
        let mut sum = 0;
        for (query, row) in blocks.iter().zip(rows) {
            let (low, high) = query.split_at(64);
            for ((&low, &high), &code) in low.iter().zip(high).zip(row) {
                sum += i32::from(low) * i32::from(code & 15);
                sum += i32::from(high) * i32::from(code >> 4);
            }
        }
        *out = sum as f32;
    }
}

fn bits(query: &BitQuery, codes: Codes, slots: &[u32], out: &mut [f32]) {
    weigh_bits(query, codes, slots, out);
}

/// The lowest value once for every bit that is set, and the steps of those components.
#[inline(always)]
pub(super) fn weigh_bits(query: &BitQuery, codes: Codes, slots: &[u32], out: &mut [f32]) {
    let words = query.words();
    for (&slot, out) in slots.iter().zip(out) {
        let (row, _) = codes.row(slot)[..words * 8].as_chunks::<8>();
        let (mut set, mut steps) = (0, 0);
        for (word, bytes) in row.iter().enumerate() {
            let bits = u64::from_le_bytes(*bytes);
            set += bits.count_ones();
            for plane in 0..4 {
                steps += (bits & query.planes[plane * words + word]).count_ones() << plane;
            }
        }
        *out = query.lowest * set as f32 + query.step * steps as f32;
    }
}
