//! Private kernels, for the benchmarks of this project. Not part of the interface.

use half::f16;

use crate::codes::{CodeBits, CodeShape, Codec, Scorer};
use crate::distance::{Codes, Distance, Vectors};
use crate::metric::Metric;

/// A kernel at work.
pub struct KernelBenchmark {
    /// What it compares.
    pub name: String,
    /// Compares one query with all rows.
    pub run: Box<dyn FnMut()>,
}

/// The kernels that this machine would use, at work on `rows` rows.
pub fn kernel_benchmarks(dimension: usize, rows: u32) -> Vec<KernelBenchmark> {
    let mut state = 1_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) / (dimension as f32).sqrt()
    };
    let vectors: Vec<f32> = (0..rows as usize * dimension).map(|_| next()).collect();
    let halves: Vec<f16> = vectors.iter().map(|&value| f16::from_f32(value)).collect();
    let query: Vec<f32> = (0..dimension).map(|_| next()).collect();
    let slots: Vec<u32> = (0..rows).collect();
    let distance = Distance::new(Metric::Cosine);
    let mut benchmarks = Vec::new();

    let mut distances = vec![0.0; rows as usize];
    let (own_query, own_vectors) = (query.clone(), vectors.clone());
    benchmarks.push(KernelBenchmark {
        name: "f32".to_owned(),
        run: Box::new(move || {
            distance.measure(&own_query, Vectors::F32(&own_vectors), &mut distances);
        }),
    });
    let mut distances = vec![0.0; rows as usize];
    let own_query = query.clone();
    benchmarks.push(KernelBenchmark {
        name: "f16".to_owned(),
        run: Box::new(move || {
            distance.measure(&own_query, Vectors::F16(&halves), &mut distances);
        }),
    });
    for (name, bits) in
        [("int8", CodeBits::Eight), ("int4", CodeBits::Four), ("binary", CodeBits::One)]
    {
        let shape = CodeShape { bits, metric: Metric::Cosine, dimension };
        let row = |slot: u32| slot as usize * dimension..(slot as usize + 1) * dimension;
        let codec = Codec::train(shape, rows, |slot, out| out.copy_from_slice(&vectors[row(slot)]));
        let mut bytes = vec![0; rows as usize * shape.stride()];
        for (slot, code) in (0..rows).zip(bytes.chunks_exact_mut(shape.stride())) {
            codec.encode(&vectors[row(slot)], code);
        }
        let (query, slots, mut distances) = (codec.query(&query), slots.clone(), Vec::new());
        benchmarks.push(KernelBenchmark {
            name: name.to_owned(),
            run: Box::new(move || {
                let codes = Codes { bytes: &bytes, stride: shape.stride() };
                Scorer::Codes { query: query.clone(), codes }.score(&slots, &mut distances);
            }),
        });
    }
    benchmarks
}
