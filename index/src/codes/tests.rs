use super::*;

const BITS: [CodeBits; 3] = [CodeBits::Eight, CodeBits::Four, CodeBits::One];
const METRICS: [Metric; 3] = [Metric::Cosine, Metric::InnerProduct, Metric::Euclidean];
const DIMENSIONS: [usize; 7] = [1, 63, 64, 65, 127, 129, 384];

/// Half a unit in the last place of 1.
const ROUNDING: f64 = 1.0 / (1 << 24) as f64;

/// Numbers that repeat for a seed.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        self.0 ^ self.0 >> 33
    }

    /// From 0 to 1.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of the normal distribution, about: the sum of twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Vectors of unit length that have most of their direction in common, and more spread in some
/// components than in others, as embeddings of texts do.
fn embeddings(count: usize, dimension: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(seed);
    let common: Vec<f64> = (0..dimension).map(|_| 1.5 * numbers.normal()).collect();
    let spread: Vec<f64> = (0..dimension).map(|_| 0.5 + numbers.uniform()).collect();
    let vectors = (0..count).map(|_| {
        let vector: Vec<f64> =
            common.iter().zip(&spread).map(|(x, spread)| x + spread * numbers.normal()).collect();
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-9);
        vector.iter().map(|x| (x / length) as f32).collect()
    });
    vectors.collect()
}

/// Vectors whose lengths differ by a factor of a million.
fn wild(count: usize, dimension: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(seed);
    let vectors = (0..count).map(|_| {
        let length = 10.0_f64.powf(6.0 * numbers.uniform() - 3.0);
        (0..dimension).map(|_| (length * numbers.normal()) as f32).collect()
    });
    vectors.collect()
}

/// A codec and the codes of the vectors it was measured on.
struct Coded {
    codec: Codec,
    rows: Vec<u8>,
}

impl Coded {
    fn new(bits: CodeBits, metric: Metric, vectors: &[Vec<f32>]) -> Coded {
        let shape = CodeShape { bits, metric, dimension: vectors[0].len() };
        let read = |slot: u32, out: &mut [f32]| out.copy_from_slice(&vectors[slot as usize]);
        let codec = Codec::train(shape, vectors.len() as u32, read);
        let mut rows = vec![0xA5; vectors.len() * shape.stride()];
        for (vector, row) in vectors.iter().zip(rows.chunks_exact_mut(shape.stride())) {
            codec.encode(vector, row);
        }
        Coded { codec, rows }
    }

    fn codes(&self) -> Codes<'_> {
        Codes { bytes: &self.rows, stride: self.codec.shape.stride() }
    }

    fn estimates(&self, query: &[f32], count: usize) -> Vec<f32> {
        let scorer = Scorer::Codes { query: self.codec.query(query), codes: self.codes() };
        let slots: Vec<u32> = (0..count as u32).collect();
        let mut out = Vec::new();
        scorer.score(&slots, &mut out);
        out
    }

    /// The scale of a row, or 1 where rows have none.
    fn scale(&self, slot: usize) -> f64 {
        let shape = self.codec.shape;
        if !shape.has_tail() {
            return 1.0;
        }
        let tail = &self.codes().row(slot as u32)[shape.code_bytes()..];
        f32::from_le_bytes(tail[..4].try_into().unwrap()).into()
    }

    /// What a row stands for in each component: a scale, and a level times it.
    fn decode(&self, slot: usize) -> Vec<(f64, f64)> {
        let row = self.codes().row(slot as u32);
        let scale = self.scale(slot);
        let component = |at: usize| match self.codec.shape.bits {
            CodeBits::Eight => {
                // The scale of a row has the step in it.
                let step = if self.codec.shape.has_tail() { 1.0 } else { self.codec.steps[0] };
                (scale * f64::from(step), f64::from(row[at]) - 128.0)
            }
            CodeBits::Four => {
                let byte = row[at / 128 * 64 + at % 64];
                let level = if at % 128 < 64 { byte & 15 } else { byte >> 4 };
                (scale * f64::from(self.codec.steps[at]), f64::from(level) - 7.5)
            }
            CodeBits::One => (scale, if row[at / 8] >> (at % 8) & 1 == 1 { 1.0 } else { -1.0 }),
        };
        (0..self.codec.shape.dimension).map(component).collect()
    }

    fn residual(&self, vector: &[f32]) -> Vec<f64> {
        vector.iter().zip(&self.codec.mean).map(|(&x, &m)| f64::from(x) - f64::from(m)).collect()
    }

    /// What the estimate of a distance would be if only the document were quantised, and a bound
    /// on what quantising the query, and computing in single precision, may add.
    fn expected(&self, query: &[f32], vector: &[f32], slot: usize) -> (f64, f64) {
        let CodeShape { bits, metric, dimension } = self.codec.shape;
        let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let (query, mean) = (wide(query), wide(&self.codec.mean));
        let residual = self.residual(vector);
        let centered: Vec<f64> = if self.codec.shape.has_tail() {
            query.iter().zip(&mean).map(|(x, mean)| x - mean).collect()
        } else {
            query.clone()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let size = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a * b).abs()).sum::<f64>();

        let code = self.decode(slot);
        let meant: Vec<f64> = code.iter().map(|(step, level)| step * level).collect();
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        let steps: Vec<f64> = match bits {
            // The query's own step, and for four bits that of its product with the codec's steps.
            CodeBits::Eight => {
                let step = largest(&mut centered.iter().map(|x| x.abs())) / 127.0;
                meant.iter().map(|x| step * x.abs()).collect()
            }
            CodeBits::Four => {
                let folded = centered.iter().zip(&self.codec.steps).map(|(x, &s)| x * f64::from(s));
                let step = largest(&mut folded.map(f64::abs)) / 127.0;
                let scale = self.scale(slot);
                code.iter().map(|(_, level)| step * scale * level.abs()).collect()
            }
            CodeBits::One => {
                let lowest = centered.iter().copied().fold(f64::INFINITY, f64::min);
                let highest = centered.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                meant.iter().map(|x| (highest - lowest) / 15.0 * x.abs()).collect()
            }
        };
        let quantised = steps.iter().sum::<f64>() / 2.0;

        // The largest number that is rounded on the way: codes are unsigned in the kernels.
        let range = [510.0, 30.0, 4.0][bits as usize];
        let unsigned: f64 =
            code.iter().zip(&centered).map(|((step, _), x)| (range * step * x).abs()).sum();
        let tail = self.codec.shape.has_tail();
        let (base, weight, bias, sizes) = match metric {
            Metric::Euclidean => {
                let (own, other) = (dot(&centered, &centered), dot(&residual, &residual));
                (own, 2.0, other, own + other)
            }
            Metric::Cosine | Metric::InnerProduct => {
                let one = if metric == Metric::Cosine { 1.0 } else { 0.0 };
                let bias = if tail { -dot(&residual, &mean) } else { 0.0 };
                let sizes = one + size(&query, &mean) + size(&residual, &mean);
                (one - dot(&query, &mean), 1.0, bias, sizes)
            }
        };
        let rounded = (dimension + 20) as f64 * ROUNDING * (sizes + weight * 2.0 * unsigned);
        (base - weight * dot(&centered, &meant) + bias, weight * quantised * 1.001 + rounded)
    }

    fn check(&self, queries: &[Vec<f32>], vectors: &[Vec<f32>]) {
        for query in queries {
            let estimates = self.estimates(query, vectors.len());
            for (slot, (vector, estimate)) in vectors.iter().zip(estimates).enumerate() {
                let (expected, bound) = self.expected(query, vector, slot);
                assert!(
                    (f64::from(estimate) - expected).abs() <= bound,
                    "{:?}, slot {slot}: {estimate} for {expected} ± {bound}",
                    self.codec.shape
                );
            }
        }
    }
}

/// The distance as the index defines it; its square for the Euclidean metric.
fn exact(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    match metric {
        Metric::Cosine => 1.0 - pairs.map(|(a, b)| a * b).sum::<f64>(),
        Metric::InnerProduct => -pairs.map(|(a, b)| a * b).sum::<f64>(),
        Metric::Euclidean => pairs.map(|(a, b)| (a - b) * (a - b)).sum(),
    }
}

/// All kinds of codes of some vectors; of unit length for the cosine metric.
fn all_coded(vectors: &[Vec<f32>], metrics: &[Metric]) -> Vec<Coded> {
    let kinds = BITS.into_iter().flat_map(|bits| metrics.iter().map(move |&metric| (bits, metric)));
    kinds.map(|(bits, metric)| Coded::new(bits, metric, vectors)).collect()
}

#[test]
fn an_estimate_is_the_distance_to_what_the_code_stands_for() {
    for dimension in DIMENSIONS {
        let vectors = embeddings(60, dimension, dimension as u64);
        let queries = embeddings(8, dimension, 1_000 + dimension as u64);
        for coded in all_coded(&vectors, &METRICS) {
            coded.check(&queries, &vectors);
        }
        let vectors = wild(60, dimension, dimension as u64);
        let queries = wild(8, dimension, 1_000 + dimension as u64);
        for coded in all_coded(&vectors, &METRICS[1..]) {
            coded.check(&queries, &vectors);
        }
    }
}

#[test]
fn a_code_stands_for_a_vector_within_half_a_step() {
    for dimension in DIMENSIONS {
        for (vectors, metrics) in [
            (embeddings(300, dimension, 3), &METRICS[..]),
            (wild(300, dimension, 4), &METRICS[1..]),
        ] {
            for coded in all_coded(&vectors, metrics) {
                if coded.codec.shape.bits == CodeBits::One {
                    continue;
                }
                let mut clipped = 0;
                for (slot, vector) in vectors.iter().enumerate() {
                    let pairs = coded.decode(slot).into_iter().zip(coded.residual(vector));
                    for ((step, level), residual) in pairs {
                        let outside = [127.5, 8.0][coded.codec.shape.bits as usize] * step;
                        if residual.abs() > outside * (1.0 + 1e-6) {
                            assert!(!coded.codec.shape.has_tail(), "a row's own scale fits it");
                            assert_eq!(level.signum(), residual.signum());
                            clipped += 1;
                        } else {
                            let bound = 0.5001 * step + 4.0 * ROUNDING * residual.abs();
                            assert!((step * level - residual).abs() <= bound, "slot {slot}");
                        }
                    }
                }
                // The share left out of eight bits; and what is 2.7 standard deviations from
                // the mean where steps are made for four bits.
                let share = f64::from(clipped) / (vectors.len() * dimension) as f64;
                let most = if coded.codec.shape.bits == CodeBits::Eight { 0.0006 } else { 0.03 };
                assert!(
                    dimension == 1 || share <= most + 1.0 / 300.0,
                    "{:?}: {share}",
                    coded.codec.shape
                );
            }
        }
    }
}

#[test]
fn a_bit_is_a_sign_and_its_scale_leaves_the_length_along_the_code() {
    for dimension in DIMENSIONS {
        let vectors = embeddings(50, dimension, 5);
        let coded = Coded::new(CodeBits::One, Metric::Euclidean, &vectors);
        for (slot, vector) in vectors.iter().enumerate() {
            let residual = coded.residual(vector);
            let code = coded.decode(slot);
            let mut along = 0.0;
            for (&(_, sign), x) in code.iter().zip(&residual) {
                assert!(sign == x.signum() || *x == 0.0);
                along += sign * x;
            }
            let squares: f64 = residual.iter().map(|x| x * x).sum();
            assert!((code[0].0 * along - squares).abs() <= 1e-4 * squares + 1e-12);
        }
    }
}

#[test]
fn estimates_are_near_the_distances_of_embeddings() {
    let (count, dimension) = (400, 384);
    let mut vectors = embeddings(count + 20, dimension, 7);
    let queries = vectors.split_off(count);
    for coded in all_coded(&vectors, &METRICS) {
        let CodeShape { bits, metric, .. } = coded.codec.shape;
        let (mut squares, mut errors) = (0.0, 0.0);
        let (mut spread, mut sum) = (0.0, 0.0);
        for query in &queries {
            for (vector, estimate) in vectors.iter().zip(coded.estimates(query, count)) {
                let exact = exact(metric, query, vector);
                let error = f64::from(estimate) - exact;
                squares += error * error;
                errors += error;
                spread += exact * exact;
                sum += exact;
            }
        }
        let samples = (count * queries.len()) as f64;
        let root = (squares / samples).sqrt();
        let deviation = (spread / samples - (sum / samples).powi(2)).sqrt();
        // In parts of how much the distances themselves differ; and there is no bias to speak of.
        let most = [0.03, 0.18, 0.75][bits as usize];
        assert!(root <= most * deviation, "{bits:?}, {metric:?}: {root}, {deviation}");
        let bias = (errors / samples).abs();
        assert!(bias <= 0.25 * root + 1e-5, "{bits:?}, {metric:?}: {bias}, {root}");
    }
}

#[test]
fn vectors_that_are_all_alike_have_their_distance() {
    for dimension in DIMENSIONS {
        let one = embeddings(1, dimension, 9);
        let queries = embeddings(4, dimension, 10);
        for count in [1, 2, 7, 500] {
            let vectors = vec![one[0].clone(); count];
            for coded in all_coded(&vectors, &METRICS) {
                for query in &queries {
                    let exact = exact(coded.codec.shape.metric, query, &one[0]);
                    for estimate in coded.estimates(query, count) {
                        let error = (f64::from(estimate) - exact).abs();
                        assert!(error <= 1e-4, "{:?}: {estimate}, {exact}", coded.codec.shape);
                    }
                }
            }
        }
    }
}

#[test]
fn zero_vectors_have_their_distance() {
    for dimension in DIMENSIONS {
        let zeros = vec![vec![0.0; dimension]; 3];
        for coded in all_coded(&zeros, &METRICS[1..]) {
            let query = vec![2.0; dimension];
            let expected = match coded.codec.shape.metric {
                Metric::Euclidean => 4.0 * dimension as f32,
                _ => 0.0,
            };
            for estimate in coded.estimates(&query, 3) {
                assert!((estimate - expected).abs() < 1e-15, "{estimate} for {expected}");
            }
            let estimates = coded.estimates(&zeros[0], 3);
            assert!(estimates.iter().all(|x| x.abs() < 1e-30), "{estimates:?}");
        }
    }
}

#[test]
fn a_few_vectors_apart_from_thousands_that_are_alike_are_told_from_them() {
    let dimension = 384;
    let mut vectors = vec![embeddings(1, dimension, 11).remove(0); 5_000];
    let others = embeddings(2, dimension, 12);
    vectors[1_234].clone_from(&others[0]);
    vectors[4_321].clone_from(&others[1]);
    for coded in all_coded(&vectors, &METRICS) {
        for (other, slot) in others.iter().zip([1_234, 4_321]) {
            let estimates = coded.estimates(other, vectors.len());
            let nearest = (0..vectors.len()).min_by(|&a, &b| estimates[a].total_cmp(&estimates[b]));
            assert_eq!(nearest, Some(slot), "{:?}", coded.codec.shape);
        }
    }
}

#[test]
fn no_estimate_is_not_a_number() {
    let huge = [f32::MAX, -f32::MAX, 1e30, -1e-30, 1e-45, 0.0, 1.0];
    for dimension in [1, 65, 129] {
        let mut vectors = Vec::new();
        for at in 0..huge.len() {
            vectors.push((0..dimension).map(|x| huge[(x + at) % huge.len()]).collect::<Vec<f32>>());
        }
        for count in 1..=vectors.len() {
            for coded in all_coded(&vectors[..count], &METRICS) {
                let finite = coded.codec.mean.iter().chain(&coded.codec.steps);
                assert!(finite.into_iter().all(|x| x.is_finite()), "{:?}", coded.codec);
                assert!(coded.codec.steps.iter().all(|&step| step > 0.0));
                for query in &vectors {
                    let estimates = coded.estimates(query, count);
                    assert!(estimates.iter().all(|x| !x.is_nan()), "{:?}", coded.codec.shape);
                }
            }
        }
    }
}

#[test]
fn rows_of_noise_have_estimates_that_are_numbers() {
    let mut numbers = Numbers(13);
    for dimension in DIMENSIONS {
        let vectors = embeddings(10, dimension, 14);
        for mut coded in all_coded(&vectors, &METRICS) {
            for fill in [None, Some(0xFF), Some(0x7F), Some(0x80)] {
                coded.rows.fill_with(|| fill.unwrap_or(numbers.next() as u8));
                for query in &vectors {
                    let estimates = coded.estimates(query, vectors.len());
                    assert!(estimates.iter().all(|x| !x.is_nan()), "{:?}", coded.codec.shape);
                }
            }
        }
    }
}

#[test]
fn rows_are_cache_lines() {
    let stride = |bits, metric, dimension| CodeShape { bits, metric, dimension }.stride();
    for (bits, metric, dimension, expected) in [
        (CodeBits::Eight, Metric::Cosine, 384, 384),
        (CodeBits::Eight, Metric::Euclidean, 384, 448),
        (CodeBits::Eight, Metric::Cosine, 1, 64),
        (CodeBits::Four, Metric::Cosine, 384, 192),
        (CodeBits::Four, Metric::InnerProduct, 384, 256),
        (CodeBits::Four, Metric::Cosine, 65, 64),
        (CodeBits::One, Metric::Cosine, 384, 64),
        (CodeBits::One, Metric::Cosine, 448, 64),
        (CodeBits::One, Metric::Cosine, 449, 128),
    ] {
        assert_eq!(stride(bits, metric, dimension), expected, "{bits:?}, {metric:?}, {dimension}");
    }
}

#[test]
fn a_codec_round_trips() {
    let vectors = embeddings(20, 65, 15);
    for coded in all_coded(&vectors, &METRICS) {
        let bytes = crate::format::codec::encode(&coded.codec);
        let shape = coded.codec.shape;
        assert_eq!(crate::format::codec::decode(&bytes, shape).as_ref(), Ok(&coded.codec));
        for length in [0, 4, bytes.len() - 4, bytes.len() - 1] {
            assert!(crate::format::codec::decode(&bytes[..length], shape).is_err());
        }
        for bad in [f32::NAN, f32::INFINITY] {
            for at in [0, bytes.len() - 4] {
                let mut bytes = bytes.clone();
                bytes[at..at + 4].copy_from_slice(&bad.to_le_bytes());
                assert!(crate::format::codec::decode(&bytes, shape).is_err());
            }
        }
        if shape.bits != CodeBits::One {
            let mut bytes = bytes.clone();
            let last = bytes.len() - 4;
            bytes[last..].fill(0);
            assert!(crate::format::codec::decode(&bytes, shape).is_err());
        }
    }
}

#[test]
fn halves_are_rounded_to_the_nearest() {
    let mut halves = Vec::new();
    to_halves(&[1.0, 1.0 + 1.0 / 2048.0, 65_504.0, 1e-8, -0.1], &mut halves);
    let back: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
    assert_eq!(back, [1.0, 1.0, 65_504.0, 0.0, -0.099_975_586]);
}
