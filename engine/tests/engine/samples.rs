//! The engine on the sample passages, with the committed model.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mlsearch::{Document, Engine, EngineOptions, Error, Language, Mode, Query};
use serde::Deserialize;

#[derive(Deserialize)]
struct Passage {
    id: String,
    text: String,
    lang: String,
    group: String,
    topic: String,
}

#[derive(Deserialize)]
struct SampleQuery {
    text: String,
    lang: String,
    group: String,
    mode: Mode,
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn lines<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let path = workspace().join("cli/samples").join(name);
    let text = std::fs::read_to_string(path).expect("the samples are in the checkout");
    text.lines().map(|line| serde_json::from_str(line).expect("a sample")).collect()
}

pub(crate) fn tag(text: &str) -> Language {
    Language::parse(text).expect("a tag")
}

pub(crate) fn options() -> EngineOptions {
    EngineOptions {
        model: Some(workspace().join("models/multilingual-e5-small-aligned")),
        ..Default::default()
    }
}

fn documents() -> Vec<Document> {
    lines::<Passage>("passages.jsonl")
        .into_iter()
        .map(|passage| {
            Document::new(passage.id, passage.text)
                .in_language(tag(&passage.lang))
                .in_group(passage.group)
                .with_metadata("topic", passage.topic)
        })
        .collect()
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// An engine over all sample passages, built once.
pub(crate) fn samples() -> &'static Engine {
    static ENGINE: OnceLock<(Engine, tempfile::TempDir)> = OnceLock::new();
    let (engine, _folder) = ENGINE.get_or_init(|| {
        let folder = folder();
        let engine = Engine::create(folder.path(), &options()).expect("created");
        engine.add(&documents()).expect("added");
        assert_eq!(engine.commit().expect("committed"), 396);
        (engine, folder)
    });
    engine
}

/// A small engine of its own, with documents in it.
fn small(documents: &[Document]) -> (Engine, tempfile::TempDir) {
    let folder = folder();
    let engine = Engine::create(folder.path(), &options()).expect("created");
    engine.add(documents).expect("added");
    engine.commit().expect("committed");
    (engine, folder)
}

fn three() -> Vec<Document> {
    vec![
        Document::new("bees", "Bees dance to show where the flowers are.").in_language(tag("en")),
        Document::new("notar", "Ein Notar prüft, ob beide Seiten freiwillig unterschreiben.")
            .in_language(tag("de")),
        Document::new("marée", "La marée monte et descend deux fois par jour.")
            .in_language(tag("fr")),
    ]
}

fn stored(engine: &Engine, id: &str) -> Document {
    engine.get(id).expect("read").expect("there")
}

#[test]
fn questions_find_the_passages_that_answer_them_in_every_mode() {
    let mut right = 0;
    let queries: Vec<SampleQuery> = lines("queries.jsonl");
    for sample in &queries {
        let language = (sample.lang != "und").then(|| tag(&sample.lang));
        let query = Query { mode: sample.mode, language, ..Query::new(&sample.text) };
        let answer = samples().search(query).expect("answered");
        assert_eq!(answer.hits.len(), 10, "{}", sample.text);
        right += usize::from(
            answer.hits.iter().take(3).any(|hit| hit.group.as_ref() == Some(&sample.group)),
        );
        for hit in &answer.hits {
            let own = hit.language.as_str() == sample.lang;
            match sample.mode {
                Mode::Monolingual => assert!(own, "{} in {}", hit.id, sample.lang),
                Mode::CrossLingual => assert!(!own, "{} in {}", hit.id, sample.lang),
                Mode::Multilingual => {}
            }
        }
    }
    assert!(right * 10 >= queries.len() * 9, "{right} of {}", queries.len());
}

#[test]
fn hits_are_the_nearest_by_exact_comparison() {
    let documents = documents();
    let text = "how do I fix a flat tyre?";
    let encoder = samples().encoder().expect("opened");
    let query = encoder.encode_queries(&[text]).expect("encoded");
    let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
    let scores = encoder.encode_passages(&texts).expect("encoded").dot(&query.row(0));
    let mut expected: Vec<f32> = scores.to_vec();
    expected.sort_by(|a, b| b.total_cmp(a));

    let answer = samples().search(text).expect("answered");
    for (hit, score) in answer.hits.iter().zip(expected) {
        assert!((hit.score - score).abs() < 2e-3, "{}: {} and {score}", hit.id, hit.score);
    }
    assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
    assert!(answer.hits.iter().map(|hit| hit.rank).eq(1..=10));
}

#[test]
fn hits_carry_everything_the_document_had() {
    let answer = samples().search("why do bees dance?").expect("answered");
    let hit = &answer.hits[0];
    let document = stored(samples(), &hit.id);
    assert_eq!(hit.text, document.text);
    assert_eq!(Some(&hit.language), document.language.as_ref());
    assert_eq!((hit.group.as_deref(), &hit.metadata["topic"]), (Some("bees"), &"nature".into()));
}

#[test]
fn targets_narrow_the_languages() {
    let query =
        Query { targets: vec![tag("sw"), tag("am")], k: 50, ..Query::new("how are tides made?") };
    let answer = samples().search(query).expect("answered");
    let languages: BTreeSet<_> = answer.hits.iter().map(|hit| hit.language.to_string()).collect();
    assert_eq!(languages, BTreeSet::from(["am".to_owned(), "sw".to_owned()]));
    assert_eq!(answer.hits.len(), 36, "all documents of the two languages");

    let absent = Query { targets: vec![tag("cy")], ..Query::new("tides") };
    assert!(matches!(samples().search(absent), Err(Error::LanguageNotInIndex { .. })));
}

#[test]
fn an_empty_query_is_an_error() {
    for text in ["", "  \n\t"] {
        assert!(matches!(samples().search(text), Err(Error::EmptyQuery)));
    }
}

#[test]
fn the_answer_says_which_languages_the_query_is_in() {
    let answer = samples().search("Warum bewegen sich Gletscher so langsam?").expect("answered");
    assert_eq!(answer.query.languages[0].language, tag("de"));
    let given = Query { language: Some(tag("gsw")), ..Query::new("Warum bewegen sich Gletscher?") };
    let answer = samples().search(given).expect("answered");
    assert_eq!(answer.query.languages[0].language, tag("gsw"), "the caller's tag wins");
}

#[test]
fn untagged_documents_are_tagged() {
    let documents = [
        Document::new("1", "Die Gezeiten entstehen durch die Anziehung des Mondes und der Sonne."),
        Document::new("2", "แม่น้ำแข็งเคลื่อนที่ช้ามากตามแรงโน้มถ่วงของโลก"),
        Document::new("3", "12345 67890"),
    ];
    let (engine, _folder) = small(&documents);
    assert_eq!(stored(&engine, "1").language, Some(tag("de")));
    assert_eq!(stored(&engine, "2").language, Some(tag("th")));
    assert_eq!(stored(&engine, "3").language, Some(Language::undetermined()));
}

#[test]
fn a_document_with_the_same_id_is_replaced_and_may_change_language() {
    let (engine, folder) = small(&three());
    let replacement =
        Document::new("bees", "La danse des abeilles montre les fleurs.").in_language(tag("fr"));
    engine.add(&[replacement]).expect("added");
    assert_eq!(stored(&engine, "bees").language, Some(tag("en")), "not before the commit");
    assert_eq!(engine.commit().expect("committed"), 3);
    assert_eq!(stored(&engine, "bees").language, Some(tag("fr")));
    assert_eq!(engine.info().languages.get(&tag("en")), None);
    assert_eq!(Engine::open(folder.path()).expect("opened").len(), 3);
}

#[test]
fn the_last_of_one_id_in_a_call_wins() {
    let (engine, _folder) = small(&[Document::new("1", "first"), Document::new("1", "second")]);
    assert_eq!(engine.len(), 1);
    assert_eq!(stored(&engine, "1").text, "second");
}

#[test]
fn deleted_documents_are_not_found() {
    let (engine, _folder) = small(&three());
    assert_eq!(engine.delete(&["bees", "nobody"]).expect("deleted"), [true, false]);
    assert!(engine.get("bees").expect("read").is_some(), "not before the commit");
    assert_eq!(engine.commit().expect("committed"), 2);
    assert_eq!(engine.get("bees").expect("read"), None);
    let hits = engine.search("why do bees dance?").expect("answered").hits;
    assert!(hits.iter().all(|hit| hit.id != "bees"));
}

#[test]
fn a_rollback_and_a_dropped_engine_forget_what_was_not_committed() {
    let (engine, folder) = small(&three());
    let more = [Document::new("4", "A fourth document.")];
    engine.add(&more).expect("added");
    engine.rollback();
    assert_eq!(engine.commit().expect("nothing to commit"), 3);
    engine.add(&more).expect("added");
    drop(engine);
    assert_eq!(Engine::open(folder.path()).expect("opened").len(), 3);
}

#[test]
fn another_engine_sees_a_commit_after_a_refresh() {
    let (engine, folder) = small(&three());
    let reader = Engine::open_with(folder.path(), &options()).expect("opened");
    engine.delete(&["bees"]).expect("deleted");
    engine.commit().expect("committed");
    assert_eq!(reader.len(), 3, "a reader keeps its view");
    assert!(reader.refresh().expect("refreshed"));
    assert_eq!(reader.len(), 2);
    assert!(!reader.refresh().expect("refreshed"));
}

#[test]
fn a_second_writer_is_told_that_the_index_is_locked() {
    let (engine, folder) = small(&three());
    let other = Engine::open_with(folder.path(), &options()).expect("opened");
    engine.delete(&["bees"]).expect("deleted");
    let error = other.delete(&["notar"]).expect_err("locked");
    assert!(matches!(error, Error::Index(mlsearch::index::Error::Locked { .. })), "{error}");
    engine.commit().expect("committed");
    assert_eq!(other.delete(&["notar", "bees"]).expect("free now"), [true, false]);
}

#[test]
fn unusable_documents_are_refused_before_anything_is_added() {
    let (engine, _folder) = small(&three());
    let long = "x".repeat(70_000);
    for bad in [Document::new("", "text"), Document::new("id", " \n"), Document::new(long, "text")]
    {
        let error =
            engine.add(&[Document::new("good", "a good document"), bad]).expect_err("refused");
        assert!(matches!(error, Error::InvalidDocument { .. }), "{error}");
        assert!(error.to_string().len() < 400);
    }
    assert_eq!(engine.commit().expect("nothing to commit"), 3);
}

#[test]
fn large_and_strange_documents_are_kept_as_they_are() {
    let texts = ["\0nul \u{202e}bidi\u{202c} e\u{301} 👩‍👩‍👧".to_owned(), "long line ".repeat(300_000)];
    let documents: Vec<_> =
        texts.iter().enumerate().map(|(n, text)| Document::new(n.to_string(), text)).collect();
    let (engine, _folder) = small(&documents);
    for (number, text) in texts.iter().enumerate() {
        assert!(&stored(&engine, &number.to_string()).text == text);
    }
}

#[test]
fn k_may_be_zero_or_more_than_there_are() {
    let (engine, _folder) = small(&three());
    for (k, expected) in [(0, 0), (2, 2), (1_000_000, 3)] {
        let answer = engine.search(Query { k, ..Query::new("bees") }).expect("answered");
        assert_eq!(answer.hits.len(), expected);
    }
}

#[test]
fn an_empty_index_answers_with_no_hits() {
    let folder = folder();
    let engine = Engine::create(folder.path(), &options()).expect("created");
    assert!(engine.is_empty());
    assert!(engine.search("anything").expect("answered").hits.is_empty());
}

#[test]
fn an_index_of_another_model_is_refused() {
    let (engine, folder) = small(&three());
    drop(engine);
    let model = tempfile::tempdir().expect("a temporary folder");
    for entry in options().model.expect("set").read_dir().expect("readable") {
        let entry = entry.expect("readable");
        std::fs::copy(entry.path(), model.path().join(entry.file_name())).expect("copied");
    }
    let path = model.path().join("config.json");
    let config = std::fs::read_to_string(&path).expect("readable");
    std::fs::write(&path, config.replace("\"query: \"", "\"search: \"")).expect("written");
    let other = EngineOptions { model: Some(model.path().to_owned()), ..Default::default() };
    let error = Engine::open_with(folder.path(), &other).expect_err("another model");
    assert!(matches!(error, Error::ModelMismatch { .. }), "{error}");
}

#[test]
fn folders_that_hold_no_documents_are_told_apart() {
    use mlsearch::index;
    let empty = folder();
    let missing = empty.path().join("missing");
    assert!(matches!(Engine::open(&missing), Err(Error::Index(index::Error::NotFound { .. }))));
    assert!(matches!(
        Engine::open(empty.path()),
        Err(Error::Index(index::Error::NotAnIndex { .. }))
    ));

    let vectors = folder();
    let config = index::IndexConfig::new(4, index::Metric::Cosine);
    index::Index::create(vectors.path(), config).expect("created");
    assert!(matches!(Engine::open(vectors.path()), Err(Error::NotAnEngine { .. })));

    let (_engine, taken) = small(&three());
    let error = Engine::create(taken.path(), &options()).expect_err("taken");
    assert!(matches!(error, Error::Index(index::Error::AlreadyExists { .. })), "{error}");
}

#[test]
fn an_index_can_be_read_and_changed_without_opening_its_model() {
    let (engine, folder) = small(&three());
    drop(engine);
    let engine = Engine::open(folder.path()).expect("opened");
    assert_eq!(engine.info().documents, 3);
    assert_eq!(engine.delete(&["bees"]).expect("deleted"), [true]);
    assert_eq!(engine.commit().expect("committed"), 2);
    assert!(Engine::verify(folder.path()).expect("read").is_sound());
}

#[test]
fn sixteen_threads_search_while_one_writes() {
    let (engine, _folder) = small(&three());
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let hits = engine.search("why do bees dance?").expect("answered").hits;
                    assert_eq!(hits[0].id, "bees");
                }
            });
        }
        for number in 0..5 {
            engine
                .add(&[Document::new(number.to_string(), "A village market day.")])
                .expect("added");
            engine.commit().expect("committed");
        }
    });
    assert_eq!(engine.len(), 8);
}

#[test]
fn answers_serialise_in_the_documented_form() {
    let answer =
        samples().search(Query { k: 1, ..Query::new("why do bees dance?") }).expect("answered");
    let json = serde_json::to_value(&answer).expect("serialised");
    let keys = |value: &serde_json::Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let parts = ["query", "search", "correction", "bias", "hits", "timings_ms"];
    assert_eq!(keys(&json), parts.map(String::from).into());
    assert_eq!(json["correction"], serde_json::json!({"method": "none", "strength": 1.0}));
    assert_eq!(json["search"], serde_json::json!({"exact": false, "ef": 128}));
    assert!(keys(&json["query"]).is_superset(&["text", "languages"].map(String::from).into()));
    assert_eq!(keys(&json["query"]["languages"][0]), ["tag", "share"].map(String::from).into());
    let hit =
        ["rank", "id", "score", "bias", "lang", "group", "text", "metadata"].map(String::from);
    assert_eq!(keys(&json["hits"][0]), hit.into());
}
