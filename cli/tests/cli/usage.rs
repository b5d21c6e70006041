//! Help, usage errors, and how the command speaks.

use predicates::prelude::*;

use crate::support::{failure, mlsearch, shared_index, stdout};

const COMMANDS: [&[&str]; 15] = [
    &[],
    &["demo"],
    &["index"],
    &["index", "build"],
    &["index", "add"],
    &["index", "delete"],
    &["index", "compact"],
    &["index", "info"],
    &["index", "verify"],
    &["query"],
    &["encode"],
    &["eval"],
    &["eval", "lareqa"],
    &["doctor"],
    &["completions"],
];

#[test]
fn every_command_has_help_and_the_version() {
    for command in COMMANDS {
        let help = stdout(mlsearch().args(command).arg("--help"));
        assert!(help.contains("Usage: mlsearch"), "{command:?}: {help}");
        for option in
            ["--model", "--runtime", "--device", "--threads", "--quiet", "--verbose", "--color"]
        {
            assert!(help.contains(option), "{command:?} lacks {option}");
        }
        let version = stdout(mlsearch().args(command).arg("--version"));
        assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    }
}

#[test]
fn wrong_usage_ends_with_code_2() {
    let cases: [&[&str]; 17] = [
        &[],
        &["index"],
        &["unknown"],
        &["query", "folder"],
        &["query", "folder", "text", "-k", "0"],
        &["query", "folder", "text", "--ef", "0"],
        &["query", "folder", "text", "--ef", "100001"],
        &["query", "folder", "text", "--ef", "9", "--exact"],
        &["query", "folder", "text", "--mode", "bilingual"],
        &["query", "folder", "text", "--lang", "de,english"],
        &["query", "folder", "text", "--query-lang", "d€"],
        &["index", "build", "input.txt"],
        &["index", "build", "-o", "new.index", "input.txt", "--quantization", "int3"],
        &["index", "build", "-o", "new.index", "input.txt", "--originals", "double"],
        &["index", "compact", "folder", "--memory", "much"],
        &["encode", "--query", "--passage", "-"],
        &["demo", "--device", "tpu"],
    ];
    for arguments in cases {
        let output = mlsearch().args(arguments).assert().code(2).get_output().clone();
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_tag_that_is_none_is_named_with_examples() {
    let error = failure(mlsearch().args(["query", "folder", "text", "--lang", "english"]), 2);
    assert!(error.contains("\"english\" is not a language tag"), "{error}");
    assert!(error.contains("zh-Hant"), "{error}");
}

#[test]
fn values_that_cannot_be_are_answered_with_those_that_can() {
    let error = failure(mlsearch().args(["query", "folder", "text", "--ef", "0"]), 2);
    assert!(error.contains("0 is not in 1..=100000"), "{error}");
    let error = failure(mlsearch().args(["index", "compact", "folder", "--memory", "much"]), 2);
    assert!(error.contains("such as 512MiB or 2GiB"), "{error}");
}

#[test]
fn completions_name_the_commands_of_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(mlsearch().args(["completions", shell]));
        assert!(script.contains("mlsearch") && script.contains("doctor"), "{shell}");
    }
}

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    let query = |arguments: &[&str]| {
        stdout(mlsearch().arg("query").arg(shared_index()).arg("bees").args(arguments))
    };
    assert!(!query(&[]).contains('\u{1b}'));
    assert!(!query(&["--color", "never"]).contains('\u{1b}'));
    assert!(query(&["--color", "always"]).contains('\u{1b}'));
}

#[test]
fn quiet_says_nothing_but_results() {
    let quiet = mlsearch()
        .args(["encode", "-q", "-"])
        .write_stdin("{\"text\": 1}\n{\"text\": \"a\"}\n")
        .assert();
    quiet
        .success()
        .stderr(predicate::str::is_empty())
        .stdout(predicate::str::contains("\"vector\""));
}

#[cfg(unix)]
#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    use std::io::Read;
    use std::process::{Command, Stdio};

    let mut child = Command::new(assert_cmd::cargo::cargo_bin("mlsearch"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    let status = child.wait().expect("ended");
    let mut error = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut error).expect("read");
    assert!(status.success(), "{status}");
    assert_eq!(error, "");
}
