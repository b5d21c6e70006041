//! How an index keeps its vectors, and giving space back.

use std::path::Path;

use serde_json::json;

use crate::support::{
    copy_of, failure, few_documents, mlsearch, sample_index, shared_index, stdout, stdout_json,
    temporary,
};

fn info(index: &Path) -> serde_json::Value {
    stdout_json(mlsearch().args(["index", "info", "--json"]).arg(index))
}

#[test]
fn an_index_keeps_its_vectors_as_it_was_asked_to() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    mlsearch()
        .args(["index", "build", "--quantization", "int4", "--originals", "single"])
        .args(["--m", "8", "--ef-construction", "50", "--memory", "512MiB", "--threads", "1", "-o"])
        .arg(&index)
        .arg("-")
        .write_stdin(few_documents())
        .assert()
        .success();
    let info = info(&index);
    assert_eq!(info["quantization"], "int4", "{info}");
    assert_eq!(info["originals"], "single", "{info}");
    assert_eq!(info["hnsw"], json!({"m": 8, "ef_construction": 50}), "{info}");
    assert_eq!(info["sections"]["vectors"], 4 * 384 * 4, "{info}");
    let text = stdout(mlsearch().args(["index", "info", "--graph"]).arg(&index));
    assert!(text.contains("384 components, kept in single precision, compared by int4"), "{text}");
    assert!(text.contains("no segment has a graph"), "{text}");
}

#[test]
fn info_tells_where_the_bytes_are_and_how_languages_lie() {
    let info = info(sample_index());
    assert_eq!((&info["quantization"], &info["originals"]), (&json!("int8"), &json!("half")));
    assert_eq!(info["sections"]["half-precision vectors"], 396 * 384 * 2, "{info}");
    let files = info["files"].as_object().expect("files by kind");
    let total: u64 = files.values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(info["bytes"], total, "{info}");
    assert_eq!(info["segments"][0]["deleted_share"], 0.0, "{info}");
    assert_eq!(info["graph_statistics"], json!([]), "{info}");
    let swahili = &info["language_statistics"]["sw"];
    assert_eq!(swahili["documents"], 18, "{info}");
    assert!(swahili["spread"].as_f64() > Some(0.1), "{info}");

    let text = stdout(mlsearch().args(["index", "info"]).arg(sample_index()));
    assert!(text.contains("half-precision vectors") && !text.contains("spread"), "{text}");
    let text = stdout(mlsearch().args(["index", "info", "--languages"]).arg(sample_index()));
    assert!(text.contains("spread"), "{text}");
}

#[test]
fn compaction_merges_segments_and_gives_back_the_space_of_deleted_documents() {
    let folder = temporary();
    let index = copy_of(sample_index(), folder.path());
    // Few enough of them that the deletion does not clean up by itself.
    let gone: Vec<String> = ["bees", "tyre", "sunset"]
        .iter()
        .flat_map(|group| {
            ["de", "ja", "ar", "hi", "sw", "en"].map(|language| format!("{group}-{language}"))
        })
        .collect();
    mlsearch().args(["index", "delete"]).arg(&index).args(&gone).assert().success();
    mlsearch()
        .args(["index", "add"])
        .arg(&index)
        .arg("-")
        .write_stdin(few_documents())
        .assert()
        .success();
    let before = info(&index);
    assert_eq!(before["segments"].as_array().map(Vec::len), Some(2), "{before}");

    let report = stdout_json(mlsearch().args(["index", "compact", "--json"]).arg(&index));
    let after = info(&index);
    assert_eq!(report["before"]["bytes"], before["bytes"], "{report}");
    assert_eq!(report["after"]["bytes"], after["bytes"], "{report}");
    assert!(after["bytes"].as_u64() < before["bytes"].as_u64(), "{report}");
    assert_eq!(
        (&report["before"]["segments"], &report["after"]["segments"]),
        (&json!(2), &json!(1)),
        "{report}"
    );
    assert_eq!((&report["before"]["deleted"], &after["deleted"]), (&json!(20), &json!(0)));
    // Two of the four added have ids that were there.
    let documents = 396 - 18 + 2;
    assert_eq!((&report["documents"], &after["documents"]), (&json!(documents), &json!(documents)));
    // What the commit names is all there is.
    let on_disk: u64 = std::fs::read_dir(&index)
        .expect("listed")
        .map(|entry| entry.expect("listed"))
        .filter(|entry| entry.file_name() != "lock")
        .map(|entry| entry.metadata().expect("there").len())
        .sum();
    assert_eq!(after["bytes"], on_disk, "{after}");

    let text = stdout(mlsearch().args(["index", "compact"]).arg(&index));
    assert!(text.contains("holds 380 documents, compacted in"), "{text}");
    mlsearch().args(["index", "verify"]).arg(&index).assert().success();
}

#[test]
fn a_graph_of_a_shape_that_cannot_be_is_refused() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let error = failure(
        mlsearch()
            .args(["index", "build", "--m", "30", "--ef-construction", "20", "-o"])
            .arg(&index)
            .arg("-")
            .write_stdin(few_documents()),
        1,
    );
    assert!(error.contains("ef_construction = 20 cannot be built: choose 30 to 4096"), "{error}");
    assert!(!index.exists());
}

#[test]
fn an_index_that_another_writes_to_is_not_compacted() {
    let folder = temporary();
    let index = copy_of(shared_index(), folder.path());
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(index.join("lock"))
        .expect("opened");
    lock.lock().expect("locked");
    let error = failure(mlsearch().args(["index", "compact"]).arg(&index), 1);
    assert!(error.contains("another writer") || error.contains("writing"), "{error}");
}
