//! `eval lareqa` on a data set small enough to check by hand.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{failure, mlsearch, stdout, stdout_json, temporary};

/// One paragraph of two sentences in a language, and a question that the first one answers.
fn write_language(folder: &Path, language: &str, sentences: [&str; 2], question: &str) {
    let context = sentences.join(" ");
    let first = sentences[0].chars().count();
    let length = context.chars().count();
    let file = json!({"version": "1.1", "data": [{"title": "Bees", "paragraphs": [{
        "context": context,
        "sentences": sentences,
        "sentence_breaks": [[0, first], [first + 1, length]],
        "qas": [{"id": "q1", "question": question, "answers": [{"text": sentences[0], "answer_start": 0}]}],
    }]}]});
    fs::write(folder.join(format!("{language}.json")), file.to_string()).expect("written");
}

fn dataset(folder: &Path) {
    write_language(
        folder,
        "en",
        ["Bees dance to show where flowers are.", "Bread needs flour and water."],
        "Why do bees dance?",
    );
    write_language(
        folder,
        "de",
        ["Bienen tanzen, um zu zeigen, wo Blüten sind.", "Brot braucht Mehl und Wasser."],
        "Warum tanzen Bienen?",
    );
}

#[test]
fn figures_are_printed_and_rankings_written() {
    let folder = temporary();
    dataset(folder.path());
    let (run, qrels) = (folder.path().join("run.txt"), folder.path().join("qrels.txt"));
    let figures = stdout_json(
        mlsearch()
            .args(["eval", "lareqa", "--json", "--run-file"])
            .arg(&run)
            .arg("--qrels-file")
            .arg(&qrels)
            .arg(folder.path()),
    );
    assert_eq!((&figures["queries"], &figures["candidates"]), (&json!(2), &json!(4)), "{figures}");
    assert_eq!(figures["multi"]["map"], 1.0, "{figures}");
    assert_eq!(figures["search"], json!({"exact": true, "ef": null}), "{figures}");
    assert_eq!(figures.get("walks"), None, "{figures}");
    assert_eq!(fs::read_to_string(&run).expect("written").lines().count(), 8);
    assert_eq!(fs::read_to_string(&qrels).expect("written").lines().count(), 4);

    let text = stdout(mlsearch().args(["eval", "lareqa", "--ef", "4"]).arg(folder.path()));
    let mut lines = text.lines().map(str::trim);
    let recall = lines.find(|line| line.starts_with("of the ten nearest they find"));
    assert!(recall.is_some_and(|line| line.ends_with(" 1.000")), "{text}");
    assert!(text.contains("multi  1.000"), "{text}");
    assert!(text.contains("4 candidates, ranked by exact search"), "{text}");
}

#[test]
fn a_folder_without_a_data_set_is_an_error() {
    let folder = temporary();
    let error = failure(mlsearch().args(["eval", "lareqa"]).arg(folder.path()), 1);
    assert!(error.contains(&folder.path().display().to_string()), "{error}");
}
