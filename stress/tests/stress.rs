//! Slices of what `make stress` runs at length.

use std::process::Command;

fn stress(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_mlsearch-stress")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}{complaint}");
    said
}

/// Says what was skipped, where something was.
#[expect(clippy::print_stderr, reason = "what is not tested is not passed over in silence")]
fn pass_on_skips(said: &str) {
    said.lines().filter(|line| line.starts_with("SKIPPED")).for_each(|line| eprintln!("{line}"));
}

#[test]
fn a_writing_process_that_is_killed_leaves_its_last_commit_or_the_next() {
    let said = stress(&["kill", "--rounds", "100"]);
    assert!(said.contains("100 kills") && said.contains("none lost, none torn"), "{said}");
}

#[test]
#[cfg(unix)]
fn a_writing_process_that_lacks_something_says_so_and_leaves_its_last_commit() {
    let said = stress(&["scarcity", "--every", "7"]);
    assert!(said.contains("few handles") && said.contains("a limited address space"), "{said}");
    pass_on_skips(&said);
}

#[test]
fn answers_beside_a_writing_process_are_those_of_one_commit() {
    let said = stress(&["readers", "--seconds", "3", "--slice", "0.7"]);
    assert!(said.contains("every answer was that of one commit"), "{said}");
}
