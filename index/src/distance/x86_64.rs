//! Kernels for AVX-512F, and for AVX2 with FMA.

#![expect(
    unsafe_code,
    reason = "SIMD loads take pointers, and need instructions that are checked for at run time"
)]

use std::arch::x86_64::*;

use super::Kernels;

/// The kernels whose instructions this processor has, best first.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    let avx512 = is_x86_feature_detected!("avx512f").then_some(AVX512);
    let avx2 =
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(AVX2);
    avx512.into_iter().chain(avx2)
}

const AVX512: Kernels = Kernels {
    name: "AVX-512F",
    // SAFETY: `available` alone hands this out, after it found AVX-512F.
    dot: |query, rows, out| unsafe { dot_avx512(query, rows, out) },
    // SAFETY: as above.
    squared: |query, rows, out| unsafe { squared_avx512(query, rows, out) },
};

const AVX2: Kernels = Kernels {
    name: "AVX2",
    // SAFETY: `available` alone hands this out, after it found AVX2 and FMA.
    dot: |query, rows, out| unsafe { dot_avx2(query, rows, out) },
    // SAFETY: as above.
    squared: |query, rows, out| unsafe { squared_avx2(query, rows, out) },
};

#[target_feature(enable = "avx512f")]
fn dot_avx512(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_avx512(query, row, |sum, a, b| _mm512_fmadd_ps(a, b, sum));
    }
}

#[target_feature(enable = "avx512f")]
fn squared_avx512(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_avx512(query, row, |sum, a, b| {
            let difference = _mm512_sub_ps(a, b);
            _mm512_fmadd_ps(difference, difference, sum)
        });
    }
}

/// Adds up the terms of two vectors of one length in four registers of 16 sums.
#[inline]
#[target_feature(enable = "avx512f")]
fn sum_avx512(a: &[f32], b: &[f32], add: impl Fn(__m512, __m512, __m512) -> __m512) -> f32 {
    let mut sums = [_mm512_setzero_ps(); 4];
    let (a_blocks, a_rest) = a.as_chunks::<64>();
    let (b_blocks, b_rest) = b.as_chunks::<64>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            // SAFETY: `lane` is at most 3, so 16 values follow within the 64 of each block.
            let (a, b) = unsafe {
                (
                    _mm512_loadu_ps(a.as_ptr().add(16 * lane)),
                    _mm512_loadu_ps(b.as_ptr().add(16 * lane)),
                )
            };
            *sum = add(*sum, a, b);
        }
    }
    for (lane, (a, b)) in a_rest.chunks(16).zip(b_rest.chunks(16)).enumerate() {
        let mask = u16::MAX >> (16 - a.len().min(b.len()));
        // SAFETY: the mask keeps as many values as both chunks have, 1 to 16; the others are
        // not read and count as zero.
        let (a, b) = unsafe {
            (_mm512_maskz_loadu_ps(mask, a.as_ptr()), _mm512_maskz_loadu_ps(mask, b.as_ptr()))
        };
        sums[lane] = add(sums[lane], a, b);
    }
    _mm512_reduce_add_ps(_mm512_add_ps(
        _mm512_add_ps(sums[0], sums[1]),
        _mm512_add_ps(sums[2], sums[3]),
    ))
}

#[target_feature(enable = "avx2,fma")]
fn dot_avx2(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_avx2(query, row, |sum, a, b| _mm256_fmadd_ps(a, b, sum));
    }
}

#[target_feature(enable = "avx2,fma")]
fn squared_avx2(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_avx2(query, row, |sum, a, b| {
            let difference = _mm256_sub_ps(a, b);
            _mm256_fmadd_ps(difference, difference, sum)
        });
    }
}

/// Adds up the terms of two vectors of one length in four registers of 8 sums.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn sum_avx2(a: &[f32], b: &[f32], add: impl Fn(__m256, __m256, __m256) -> __m256) -> f32 {
    let mut sums = [_mm256_setzero_ps(); 4];
    let (a_blocks, a_rest) = a.as_chunks::<32>();
    let (b_blocks, b_rest) = b.as_chunks::<32>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            // SAFETY: `lane` is at most 3, so 8 values follow within the 32 of each block.
            let (a, b) = unsafe {
                (
                    _mm256_loadu_ps(a.as_ptr().add(8 * lane)),
                    _mm256_loadu_ps(b.as_ptr().add(8 * lane)),
                )
            };
            *sum = add(*sum, a, b);
        }
    }
    for (lane, (a, b)) in a_rest.chunks(8).zip(b_rest.chunks(8)).enumerate() {
        sums[lane] = add(sums[lane], load_padded(a), load_padded(b));
    }
    let sum = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
    let half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps::<1>(sum));
    let pairs = _mm_add_ps(half, _mm_movehl_ps(half, half));
    _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehdup_ps(pairs)))
}

/// At most 8 values, and zeros.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn load_padded(values: &[f32]) -> __m256 {
    let mut padded = [0.0; 8];
    padded[..values.len()].copy_from_slice(values);
    // SAFETY: `padded` has 8 values.
    unsafe { _mm256_loadu_ps(padded.as_ptr()) }
}
