//! The encoder: passages a second at several batch sizes, and the latency of one query.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn passages(criterion: &mut Criterion) {
    let texts = mlsearch_benches::sample_texts();
    for threads in [1, 0] {
        let encoder = mlsearch_benches::encoder(threads);
        let name = if threads == 1 { "passages, one thread" } else { "passages, all cores" };
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        for count in [1, 8, 64] {
            let texts = &texts[..count];
            group.throughput(Throughput::Elements(count as u64));
            group.bench_with_input(BenchmarkId::from_parameter(count), texts, |bencher, texts| {
                bencher.iter(|| encoder.encode_passages(texts).expect("encoded"));
            });
        }
        group.finish();
    }
}

fn queries(criterion: &mut Criterion) {
    let encoder = mlsearch_benches::encoder(0);
    let queries = [
        ("short", "bees"),
        ("question", "Warum bewegen sich Gletscher so langsam durch das Tal?"),
        ("thai", "ทำไมผึ้งจึงเต้นรำเมื่อกลับมาที่รัง"),
    ];
    let mut group = criterion.benchmark_group("query");
    for (name, query) in queries {
        group.bench_function(name, |bencher| {
            bencher.iter(|| encoder.encode_queries(&[query]).expect("encoded"));
        });
    }
    group.finish();
}

criterion_group!(benches, passages, queries);
criterion_main!(benches);
