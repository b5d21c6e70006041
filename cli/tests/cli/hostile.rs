//! Input and arguments that nobody expects.

use std::fs;

use serde_json::{Value, json};

use crate::support::{failure, mlsearch, shared_index, stdout_json, temporary};

/// A word of metadata in so many arrays.
fn nested(levels: usize) -> String {
    format!("{}\"x\"{}", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn what_cannot_be_a_document_is_told_by_line_and_the_rest_is_indexed() {
    let folder = temporary();
    let input = folder.path().join("mixed.jsonl");
    let line = |id: &str, text: &str| json!({"id": id, "text": text, "lang": "en"}).to_string();
    let lines: [Vec<u8>; 12] = [
        line("sound", "Bees dance.").into(),
        "".into(),
        line("blank", " \u{a0} ").into(),
        line("", "No id.").into(),
        line(&"x".repeat((1 << 16) + 1), "Too long an id.").into(),
        line("zero \0", "A zero \0 within, and a \u{202e}turn\u{202c}.").into(),
        b"{\"id\": \"latin\", \"text\": \"caf\xe9 \xff\xfe\"}".into(),
        b"\xff\xfe\x00{".into(),
        format!("{{\"id\": \"deep\", \"text\": \"Deep.\", \"at\": {}}}", nested(1_000)).into(),
        format!("{{\"id\": \"flat\", \"text\": \"Flat.\", \"at\": {}}}", nested(100)).into(),
        line("sound", "Bees dance again.").into(),
        "[".repeat(100_000).into(),
    ];
    fs::write(&input, lines.join(&b'\n')).expect("written");
    let index = folder.path().join("mixed.index");
    let built = mlsearch()
        .args(["index", "build", "-o"])
        .arg(&index)
        .arg(&input)
        .assert()
        .success()
        .get_output()
        .clone();
    let said = String::from_utf8(built.stderr).expect("UTF-8");
    for line in [3, 5, 8, 9, 12] {
        assert!(said.contains(&format!("mixed.jsonl:{line}:")) || line == 5, "line {line}: {said}");
    }
    assert!(said.contains("longer than 65536 bytes"), "{said}");
    let answer: Value =
        stdout_json(mlsearch().arg("query").arg(&index).args(["bees", "-k", "100", "--json"]));
    let mut ids: Vec<&str> = answer["hits"]
        .as_array()
        .expect("hits")
        .iter()
        .map(|hit| hit["id"].as_str().expect("an id"))
        .filter(|id| !id.contains("mixed.jsonl"))
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["flat", "latin", "sound", "zero \0"]);
}

#[test]
fn queries_of_any_text_are_answered_on_one_line() {
    let long = "the bees dance ".repeat(8_000);
    for text in ["\u{202e}bees", "e\u{301}\u{301}\u{301}", "👩‍👩‍👧‍👦", "\u{1b}[31mred", &long]
    {
        let answer =
            stdout_json(mlsearch().arg("query").arg(shared_index()).args([text, "--json"]));
        assert_eq!(answer["hits"].as_array().map(Vec::len), Some(4));
    }
}

#[cfg(unix)]
#[test]
fn a_query_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let text = std::ffi::OsStr::from_bytes(b"caf\xe9");
    failure(mlsearch().arg("query").arg(shared_index()).arg(text), 2);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_could_be() {
    for (arguments, expected) in [
        (&["", "--json"][..], "empty"),
        (&["bees", "--lang", "tlh"], "its languages are"),
        (&["bees", "--where", "nothing = 'a'"], "filterable fields are"),
        (&["bees", "--where", "((((("], "("),
    ] {
        let mut command = mlsearch();
        command.arg("query").arg(shared_index()).args(arguments);
        let output = command.output().expect("run");
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}: {error}");
        assert!(error.contains("error: ") && error.contains(expected), "{arguments:?}: {error}");
        assert!(!error.contains("panicked"), "{error}");
    }
}
