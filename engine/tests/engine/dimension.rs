//! Indexes of fewer components than the model makes.

use std::fs;
use std::path::{Path, PathBuf};

use mlsearch::{Document, Engine, EngineOptions, Error, Language};

fn default_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/multilingual-e5-small-aligned")
}

fn options(model: PathBuf, dimension: usize) -> EngineOptions {
    EngineOptions { model: Some(model), dimension: Some(dimension), ..EngineOptions::default() }
}

#[test]
fn a_dimension_that_the_model_was_not_trained_for_is_refused() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let error = Engine::create(parent.path().join("index"), &options(default_model(), 100));
    let Err(error) = error else { panic!("it was accepted") };
    assert!(matches!(error, Error::DimensionNotInModel { asked: 100, .. }), "{error}");
    assert!(error.to_string().contains("choose 384"), "{error}");
}

#[test]
fn vectors_are_cut_to_a_dimension_of_the_model() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    // The same model, if it had been trained to be cut.
    let model = parent.path().join("model");
    fs::create_dir(&model).expect("created");
    for entry in fs::read_dir(default_model()).expect("listed") {
        let entry = entry.expect("an entry");
        if entry.file_name() != "config.json" {
            fs::copy(entry.path(), model.join(entry.file_name())).expect("copied");
        }
    }
    let config = fs::read(default_model().join("config.json")).expect("read");
    let mut config: serde_json::Value = serde_json::from_slice(&config).expect("JSON");
    config["matryoshka_dimensions"] = serde_json::json!([128]);
    fs::write(model.join("config.json"), config.to_string()).expect("written");

    let folder = parent.path().join("index");
    let engine = Engine::create(&folder, &options(model, 128)).expect("created");
    let english = Language::parse("en").expect("a tag");
    engine
        .add(&[
            Document::new("bees", "Bees dance to tell where flowers are.")
                .in_language(english.clone()),
            Document::new("trains", "The last train leaves at midnight.").in_language(english),
        ])
        .expect("added");
    engine.commit().expect("committed");
    assert_eq!(engine.info().dimension, 128);
    let answer = engine.search("Wie zeigen Bienen, wo es Blüten gibt?").expect("found");
    assert_eq!(answer.hits[0].id, "bees");
}
