//! How an engine keeps, links and merges what it is given, with the committed model.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use mlsearch::index::{HnswConfig, Precision, Quantization, WriterOptions};
use mlsearch::{BuildProgress, Document, Engine, EngineOptions, Error, Language, Query};
use serde::Deserialize;

#[derive(Deserialize)]
struct Passage {
    id: String,
    text: String,
    lang: String,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn passages() -> Vec<Document> {
    let path = workspace().join("cli/samples/passages.jsonl");
    let text = std::fs::read_to_string(path).expect("the samples are in the checkout");
    let document = |line| {
        let passage: Passage = serde_json::from_str(line).expect("a sample");
        let language = Language::parse(&passage.lang).expect("a tag");
        Document::new(passage.id, passage.text).in_language(language)
    };
    text.lines().map(document).collect()
}

/// Options that make graphs of segments that would be too small for one.
fn with_graphs() -> EngineOptions {
    EngineOptions {
        model: Some(workspace().join("models/multilingual-e5-small-aligned")),
        writer: WriterOptions { graph_from: 64, ..WriterOptions::default() },
        ..EngineOptions::default()
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn ids(engine: &Engine, query: Query) -> Vec<String> {
    let answer = engine.search(query).expect("answered");
    answer.hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn a_walk_finds_what_exact_search_finds_and_the_answer_tells_which_it_was() {
    let folder = folder();
    let engine = Engine::create(folder.path(), &with_graphs()).expect("created");
    engine.add(&passages()).expect("added");
    engine.commit().expect("committed");

    let text = "Why do bees dance?";
    let exact = engine.search(Query { exact: true, ..Query::new(text) }).expect("answered");
    assert_eq!((exact.search.exact, exact.search.ef), (true, None));
    // A walk with so few candidates is not replaced by a scan of the 396 documents.
    let walked = engine.search(Query { ef: Some(16), ..Query::new(text) }).expect("answered");
    assert_eq!((walked.search.exact, walked.search.ef), (false, Some(16)));
    let same = exact.hits.iter().filter(|hit| walked.hits.contains(hit)).count();
    assert!(same >= 8, "{same} of 10");
    assert_eq!(exact.hits[0], walked.hits[0]);
    let few = engine.search(Query { ef: Some(1), ..Query::new(text) }).expect("answered");
    assert_eq!((few.search.ef, few.hits.len()), (Some(10), 10));
}

#[test]
fn info_and_statistics_tell_how_an_index_is_kept() {
    let folder = folder();
    let options = EngineOptions {
        quantization: Quantization::Int4,
        originals: Precision::Single,
        hnsw: HnswConfig { m: 8, ef_construction: 40 },
        pinned: true,
        ..with_graphs()
    };
    let engine = Engine::create(folder.path(), &options).expect("created");
    engine.add(&passages()).expect("added");
    engine.commit().expect("committed");

    // A default engine knows, too: it is a matter of the index.
    let engine = Engine::open(folder.path()).expect("opened");
    let info = engine.info();
    assert_eq!((info.quantization.as_str(), info.originals.as_str()), ("int4", "single"));
    assert_eq!(info.hnsw, HnswConfig { m: 8, ef_construction: 40 });
    assert_eq!(info.sections["vectors"], 396 * 384 * 4);
    assert_eq!(info.sections["codes"], 396 * 192);
    assert_eq!(info.files.values().sum::<u64>(), info.bytes);
    assert!(info.sections.values().sum::<u64>() <= info.files["segment"]);

    let graphs = engine.graph_statistics().expect("read");
    assert_eq!(graphs.len(), 1);
    assert_eq!((graphs[0].levels[0], graphs[0].reachable), (396, 396));
    assert!(graphs[0].greatest_degree <= 16 && graphs[0].mean_degree > 1.0, "{graphs:?}");
    let languages = engine.language_statistics().expect("read");
    assert_eq!(languages.len(), 22);
    for (language, statistics) in &languages {
        assert_eq!(statistics.documents, 18, "{language}");
        assert!(statistics.spread > 0.1 && statistics.spread < 1.0, "{language}: {statistics:?}");
    }
}

#[test]
fn compaction_gives_space_back_and_tells_how_far_it_is() {
    let folder = folder();
    // Without graphs, so few and small segments stay as they are committed.
    let options = EngineOptions { writer: WriterOptions::default(), ..with_graphs() };
    let engine = Engine::create(folder.path(), &options).expect("created");
    let passages = passages();
    for part in passages[..300].chunks(100) {
        engine.add(part).expect("added");
        engine.commit().expect("committed");
    }
    let deleted: Vec<&str> = passages[..20].iter().map(|passage| passage.id.as_str()).collect();
    engine.delete(&deleted).expect("deleted");
    engine.commit().expect("committed");
    let before = engine.info();
    assert_eq!((before.documents, before.deleted, before.segments.len()), (280, 20, 3));
    let found = ids(&engine, Query { exact: true, ..Query::new("Why do bees dance?") });

    drop(engine);
    let engine = Engine::open_with(folder.path(), &with_graphs()).expect("opened");
    let told: Arc<Mutex<Vec<BuildProgress>>> = Arc::default();
    let listener = Arc::clone(&told);
    engine.on_progress(move |progress| listener.lock().expect("not poisoned").push(*progress));
    assert_eq!(engine.compact().expect("compacted"), 280);
    let after = engine.info();
    assert_eq!((after.documents, after.deleted, after.segments.len()), (280, 0, 1));
    // The graph is new: what was deleted pays for it only in part.
    assert!(after.sections["half-precision vectors"] < before.sections["half-precision vectors"]);
    assert_eq!(ids(&engine, Query { exact: true, ..Query::new("Why do bees dance?") }), found);
    let last = told.lock().expect("not poisoned").last().copied().expect("told");
    assert_eq!((last.done, last.total), (280, 280));
    assert!(last.memory_bytes > 280 * 384, "{last:?}");

    // Nothing is left to do, and nothing is committed.
    engine.compact().expect("compacted");
    assert_eq!(engine.info().generation, after.generation);
    // Another writer is not kept out.
    let other = Engine::open_with(folder.path(), &options).expect("opened");
    other.delete(&[&passages[30].id]).expect("deleted");
    assert_eq!(other.commit().expect("committed"), 279);
}

#[test]
fn compaction_commits_what_was_pending_and_does_not_wait_for_another_writer() {
    let folder = folder();
    let engine = Engine::create(folder.path(), &with_graphs()).expect("created");
    engine.add(&passages()[..3]).expect("added");
    let other = Engine::open_with(folder.path(), &with_graphs()).expect("opened");
    assert!(matches!(other.compact(), Err(Error::Index(mlsearch::index::Error::Locked { .. }))));
    assert_eq!(engine.compact().expect("compacted"), 3);
    assert!(other.refresh().expect("refreshed"));
    assert_eq!(other.len(), 3);
}

#[test]
fn a_graph_of_a_shape_that_cannot_be_is_refused() {
    let folder = folder();
    let options =
        EngineOptions { hnsw: HnswConfig { m: 2, ..HnswConfig::default() }, ..with_graphs() };
    let error = Engine::create(folder.path().join("new.index"), &options).expect_err("m is 2");
    assert!(error.to_string().contains("choose 4 to 64"), "{error}");
    assert!(!folder.path().join("new.index").exists());
}
