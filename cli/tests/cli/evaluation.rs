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
    let page = folder.path().join("page.html");
    let figures = stdout_json(
        mlsearch()
            .args(["eval", "lareqa", "--json", "--run-file"])
            .arg(&run)
            .arg("--qrels-file")
            .arg(&qrels)
            .arg("--html")
            .arg(&page)
            .arg(folder.path()),
    );
    let page = fs::read_to_string(page).expect("written");
    assert!(page.contains("Language by language") && page.contains("4 documents"), "{page}");
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
    for (pair, tag, line) in [
        ("de-en", "de", "Bienen tanzen.\n"),
        ("de-en", "en", "Bees dance.\n"),
        ("en-es", "en", "Bread needs flour.\n"),
        ("en-es", "es", "El pan necesita harina.\n"),
    ] {
        fs::create_dir_all(pairs.path().join(pair)).expect("created");
        fs::write(pairs.path().join(format!("{pair}/test.{tag}")), line).expect("written");
    }
    let text = stdout(mlsearch().args(["eval", "bitext"]).arg(pairs.path()));
    assert!(text.contains("mean 1.000"), "{text}");
}

/// Two queries that are translations of each other, and a pool of two languages.
fn write_run(folder: &Path) {
    let file = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
    file(
        "run",
        "qde Q0 de2 1 0.9 a\nqde Q0 de1 2 0.8 a\nqde Q0 en2 3 0.7 a\nqde Q0 en1 4 0.6 a\n\
         qen\tQ0\ten1\t1\t0.9\ta\nqen Q0 de1 2 0.8 a\n",
    );
    file("better", "qde Q0 de1 1 2 b\nqde Q0 en1 2 1 b\nqen Q0 en1 1 2 b\nqen Q0 de1 2 1 b\n");
    file("qrels", "qde 0 de1 1\nqde 0 en1 1\nqen 0 de1 1\nqen 0 en1 1\nqxx 0 de1 0\n");
    file(
        "corpus",
        "{\"_id\": \"de1\", \"lang\": \"de\"}\n{\"_id\": \"de2\", \"lang\": \"de\"}\n\
         {\"_id\": \"en1\", \"lang\": \"en\"}\n{\"_id\": \"en2\", \"lang\": \"en\"}\n",
    );
    file(
        "queries",
        "{\"_id\": \"qde\", \"lang\": \"de\", \"group\": \"1\"}\n\
         {\"_id\": \"qen\", \"lang\": \"en\", \"group\": \"1\"}\n",
    );
}

#[test]
fn a_run_is_measured_by_language_and_compared() {
    let folder = temporary();
    write_run(folder.path());
    let command = || {
        let mut command = mlsearch();
        command.current_dir(folder.path()).args(["eval", "run", "run", "qrels"]);
        command.args(["--corpus", "corpus", "--queries", "queries", "--against", "better"]);
        command
    };
    let figures = stdout_json(command().arg("--json"));
    assert_eq!(
        (&figures["queries"], &figures["without_relevant"]),
        (&json!(2), &json!(1)),
        "{figures}"
    );
    assert_eq!(figures["micro"]["map"], json!({"mean": 0.75, "of": 2}), "{figures}");
    assert_eq!(figures["macro"]["rank_distance"]["mean"], 1.5, "{figures}");
    assert_eq!(figures["languages"]["de"]["means"]["mrr"]["mean"], 0.5, "{figures}");
    assert_eq!(figures["pairs"]["de"]["en"]["mrr"]["mean"], 0.5, "{figures}");
    assert_eq!(figures["pool"]["languages"], json!({"de": 2, "en": 2}), "{figures}");
    let against = &figures["against"];
    assert_eq!(against["micro"]["map"]["mean"], 1.0, "{figures}");
    let difference = &against["comparison"]["map"];
    assert_eq!((&difference["difference"], &difference["queries"]), (&json!(-0.25), &json!(2)));

    let text = stdout(&mut command());
    let has = |wanted: &[&str]| {
        text.lines()
            .any(|line| line.split_whitespace().take(wanted.len()).eq(wanted.iter().copied()))
    };
    assert!(has(&["mAP", "0.7500", "0.7500", "2"]), "{text}");
    assert!(has(&["mAP", "0.7500", "1.0000", "-0.2500"]), "{text}");
    assert!(has(&["de", "1", "0.5000"]), "{text}");
}

#[test]
fn a_run_needs_no_languages_and_tells_what_it_lacks() {
    let folder = temporary();
    write_run(folder.path());
    fs::write(folder.path().join("half"), "qde Q0 de1 1 1 t\nodd Q0 x 1 1 t\n").expect("written");
    let text = stdout(mlsearch().current_dir(folder.path()).args(["eval", "run", "half", "qrels"]));
    assert!(text.contains("1 query not in the run"), "{text}");
    assert!(text.contains("1 query of the run without judgements"), "{text}");
    assert!(!text.contains("PEER"), "{text}");
}

#[test]
fn a_line_of_a_run_that_cannot_be_read_is_named() {
    let folder = temporary();
    write_run(folder.path());
    fs::write(folder.path().join("wrong"), "q Q0 d 1 1 t\nq Q0 d 2 high t\n").expect("written");
    let error =
        failure(mlsearch().current_dir(folder.path()).args(["eval", "run", "wrong", "qrels"]), 1);
    assert!(error.contains("wrong, line 2: the score \"high\" is not a number"), "{error}");
}
