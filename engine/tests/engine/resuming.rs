//! Documents that are added again: what the last commit has is not encoded twice.

use mlsearch::{Document, Engine};

use crate::samples::{folder, options, tag};

fn document(id: &str, text: &str) -> Document {
    Document::new(id, text).in_language(tag("en"))
}

fn bees() -> Document {
    document("bees", "Bees dance to tell their hive where the flowers are.")
}

fn text_of(engine: &Engine, id: &str) -> Option<String> {
    engine.get(id).expect("read").map(|document| document.text)
}

#[test]
fn only_what_differs_from_the_last_commit_is_added() {
    let folder = folder();
    let engine = Engine::create(folder.path(), &options()).expect("created");
    let market = document("market", "A village market day.").with_metadata("year", 2020);
    let detected = Document::new("rain", "It will rain in the mountains tomorrow.");
    let first = [bees(), market.clone(), detected.clone()];
    assert_eq!(engine.add(&first).expect("added"), 3);
    engine.commit().expect("committed");
    assert_eq!(engine.add(&first).expect("looked at"), 0);
    assert_eq!(engine.commit().expect("nothing to commit"), 3);

    let changed = [
        bees(),
        document("market", "A village market day.").with_metadata("year", 2021),
        document("new", "A letter from the sea."),
        detected.in_language(tag("cy")),
    ];
    assert_eq!(engine.add(&changed).expect("added"), 3);
    assert_eq!(engine.commit().expect("committed"), 4);
    let market = engine.get("market").expect("read").expect("there");
    assert_eq!(market.metadata["year"], 2021);
    assert_eq!(engine.get("rain").expect("read").expect("there").language, Some(tag("cy")));
}

#[test]
fn an_index_that_has_all_of_them_needs_no_encoder() {
    let folder = folder();
    let engine = Engine::create(folder.path(), &options()).expect("created");
    engine.add(&[bees()]).expect("added");
    engine.commit().expect("committed");
    let mut without = options();
    without.encoder.runtime = Some(folder.path().join("nothing"));
    let other = Engine::open_with(folder.path(), &without).expect("opened");
    assert_eq!(other.add(&[bees()]).expect("looked at"), 0);
    // Nothing keeps other writers out.
    engine.add(&[document("new", "A letter from the sea.")]).expect("added");
    engine.rollback();
}

#[test]
fn what_was_changed_since_the_last_commit_is_added_again() {
    let folder = folder();
    let engine = Engine::create(folder.path(), &options()).expect("created");
    engine.add(&[bees()]).expect("added");
    engine.commit().expect("committed");
    let other = document("bees", "Another text under the same id.");

    engine.add(std::slice::from_ref(&other)).expect("added");
    assert_eq!(engine.add(&[bees()]).expect("added"), 1);
    engine.commit().expect("committed");
    assert_eq!(text_of(&engine, "bees"), Some(bees().text));

    assert_eq!(engine.add(&[other, bees()]).expect("added"), 2);
    engine.commit().expect("committed");
    assert_eq!(text_of(&engine, "bees"), Some(bees().text));

    engine.delete(&["bees"]).expect("deleted");
    assert_eq!(engine.add(&[bees()]).expect("added"), 1);
    assert_eq!(engine.commit().expect("committed"), 1);
}

#[test]
fn what_another_writer_changed_is_added_again() {
    let folder = folder();
    let engine = Engine::create(folder.path(), &options()).expect("created");
    engine.add(&[bees()]).expect("added");
    engine.commit().expect("committed");
    let other = Engine::open(folder.path()).expect("opened");
    other.delete(&["bees"]).expect("deleted");
    other.commit().expect("committed");
    assert_eq!(engine.add(&[bees()]).expect("added"), 1);
    assert_eq!(engine.commit().expect("committed"), 1);
}
