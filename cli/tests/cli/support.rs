//! What the tests share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder or file of the checkout.
pub(crate) fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The sample passages.
pub(crate) fn samples() -> PathBuf {
    checkout("cli/samples/passages.jsonl")
}

/// The command, with the checkout's model and runtime and nothing of the user's settings.
pub(crate) fn mlsearch() -> Command {
    let mut command = Command::cargo_bin("mlsearch").expect("built before the tests");
    command
        // Evaluations keep vectors in the user's folder for caches.
        .env("XDG_CACHE_HOME", cache().path())
        .env("MLSEARCH_MODEL", checkout("models/multilingual-e5-small-aligned"))
        .env("MLSEARCH_ONNXRUNTIME", checkout(".onnxruntime"))
        .env_remove("ORT_DYLIB_PATH")
        .env_remove("RUST_LOG")
        .env_remove("CLICOLOR_FORCE");
    command
}

/// A folder for caches that goes with the tests' temporary files.
fn cache() -> &'static TempDir {
    static CACHE: OnceLock<TempDir> = OnceLock::new();
    CACHE.get_or_init(temporary)
}

/// A temporary folder.
pub(crate) fn temporary() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// What the command printed, as text.
pub(crate) fn stdout(command: &mut Command) -> String {
    let output = command.assert().success().get_output().clone();
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What the command printed, as JSON.
pub(crate) fn stdout_json(command: &mut Command) -> Value {
    let text = stdout(command);
    assert_eq!(text.lines().count(), 1, "one object on a line: {text}");
    serde_json::from_str(&text).expect("JSON")
}

/// What a command that fails says on standard error. It says one sentence, and nothing on
/// standard output.
pub(crate) fn failure(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(error.contains("error: "), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    error
}

/// Four documents in three languages.
pub(crate) fn few_documents() -> String {
    let documents = [
        json!({"id": "bees-en", "text": "Bees dance to tell the others where flowers are.", "lang": "en", "group": "bees", "year": 2020}),
        json!({"id": "bees-de", "text": "Bienen tanzen, um den anderen zu zeigen, wo Blüten sind.", "lang": "de", "group": "bees"}),
        json!({"id": "bread-en", "text": "Knead the dough for ten minutes and let it rise overnight.", "lang": "en", "group": "bread"}),
        json!({"id": "bread-sw", "text": "Kanda unga kwa dakika kumi kisha uache uumuke usiku kucha.", "lang": "sw", "group": "bread"}),
    ];
    documents.iter().map(|document| format!("{document}\n")).collect()
}

/// Builds an index of [`few_documents`] in `folder`, and returns its path.
pub(crate) fn small_index(folder: &Path) -> PathBuf {
    let index = folder.join("small.index");
    mlsearch()
        .args(["index", "build", "-o"])
        .arg(&index)
        .arg("-")
        .write_stdin(few_documents())
        .assert()
        .success();
    index
}

/// An index of [`few_documents`] that is built once and only read.
pub(crate) fn shared_index() -> &'static Path {
    static INDEX: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, index) = INDEX.get_or_init(|| {
        let folder = temporary();
        let index = small_index(folder.path());
        (folder, index)
    });
    index
}

/// An index of the sample passages that is built once and only read.
pub(crate) fn sample_index() -> &'static Path {
    static INDEX: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, index) = INDEX.get_or_init(|| {
        let folder = temporary();
        let index = folder.path().join("samples.index");
        mlsearch().args(["index", "build", "-o"]).arg(&index).arg(samples()).assert().success();
        (folder, index)
    });
    index
}

/// A copy of an index, to be changed.
pub(crate) fn copy_of(index: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("copy.index");
    fs::create_dir(&copy).expect("created");
    for entry in fs::read_dir(index).expect("listed") {
        let path = entry.expect("listed").path();
        fs::copy(&path, copy.join(path.file_name().expect("a name"))).expect("copied");
    }
    copy
}
