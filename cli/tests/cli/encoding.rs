//! Vectors.

use std::fs;

use predicates::prelude::*;
use serde_json::Value;

use crate::support::{failure, mlsearch, stdout, temporary};

fn lines(text: &str) -> Vec<(String, Vec<f32>)> {
    let parse = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let vector = serde_json::from_value(value["vector"].clone()).expect("numbers");
        (value["id"].as_str().expect("an id").to_owned(), vector)
    };
    text.lines().map(parse).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn lines_of_text_become_unit_vectors() {
    let text = stdout(
        mlsearch()
            .args(["encode", "-"])
            .write_stdin("Bees dance.\n\nBienen tanzen.\nHow to bake bread\n"),
    );
    let vectors = lines(&text);
    let ids: Vec<&str> = vectors.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["stdin:1", "stdin:3", "stdin:4"]);
    for (id, vector) in &vectors {
        assert_eq!(vector.len(), 384);
        assert!((dot(vector, vector) - 1.0).abs() < 1e-4, "{id}");
    }
    assert!(dot(&vectors[0].1, &vectors[1].1) > dot(&vectors[0].1, &vectors[2].1));
}

#[test]
fn queries_and_passages_differ() {
    let encode = |arguments: &[&str]| {
        lines(&stdout(mlsearch().arg("encode").args(arguments).arg("-").write_stdin("bees")))
    };
    let passage = encode(&[]);
    assert_eq!(passage, encode(&["--passage"]));
    assert!(dot(&passage[0].1, &encode(&["--query"])[0].1) < 0.9999);
}

#[test]
fn arrays_hold_the_same_vectors_as_lines() {
    let folder = temporary();
    let array = folder.path().join("vectors.npy");
    let input =
        "{\"id\": \"a\", \"text\": \"Bees dance.\"}\n{\"id\": \"b\", \"text\": \"Bread rises.\"}\n";
    mlsearch()
        .args(["encode", "-", "--output"])
        .arg(&array)
        .write_stdin(input)
        .assert()
        .success()
        .stdout(predicate::str::is_empty())
        .stderr(predicate::str::contains("2 vectors of 384 components"));
    let bytes = fs::read(&array).expect("read");
    let file = npyz::NpyFile::new(&bytes[..]).expect("an array");
    assert_eq!(file.shape(), [2, 384]);
    let components = file.into_vec::<f32>().expect("numbers");
    let expected = lines(&stdout(mlsearch().args(["encode", "-"]).write_stdin(input)));
    for (row, (_, vector)) in components.chunks(384).zip(&expected) {
        assert!(dot(row, vector) > 0.99999);
    }
    let others = fs::read_dir(folder.path()).expect("listed").count();
    assert_eq!(others, 1, "nothing but the array is left");
}

#[test]
fn nothing_to_encode_is_an_error() {
    let folder = temporary();
    let array = folder.path().join("vectors.npy");
    let error =
        failure(mlsearch().args(["encode", "-", "--output"]).arg(&array).write_stdin("\n"), 1);
    assert!(error.contains("there are no texts in the input"), "{error}");
    assert!(!array.exists());
    let nowhere = folder.path().join("missing").join("vectors.npy");
    let error =
        failure(mlsearch().args(["encode", "-", "--output"]).arg(&nowhere).write_stdin("a"), 1);
    assert!(error.contains("cannot write") && error.contains("vectors.npy"), "{error}");
}
