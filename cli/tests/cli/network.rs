//! The command opens no network connection, and the runtime leaves nothing behind.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::support::{checkout, few_documents, temporary};

/// Runs the command as one without any settings does, under strace where its arguments are given,
/// and returns whether it succeeded.
fn run(home: &Path, tracer: &[&str], arguments: &[&str]) -> bool {
    let program = assert_cmd::cargo::cargo_bin("mlsearch");
    let mut command = match tracer {
        [] => Command::new(&program),
        [name, options @ ..] => {
            let mut command = Command::new(name);
            command.args(options).arg(&program);
            command
        }
    };
    let output = command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        // Where telemetry would be kept: it is not written where `CI` is set.
        .env("HOME", home)
        .env("MLSEARCH_MODEL", checkout("models/multilingual-e5-small-aligned"))
        .env("MLSEARCH_ONNXRUNTIME", checkout(".onnxruntime"))
        .output()
        .expect("run");
    output.status.success()
}

/// Builds an index and asks it, so that texts are encoded, indexed and found.
fn build_and_ask(folder: &Path, home: &Path, tracer: &[&str]) {
    let input = folder.join("documents.jsonl");
    fs::write(&input, few_documents()).expect("written");
    let index = folder.join("documents.index");
    let [input, index] = [&input, &index].map(|path| path.to_str().expect("UTF-8"));
    assert!(run(home, tracer, &["index", "build", "-o", index, input]));
    assert!(run(home, tracer, &["query", index, "warum tanzen Bienen?"]));
    assert!(run(home, tracer, &["index", "verify", index]));
}

#[test]
fn nothing_is_left_in_the_folder_of_the_user() {
    let (folder, home) = (temporary(), temporary());
    build_and_ask(folder.path(), home.path(), &[]);
    let left: Vec<_> = fs::read_dir(home.path()).expect("listed").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn no_socket_of_the_internet_is_opened() {
    let (folder, home) = (temporary(), temporary());
    let trace = folder.path().join("trace");
    let trace = trace.to_str().expect("UTF-8");
    let tracer = ["strace", "-f", "-A", "-e", "trace=socket,connect,sendto", "-o", trace];
    // A container may forbid tracing.
    let usable = Command::new("strace").args(["-f", "-e", "trace=socket", "true"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        let skipped = b"\nSKIPPED: strace is not here, or may not trace: sockets go unseen\n";
        return std::io::stderr().write_all(skipped).expect("told");
    }
    build_and_ask(folder.path(), home.path(), &tracer);
    let calls = fs::read_to_string(trace).expect("traced");
    assert!(calls.matches("+++ exited with 0 +++").count() >= 3, "{calls}");
    assert!(!calls.contains("AF_INET"), "{calls}");
}
