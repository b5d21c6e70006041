use super::*;

/// Numbers between -1 and 1 that repeat for a seed.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

type Term = fn(f64, f64) -> f64;

/// The exact value to within f64, and the bound on the rounding of any order of adding up
/// n terms in f32: n·u / (1 - n·u) times the sum of their magnitudes, with u = 2^-24 and two
/// roundings more for each term itself.
fn exact(a: &[f32], b: &[f32], term: Term) -> (f64, f64) {
    let terms: Vec<f64> = a.iter().zip(b).map(|(&a, &b)| term(a.into(), b.into())).collect();
    let roundings = (a.len() + 2) as f64 * 2f64.powi(-24);
    let magnitude: f64 = terms.iter().map(|term| term.abs()).sum();
    (terms.iter().sum(), roundings / (1.0 - roundings) * magnitude)
}

/// Both kernels of an instruction set beside what they compute, in f64.
fn twins(kernels: Kernels) -> [(RowsKernel, Term); 2] {
    [(kernels.dot, |a, b| a * b), (kernels.squared, |a, b| (a - b) * (a - b))]
}

#[test]
fn every_kernel_agrees_with_f64_at_every_length_and_alignment() {
    for kernels in available() {
        for (kernel, term) in twins(kernels) {
            for dimension in (1..=140).chain([255, 256, 257, 384, 768, 1023]) {
                for offset in 0..4 {
                    let rows = 3;
                    let query = &numbers(1, offset + dimension)[offset..];
                    let matrix = &numbers(2, offset + rows * dimension)[offset..];
                    let mut out = vec![f32::NAN; rows];
                    kernel(query, matrix, &mut out);
                    for (row, got) in matrix.chunks_exact(dimension).zip(out) {
                        let (expected, bound) = exact(query, row, term);
                        assert!(
                            (f64::from(got) - expected).abs() <= bound,
                            "{}, dimension {dimension}, offset {offset}: {got} for {expected} ± {bound}",
                            kernels.name
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_has_one_value_wherever_it_lies() {
    for kernels in available() {
        for (kernel, _) in twins(kernels) {
            for dimension in [1, 7, 33, 100, 384] {
                let query = numbers(3, dimension);
                let row = numbers(4, dimension);
                let values: Vec<f32> = (0..5)
                    .map(|before| {
                        let mut rows = numbers(5, before * dimension);
                        rows.extend_from_slice(&row);
                        rows.extend_from_slice(&numbers(6, dimension));
                        let mut out = vec![0.0; before + 2];
                        kernel(&query, &rows, &mut out);
                        out[before]
                    })
                    .collect();
                assert!(
                    values.iter().all(|value| value.to_bits() == values[0].to_bits()),
                    "{}",
                    kernels.name
                );
            }
        }
    }
}

/// The same kernels for rows of half precision.
fn half_twins(kernels: Kernels) -> [(HalvesKernel, Term); 2] {
    [(kernels.dot_halves, |a, b| a * b), (kernels.squared_halves, |a, b| (a - b) * (a - b))]
}

fn halves(values: &[f32]) -> Vec<f16> {
    values.iter().map(|&value| f16::from_f32(value)).collect()
}

#[test]
fn every_kernel_for_halves_agrees_with_f64_at_every_length_and_alignment() {
    // Of normal size, so small that halves are subnormal, and as large as halves get.
    for (scale, dimensions) in [(1.0, 1..141), (3e-6, 60..70), (65_000.0, 60..70)] {
        for kernels in available() {
            for (kernel, term) in half_twins(kernels) {
                for dimension in dimensions.clone().chain([255, 256, 257, 384, 768, 1023]) {
                    for offset in 0..4 {
                        let rows = 3;
                        let query = &numbers(1, offset + dimension)[offset..];
                        let matrix: Vec<f32> = numbers(2, offset + rows * dimension);
                        let matrix: Vec<f32> = matrix.iter().map(|x| x * scale).collect();
                        let matrix = &halves(&matrix)[offset..];
                        let mut out = vec![f32::NAN; rows];
                        kernel(query, matrix, &mut out);
                        for (row, got) in matrix.chunks_exact(dimension).zip(out) {
                            let row: Vec<f32> = row.iter().map(|half| half.to_f32()).collect();
                            let (expected, bound) = exact(query, &row, term);
                            assert!(
                                (f64::from(got) - expected).abs() <= bound,
                                "{}, dimension {dimension}, offset {offset}: {got} for {expected} ± {bound}",
                                kernels.name
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_of_halves_has_one_value_wherever_it_lies() {
    for kernels in available() {
        for (kernel, _) in half_twins(kernels) {
            for dimension in [1, 7, 33, 100, 384] {
                let query = numbers(3, dimension);
                let row = halves(&numbers(4, dimension));
                let values: Vec<u32> = (0..5)
                    .map(|before| {
                        let mut rows = halves(&numbers(5, before * dimension));
                        rows.extend_from_slice(&row);
                        let mut out = vec![0.0; before + 1];
                        kernel(&query, &rows, &mut out);
                        out[before].to_bits()
                    })
                    .collect();
                assert!(values.iter().all(|value| *value == values[0]), "{}", kernels.name);
            }
        }
    }
}

/// Bytes that repeat for a seed.
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    numbers(seed, count).iter().map(|x| ((x + 1.0) * 128.0) as u8).collect()
}

/// Slots in no order, some of them twice.
const SLOTS: [u32; 6] = [4, 0, 3, 3, 1, 4];

/// A query for codes of one row length, and what the sum of products must be.
struct Case {
    dimension: usize,
    offset: usize,
    stride: usize,
    codes: Vec<u8>,
}

impl Case {
    /// Five rows of codes that take `length` bytes, at some alignments and strides.
    fn all(dimension: usize, length: usize) -> impl Iterator<Item = Case> {
        [(0, 0), (1, 64), (3, 8), (7, 1)].into_iter().map(move |(offset, gap)| {
            let stride = length + gap;
            let codes = bytes(dimension as u64 + 7, offset + 5 * stride);
            Case { dimension, offset, stride, codes }
        })
    }

    fn codes(&self) -> Codes<'_> {
        Codes { bytes: &self.codes[self.offset..], stride: self.stride }
    }

    /// A query of this many components, and zeros after those of the dimension.
    fn query(&self, length: usize) -> Vec<i8> {
        let mut query: Vec<i8> =
            bytes(self.dimension as u64, self.dimension).iter().map(|&byte| byte as i8).collect();
        query.resize(length, 0);
        query
    }

    fn check(&self, name: &str, got: &[f32], expected: impl Fn(u32) -> f64) {
        for (&slot, &got) in SLOTS.iter().zip(got) {
            // The integer is exact, and it is rounded once.
            assert_eq!(
                got,
                expected(slot) as f32,
                "{name}, dimension {}, offset {}, stride {}, slot {slot}",
                self.dimension,
                self.offset,
                self.stride
            );
        }
    }
}

fn code_dimensions() -> impl Iterator<Item = usize> {
    (1..=140).chain([255, 256, 257, 384, 768, 1023])
}

#[test]
fn codes_of_eight_bits_are_summed_exactly_by_every_kernel() {
    for kernels in available() {
        for dimension in code_dimensions() {
            let length = dimension.next_multiple_of(64);
            for case in Case::all(dimension, length) {
                let (query, codes) = (case.query(length), case.codes());
                let mut out = [f32::NAN; SLOTS.len()];
                (kernels.int8)(&query, codes, &SLOTS, &mut out);
                case.check(kernels.name, &out, |slot| {
                    let terms = query.iter().zip(codes.row(slot));
                    terms.map(|(&q, &code)| i64::from(q) * i64::from(code)).sum::<i64>() as f64
                });
            }
        }
    }
}

#[test]
fn codes_of_four_bits_are_summed_exactly_by_every_kernel() {
    for kernels in available() {
        for dimension in code_dimensions() {
            let length = dimension.next_multiple_of(128);
            for case in Case::all(dimension, length / 2) {
                let (query, codes) = (case.query(length), case.codes());
                let mut out = [f32::NAN; SLOTS.len()];
                (kernels.int4)(&query, codes, &SLOTS, &mut out);
                case.check(kernels.name, &out, |slot| {
                    let row = codes.row(slot);
                    let level = |at: usize| {
                        let byte = row[at / 128 * 64 + at % 64];
                        i64::from(if at % 128 < 64 { byte & 15 } else { byte >> 4 })
                    };
                    let terms = query.iter().enumerate();
                    terms.map(|(at, &q)| i64::from(q) * level(at)).sum::<i64>() as f64
                });
            }
        }
    }
}

/// A query of bit planes whose components have these steps.
fn bit_query(levels: &[u8], lowest: f32, step: f32) -> BitQuery {
    let words = levels.len().div_ceil(64);
    let mut planes = vec![0; 4 * words];
    for (at, &level) in levels.iter().enumerate() {
        for plane in 0..4 {
            planes[plane * words + at / 64] |= u64::from(level >> plane & 1) << (at % 64);
        }
    }
    BitQuery { planes, lowest, step }
}

/// What a row weighs, in f64, and the bound on two products and a sum that are rounded.
fn weight(levels: &[u8], query: &BitQuery, row: &[u8]) -> (f64, f64) {
    let (mut set, mut steps) = (0, 0);
    // Bits beyond the dimension count as components of step 0.
    for at in 0..levels.len().next_multiple_of(64) {
        if row[at / 8] >> (at % 8) & 1 == 1 {
            set += 1;
            steps += u64::from(levels.get(at).copied().unwrap_or(0));
        }
    }
    let low = f64::from(query.lowest) * f64::from(set);
    let high = f64::from(query.step) * steps as f64;
    (low + high, 3.0 * 2f64.powi(-24) * (low.abs() + high.abs()))
}

#[test]
fn bits_are_weighed_alike_by_every_kernel() {
    for kernels in available() {
        for dimension in code_dimensions() {
            let levels: Vec<u8> =
                bytes(dimension as u64, dimension).iter().map(|x| x & 15).collect();
            let query = bit_query(&levels, -0.37, 0.081);
            for case in Case::all(dimension, dimension.next_multiple_of(64) / 8) {
                let mut out = [f32::NAN; SLOTS.len()];
                (kernels.bits)(&query, case.codes(), &SLOTS, &mut out);
                for (slot, got) in SLOTS.into_iter().zip(out) {
                    let (expected, bound) = weight(&levels, &query, case.codes().row(slot));
                    assert!(
                        (f64::from(got) - expected).abs() <= bound,
                        "{}, dimension {dimension}: {got} for {expected} ± {bound}",
                        kernels.name
                    );
                }
            }
        }
    }
}

#[test]
fn the_largest_sums_do_not_overflow() {
    const LONGEST: usize = crate::MAX_DIMENSION;
    for kernels in available() {
        for (value, query) in [(255_u8, -128_i8), (255, 127), (0, -128), (128, -128), (1, 1)] {
            let codes = vec![value; LONGEST];
            let codes = Codes { bytes: &codes, stride: LONGEST };
            let query = vec![query; LONGEST];
            let sum = |level: u8| i64::from(level) * i64::from(query[0]) * LONGEST as i64;
            let mut out = [f32::NAN];
            (kernels.int8)(&query, codes, &[0], &mut out);
            assert_eq!(out[0], sum(value) as f32, "{}", kernels.name);

            let codes = Codes { bytes: &codes.bytes[..LONGEST / 2], stride: LONGEST / 2 };
            (kernels.int4)(&query, codes, &[0], &mut out);
            let both = sum(value & 15) + sum(value >> 4);
            assert_eq!(out[0], (both / 2) as f32, "{}", kernels.name);
        }
        let levels = vec![15; LONGEST];
        let query = bit_query(&levels, -1.0, 2.0 / 15.0);
        let codes = vec![255; LONGEST / 8];
        let mut out = [f32::NAN];
        (kernels.bits)(&query, Codes { bytes: &codes, stride: LONGEST / 8 }, &[0], &mut out);
        let (expected, bound) = weight(&levels, &query, &codes);
        assert!((f64::from(out[0]) - expected).abs() <= bound, "{}", kernels.name);
    }
}

#[test]
fn distances_to_slots_are_those_to_their_rows() {
    let (dimension, rows) = (37, 9);
    let query = numbers(1, dimension);
    let matrix = numbers(2, rows * dimension);
    let halves = halves(&matrix);
    for metric in [Metric::Cosine, Metric::InnerProduct, Metric::Euclidean] {
        let distance = Distance::new(metric);
        for vectors in [Vectors::F32(&matrix), Vectors::F16(&halves)] {
            let mut all = vec![0.0; rows];
            distance.measure(&query, vectors, &mut all);
            let slots = [8, 8, 0, 3, 7];
            let mut some = [0.0; 5];
            distance.measure_slots(&query, vectors, &slots, &mut some);
            assert_eq!(some, slots.map(|slot| all[slot as usize]));
        }
    }
}

#[test]
fn bytes_that_do_not_exist_are_not_asked_for() {
    let codes = Codes { bytes: &[0; 128], stride: 64 };
    for slot in [0, 1, 2, u32::MAX] {
        codes.prefetch(slot);
    }
    prefetch(codes.bytes, usize::MAX, usize::MAX);
    Vectors::F16(&[f16::ZERO; 4]).prefetch(3..400);
}

#[test]
fn the_cosine_distance_stays_within_its_range() {
    let mut out = [0.0; 2];
    let query = [0.6000001, 0.8000001];
    Distance::new(Metric::Cosine).measure(
        &query,
        Vectors::F32(&[0.6000001, 0.8000001, -0.6000001, -0.8000001]),
        &mut out,
    );
    assert_eq!(out, [0.0, 2.0]);
}

#[test]
fn a_damaged_row_is_infinitely_far() {
    for metric in [Metric::Cosine, Metric::InnerProduct, Metric::Euclidean] {
        let mut out = [0.0; 2];
        Distance::new(metric).measure(
            &[0.6, 0.8],
            Vectors::F32(&[0.6, f32::NAN, 0.6, 0.8]),
            &mut out,
        );
        assert_eq!(out[0], f32::INFINITY, "{metric:?}");
        assert!(out[1].is_finite(), "{metric:?}");
    }
}
