//! Readers take no lock that the writer holds: whatever the writer is at, they are answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use crate::storage::watched::WatchedDisk;
use crate::{
    Index, IndexConfig, IndexWriter, Key, Label, LabelFilter, Metric, OpenOptions, Predicate,
    SearchParams, SearchRequest, WriterOptions,
};

/// Longer than any search takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn add(writer: &mut IndexWriter, keys: std::ops::Range<u64>) {
    for key in keys {
        let vector = [key as f32, 1.0, 0.5];
        writer.upsert(Key(key), Label((key % 3) as u16), &vector, b"payload").unwrap();
    }
}

/// All that a reader can ask.
fn read(index: &Index) {
    let snapshot = index.snapshot();
    for exact in [false, true] {
        let params = SearchParams { exact, ..SearchParams::default() };
        let request = SearchRequest { params, ..SearchRequest::new(&[3.0, 1.0, 0.5]) };
        let neighbors = snapshot.search(&request).unwrap();
        assert_eq!(snapshot.payload(neighbors[0].address).unwrap(), b"payload");
        let labels = LabelFilter::Only([Label(1)].into());
        snapshot.search(&SearchRequest { labels, ..request.clone() }).unwrap();
        let selection = snapshot.select(&Predicate::And(vec![])).unwrap();
        let selection = Some(&selection);
        snapshot.search(&SearchRequest { selection, ..request.clone() }).unwrap();
    }
    snapshot.labels();
    snapshot.label_statistics().unwrap();
    assert!(snapshot.get(Key(99)).unwrap().is_none());
    assert_eq!(snapshot.documents().map(Result::unwrap).count() as u64, snapshot.len());
}

#[test]
fn readers_are_answered_while_the_writer_is_in_any_operation_of_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let config = IndexConfig::new(3, Metric::Euclidean);
    drop(Index::create(folder.path(), config).unwrap());

    let shared: Arc<OnceLock<Index>> = Arc::default();
    let answered = Arc::new(AtomicUsize::new(0));
    let (reader, count) = (Arc::clone(&shared), Arc::clone(&answered));
    let disk = WatchedDisk(Arc::new(move || {
        let Some(index) = reader.get().cloned() else { return };
        let (done, waiting) = mpsc::channel();
        let reading = thread::spawn(move || {
            read(&index);
            done.send(()).unwrap();
        });
        waiting.recv_timeout(PATIENCE).expect("a reader waited for the writer");
        reading.join().unwrap();
        count.fetch_add(1, Ordering::Relaxed);
    }));
    let index = Index::open_on(Arc::new(disk), folder.path(), OpenOptions::default()).unwrap();
    let options = WriterOptions { buffer_bytes: 2_000, graph_from: 16, ..WriterOptions::default() };
    let mut writer = index.writer_with(options).unwrap();
    add(&mut writer, 0..40);
    writer.commit().unwrap();

    shared.set(index.clone()).unwrap();
    add(&mut writer, 20..60);
    for key in 0..10 {
        assert!(writer.delete(Key(key)).unwrap());
    }
    writer.commit().unwrap();
    writer.compact().unwrap();
    let answered = answered.load(Ordering::Relaxed);
    assert!(answered > 25, "{answered} operations");
}
