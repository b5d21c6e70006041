//! Kernels for AVX-512 with VNNI and VPOPCNTDQ, and for AVX2 with FMA and F16C.

#![expect(
    unsafe_code,
    reason = "SIMD loads take pointers, and need instructions that are checked for at run time"
)]

use std::arch::x86_64::*;

use half::f16;

use super::{BitQuery, Codes, Kernels, scalar};

/// The bytes that a processor fetches at once.
const CACHE_LINE: usize = 64;

/// The kernels whose instructions this processor has, best first.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("popcnt");
    let avx512 = avx2 && is_x86_feature_detected!("avx512f");
    let vnni = avx512
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
        && is_x86_feature_detected!("avx512vpopcntdq");
    [vnni.then_some(AVX512_VNNI), avx512.then_some(AVX512), avx2.then_some(AVX2)]
        .into_iter()
        .flatten()
}

/// Asks for some bytes to be brought near the processor.
#[inline]
pub(super) fn prefetch(bytes: &[u8]) {
    for line in bytes.chunks(CACHE_LINE) {
        // SAFETY: a hint; it reads nothing, and SSE belongs to every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}

const AVX512_VNNI: Kernels = Kernels {
    name: "AVX-512 VNNI",
    // SAFETY: `available` alone hands this out, after it found AVX-512BW and VNNI.
    int8: |query, codes, slots, out| unsafe { int8_vnni(query, codes, slots, out) },
    // SAFETY: as above.
    int4: |query, codes, slots, out| unsafe { int4_vnni(query, codes, slots, out) },
    // SAFETY: `available` alone hands this out, after it found AVX-512 VPOPCNTDQ.
    bits: |query, codes, slots, out| unsafe { bits_avx512(query, codes, slots, out) },
    ..AVX512
};

const AVX512: Kernels = Kernels {
    name: "AVX-512F",
    // SAFETY: `available` alone hands this out, after it found AVX-512F.
    dot: |query, rows, out| unsafe { dot_avx512(query, rows, out) },
    // SAFETY: as above.
    squared: |query, rows, out| unsafe { squared_avx512(query, rows, out) },
    // SAFETY: as above.
    dot_halves: |query, rows, out| unsafe { dot_halves_avx512(query, rows, out) },
    // SAFETY: as above.
    squared_halves: |query, rows, out| unsafe { squared_halves_avx512(query, rows, out) },
    ..AVX2
};

const AVX2: Kernels = Kernels {
    name: "AVX2",
    // SAFETY: `available` alone hands this out, after it found AVX2 and FMA.
    dot: |query, rows, out| unsafe { dot_avx2(query, rows, out) },
    // SAFETY: as above.
    squared: |query, rows, out| unsafe { squared_avx2(query, rows, out) },
    // SAFETY: `available` alone hands this out, after it found AVX2, FMA and F16C.
    dot_halves: |query, rows, out| unsafe { dot_halves_avx2(query, rows, out) },
    // SAFETY: as above.
    squared_halves: |query, rows, out| unsafe { squared_halves_avx2(query, rows, out) },
    // SAFETY: `available` alone hands this out, after it found AVX2.
    int8: |query, codes, slots, out| unsafe { int8_avx2(query, codes, slots, out) },
    // SAFETY: as above.
    int4: |query, codes, slots, out| unsafe { int4_avx2(query, codes, slots, out) },
    // SAFETY: `available` alone hands this out, after it found POPCNT.
    bits: |query, codes, slots, out| unsafe { bits_popcnt(query, codes, slots, out) },
};

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn int8_vnni(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    let (query, _) = query.as_chunks::<64>();
    for (&slot, out) in slots.iter().zip(out) {
        let (row, _) = codes.row(slot).as_chunks::<64>();
        let row = &row[..query.len()];
        let mut sums = [_mm512_setzero_si512(); 2];
        for (block, (query, codes)) in query.iter().zip(row).enumerate() {
            // SAFETY: both are 64 bytes.
            let (query, codes) = unsafe {
                (
                    _mm512_loadu_si512(query.as_ptr().cast()),
                    _mm512_loadu_si512(codes.as_ptr().cast()),
                )
            };
            sums[block % 2] = _mm512_dpbusd_epi32(sums[block % 2], codes, query);
        }
        *out = _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1])) as f32;
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn int4_vnni(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    let (query, _) = query.as_chunks::<128>();
    let nibble = _mm512_set1_epi8(15);
    for (&slot, out) in slots.iter().zip(out) {
        let (row, _) = codes.row(slot).as_chunks::<64>();
        let row = &row[..query.len()];
        let mut sums = [_mm512_setzero_si512(); 2];
        for (query, codes) in query.iter().zip(row) {
            // SAFETY: the query's block is 128 bytes, and the row's 64.
            let (first, second, codes) = unsafe {
                (
                    _mm512_loadu_si512(query.as_ptr().cast()),
                    _mm512_loadu_si512(query.as_ptr().add(64).cast()),
                    _mm512_loadu_si512(codes.as_ptr().cast()),
                )
            };
            let low = _mm512_and_si512(codes, nibble);
            let high = _mm512_and_si512(_mm512_srli_epi16::<4>(codes), nibble);
            sums[0] = _mm512_dpbusd_epi32(sums[0], low, first);
            sums[1] = _mm512_dpbusd_epi32(sums[1], high, second);
        }
        *out = _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1])) as f32;
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vpopcntdq")]
fn bits_avx512(query: &BitQuery, codes: Codes, slots: &[u32], out: &mut [f32]) {
    let words = query.words();
    for (&slot, out) in slots.iter().zip(out) {
        let row = &codes.row(slot)[..words * 8];
        let (mut set, mut steps) = (_mm512_setzero_si512(), [_mm512_setzero_si512(); 4]);
        let mut word = 0;
        while word < words {
            let mask = u8::MAX >> (8 - (words - word).min(8));
            // SAFETY: the mask keeps the words that the row has from here on.
            let bits = unsafe { _mm512_maskz_loadu_epi64(mask, row.as_ptr().add(word * 8).cast()) };
            set = _mm512_add_epi64(set, _mm512_popcnt_epi64(bits));
            for (plane, steps) in steps.iter_mut().enumerate() {
                // SAFETY: as above; each plane has as many words as the row.
                let plane = unsafe {
                    let first = query.planes.as_ptr().add(plane * words + word);
                    _mm512_maskz_loadu_epi64(mask, first.cast())
                };
                *steps =
                    _mm512_add_epi64(*steps, _mm512_popcnt_epi64(_mm512_and_si512(bits, plane)));
            }
            word += 8;
        }
        let steps = _mm512_add_epi64(
            _mm512_add_epi64(steps[0], _mm512_slli_epi64::<1>(steps[1])),
            _mm512_add_epi64(_mm512_slli_epi64::<2>(steps[2]), _mm512_slli_epi64::<3>(steps[3])),
        );
        let (set, steps) = (_mm512_reduce_add_epi64(set), _mm512_reduce_add_epi64(steps));
        *out = query.lowest * set as f32 + query.step * steps as f32;
    }
}

#[target_feature(enable = "avx2")]
fn int8_avx2(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    let (query, _) = query.as_chunks::<16>();
    for (&slot, out) in slots.iter().zip(out) {
        let (row, _) = codes.row(slot).as_chunks::<16>();
        let row = &row[..query.len()];
        let mut sums = [_mm256_setzero_si256(); 2];
        for (block, (query, codes)) in query.iter().zip(row).enumerate() {
            // SAFETY: both are 16 bytes.
            let (query, codes) = unsafe {
                (_mm_loadu_si128(query.as_ptr().cast()), _mm_loadu_si128(codes.as_ptr().cast()))
            };
            let products =
                _mm256_madd_epi16(_mm256_cvtepi8_epi16(query), _mm256_cvtepu8_epi16(codes));
            sums[block % 2] = _mm256_add_epi32(sums[block % 2], products);
        }
        *out = sum_epi32(_mm256_add_epi32(sums[0], sums[1])) as f32;
    }
}

#[target_feature(enable = "avx2")]
fn int4_avx2(query: &[i8], codes: Codes, slots: &[u32], out: &mut [f32]) {
    let (query, _) = query.as_chunks::<128>();
    let nibble = _mm256_set1_epi8(15);
    let ones = _mm256_set1_epi16(1);
    for (&slot, out) in slots.iter().zip(out) {
        let (row, _) = codes.row(slot).as_chunks::<64>();
        let row = &row[..query.len()];
        let mut sums = [_mm256_setzero_si256(); 2];
        for (query, codes) in query.iter().zip(row) {
            for half in [0, 32] {
                // SAFETY: `half` is at most 32, so 32 bytes follow in the 64 of the row, and in
                // each of the two halves of the query's 128.
                let (first, second, codes) = unsafe {
                    (
                        _mm256_loadu_si256(query.as_ptr().add(half).cast()),
                        _mm256_loadu_si256(query.as_ptr().add(64 + half).cast()),
                        _mm256_loadu_si256(codes.as_ptr().add(half).cast()),
                    )
                };
                let low = _mm256_and_si256(codes, nibble);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(codes), nibble);
                // At most 2 * 15 * 128 in magnitude: the 16 bits do not saturate.
                let low = _mm256_madd_epi16(_mm256_maddubs_epi16(low, first), ones);
                let high = _mm256_madd_epi16(_mm256_maddubs_epi16(high, second), ones);
                sums[0] = _mm256_add_epi32(sums[0], low);
                sums[1] = _mm256_add_epi32(sums[1], high);
            }
        }
        *out = sum_epi32(_mm256_add_epi32(sums[0], sums[1])) as f32;
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum_epi32(sums: __m256i) -> i32 {
    let half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let pairs = _mm_add_epi32(half, _mm_shuffle_epi32::<0b01_00_11_10>(half));
    _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_shuffle_epi32::<0b10_11_00_01>(pairs)))
}

#[target_feature(enable = "popcnt")]
fn bits_popcnt(query: &BitQuery, codes: Codes, slots: &[u32], out: &mut [f32]) {
    scalar::weigh_bits(query, codes, slots, out);
}

#[target_feature(enable = "avx512f")]
fn dot_halves_avx512(query: &[f32], rows: &[f16], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_halves_avx512(query, row, |sum, a, b| _mm512_fmadd_ps(a, b, sum));
    }
}

#[target_feature(enable = "avx512f")]
fn squared_halves_avx512(query: &[f32], rows: &[f16], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_halves_avx512(query, row, |sum, a, b| {
            let difference = _mm512_sub_ps(a, b);
            _mm512_fmadd_ps(difference, difference, sum)
        });
    }
}

/// Adds up the terms of a vector and a row of half precision in four registers of 16 sums.
#[inline]
#[target_feature(enable = "avx512f")]
fn sum_halves_avx512(a: &[f32], b: &[f16], add: impl Fn(__m512, __m512, __m512) -> __m512) -> f32 {
    let mut sums = [_mm512_setzero_ps(); 4];
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    for (block, (a, b)) in a_blocks.iter().zip(b_blocks).enumerate() {
        // SAFETY: each has 16 values.
        let (a, b) = unsafe {
            (_mm512_loadu_ps(a.as_ptr()), _mm512_cvtph_ps(_mm256_loadu_si256(b.as_ptr().cast())))
        };
        sums[block % 4] = add(sums[block % 4], a, b);
    }
    if !a_rest.is_empty() {
        let mut padded = [[0.0; 16], [0.0; 16]];
        padded[0][..a_rest.len()].copy_from_slice(a_rest);
        for (wide, half) in padded[1].iter_mut().zip(b_rest) {
            *wide = half.to_f32();
        }
        // SAFETY: both have 16 values.
        let (a, b) =
            unsafe { (_mm512_loadu_ps(padded[0].as_ptr()), _mm512_loadu_ps(padded[1].as_ptr())) };
        sums[0] = add(sums[0], a, b);
    }
    _mm512_reduce_add_ps(_mm512_add_ps(
        _mm512_add_ps(sums[0], sums[1]),
        _mm512_add_ps(sums[2], sums[3]),
    ))
}

#[target_feature(enable = "avx2,fma,f16c")]
fn dot_halves_avx2(query: &[f32], rows: &[f16], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_halves_avx2(query, row, |sum, a, b| _mm256_fmadd_ps(a, b, sum));
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn squared_halves_avx2(query: &[f32], rows: &[f16], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        *out = sum_halves_avx2(query, row, |sum, a, b| {
            let difference = _mm256_sub_ps(a, b);
            _mm256_fmadd_ps(difference, difference, sum)
        });
    }
}

/// Adds up the terms of a vector and a row of half precision in four registers of 8 sums.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn sum_halves_avx2(a: &[f32], b: &[f16], add: impl Fn(__m256, __m256, __m256) -> __m256) -> f32 {
    let mut sums = [_mm256_setzero_ps(); 4];
    let (a_blocks, a_rest) = a.as_chunks::<8>();
    let (b_blocks, b_rest) = b.as_chunks::<8>();
    for (block, (a, b)) in a_blocks.iter().zip(b_blocks).enumerate() {
        // SAFETY: each has 8 values.
        let (a, b) = unsafe {
            (_mm256_loadu_ps(a.as_ptr()), _mm256_cvtph_ps(_mm_loadu_si128(b.as_ptr().cast())))
        };
        sums[block % 4] = add(sums[block % 4], a, b);
    }
    if !a_rest.is_empty() {
        let mut wide = [0.0; 8];
        for (wide, half) in wide.iter_mut().zip(b_rest) {
            *wide = half.to_f32();
        }
        sums[0] = add(sums[0], load_padded(a_rest), load_padded(&wide));
    }
    sum_ps(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])))
}

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
    sum_ps(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])))
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum_ps(sum: __m256) -> f32 {
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
