//! Filters.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{failure, mlsearch, shared_index, stdout, stdout_json, temporary};

/// An index that filters by three fields, of documents in which they are numbers, lists and
/// objects.
fn index(folder: &Path) -> std::path::PathBuf {
    let index = folder.join("laws.index");
    let documents = [
        json!({"id": "deposit", "text": "The landlord returns the deposit.", "lang": "en",
            "year": 2021, "topic": ["rent", "money"], "author": {"name": "Ada"}}),
        json!({"id": "kaution", "text": "Der Vermieter zahlt die Kaution zurück.", "lang": "de",
            "year": 2019, "topic": "rent"}),
        json!({"id": "steuer", "text": "Die Steuer ist im Mai fällig.", "lang": "de",
            "year": 2020.5, "topic": "tax"}),
    ];
    let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
    mlsearch()
        .args(["index", "build", "--filterable", "year,topic,author.name", "-o"])
        .arg(&index)
        .arg("-")
        .write_stdin(lines)
        .assert()
        .success();
    index
}

fn query(index: &Path, filter: &str) -> assert_cmd::Command {
    let mut command = mlsearch();
    command.arg("query").arg(index).args(["who returns the deposit?", "--where", filter]);
    command
}

fn ids(answer: &Value) -> Vec<&str> {
    let hits = answer["hits"].as_array().expect("hits");
    let mut ids: Vec<_> = hits.iter().map(|hit| hit["id"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_query_finds_documents_that_match_and_says_how_many_there_are() {
    let folder = temporary();
    let index = index(folder.path());
    for (filter, expected) in [
        ("year >= 2020", &["deposit", "steuer"][..]),
        ("topic in ['rent'] and not author.name = 'Ada'", &["kaution"]),
        ("id = 'steuer' or language = 'en'", &["deposit", "steuer"]),
    ] {
        let answer = stdout_json(query(&index, filter).arg("--json"));
        assert_eq!(ids(&answer), expected, "{filter}");
        assert_eq!(answer["matched"], expected.len(), "{filter}");
    }
    let text = stdout(query(&index, "year>2020").args(["-k", "1", "--lang", "en"]));
    let last = text.lines().last().expect("times");
    assert!(last.starts_with("1 hit among 2 documents that match the filter in "), "{last}");
    assert!(last.contains("filter "), "{last}");

    let none = query(&index, "year = '2021'").assert().success().get_output().clone();
    let told = String::from_utf8(none.stderr).expect("UTF-8");
    assert!(told.contains("no document matches the filter; a number matches only"), "{told}");

    let info = stdout(mlsearch().args(["index", "info"]).arg(&index));
    assert!(info.contains("filterable fields") && info.contains("year, topic, author.name, group"));

    // Documents that are added later are filtered by the same fields.
    mlsearch()
        .args(["index", "add"])
        .arg(&index)
        .arg("-")
        .write_stdin("{\"id\": \"new\", \"text\": \"A new law.\", \"year\": 2024}\n")
        .assert()
        .success();
    let answer = stdout_json(query(&index, "year > 2021").arg("--json"));
    assert_eq!(ids(&answer), ["new"]);
    assert_eq!(answer["query"]["filter"], "year > 2021");
}

#[test]
fn errors_of_a_filter_are_told_with_their_place() {
    let error = failure(&mut query(shared_index(), "yaer >= 2020 and topic = 1"), 1);
    assert!(
        error.contains(
            "error: unknown field `yaer`: filterable fields are group, id, language\n  \
             yaer >= 2020 and topic = 1\n  ^^^^\n"
        ),
        "{error}"
    );
    // Before anything is opened.
    let error = failure(&mut query(Path::new("missing.index"), "year >="), 1);
    assert!(error.contains("a value is expected\n  year >=\n         ^\n"), "{error}");
}

#[test]
fn a_field_that_cannot_be_filtered_by_is_refused_before_a_folder_is_made() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let error = failure(
        mlsearch()
            .args(["index", "build", "--filterable", "year,id", "-o"])
            .arg(&index)
            .arg("-")
            .write_stdin("{\"text\": \"a\"}\n"),
        1,
    );
    assert!(error.contains("cannot be filtered by the field \"id\""), "{error}");
    assert!(!index.exists());
}
