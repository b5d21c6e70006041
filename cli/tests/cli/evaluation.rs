//! `eval` on data sets small enough to check by hand.

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

#[test]
fn corrections_are_shown_beside_and_vectors_are_kept() {
    let folder = temporary();
    dataset(folder.path());
    let cache = temporary();
    let run = || {
        let mut command = mlsearch();
        command.args(["eval", "lareqa", "--json", "--debias", "auto,lsar", "--cache"]);
        stdout_json(command.arg(cache.path()).arg(folder.path()))
    };
    let first = run();
    let kept: Vec<_> = fs::read_dir(cache.path()).expect("made").collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(run(), first, "the same from the cache");
    let corrected = first["corrected"].as_array().expect("a list");
    assert_eq!(corrected[0]["correction"], json!({"method": "standardize", "strength": 0.25}));
    assert_eq!(corrected[1]["correction"], json!({"method": "lsar", "strength": 1.0}));
    assert_eq!(first["correction"]["method"], "none");

    let mut several = mlsearch();
    several.args(["eval", "lareqa", "--debias", "center,lsar", "--run-file", "run.txt"]);
    let error = failure(several.arg(folder.path()), 1);
    assert!(error.contains("one method and one strength"), "{error}");
}

#[test]
fn a_folder_of_beirs_form_is_measured() {
    let folder = temporary();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(path, text).expect("written");
    };
    write(
        "corpus.jsonl",
        concat!(
            r#"{"_id": "1", "text": "Bees dance to show where flowers are.", "lang": "en"}"#,
            "\n",
            r#"{"_id": "2", "text": "Brot braucht Mehl und Wasser.", "lang": "de"}"#,
            "\n",
        ),
    );
    write("queries.jsonl", r#"{"_id": "a", "text": "Warum tanzen Bienen?", "lang": "de"}"#);
    write("qrels/test.tsv", "query-id\tcorpus-id\tscore\na\t1\t1\n");
    let (page, run) = (folder.path().join("page.html"), folder.path().join("run.txt"));
    let mut command = mlsearch();
    command.args(["eval", "beir", "--json", "--ef", "10", "--html"]).arg(&page);
    let figures = stdout_json(command.arg("--run-file").arg(&run).arg(folder.path()));
    assert_eq!((&figures["queries"], &figures["documents"]), (&json!(1), &json!(2)), "{figures}");
    assert_eq!(figures["multi"]["map"], 1.0, "{figures}");
    assert_eq!(figures["cross"]["hit_at_1"], 1.0, "{figures}");
    assert_eq!(figures["walks"]["recall_at_10"], 1.0, "{figures}");
    assert_eq!(fs::read_to_string(&run).expect("written").lines().count(), 2);
    assert!(fs::read_to_string(&page).expect("written").contains("Warum tanzen Bienen?"));
    let text = stdout(mlsearch().args(["eval", "beir", "--debias", "center"]).arg(folder.path()));
    assert!(text.contains("multi  1.000") && text.contains("center"), "{text}");
}

#[test]
fn parallel_text_is_measured_in_one_pool_or_in_pairs() {
    let folder = temporary();
    for (tag, lines) in [
        ("de", "Bienen tanzen.\nBrot braucht Mehl.\n"),
        ("en", "Bees dance.\nBread needs flour.\n"),
        ("es", "Las abejas bailan.\nEl pan necesita harina.\n"),
    ] {
        fs::write(folder.path().join(format!("talk.{tag}.txt")), lines).expect("written");
    }
    let figures = stdout_json(mlsearch().args(["eval", "bitext", "--json"]).arg(folder.path()));
    assert_eq!((&figures["queries"], &figures["documents"]), (&json!(6), &json!(6)), "{figures}");
    assert_eq!(figures["cross"]["hit_at_1"], 1.0, "{figures}");
    assert!(figures["mono"].is_null(), "a sentence has no translation in its own language");

    let pairs = temporary();
    for (tag, line) in [("de", "Bienen tanzen.\n"), ("en", "Bees dance.\n")] {
        fs::create_dir_all(pairs.path().join("de-en")).expect("created");
        fs::write(pairs.path().join(format!("de-en/test.{tag}")), line).expect("written");
    }
    let text = stdout(mlsearch().args(["eval", "bitext"]).arg(pairs.path()));
    assert!(text.contains("mean 1.000"), "{text}");
}
