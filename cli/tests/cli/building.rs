//! Building and changing an index.

use std::fs;

use predicates::prelude::*;
use serde_json::json;

use crate::support::{
    copy_of, failure, few_documents, mlsearch, shared_index, small_index, stdout, stdout_json,
    temporary,
};

/// The ids that a query finds, best first.
fn found(index: &std::path::Path, text: &str) -> Vec<String> {
    let answer = stdout_json(mlsearch().arg("query").arg(index).args([text, "--json"]));
    let hits = answer["hits"].as_array().expect("hits");
    hits.iter().map(|hit| hit["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn documents_are_built_queried_added_and_deleted() {
    let folder = temporary();
    let index = small_index(folder.path());
    assert_eq!(found(&index, "Why do bees dance?")[0], "bees-en");

    let more = folder.path().join("more.csv");
    fs::write(
        &more,
        "id,text,lang\nhoney,How bees make honey from nectar,en\nbread-en,Bake the bread,en\n",
    )
    .expect("written");
    let added = stdout(mlsearch().args(["index", "add"]).arg(&index).arg(&more));
    assert!(added.contains("holds 5 documents"), "{added}");
    assert_eq!(found(&index, "making honey")[0], "honey");

    mlsearch()
        .args(["index", "delete"])
        .arg(&index)
        .args(["bees-en", "nobody"])
        .assert()
        .success()
        .stdout(
            predicate::str::contains("1 document deleted")
                .and(predicate::str::contains("4 documents")),
        )
        .stderr(predicate::str::contains("there is no document `nobody`"));
    let left = found(&index, "Why do bees dance?");
    assert_eq!(left.len(), 4);
    assert!(!left.contains(&"bees-en".to_owned()), "{left:?}");

    mlsearch()
        .args(["index", "verify"])
        .arg(&index)
        .assert()
        .success()
        .stdout(predicate::str::contains("sound"));
}

#[test]
fn the_summary_tells_what_was_built() {
    let folder = temporary();
    let bad = format!("{}not json\n{{\"text\": \"\"}}\n", few_documents());
    let assert = mlsearch()
        .args(["index", "build", "-o"])
        .arg(folder.path().join("new.index"))
        .arg("-")
        .write_stdin(bad)
        .assert()
        .success();
    let output = assert.get_output();
    let summary = String::from_utf8_lossy(&output.stdout);
    assert!(summary.contains("4 documents in 3 languages"), "{summary}");
    assert!(summary.contains("en 2, de 1, sw 1"), "{summary}");
    assert!(summary.contains("documents/s") && summary.contains("on disk"), "{summary}");
    let problems = summary.lines().find(|line| line.starts_with("problems")).expect("counted");
    assert!(problems.ends_with(" 2"), "{problems}");
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(warnings.contains("warning: stdin:5: not JSON"), "{warnings}");
    assert!(warnings.contains("warning: stdin:6: the field `text` is blank"), "{warnings}");
}

#[test]
fn strict_stops_at_the_first_bad_line_and_leaves_nothing() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let error = failure(
        mlsearch()
            .args(["index", "build", "--strict", "-o"])
            .arg(&index)
            .arg("-")
            .write_stdin("{\"text\": \"a\"}\n{\"text\": 5}\n"),
        1,
    );
    assert!(error.contains("error: stdin, line 2: the field `text` is a number"), "{error}");
    assert!(!index.exists());
}

#[test]
fn what_cannot_be_read_is_told_before_a_folder_is_made() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let error = failure(
        mlsearch()
            .args(["index", "build", "-o"])
            .arg(&index)
            .arg(folder.path().join("missing.txt")),
        1,
    );
    assert!(error.contains("missing.txt: there is no such file or folder"), "{error}");
    assert!(!index.exists());
}

#[test]
fn an_input_without_documents_is_an_error_and_leaves_nothing() {
    let folder = temporary();
    fs::write(folder.path().join("picture.png"), b"\x89PNG").expect("written");
    let index = folder.path().join("new.index");
    let error =
        failure(mlsearch().args(["index", "build", "-o"]).arg(&index).arg(folder.path()), 1);
    assert!(error.contains("no documents in the input: 1 file"), "{error}");
    assert!(!index.exists());
}

#[test]
fn an_existing_index_is_not_built_over() {
    let error = failure(
        mlsearch()
            .args(["index", "build", "-o"])
            .arg(shared_index())
            .arg("-")
            .write_stdin(few_documents()),
        1,
    );
    assert!(
        error.contains("already holds an index") && error.contains("mlsearch index add"),
        "{error}"
    );
    assert_eq!(found(shared_index(), "bees").len(), 4);
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = temporary();
    fs::write(folder.path().join("letter.txt"), "mine").expect("written");
    failure(
        mlsearch()
            .args(["index", "build", "-o"])
            .arg(folder.path())
            .arg("-")
            .write_stdin(few_documents()),
        1,
    );
    let names: Vec<_> = fs::read_dir(folder.path())
        .expect("listed")
        .map(|entry| entry.expect("listed").file_name())
        .collect();
    assert_eq!(names, ["letter.txt"]);
}

#[test]
fn an_empty_folder_is_used_and_stays_when_the_build_fails() {
    let folder = temporary();
    failure(
        mlsearch().args(["index", "build", "-o"]).arg(folder.path()).arg("-").write_stdin("\n"),
        1,
    );
    assert_eq!(fs::read_dir(folder.path()).expect("it is still there").count(), 0);
    mlsearch()
        .args(["index", "build", "-o"])
        .arg(folder.path())
        .arg("-")
        .write_stdin(few_documents())
        .assert()
        .success();
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = temporary();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).expect("created");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("set");
    let is_root = fs::write(locked.join("probe"), b"").is_ok();
    let mut build = mlsearch();
    // Root may write everywhere but where there is no file system to write to.
    let index = if is_root { "/proc/new.index".into() } else { locked.join("new.index") };
    let error = failure(
        build.args(["index", "build", "-o"]).arg(&index).arg("-").write_stdin(few_documents()),
        1,
    );
    assert!(error.contains("could not create") && error.contains("new.index"), "{error}");
}

#[test]
fn other_fields_and_texts_can_be_indexed() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let lines = folder.path().join("lines.jsonl");
    fs::write(
        &lines,
        "{\"key\": 7, \"body\": \"Bees dance.\", \"language\": \"en\", \"article\": \"x\"}\n",
    )
    .expect("written");
    fs::write(folder.path().join("notes.md"), "# Bread\n\nKnead the dough.\n").expect("written");
    mlsearch()
        .args([
            "index",
            "build",
            "--id-field",
            "key",
            "--text-field",
            "body",
            "--lang-field",
            "language",
        ])
        .args(["--group-field", "article", "-o"])
        .arg(&index)
        .arg(&lines)
        .arg(folder.path().join("notes.md"))
        .assert()
        .success();
    let answer = stdout_json(mlsearch().arg("query").arg(&index).args(["how to bake", "--json"]));
    assert_eq!(answer["hits"][0]["metadata"]["heading"], "Bread");
    assert_eq!(answer["hits"][1]["id"], "7");
    assert_eq!(answer["hits"][1]["group"], "x");
}

#[test]
fn info_tells_what_an_index_holds() {
    let info = stdout_json(mlsearch().args(["index", "info", "--json"]).arg(shared_index()));
    assert_eq!(info["documents"], 4);
    assert_eq!(info["languages"], json!({"de": 1, "en": 2, "sw": 1}));
    assert_eq!(info["dimension"], 384);
    let text = stdout(mlsearch().args(["index", "info"]).arg(shared_index()));
    assert!(text.contains("multilingual-e5-small") && text.contains("fingerprint"), "{text}");
}

#[test]
fn ids_that_begin_with_a_dash_can_be_deleted() {
    let folder = temporary();
    let index = copy_of(shared_index(), folder.path());
    mlsearch()
        .args(["index", "delete"])
        .arg(&index)
        .args(["--", "-x"])
        .assert()
        .success()
        .stdout(predicate::str::contains("0 documents deleted"));
}

#[test]
fn a_document_that_no_index_can_hold_does_not_stop_the_others() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let input = format!(
        "{{\"id\": \"{}\", \"text\": \"too long an id\"}}\n{}",
        "x".repeat(70_000),
        few_documents()
    );
    mlsearch()
        .args(["index", "build", "-o"])
        .arg(&index)
        .arg("-")
        .write_stdin(input)
        .assert()
        .success()
        .stdout(predicate::str::contains("4 documents in 3 languages"))
        .stderr(predicate::str::contains("its id is longer than"));
}
