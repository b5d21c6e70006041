//! The index: exact search over vectors in a memory-mapped segment, by number of vectors.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mlsearch::index::{Index, IndexConfig, Key, Label, Metric, SearchRequest};

const DIMENSION: usize = 384;

/// Unit vectors of a fixed pseudo-random sequence: exact search costs the same on any.
fn vector(state: &mut u64) -> Vec<f32> {
    let mut components: Vec<f32> = (0..DIMENSION)
        .map(|_| {
            *state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (*state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    let norm = components.iter().map(|x| x * x).sum::<f32>().sqrt();
    components.iter_mut().for_each(|component| *component /= norm);
    components
}

fn exact(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("exact search, k = 10, 384 dimensions");
    for count in [1_000_u64, 10_000, 100_000] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = Index::create(folder.path(), IndexConfig::new(DIMENSION, Metric::Cosine))
            .expect("created");
        let mut writer = index.writer().expect("the only writer");
        let mut state = 7;
        for key in 0..count {
            writer
                .upsert(Key(key), Label((key % 10) as u16), &vector(&mut state), b"")
                .expect("added");
        }
        let snapshot = writer.commit().expect("committed");
        let query = vector(&mut state);
        group.throughput(Throughput::Elements(count));
        group.bench_with_input(BenchmarkId::from_parameter(count), &query, |bencher, query| {
            bencher.iter(|| snapshot.search(&SearchRequest::new(query)).expect("found"));
        });
    }
    group.finish();
}

criterion_group!(benches, exact);
criterion_main!(benches);
