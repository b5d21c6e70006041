//! Model folders and runtime libraries that are not what they should be: each is an error that
//! names the file, or gives vectors of unit length.

use std::path::{Path, PathBuf};
use std::process::Command;

use mlsearch_encoder::{Encoder, EncoderOptions, Error};
use serde_json::{Value, json};

use crate::{copy_of_the_model, encoder, model_folder};

/// Without digests, what the files hold is all there is to go by.
fn unverified() -> EncoderOptions {
    EncoderOptions { verify: false, ..Default::default() }
}

/// Opens a model folder, and encodes if that is possible.
fn encode(folder: &Path, options: &EncoderOptions) -> Result<(), Error> {
    let encoder = Encoder::open(folder, options)?;
    let vectors = encoder.encode_queries(&["how tides work"])?;
    let length = vectors.row(0).dot(&vectors.row(0)).sqrt();
    assert!((length - 1.0).abs() < 1e-3, "{length}");
    let _ = encoder.parity();
    Ok(())
}

fn assert_names(error: &Error, file: &str) {
    let message = error.to_string();
    assert!(message.contains(file) && message.contains(';'), "{file}: {message}");
}

/// Makes `config.json` say what the files are.
fn make_right(folder: &Path) {
    let path = folder.join("config.json");
    let mut config: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("JSON");
    for (name, file) in config["files"].as_object_mut().expect("an object") {
        let bytes = std::fs::read(folder.join(name)).expect("read");
        let digest = blake3::hash(&bytes).to_hex().to_string();
        *file = json!({ "bytes": bytes.len(), "blake3": digest });
    }
    std::fs::write(path, config.to_string()).expect("written");
}

#[test]
fn configurations_of_any_content_are_refused_by_name_or_read() {
    let folder = copy_of_the_model();
    let path = folder.path().join("config.json");
    let whole = std::fs::read(&path).expect("read");
    let changes: [(&str, Value); 14] = [
        ("dimension", json!(383)),
        ("dimension", json!(-1)),
        ("dimension", json!(1e300)),
        ("max_tokens", json!(u64::MAX)),
        ("max_tokens", json!(65_536)),
        ("padding_id", json!(u32::MAX)),
        ("padding_id", json!(-1)),
        ("pooling", json!("max")),
        ("prompts", json!({ "query": "q".repeat(100_000), "passage": "" })),
        ("prompts", json!({ "query": "\u{0}", "passage": "\u{202e}" })),
        ("files", json!({})),
        ("files", json!([])),
        ("provenance", json!([[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]])),
        ("name", json!("../../etc")),
    ];
    for (member, value) in changes {
        let mut config: Value = serde_json::from_slice(&whole).expect("JSON");
        config[member] = value.clone();
        std::fs::write(&path, config.to_string()).expect("written");
        match encode(folder.path(), &unverified()) {
            Ok(()) => {}
            // Longer texts than the model has positions for: the runtime says so.
            Err(Error::Inference { .. }) => {
                assert!(member == "max_tokens" || member == "padding_id")
            }
            Err(error) => assert!(error.to_string().contains(';'), "{member} {value:.60}: {error}"),
        }
    }
    for bytes in [
        &b""[..],
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        "[".repeat(500_000).as_bytes(),
        &vec![b' '; (1 << 20) + 1],
        &whole[..whole.len() / 2],
    ] {
        std::fs::write(&path, bytes).expect("written");
        let error = Encoder::open(folder.path(), &unverified()).expect_err("no configuration");
        assert!(matches!(error, Error::InvalidModel { .. }), "{error:?}");
        assert_names(&error, "config.json");
    }
}

#[test]
fn tokenizers_of_any_content_are_refused_by_name_or_used() {
    let folder = copy_of_the_model();
    let path = folder.path().join("tokenizer.json");
    let deep = "{\"type\":\"Sequence\",\"normalizers\":[".repeat(2_000);
    for (content, refused) in [
        ("{}".to_owned(), true),
        ("null".to_owned(), true),
        (format!("{{\"normalizer\":{deep}"), true),
        (json!({ "model": { "type": "Unigram", "vocab": [] } }).to_string(), true),
        (json!({ "model": { "type": "Unigram", "unk_id": 9, "vocab": [["a", 0.0]] } }).to_string(), true),
        // Another model's: few pieces, and none of them special.
        (json!({ "model": { "type": "Unigram", "unk_id": 0, "vocab": [["u", 0.0], ["a", -1.0]] } }).to_string(), false),
    ] {
        std::fs::write(&path, &content).expect("written");
        let error = Encoder::open(folder.path(), &EncoderOptions::default()).expect_err("altered");
        assert!(matches!(error, Error::AlteredModel { .. }), "{error:?}");
        assert_names(&error, "tokenizer.json");
        match encode(folder.path(), &unverified()) {
            Ok(()) => assert!(!refused, "{content:.80}"),
            Err(Error::Tokenizer { .. }) => {}
            Err(error) => assert_names(&error, "tokenizer.json"),
        }
    }
}

#[test]
fn a_tokenizer_of_more_pieces_than_the_model_has_is_an_error_and_not_a_crash() {
    let folder = copy_of_the_model();
    let path = folder.path().join("tokenizer.json");
    let mut tokenizer: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("JSON");
    let vocabulary = tokenizer["model"]["vocab"].as_array_mut().expect("pieces");
    // Likelier than any other, and far behind the last row of embeddings.
    vocabulary.extend((0..50_000).map(|at| json!([format!("\u{2581}piece{at}"), -0.01])));
    vocabulary.push(json!(["\u{2581}tides", 100.0]));
    std::fs::write(&path, tokenizer.to_string()).expect("written");
    make_right(folder.path());
    match encode(folder.path(), &EncoderOptions::default()) {
        Err(Error::Inference { reason, .. }) => assert!(!reason.is_empty()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn embeddings_of_another_model_are_refused() {
    let folder = copy_of_the_model();
    let path = folder.path().join("embeddings.bin");
    let whole = std::fs::read(&path).expect("read");
    for bytes in [&whole[..whole.len() - 1], &whole[..1_000], b""] {
        std::fs::write(&path, bytes).expect("written");
        let error = Encoder::open(folder.path(), &EncoderOptions::default()).expect_err("altered");
        assert_names(&error, "embeddings.bin");
        let error = encode(folder.path(), &unverified()).expect_err("cut short");
        assert_names(&error, "model");
    }
    // As long as the model's, and nothing it was trained with.
    std::fs::write(&path, vec![0xFF; whole.len()]).expect("written");
    make_right(folder.path());
    let fingerprint =
        |folder: &Path| Encoder::open(folder, &unverified()).expect("opened").fingerprint();
    assert_ne!(fingerprint(folder.path()), fingerprint(&model_folder()), "an index refuses it");
    match encode(folder.path(), &EncoderOptions::default()) {
        Err(Error::Inference { reason, .. }) => assert!(reason.contains("not finite"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_parity_file_is_an_error_by_name() {
    let folder = copy_of_the_model();
    let path = folder.path().join("parity.json");
    let encoder = Encoder::open(folder.path(), &unverified()).expect("opened");
    for content in ["", "{}", "[]", "{\"texts\": [{}]}", "{\"texts\": 1}"] {
        std::fs::write(&path, content).expect("written");
        assert_names(&encoder.parity().expect_err("damaged"), "parity.json");
    }
    let text = json!({
        "text": "\u{0}", "language": "", "role": "query", "token_ids": [], "vector": [1e38, 1e38],
    });
    std::fs::write(&path, json!({ "texts": [text] }).to_string()).expect("written");
    let report = encoder.parity().expect("read");
    assert_eq!((report.different_tokens(), report.mean_cosine()), (1, 0.0));
    std::fs::remove_file(&path).expect("removed");
    assert_names(&encoder.parity().expect_err("missing"), "parity.json");
}

/// Loading needs a process that has loaded none: this program again, with one test of its own.
#[test]
fn libraries_that_are_none_are_refused_before_they_are_loaded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = std::fs::read(encoder().runtime().library()).expect("read");
    let this_program = std::env::current_exe().expect("this program");
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let mut altered = whole.clone();
    altered[18] = 0x28;
    let libraries = [
        (write("empty.so", b""), "truncated or not a shared library"),
        (write("text.so", b"not a library"), "truncated or not a shared library"),
        (write("header.so", &whole[..64]), "truncated"),
        (write("half.so", &whole[..whole.len() / 2]), "truncated"),
        (write("shorter.so", &whole[..whole.len() - 1]), "truncated"),
        (write("machine.so", &altered), "not for this machine"),
        (write("program.so", &std::fs::read(this_program).expect("read")), ""),
        (folder.path().join("missing.so"), "no ONNX Runtime library was found"),
        (older_library(folder.path()), "but got '1.16.3'"),
    ];
    for (library, expected) in libraries {
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "hostile::the_library_of_the_environment_is_refused", "--ignored"])
            .arg("--nocapture")
            .env("MLSEARCH_ONNXRUNTIME", &library)
            .output()
            .expect("run");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {said}", library.display());
        let name = library.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(said.contains(&name) && said.contains(expected), "{name}: {said}");
    }
}

/// A library that says it is a version before the interface that the encoder needs.
fn older_library(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("older.c"), folder.join("older.so"));
    let text = "
        static const void *api(unsigned version) { return 0; }
        static const char *version(void) { return \"1.16.3\"; }
        struct base { const void *(*api)(unsigned); const char *(*version)(void); };
        static const struct base base = { api, version };
        const struct base *OrtGetApiBase(void) { return &base; }
    ";
    std::fs::write(&source, text).expect("written");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(compiled.expect("a C compiler, which building needs as well").success());
    library
}

#[test]
#[ignore = "run by another test, with a library that is none"]
fn the_library_of_the_environment_is_refused() {
    use std::io::Write;
    let error = Encoder::open(model_folder(), &EncoderOptions::default()).expect_err("no library");
    assert!(matches!(error, Error::InvalidRuntime { .. } | Error::RuntimeNotFound { .. }));
    writeln!(std::io::stdout(), "{error}").expect("told");
}
