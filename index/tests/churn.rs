//! Indexes that grow, shrink and are merged: what they find, and the space they take.

mod corpus;

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use corpus::{Numbers, unit};
use mlsearch_index::{
    GraphBuilder, Index, IndexConfig, IndexWriter, Key, Label, Metric, SearchParams, SearchRequest,
    Snapshot, WriterOptions,
};

const DIMENSION: usize = 48;
const LABELS: u64 = 5;

/// Graphs from few documents on, so that small indexes have them.
fn options() -> WriterOptions {
    WriterOptions { graph_from: 200, threads: NonZeroUsize::new(2), ..WriterOptions::default() }
}

fn create(folder: &Path) -> Index {
    Index::create(folder, IndexConfig::new(DIMENSION, Metric::Cosine)).unwrap()
}

/// Vectors around some centres, with a direction that all of them share, as texts have.
struct Texts {
    numbers: Numbers,
    centers: Vec<Vec<f32>>,
}

impl Texts {
    fn new(seed: u64) -> Texts {
        let mut numbers = Numbers::new(0);
        let centers = (0..40).map(|_| numbers.vector(Metric::Cosine, DIMENSION)).collect();
        Texts { numbers: Numbers::new(seed), centers }
    }

    fn next(&mut self) -> Vec<f32> {
        let center = self.numbers.below(self.centers.len() as u64) as usize;
        let noise = self.numbers.vector(Metric::Cosine, DIMENSION);
        let shared = &self.centers[0];
        let sum: Vec<f32> = (0..DIMENSION)
            .map(|at| self.centers[center][at] + shared[at] + 0.8 * noise[at])
            .collect();
        unit(&sum)
    }
}

fn add(writer: &mut IndexWriter, texts: &mut Texts, key: u64) {
    let label = Label((key % LABELS) as u16);
    writer.upsert(Key(key), label, &texts.next(), format!("text {key}").as_bytes()).unwrap();
}

/// The share of the ten nearest that a walk with few candidates finds.
fn recall(snapshot: &Snapshot) -> f64 {
    let mut texts = Texts::new(1);
    let (mut found, mut total) = (0, 0);
    for _ in 0..200 {
        let query = texts.next();
        let search = |exact| {
            let params = SearchParams { exact, ef: Some(24), ..SearchParams::default() };
            snapshot.search(&SearchRequest { params, ..SearchRequest::new(&query) }).unwrap()
        };
        let truth: BTreeSet<Key> = search(true).iter().map(|neighbor| neighbor.key).collect();
        total += truth.len();
        found += search(false).iter().filter(|neighbor| truth.contains(&neighbor.key)).count();
    }
    found as f64 / total as f64
}

fn assert_reachable(snapshot: &Snapshot) {
    let graphs = snapshot.graph_statistics().unwrap();
    assert!(!graphs.is_empty());
    for graph in graphs {
        assert_eq!(graph.reachable, graph.levels[0], "segment {}", graph.segment);
        assert!(graph.greatest_degree <= 32);
    }
}

#[test]
fn replacing_half_of_the_documents_keeps_recall_and_compaction_gives_the_space_back() {
    const DOCUMENTS: u64 = 4_000;
    let folder = tempfile::tempdir().unwrap();
    let index = create(&folder.path().join("churned"));
    let mut writer = index.writer_with(options()).unwrap();
    let mut texts = Texts::new(2);
    let mut live: BTreeSet<u64> = (0..DOCUMENTS).collect();
    live.iter().for_each(|&key| add(&mut writer, &mut texts, key));
    writer.commit().unwrap();
    let mut numbers = Numbers::new(3);
    let mut next = DOCUMENTS;
    for _ in 0..10 {
        for _ in 0..DOCUMENTS / 20 {
            let chosen = live.range(numbers.below(next)..).next().or(live.first());
            let key = *chosen.unwrap();
            live.remove(&key);
            assert!(writer.delete(Key(key)).unwrap());
            add(&mut writer, &mut texts, next);
            live.insert(next);
            next += 1;
        }
        let snapshot = writer.commit().unwrap();
        assert_eq!(snapshot.len(), DOCUMENTS);
        assert_reachable(&snapshot);
    }
    let churned = recall(&writer.commit().unwrap());
    let snapshot = writer.compact().unwrap();
    let compacted = recall(&snapshot);
    assert_eq!(snapshot.info().segments.len(), 1);
    assert_eq!(snapshot.info().deleted, 0);
    assert_reachable(&snapshot);
    let keys: BTreeSet<u64> = snapshot.records().map(|record| record.key.0).collect();
    assert_eq!(keys, live);

    let fresh_index = create(&folder.path().join("fresh"));
    let mut writer = fresh_index.writer_with(options()).unwrap();
    for document in snapshot.documents() {
        let document = document.unwrap();
        let record = &document.record;
        writer.upsert(record.key, record.label, &record.vector, &document.payload).unwrap();
    }
    let fresh_snapshot = writer.commit().unwrap();
    let fresh = recall(&fresh_snapshot);
    assert!(fresh > 0.8, "{fresh}");
    assert!(churned > fresh - 0.02, "{churned} after {fresh}");
    assert!(compacted > fresh - 0.02, "{compacted} after {fresh}");
    let (bytes, fresh_bytes) = (snapshot.info().bytes, fresh_snapshot.info().bytes);
    assert!(bytes < fresh_bytes + fresh_bytes / 50, "{bytes} for {fresh_bytes}");
    let on_disk = fs::read_dir(index.folder())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum::<u64>();
    assert!(on_disk < bytes + 64, "{on_disk} for {bytes}");
    assert!(Index::verify(index.folder()).unwrap().is_sound());
}

#[test]
fn many_small_commits_leave_few_segments() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(&folder.path().join("index"));
    let mut writer = index.writer_with(options()).unwrap();
    let mut texts = Texts::new(4);
    let mut most = 0;
    for commit in 0..150 {
        for key in 0..10 {
            add(&mut writer, &mut texts, commit * 10 + key);
        }
        most = most.max(writer.commit().unwrap().info().segments.len());
    }
    assert!(most <= 24, "{most} segments");
    let snapshot = index.snapshot();
    assert_eq!(snapshot.len(), 1_500);
    assert_reachable(&snapshot);
    assert!(recall(&snapshot) > 0.9);
}

#[test]
fn one_thread_makes_the_same_files_each_time() {
    let build = |folder: &Path| {
        let index = create(folder);
        let options = WriterOptions { threads: NonZeroUsize::new(1), ..options() };
        let mut writer = index.writer_with(options).unwrap();
        let mut texts = Texts::new(5);
        for key in 0..600 {
            add(&mut writer, &mut texts, key);
        }
        writer.commit().unwrap();
        for key in 0..300 {
            writer.delete(Key(key * 2)).unwrap();
            add(&mut writer, &mut texts, 1_000 + key);
        }
        writer.compact().unwrap();
        drop(writer);
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().is_some_and(|name| name != "lock"))
            .map(|path| {
                (path.file_name().unwrap().to_string_lossy().into(), fs::read(path).unwrap())
            })
            .collect();
        files.sort();
        files
    };
    let parent = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| build(&parent.path().join(name)));
    assert!(first == second);
}

#[test]
fn both_builders_make_graphs_that_find_the_same() {
    let recall_of = |builder| {
        let folder = tempfile::tempdir().unwrap();
        let index = create(&folder.path().join("index"));
        let mut writer = index.writer_with(WriterOptions { builder, ..options() }).unwrap();
        let mut texts = Texts::new(6);
        for key in 0..3_000 {
            add(&mut writer, &mut texts, key);
        }
        recall(&writer.commit().unwrap())
    };
    let (own, other) = (recall_of(GraphBuilder::Own), recall_of(GraphBuilder::HnswRs));
    assert!(other > 0.8, "{other}");
    assert!(own > other - 0.02, "{own} beside {other}");
}

#[test]
fn progress_ends_with_all_documents() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let index = create(&folder.path().join("index"));
    let mut writer = index.writer_with(options()).unwrap();
    let farthest = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&farthest);
    writer.on_progress(move |progress| {
        assert!(progress.done <= progress.total);
        seen.fetch_max(progress.done, Ordering::Relaxed);
    });
    let mut texts = Texts::new(7);
    for key in 0..700 {
        add(&mut writer, &mut texts, key);
    }
    writer.commit().unwrap();
    assert_eq!(farthest.load(Ordering::Relaxed), 700);
}

#[test]
fn statistics_of_labels_are_exact_after_deletions_and_merges() {
    let folder = tempfile::tempdir().unwrap();
    let index = create(&folder.path().join("index"));
    let mut writer = index.writer_with(options()).unwrap();
    let mut texts = Texts::new(8);
    for key in 0..900 {
        add(&mut writer, &mut texts, key);
        if key % 300 == 299 {
            writer.commit().unwrap();
        }
    }
    for key in 0..200 {
        writer.delete(Key(key * 3)).unwrap();
    }
    let check = |snapshot: &Snapshot| {
        let statistics = snapshot.label_statistics().unwrap();
        assert_eq!(statistics.len(), LABELS as usize);
        for (label, statistics) in statistics {
            let records = || snapshot.records().filter(|record| record.label == *label);
            let count = records().count();
            assert_eq!(statistics.documents, count as u64);
            let mut mean = vec![0.0_f64; DIMENSION];
            for record in records() {
                mean.iter_mut().zip(&*record.vector).for_each(|(sum, &x)| *sum += f64::from(x));
            }
            mean.iter_mut().for_each(|sum| *sum /= count as f64);
            for (&stored, &exact) in statistics.mean.iter().zip(&mean) {
                assert!((f64::from(stored) - exact).abs() < 1e-6);
            }
            let squares: f64 = records()
                .map(|record| {
                    let differences = record.vector.iter().zip(&mean);
                    differences.map(|(&x, &m)| (f64::from(x) - m).powi(2)).sum::<f64>()
                })
                .sum();
            let spread = (squares / count as f64).sqrt();
            assert!((f64::from(statistics.spread) - spread).abs() < 1e-5);
        }
    };
    check(&writer.commit().unwrap());
    check(&writer.compact().unwrap());
}
