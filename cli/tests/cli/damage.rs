//! Damaged and foreign files.

use std::fs;
use std::path::PathBuf;

use predicates::prelude::*;
use serde_json::Value;

use crate::support::{checkout, copy_of, failure, mlsearch, shared_index, temporary};

/// The files of an index that are read, longest first: all but the lock.
fn files(index: &std::path::Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(index).expect("listed").map(|entry| entry.expect("listed").path()).collect();
    files.retain(|path| !path.ends_with("lock"));
    assert!(files.len() >= 3, "{files:?}");
    files.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).expect("there").len()));
    files
}

/// Whether `verify` finds damage and says which file it is in.
fn assert_found(index: &std::path::Path, file: &std::path::Path) {
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let output =
        mlsearch().args(["index", "verify"]).arg(index).assert().code(1).get_output().clone();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains(&name), "{name}: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// A query of a damaged index either works, where the damage is in what it does not read, or
/// fails in an orderly way.
fn assert_orderly(index: &std::path::Path) -> bool {
    let output =
        mlsearch().arg("query").arg(index).args(["bees", "-k", "100"]).output().expect("run");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => true,
        Some(1) => {
            assert!(error.starts_with("error: ") && !error.contains("panicked"), "{error}");
            false
        }
        other => panic!("{other:?}: {error}"),
    }
}

#[test]
fn files_that_were_cut_short_are_found() {
    for (number, file) in files(shared_index()).iter().enumerate() {
        for part in [0, 1, 2] {
            let folder = temporary();
            let index = copy_of(shared_index(), folder.path());
            let copy = index.join(file.file_name().expect("a name"));
            let length = fs::metadata(&copy).expect("there").len();
            // The last byte of the manifest is a line end, which says nothing.
            let kept = [0, length / 2, length - 2][part];
            fs::OpenOptions::new()
                .write(true)
                .open(&copy)
                .expect("opened")
                .set_len(kept)
                .expect("cut");
            assert_found(&index, &copy);
            assert!(!assert_orderly(&index), "file {number} cut to {kept} bytes goes unnoticed");
        }
    }
}

#[test]
fn flipped_bits_are_found() {
    for file in files(shared_index()) {
        let length = fs::metadata(&file).expect("there").len();
        for at in [0, length / 3, length / 2, length - 1] {
            let folder = temporary();
            let index = copy_of(shared_index(), folder.path());
            let copy = index.join(file.file_name().expect("a name"));
            let mut bytes = fs::read(&copy).expect("read");
            bytes[usize::try_from(at).expect("small")] ^= 0x10;
            fs::write(&copy, bytes).expect("written");
            // Padding between sections may be covered by no checksum and is read by nobody.
            if mlsearch()
                .args(["index", "verify"])
                .arg(&index)
                .output()
                .expect("run")
                .status
                .success()
            {
                assert!(assert_orderly(&index));
            } else {
                assert_found(&index, &copy);
                assert_orderly(&index);
            }
        }
    }
}

#[test]
fn files_of_something_else_are_found() {
    for file in files(shared_index()) {
        let folder = temporary();
        let index = copy_of(shared_index(), folder.path());
        let copy = index.join(file.file_name().expect("a name"));
        fs::write(&copy, "Dear reader, this is a letter and no index.\n".repeat(200))
            .expect("written");
        assert_found(&index, &copy);
        assert!(!assert_orderly(&index), "{}", copy.display());
    }
}

#[test]
fn another_model_than_the_one_of_the_index_is_refused() {
    let folder = temporary();
    let model = folder.path().join("other-model");
    fs::create_dir(&model).expect("created");
    let original = checkout("models/multilingual-e5-small-aligned");
    for entry in fs::read_dir(&original).expect("listed") {
        let path = entry.expect("listed").path();
        fs::copy(&path, model.join(path.file_name().expect("a name"))).expect("copied");
    }
    let config = model.join("config.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&config).expect("read")).expect("JSON");
    value["name"] = "other-model".into();
    value["prompts"]["query"] = "ask: ".into();
    fs::write(&config, value.to_string()).expect("written");

    let error = failure(
        mlsearch().arg("query").arg(shared_index()).arg("bees").arg("--model").arg(&model),
        1,
    );
    assert!(error.contains("was built with the model multilingual-e5-small-aligned"), "{error}");
    assert!(error.contains("other-model"), "{error}");
}

#[test]
fn a_model_that_is_not_there_is_an_error() {
    let folder = temporary();
    let mut command = mlsearch();
    command
        .arg("query")
        .arg(shared_index())
        .arg("bees")
        .arg("--model")
        .arg(folder.path().join("nothing"));
    let error = failure(&mut command, 1);
    assert!(error.contains("no model folder"), "{error}");
}

#[test]
fn a_runtime_that_is_not_there_is_an_error() {
    let folder = temporary();
    let nowhere = folder.path().join("nowhere");
    let error = failure(
        mlsearch()
            .arg("query")
            .arg(shared_index())
            .arg("bees")
            .env("MLSEARCH_ONNXRUNTIME", &nowhere),
        1,
    );
    assert!(
        error.contains("no ONNX Runtime library was found") && error.contains("nowhere"),
        "{error}"
    );
    // The option goes before the environment.
    let error = failure(
        mlsearch()
            .arg("query")
            .arg(shared_index())
            .arg("bees")
            .arg("--runtime")
            .arg(folder.path().join("elsewhere")),
        1,
    );
    assert!(error.contains("elsewhere"), "{error}");
    // A new index is not left behind.
    let index = folder.path().join("new.index");
    mlsearch()
        .args(["index", "build", "-o"])
        .arg(&index)
        .arg("-")
        .env("MLSEARCH_ONNXRUNTIME", &nowhere)
        .write_stdin("{\"text\": \"a\"}")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("no ONNX Runtime library"));
    assert!(!index.exists());
}
