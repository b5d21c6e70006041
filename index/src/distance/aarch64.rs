//! Kernels for NEON.

#![expect(
    unsafe_code,
    reason = "SIMD loads take pointers, and need instructions that are checked for at run time"
)]

use std::arch::aarch64::*;

use super::Kernels;

/// The kernels whose instructions this processor has.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    std::arch::is_aarch64_feature_detected!("neon").then_some(NEON).into_iter()
}

const NEON: Kernels = Kernels {
    name: "NEON",
    // SAFETY: `available` alone hands this out, after it found NEON.
    dot: |query, rows, out| unsafe { dot_neon(query, rows, out) },
    // SAFETY: as above.
    squared: |query, rows, out| unsafe { squared_neon(query, rows, out) },
};

#[target_feature(enable = "neon")]
fn dot_neon(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_neon(query, row, |sum, a, b| vfmaq_f32(sum, a, b));
    }
}

#[target_feature(enable = "neon")]
fn squared_neon(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_neon(query, row, |sum, a, b| {
            let difference = vsubq_f32(a, b);
            vfmaq_f32(sum, difference, difference)
        });
    }
}

/// Adds up the terms of two vectors of one length in four registers of 4 sums.
#[inline]
#[target_feature(enable = "neon")]
fn sum_neon(
    a: &[f32],
    b: &[f32],
    add: impl Fn(float32x4_t, float32x4_t, float32x4_t) -> float32x4_t,
) -> f32 {
    let mut sums = [vdupq_n_f32(0.0); 4];
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            // SAFETY: `lane` is at most 3, so 4 values follow within the 16 of each block.
            let (a, b) = unsafe {
                (vld1q_f32(a.as_ptr().add(4 * lane)), vld1q_f32(b.as_ptr().add(4 * lane)))
            };
            *sum = add(*sum, a, b);
        }
    }
    for (lane, (a, b)) in a_rest.chunks(4).zip(b_rest.chunks(4)).enumerate() {
        sums[lane] = add(sums[lane], load_padded(a), load_padded(b));
    }
    vaddvq_f32(vaddq_f32(vaddq_f32(sums[0], sums[1]), vaddq_f32(sums[2], sums[3])))
}

/// At most 4 values, and zeros.
#[inline]
#[target_feature(enable = "neon")]
fn load_padded(values: &[f32]) -> float32x4_t {
    let mut padded = [0.0; 4];
    padded[..values.len()].copy_from_slice(values);
    // SAFETY: `padded` has 4 values.
    unsafe { vld1q_f32(padded.as_ptr()) }
}
