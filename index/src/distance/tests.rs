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
