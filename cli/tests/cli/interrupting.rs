//! Ctrl-C.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{checkout, mlsearch, stdout, stdout_json, temporary};

/// Starts a build from standard input, which is fed `documents` short documents and then left
/// open, so that the build does not end by itself.
fn start_build(index: &Path, documents: usize) -> (Child, std::process::ChildStdin) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("mlsearch"))
        .args(["index", "build", "-o"])
        .arg(index)
        .arg("-")
        .env("MLSEARCH_MODEL", checkout("models/multilingual-e5-small-aligned"))
        .env("MLSEARCH_ONNXRUNTIME", checkout(".onnxruntime"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(lines(documents).as_bytes()).expect("written");
    stdin.flush().expect("written");
    (child, stdin)
}

fn lines(documents: usize) -> String {
    (0..documents)
        .map(|number| format!("{{\"text\": \"word {number}\", \"lang\": \"en\"}}\n"))
        .collect()
}

fn interrupt(child: &Child) {
    let status =
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("run");
    assert!(status.success());
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(300), "{what} did not happen");
        sleep(Duration::from_millis(50));
    }
}

/// The documents that an index holds, if it can be opened.
fn documents(index: &Path) -> Option<u64> {
    let output = mlsearch().args(["index", "info", "--json"]).arg(index).output().expect("run");
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    info["documents"].as_u64()
}

#[test]
fn a_build_that_is_stopped_leaves_the_last_commit() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let (child, stdin) = start_build(&index, 4_000);
    wait_until("a commit", || documents(&index).is_some_and(|documents| documents > 0));
    interrupt(&child);
    // The end of the input lets a build that waits for more take notice.
    drop(stdin);
    let output = child.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("stopped: ") && said.contains("can be searched"), "{said}");

    let committed = documents(&index).expect("an index");
    // A commit is due after so many documents or seconds.
    assert!(committed > 0);
    stdout(mlsearch().args(["index", "verify"]).arg(&index));
    let answer = stdout_json(mlsearch().arg("query").arg(&index).args(["word 1", "--json"]));
    assert_eq!(answer["hits"].as_array().map(Vec::len), Some(10));

    // The same documents and one more: only that is encoded.
    let input = lines(committed as usize) + "{\"text\": \"one more\", \"lang\": \"en\"}\n";
    let resumed = stdout(
        mlsearch()
            .args(["index", "build", "--resume", "-o"])
            .arg(&index)
            .arg("-")
            .env("MLSEARCH_MODEL", checkout("models/multilingual-e5-small-aligned"))
            .env("MLSEARCH_ONNXRUNTIME", checkout(".onnxruntime"))
            .write_stdin(input),
    );
    let there = resumed.lines().find(|line| line.contains("there already")).expect("a figure");
    let digits: String = there.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits, committed.to_string(), "{resumed}");
    assert_eq!(documents(&index), Some(committed + 1));
}

#[test]
fn a_second_interrupt_after_a_commit_leaves_a_clean_index() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let (mut child, stdin) = start_build(&index, 4_000);
    wait_until("a commit", || documents(&index).is_some_and(|documents| documents > 0));
    interrupt(&child);
    sleep(Duration::from_millis(20));
    interrupt(&child);
    assert_eq!(child.wait().expect("ended").code(), Some(130));
    drop(stdin);
    assert!(documents(&index).expect("an index") > 0);
    stdout(mlsearch().args(["index", "verify"]).arg(&index));
    // The next writer finds no lock, and leaves only what it needs.
    stdout(mlsearch().args(["index", "compact"]).arg(&index));
    let mut names: Vec<String> = fs::read_dir(&index)
        .expect("listed")
        .map(|entry| {
            entry.expect("listed").path().extension().unwrap_or_default().display().to_string()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["", "json", "payload", "segment"]);
}

#[test]
fn a_build_that_is_stopped_before_its_first_commit_leaves_nothing() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let (child, stdin) = start_build(&index, 10);
    wait_until("the folder", || index.exists());
    interrupt(&child);
    sleep(Duration::from_millis(300));
    drop(stdin);
    let output = child.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("nothing was committed"), "{said}");
    assert!(!index.exists());
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let folder = temporary();
    let index = folder.path().join("new.index");
    let (mut child, stdin) = start_build(&index, 10);
    wait_until("the folder", || index.exists());
    interrupt(&child);
    sleep(Duration::from_millis(300));
    interrupt(&child);
    // Standard input is still open: only the signal can have ended it.
    assert_eq!(child.wait().expect("ended").code(), Some(130));
    drop(stdin);
    drop(fs::remove_dir_all(&index));
}
