//! The index: kernels, exact search, walks, inserting and opening.

use std::path::Path;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mlsearch::index::{
    Index, IndexConfig, Key, Label, Metric, Quantization, SearchParams, SearchRequest,
    kernel_benchmarks,
};

const DIMENSION: usize = 384;

/// Unit vectors of a fixed pseudo-random sequence, around a hundred centres as those of texts
/// are around topics.
fn vector(state: &mut u64) -> Vec<f32> {
    let next = |state: &mut u64| {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut center = (*state >> 33) % 100 + 1;
    let mut components: Vec<f32> =
        (0..DIMENSION).map(|_| next(&mut center) + next(state)).collect();
    let norm = components.iter().map(|x| x * x).sum::<f32>().sqrt();
    components.iter_mut().for_each(|component| *component /= norm);
    components
}

/// An index of `count` vectors, committed.
fn create(folder: &Path, count: u64, quantization: Quantization) -> Index {
    let config = IndexConfig { quantization, ..IndexConfig::new(DIMENSION, Metric::Cosine) };
    let index = Index::create(folder, config).expect("created");
    let mut writer = index.writer().expect("the only writer");
    let mut state = 7;
    for key in 0..count {
        writer.upsert(Key(key), Label((key % 10) as u16), &vector(&mut state), b"").expect("added");
    }
    writer.commit().expect("committed");
    index
}

fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernels, 1,000 rows of 384 components");
    group.throughput(Throughput::Elements(1_000));
    for mut kernel in kernel_benchmarks(DIMENSION, 1_000) {
        let name = std::mem::take(&mut kernel.name);
        group.bench_function(name, |bencher| bencher.iter(|| (kernel.run)()));
    }
    group.finish();
}

fn exact(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("exact search, k = 10, 384 dimensions");
    for count in [1_000_u64, 10_000, 50_000] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let snapshot = create(folder.path(), count, Quantization::Int8).snapshot();
        let query = vector(&mut 99);
        let params = SearchParams { exact: true, ..SearchParams::default() };
        let request = SearchRequest { params, ..SearchRequest::new(&query) };
        group.throughput(Throughput::Elements(count));
        group.bench_with_input(BenchmarkId::from_parameter(count), &request, |bencher, request| {
            bencher.iter(|| snapshot.search(request).expect("found"));
        });
    }
    group.finish();
}

fn walk(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("walk, k = 10, 20,000 vectors");
    for quantization in [Quantization::Int8, Quantization::Int4, Quantization::Binary] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let snapshot = create(folder.path(), 20_000, quantization).snapshot();
        let query = vector(&mut 99);
        for ef in [32, 64, 128] {
            let params = SearchParams { ef: Some(ef), ..SearchParams::default() };
            let request = SearchRequest { params, ..SearchRequest::new(&query) };
            let name = BenchmarkId::new(format!("{quantization:?}"), ef);
            group.bench_with_input(name, &request, |bencher, request| {
                bencher.iter(|| snapshot.search(request).expect("found"));
            });
        }
    }
    group.finish();
}

fn insert_and_open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("index");
    group.sample_size(10);
    group.throughput(Throughput::Elements(5_000));
    group.bench_function("build 5,000", |bencher| {
        bencher.iter_batched(
            || tempfile::tempdir().expect("a temporary folder"),
            |folder| {
                create(folder.path(), 5_000, Quantization::Int8);
                folder
            },
            BatchSize::PerIteration,
        );
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    create(folder.path(), 20_000, Quantization::Int8);
    group.throughput(Throughput::Elements(1));
    group.bench_function("open 20,000", |bencher| {
        bencher.iter(|| Index::open(folder.path()).expect("opened"));
    });
    group.finish();
}

criterion_group!(benches, kernels, exact, walk, insert_and_open);
criterion_main!(benches);
