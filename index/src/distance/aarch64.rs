//! Kernels for NEON.

#![expect(
    unsafe_code,
    reason = "SIMD loads take pointers, and need instructions that are checked for at run time"
)]

use std::arch::aarch64::*;

use super::{Codes, Kernels, scalar};

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
    // SAFETY: as above.
    int8: |query, codes, slots, out| unsafe { int8_neon(query, codes, slots, out) },
    // SAFETY: as above.
    int4: |query, codes, slots, out| unsafe { int4_neon(query, codes, slots, out) },
    // Half precision is converted by the `half` crate, and bits are counted by the compiler's
    // best instructions: NEON has them all.
    ..scalar::KERNELS
};

#[target_feature(enable = "neon")]
fn int8_neon(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    let (query, _) = query.as_chunks::<16>();
    for (&slot, out) in slots.iter().zip(out) {
        let (row, _) = codes.row(slot).as_chunks::<16>();
        let row = &row[..query.len()];
        let mut sums = [vdupq_n_s32(0); 2];
        for (query, codes) in query.iter().zip(row) {
            // SAFETY: both are 16 bytes.
            let (query, codes) = unsafe { (vld1q_s8(query.as_ptr()), vld1q_u8(codes.as_ptr())) };
            sums = add_products(sums, query, codes);
        }
        *out = vaddvq_s32(vaddq_s32(sums[0], sums[1])) as f32;
    }
}

#[target_feature(enable = "neon")]
fn int4_neon(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    let (query, _) = query.as_chunks::<128>();
    for (&slot, out) in slots.iter().zip(out) {
        let (row, _) = codes.row(slot).as_chunks::<64>();
        let row = &row[..query.len()];
        let mut sums = [vdupq_n_s32(0); 2];
        for (query, codes) in query.iter().zip(row) {
            for quarter in [0, 16, 32, 48] {
                // SAFETY: `quarter` is at most 48, so 16 bytes follow in the 64 of the row, and
                // in each of the two halves of the query's 128.
                let (first, second, codes) = unsafe {
                    (
                        vld1q_s8(query.as_ptr().add(quarter)),
                        vld1q_s8(query.as_ptr().add(64 + quarter)),
                        vld1q_u8(codes.as_ptr().add(quarter)),
                    )
                };
                sums = add_products(sums, first, vandq_u8(codes, vdupq_n_u8(15)));
                sums = add_products(sums, second, vshrq_n_u8::<4>(codes));
            }
        }
        *out = vaddvq_s32(vaddq_s32(sums[0], sums[1])) as f32;
    }
}

/// Adds the products of 16 signed and 16 unsigned bytes to eight sums.
#[inline]
#[target_feature(enable = "neon")]
fn add_products(sums: [int32x4_t; 2], query: int8x16_t, codes: uint8x16_t) -> [int32x4_t; 2] {
    let [mut first, mut second] = sums;
    for (query, codes) in [
        (vmovl_s8(vget_low_s8(query)), vmovl_u8(vget_low_u8(codes))),
        (vmovl_s8(vget_high_s8(query)), vmovl_u8(vget_high_u8(codes))),
    ] {
        let codes = vreinterpretq_s16_u16(codes);
        first = vmlal_s16(first, vget_low_s16(query), vget_low_s16(codes));
        second = vmlal_s16(second, vget_high_s16(query), vget_high_s16(codes));
    }
    [first, second]
}

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
