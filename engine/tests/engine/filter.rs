//! Filters on documents, with the committed model.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mlsearch::{Document, Engine, EngineOptions, Error, Filter, Language, Mode, Query};
use serde_json::json;

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/multilingual-e5-small-aligned")
}

fn options(filterable: &[&str]) -> EngineOptions {
    EngineOptions {
        model: Some(model()),
        filterable: filterable.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    }
}

fn tag(text: &str) -> Language {
    Language::parse(text).expect("a tag")
}

/// An index of a few documents in two commits, one of them replaced and one deleted.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<(Engine, tempfile::TempDir)> = OnceLock::new();
    let (engine, _folder) = ENGINE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fields = ["year", "topic", "author.name", "open", "group"];
        let engine = Engine::create(folder.path(), &options(&fields)).expect("created");
        let document = |id: &str, text: &str, language: &str| {
            Document::new(id, text).in_language(tag(language))
        };
        engine
            .add(&[
                document("rent", "The landlord keeps the deposit.", "en")
                    .with_metadata("year", 2019)
                    .with_metadata("topic", json!(["law", "housing"])),
                document("miete", "Der Vermieter behält die Kaution.", "de")
                    .in_group("rent")
                    .with_metadata("year", 2020.0)
                    .with_metadata("topic", "law")
                    .with_metadata("author", json!({"name": "Ada"})),
                document("replaced", "It was about tax once.", "en").with_metadata("topic", "tax"),
                document("deleted", "The landlord was here.", "en").with_metadata("topic", "law"),
            ])
            .expect("added");
        engine.commit().expect("committed");
        engine.delete(&["deleted"]).expect("deleted");
        engine
            .add(&[
                document("replaced", "Bees dance.", "en").with_metadata("year", "2020"),
                document("steuer", "Die Steuer ist im Mai fällig.", "de")
                    .with_metadata("year", 2021)
                    .with_metadata("open", false)
                    .with_metadata("topic", "tax"),
            ])
            .expect("added");
        engine.commit().expect("committed");
        (engine, folder)
    });
    engine
}

fn filtered(filter: &str) -> Query {
    let filter = Filter::parse(filter).expect(filter);
    Query {
        filter: Some(filter),
        language: Some(tag("en")),
        ..Query::new("who keeps the deposit?")
    }
}

/// The ids that a search with a filter finds.
fn found(filter: &str) -> BTreeSet<String> {
    let answer = engine().search(filtered(filter)).expect(filter);
    assert_eq!(answer.matched, Some(answer.hits.len() as u64), "{filter}");
    let count = engine().count(&Filter::parse(filter).expect(filter)).expect(filter);
    assert_eq!(answer.matched, Some(count), "{filter}");
    assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
    answer.hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn a_search_finds_the_documents_that_match_and_no_others() {
    for (filter, expected) in [
        ("year >= 2020", &["miete", "steuer"][..]),
        ("year = 2020", &["miete"]),
        ("year = '2020'", &["replaced"]),
        ("exists(year) and not year >= 2020", &["rent", "replaced"]),
        ("topic = 'law'", &["rent", "miete"]),
        ("topic != 'law'", &["replaced", "steuer"]),
        ("topic in ['housing', 'tax']", &["rent", "steuer"]),
        ("topic not in ['housing', 'tax'] and exists(topic)", &["miete"]),
        ("author.name = \"Ada\"", &["miete"]),
        ("open = false", &["steuer"]),
        ("open = 0", &[]),
        ("group = 'rent'", &["miete"]),
        ("language = 'en' and year < 2020", &["rent"]),
        ("id in ['miete', 'deleted', 'nobody']", &["miete"]),
        ("id != 'miete'", &["rent", "replaced", "steuer"]),
        ("year > 2019.5 or topic = 'housing'", &["miete", "rent", "steuer"]),
    ] {
        let expected = expected.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(found(filter), expected, "{filter}");
    }
}

#[test]
fn the_filter_and_what_it_matched_are_reported() {
    let german = Query { k: 1, targets: vec![tag("de")], ..filtered("topic=='law'") };
    let answer = engine().search(german).expect("answered");
    assert_eq!(answer.hits.len(), 1);
    assert_eq!(answer.hits[0].id, "miete");
    // Whichever languages are searched.
    assert_eq!(answer.matched, Some(2));
    assert_eq!(answer.query.filter.as_deref(), Some("topic = \"law\""));
    let own = Query { mode: Mode::Monolingual, ..filtered("topic='law'") };
    assert_eq!(engine().search(own).expect("answered").hits[0].id, "rent");
    let answer = engine().search("who keeps the deposit?").expect("answered");
    assert_eq!((answer.matched, answer.query.filter), (None, None));
    assert_eq!(answer.hits.len(), 4);
}

#[test]
fn the_fields_are_kept_with_the_index() {
    let fields = ["year", "topic", "author.name", "open", "group"];
    assert_eq!(engine().info().filterable, fields);
    let again = Engine::open_with(engine().folder(), &options(&[])).expect("opened");
    assert_eq!(again.info().filterable, fields);
    assert_eq!(again.search(filtered("year > 2020")).expect("answered").hits[0].id, "steuer");
    assert!(Engine::verify(engine().folder()).expect("verified").is_sound());
}

#[test]
fn an_unknown_field_is_an_error_that_marks_it_and_lists_the_others() {
    let error = engine().search(filtered("yaer >= 2020")).expect_err("no such field");
    assert!(matches!(error, Error::Filter(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "unknown field `yaer`: filterable fields are year, topic, author.name, open, group, id, \
         language\n  yaer >= 2020\n  ^^^^"
    );
}

#[test]
fn an_index_without_filterable_fields_filters_by_id_and_language() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = Engine::create(folder.path(), &options(&[])).expect("created");
    let document = |id: &str| Document::new(id, "Bees dance.").with_metadata("year", 2020);
    engine.add(&["1", "2"].map(document)).expect("added");
    engine.commit().expect("committed");
    assert_eq!(engine.search(filtered("id = '2'")).expect("answered").hits.len(), 1);
    let error = engine.search(filtered("year = 2020")).expect_err("not declared").to_string();
    assert!(error.contains("filterable fields are group, id, language"), "{error}");
}

#[test]
fn documents_with_values_that_cannot_be_kept_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = Engine::create(folder.path(), &options(&["topic"])).expect("created");
    let document = Document::new("long one", "text").with_metadata("topic", "x".repeat(2_000));
    let error = engine.add(&[document]).expect_err("too long");
    assert!(matches!(error, Error::InvalidDocument { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("long one") && message.contains("`topic`"), "{message}");
    assert_eq!(engine.commit().expect("committed"), 0);

    let bad = Engine::create(folder.path().join("other"), &options(&["id"]));
    assert!(matches!(bad, Err(Error::InvalidFilterable { .. })));
    assert!(!folder.path().join("other").exists());
}
