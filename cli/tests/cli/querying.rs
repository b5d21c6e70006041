//! Questions and answers.

use serde_json::json;

use crate::support::{
    failure, mlsearch, sample_index, shared_index, stdout, stdout_json, temporary,
};

#[test]
fn an_answer_is_one_json_object() {
    let answer = stdout_json(mlsearch().arg("query").arg(shared_index()).args([
        "Why do bees dance?",
        "-k",
        "2",
        "--query-lang",
        "en",
        "--json",
    ]));
    assert_eq!(answer["query"]["text"], "Why do bees dance?");
    assert_eq!(answer["query"]["mode"], "multilingual");
    assert_eq!(answer["query"]["languages"], json!([{"tag": "en", "share": 1.0}]));
    let hits = answer["hits"].as_array().expect("hits");
    assert_eq!(hits.len(), 2);
    let first = &hits[0];
    assert_eq!(
        (&first["rank"], &first["id"], &first["lang"], &first["group"], &first["metadata"]),
        (&json!(1), &json!("bees-en"), &json!("en"), &json!("bees"), &json!({"year": 2020}))
    );
    assert_eq!(first["text"], "Bees dance to tell the others where flowers are.");
    assert!(first["score"].as_f64() >= hits[1]["score"].as_f64());
    let timings = answer["timings_ms"].as_object().expect("timings");
    for part in ["detect", "encode", "search", "fetch", "total"] {
        assert!(timings[part].is_number(), "{part}");
    }
}

#[test]
fn each_mode_searches_its_languages() {
    let languages = |arguments: &[&str]| -> Vec<String> {
        let answer = stdout_json(
            mlsearch()
                .arg("query")
                .arg(shared_index())
                .args(["bees dance", "--query-lang", "en", "--json"])
                .args(arguments),
        );
        let hits = answer["hits"].as_array().expect("hits");
        let mut languages: Vec<_> =
            hits.iter().map(|hit| hit["lang"].as_str().expect("a tag").to_owned()).collect();
        languages.sort();
        languages
    };
    assert_eq!(languages(&[]), ["de", "en", "en", "sw"]);
    assert_eq!(languages(&["--mode", "monolingual"]), ["en", "en"]);
    assert_eq!(languages(&["--mode", "cross-lingual"]), ["de", "sw"]);
    assert_eq!(languages(&["--lang", "de,sw"]), ["de", "sw"]);
}

#[test]
fn people_see_languages_hits_and_times() {
    let text = stdout(mlsearch().arg("query").arg(shared_index()).args([
        "Why do bees dance?",
        "--query-lang",
        "en",
    ]));
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("Why do bees dance?  en  multilingual"));
    assert_eq!(lines.next(), Some(""));
    let first = lines.next().expect("a hit");
    assert!(first.starts_with(" 1  0.") && first.ends_with("en  bees-en"), "{first}");
    assert_eq!(lines.next(), Some("    Bees dance to tell the others where flowers are."));
    let last = text.lines().last().expect("times");
    assert!(last.starts_with("4 hits in ") && last.contains("encode "), "{last}");
}

#[test]
fn words_need_no_quotes() {
    let answer = stdout_json(
        mlsearch().arg("query").arg(shared_index()).args(["why", "do", "bees", "dance", "--json"]),
    );
    assert_eq!(answer["query"]["text"], "why do bees dance");
}

#[test]
fn an_empty_query_is_refused() {
    for text in ["", " \t\n"] {
        let error = failure(mlsearch().arg("query").arg(shared_index()).arg(text), 1);
        assert!(error.contains("error: the query is empty"), "{error}");
    }
}

#[test]
fn a_language_that_no_document_is_in_is_named_with_those_there_are() {
    let error =
        failure(mlsearch().arg("query").arg(shared_index()).args(["bees", "--lang", "yo,en"]), 1);
    assert!(
        error.contains("no document of the index is in yo; its languages are: de, en, sw"),
        "{error}"
    );
}

#[test]
fn an_index_that_is_not_there_is_an_error() {
    let folder = temporary();
    let missing = folder.path().join("missing.index");
    for arguments in [&["query"][..], &["index", "info"], &["index", "verify"]] {
        let mut command = mlsearch();
        command.args(arguments).arg(&missing);
        if arguments == ["query"] {
            command.arg("bees");
        }
        let error = failure(&mut command, 1);
        assert!(error.contains("missing.index"), "{error}");
    }
}

#[test]
fn a_folder_without_index_is_an_error() {
    let folder = temporary();
    std::fs::write(folder.path().join("letter.txt"), "mine").expect("written");
    let error = failure(mlsearch().arg("query").arg(folder.path()).arg("bees"), 1);
    assert!(error.contains("is not an index"), "{error}");
}

#[test]
fn the_samples_are_found_across_languages() {
    // Each finds its group in the language asked for, though only English is in the query.
    for (query, group) in [
        ("How do bees tell each other where flowers are?", "bees"),
        ("My bicycle has a flat tyre", "tyre"),
        ("Why is the sky red in the evening?", "sunset"),
    ] {
        for language in ["de", "ja", "ar", "hi"] {
            let answer = stdout_json(
                mlsearch()
                    .arg("query")
                    .arg(sample_index())
                    .args([query, "--lang", language, "-k", "1", "--json"]),
            );
            assert_eq!(answer["hits"][0]["id"], format!("{group}-{language}"), "{query}");
        }
    }
}

#[test]
fn the_language_of_a_query_is_detected() {
    let answer = stdout_json(mlsearch().arg("query").arg(sample_index()).args([
        "Warum wird der Himmel am Abend rot?",
        "--mode",
        "monolingual",
        "-k",
        "1",
        "--json",
    ]));
    assert_eq!(answer["query"]["languages"][0]["tag"], "de");
    assert_eq!(answer["hits"][0]["id"], "sunset-de");
}

#[test]
fn exact_search_and_the_default_find_the_same_samples_and_tell_which_they_were() {
    let answer = |arguments: &[&str]| {
        let query = ["Why do bees dance?", "--query-lang", "en", "--json"];
        stdout_json(mlsearch().arg("query").arg(sample_index()).args(query).args(arguments))
    };
    let (default, exact) = (answer(&[]), answer(&["--exact"]));
    assert_eq!(default["hits"], exact["hits"]);
    assert_eq!(default["search"], json!({"exact": false, "ef": 128}));
    assert_eq!(exact["search"], json!({"exact": true, "ef": null}));
    let wide = answer(&["--ef", "300", "--pinned"]);
    assert_eq!(wide["search"], json!({"exact": false, "ef": 300}));
    assert_eq!(wide["hits"], exact["hits"]);
}

#[test]
fn every_answer_says_how_biased_it_is() {
    let ask = |arguments: &[&str]| {
        let mut command = mlsearch();
        command.arg("query").arg(shared_index()).arg("bees dance").args(arguments);
        command
    };
    let text = stdout(&mut ask(&[]));
    assert!(text.contains("\nbias 0."), "{text}");
    let text = stdout(&mut ask(&["--bias", "--debias", "center", "--strength", "0.5"]));
    for part in ["corrected (center 50 %)", "advantage", "few documents", "Without the correction"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let answer = stdout_json(&mut ask(&["--debias", "lsar", "--json"]));
    assert_eq!(answer["correction"], json!({"method": "lsar", "strength": 1.0}));
    assert_eq!(answer["bias"]["counterfactual"]["correction"]["method"], "none");
    assert_eq!(answer["bias"]["languages"].as_array().expect("languages").len(), 3);
    assert!(answer["hits"][0]["bias"]["corrected_score"].is_number());
}

#[test]
fn corrections_that_do_not_exist_are_refused() {
    for arguments in [&["--debias", "centre"][..], &["--debias", "center", "--strength", "2"]] {
        let mut command = mlsearch();
        command.arg("query").arg(shared_index()).arg("bees").args(arguments);
        let error = failure(&mut command, 2);
        assert!(error.contains("possible values") || error.contains("from 0 to 1"), "{error}");
    }
}

#[test]
fn languages_are_shown_one_by_one() {
    let query = |arguments: &[&str]| {
        let mut command = mlsearch();
        command.arg("query").arg(sample_index()).arg("warum tanzen Bienen?").args(arguments);
        command
    };
    let answer = stdout_json(&mut query(&["--per-language", "1", "--json"]));
    let hits = answer["hits"].as_array().expect("a list");
    assert_eq!((hits.len(), &answer["query"]["per_language"]), (22, &json!(true)));
    assert!(hits.iter().all(|hit| hit["rank"] == 1), "{answer}");
    let text = stdout(query(&["--per-language", "2", "--lang", "de,sw"]).env("NO_COLOR", "1"));
    let headings: Vec<&str> = text.lines().filter(|line| ["de", "sw"].contains(line)).collect();
    assert_eq!(headings, ["de", "sw"], "{text}");
    let last = text.lines().last().expect("times");
    assert!(last.starts_with("4 hits in 2 languages"), "{last}");
    let error = failure(&mut query(&["--per-language", "2", "--debias", "balanced"]), 2);
    assert!(error.contains("leave --debias balanced out"), "{error}");
    failure(&mut query(&["--per-language", "2", "-k", "3"]), 2);
}
