//! One engine for many threads, and what it handed out when it is gone.

use std::sync::{Arc, Barrier};
use std::thread;

use mlsearch::encoder::Encoder;
use mlsearch::{Document, Engine};

use crate::samples::{folder, options, tag};

const THREADS: usize = 16;

/// Compiles for what may be shared by threads.
fn assert_shared<T: Send + Sync>() {}

#[test]
fn sixteen_threads_search_write_and_let_go_in_any_order() {
    assert_shared::<Engine>();
    assert_shared::<Encoder>();
    let folder = folder();
    let engine = Arc::new(Engine::create(folder.path(), &options()).expect("created"));
    let text = |thread: usize| format!("Passage {thread} is about the bees of a village.");
    let barrier = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let (engine, barrier) = (Arc::clone(&engine), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                let document = Document::new(number.to_string(), text(number));
                engine.add(&[document.in_language(tag("en"))]).expect("added");
                engine.commit().expect("committed");
                let encoder = engine.encoder().expect("opened");
                let vectors = encoder.encode_passages(&[text(number)]).expect("encoded");
                assert_eq!(vectors.ncols(), encoder.dimension());
                let answer = engine.search(text(number).as_str()).expect("answered");
                // Threads end, and let go of the engine, one by one.
                drop(engine);
                answer.hits.iter().any(|hit| hit.id == number.to_string())
            })
        })
        .collect();
    for thread in threads {
        assert!(thread.join().expect("done"), "a thread did not find what it had committed");
    }
    assert_eq!(engine.len(), THREADS as u64);

    // A snapshot outlives the engine and the folder.
    let index = mlsearch::index::Index::open(folder.path()).expect("opened");
    let snapshot = index.snapshot();
    drop(engine);
    drop(index);
    drop(folder);
    assert_eq!(snapshot.documents().filter(Result::is_ok).count(), THREADS);
}
