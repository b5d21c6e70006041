//! `doctor` and `demo`.

use std::fs;

use serde_json::Value;

use crate::support::{checkout, mlsearch, stdout, stdout_json, temporary};

#[test]
fn a_sound_installation_is_told_in_detail() {
    let report = stdout_json(mlsearch().args(["doctor", "--json"]));
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["problems"], Value::Array(Vec::new()));
    assert_eq!(report["model"]["name"], "multilingual-e5-small-aligned");
    assert_eq!(report["model"]["intact"], true);
    assert!(report["encoder"]["parity"]["mean_cosine"].as_f64() > Some(0.99), "{report}");
    assert_eq!(report["encoder"]["parity"]["different_tokens"], 0);
    let text = stdout(mlsearch().arg("doctor"));
    assert!(text.contains("everything works"), "{text}");
    assert!(text.contains("ORT_DISABLE_TELEMETRY  1"), "{text}");
}

#[test]
fn every_check_runs_though_others_fail() {
    let folder = temporary();
    let output = mlsearch()
        .args(["doctor", "--json"])
        .env("MLSEARCH_ONNXRUNTIME", folder.path().join("nowhere"))
        .assert()
        .code(1)
        .get_output()
        .clone();
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&report["ok"], &report["runtime"]), (&Value::Bool(false), &Value::Null));
    assert_eq!(report["model"]["intact"], true, "{report}");
    assert_eq!(report["problems"][0]["check"], "runtime");

    let output = mlsearch()
        .args(["doctor", "--json", "--model"])
        .arg(folder.path().join("nothing"))
        .assert()
        .code(1)
        .get_output()
        .clone();
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(report["runtime"]["library"].is_string(), "{report}");
    assert_eq!(report["problems"][0]["check"], "model");
}

#[test]
fn an_altered_model_is_told() {
    let folder = temporary();
    let model = folder.path().join("model");
    fs::create_dir(&model).expect("created");
    for entry in fs::read_dir(checkout("models/multilingual-e5-small-aligned")).expect("listed") {
        let path = entry.expect("listed").path();
        fs::copy(&path, model.join(path.file_name().expect("a name"))).expect("copied");
    }
    let tokenizer = model.join("tokenizer.json");
    let mut bytes = fs::read(&tokenizer).expect("read");
    bytes[1000] ^= 1;
    fs::write(&tokenizer, bytes).expect("written");
    let output =
        mlsearch().arg("doctor").arg("--model").arg(&model).assert().code(1).get_output().clone();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("model files:") && text.contains("tokenizer.json"), "{text}");
}

#[test]
fn the_demo_shows_every_mode_and_keeps_its_index_where_wanted() {
    let folder = temporary();
    let index = folder.path().join("demo.index");
    let text = stdout(mlsearch().args(["demo", "--output"]).arg(&index));
    for mode in ["--mode multilingual", "--mode monolingual", "--mode cross-lingual"] {
        assert!(text.contains(mode), "{mode}: {text}");
    }
    assert!(text.contains("396 passages"), "{text}");
    assert!(text.contains("mlsearch index build"), "{text}");
    let info = stdout_json(mlsearch().args(["index", "info", "--json"]).arg(&index));
    assert_eq!(info["documents"], 396);

    // Without a folder of its own, it leaves nothing.
    let scratch = temporary();
    stdout(mlsearch().arg("demo").env("TMPDIR", scratch.path()).env("TMP", scratch.path()));
    assert_eq!(fs::read_dir(scratch.path()).expect("listed").count(), 0);
}
