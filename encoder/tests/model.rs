//! The committed model, run by the real ONNX Runtime.

#[path = "model/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mlsearch_encoder::{Device, Encoder, EncoderOptions, Error, Role};

fn model_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/multilingual-e5-small-aligned")
}

fn encoder() -> &'static Encoder {
    static ENCODER: OnceLock<Encoder> = OnceLock::new();
    ENCODER.get_or_init(|| {
        Encoder::open(model_folder(), &EncoderOptions::default())
            .expect("`make runtime` fetches what the tests need")
    })
}

fn cosine(a: ndarray::ArrayView1<f32>, b: ndarray::ArrayView1<f32>) -> f32 {
    a.dot(&b)
}

#[test]
fn the_model_is_close_to_the_original_in_every_language() {
    let report = encoder().parity().expect("parity.json is there");
    assert!(report.texts.len() >= 40, "{} texts", report.texts.len());
    assert_eq!(report.different_tokens(), 0);
    assert!(report.mean_cosine() >= 0.99, "mean cosine {}", report.mean_cosine());
    let mut languages = BTreeMap::<&str, Vec<f32>>::new();
    for text in &report.texts {
        languages.entry(&text.language).or_default().push(text.cosine);
    }
    for (language, cosines) in languages {
        let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
        assert!(mean >= 0.97, "{language}: {mean}");
    }
}

/// `make train-smoke` exports tiny random models of every kind into the folder that
/// `MLSEARCH_TINY_MODELS` names; without it there is nothing to compare.
#[test]
fn exported_models_of_every_kind_are_close_to_their_originals() {
    let Some(folders) = std::env::var_os("MLSEARCH_TINY_MODELS") else { return };
    let mut models = 0;
    for entry in Path::new(&folders).read_dir().expect("readable") {
        let folder = entry.expect("readable").path();
        let encoder =
            Encoder::open(&folder, &EncoderOptions::default()).expect("an exported model");
        let report = encoder.parity().expect("parity.json is there");
        let name = folder.display();
        assert_eq!(report.different_tokens(), 0, "{name}");
        assert!(!report.texts.is_empty() && report.mean_cosine() >= 0.98, "{name}: {report:?}");
        models += 1;
    }
    assert!(models > 0, "no models in {}", Path::new(&folders).display());
}

#[test]
fn a_text_has_the_same_vector_alone_and_in_any_batch() {
    let report = encoder().parity().expect("parity.json is there");
    let mut texts: Vec<String> = report.texts.into_iter().map(|text| text.text).collect();
    texts.push("lang ".repeat(700));
    texts.push(String::new());
    let together = encoder().encode_passages(&texts).expect("encoded");
    for (row, text) in texts.iter().enumerate() {
        let alone = encoder().encode_passages(&[text]).expect("encoded");
        let difference = (&alone.row(0) - &together.row(row)).mapv(f32::abs);
        let most = difference.iter().copied().fold(0.0, f32::max);
        assert!(most <= 1e-3, "{most} for {text:.60}");
    }
}

#[test]
fn vectors_are_of_unit_length_whatever_the_text() {
    let texts = [
        String::new(),
        " \t\r\n\u{2003}".to_owned(),
        "\0\u{1}\u{7f}\u{85}\u{feff}".to_owned(),
        "\u{202e}abc\u{202c}\u{200d}\u{fe0f}".to_owned(),
        "e\u{301}".repeat(300) + &"\u{300}".repeat(3000),
        "👩‍👩‍👧‍👦🏳️‍🌈".repeat(50),
        "\u{fffd}\u{fffe}\u{10ffff}".to_owned(),
        "x".repeat(200_000),
        "ภาษาไทย".repeat(20_000),
        "word ".repeat(200_000),
        "{\"a\": [1, 2, 3]}\n".repeat(10),
    ];
    let options = EncoderOptions { max_windows: 4, ..Default::default() };
    let encoder = Encoder::open(model_folder(), &options).expect("opened");
    for role in [Role::Query, Role::Passage] {
        let vectors = encoder.encode(&texts, role).expect("encoded");
        for (row, text) in vectors.outer_iter().zip(&texts) {
            let norm = row.dot(&row).sqrt();
            assert!((norm - 1.0).abs() < 1e-4, "{norm} for {text:.20}");
        }
    }
}

#[test]
fn no_texts_give_no_vectors() {
    let vectors = encoder().encode_queries::<&str>(&[]).expect("encoded");
    assert_eq!(vectors.dim(), (0, encoder().dimension()));
}

#[test]
fn blank_texts_give_the_vector_of_the_prompt() {
    let vectors = encoder().encode_queries(&["", "  \n\t "]).expect("encoded");
    assert!(cosine(vectors.row(0), vectors.row(1)) > 0.9999);
}

#[test]
fn the_role_of_a_text_changes_its_vector() {
    let query = encoder().encode_queries(&["how tides work"]).expect("encoded");
    let passage = encoder().encode_passages(&["how tides work"]).expect("encoded");
    assert!(cosine(query.row(0), passage.row(0)) < 0.9999);
}

#[test]
fn a_long_text_is_cut_into_windows_that_fit_the_model() {
    let most = encoder().config().max_tokens;
    let text = "The tide comes in twice a day. ".repeat(400);
    let windows = encoder().token_ids(&text, Role::Passage).expect("tokenised");
    assert!(windows.len() > 1);
    assert!(windows.iter().all(|window| window.len() <= most));
    let prompt = &encoder().token_ids("", Role::Passage).expect("tokenised")[0];
    let prompt = &prompt[..prompt.len() - 1];
    assert!(windows.iter().all(|window| window.starts_with(prompt)), "each carries the prompt");

    let long = encoder().encode_passages(&[text.as_str()]).expect("encoded");
    let other = encoder()
        .encode_passages(&["The tide comes in twice a day.", "Bread without gluten."])
        .expect("encoded");
    assert!(cosine(long.row(0), other.row(0)) > cosine(long.row(0), other.row(1)));
}

#[test]
fn meaning_is_found_across_languages() {
    let query = encoder().encode_queries(&["Warum tanzen Bienen?"]).expect("encoded");
    let passages = encoder()
        .encode_passages(&[
            "Bees dance to tell their hive where the flowers are.",
            "A notary checks that a contract was signed freely.",
            "แม่น้ำแข็งเคลื่อนที่ช้ามากตามแรงโน้มถ่วง",
        ])
        .expect("encoded");
    let scores: Vec<f32> =
        passages.outer_iter().map(|passage| cosine(query.row(0), passage)).collect();
    assert!(scores[0] > scores[1] && scores[0] > scores[2], "{scores:?}");
}

#[test]
fn many_threads_share_one_encoder() {
    let texts: Vec<String> =
        (0..64).map(|i| format!("document number {i} about topic {}", i % 7)).collect();
    let expected = encoder().encode_passages(&texts).expect("encoded");
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (texts, expected) = (&texts, &expected);
            scope.spawn(move || {
                for row in (thread..64).step_by(16) {
                    let vector = encoder().encode_passages(&texts[row..=row]).expect("encoded");
                    assert!(cosine(vector.row(0), expected.row(row)) > 0.9999);
                }
            });
        }
    });
}

#[test]
fn cuda_is_never_replaced_in_silence() {
    let with =
        |device| Encoder::open(model_folder(), &EncoderOptions { device, ..Default::default() });
    if encoder().device().device == Device::Cuda {
        return assert!(with(Device::Cuda).is_ok());
    }
    assert!(encoder().device().note.is_some(), "`auto` says why it is not on CUDA");
    let error = with(Device::Cuda).expect_err("there is no CUDA here");
    assert!(matches!(error, Error::CudaUnavailable { .. }), "{error}");
    assert_eq!(with(Device::Cpu).expect("opened").device().note, None);
}

fn copy_of_the_model() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in model_folder().read_dir().expect("readable") {
        let entry = entry.expect("readable");
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copied");
    }
    folder
}

#[test]
fn altered_model_files_are_refused() {
    let folder = copy_of_the_model();
    let open = || Encoder::open(folder.path(), &EncoderOptions::default());
    for name in ["model.onnx", "embeddings.bin", "tokenizer.json"] {
        let path = folder.path().join(name);
        let whole = std::fs::read(&path).expect("readable");

        let mut altered = whole.clone();
        altered[whole.len() / 2] ^= 1;
        std::fs::write(&path, &altered).expect("written");
        assert!(matches!(open(), Err(Error::AlteredModel { .. })), "{name}: a flipped bit");

        std::fs::write(&path, &whole[..whole.len() / 2]).expect("written");
        assert!(matches!(open(), Err(Error::AlteredModel { .. })), "{name}: truncated");

        std::fs::remove_file(&path).expect("removed");
        assert!(matches!(open(), Err(Error::ModelNotFound { .. })), "{name}: missing");
        std::fs::write(&path, &whole).expect("written");
    }
    open().expect("whole again");
}

#[test]
fn unverified_garbage_is_an_error_and_not_a_crash() {
    let folder = copy_of_the_model();
    let options = EncoderOptions { verify: false, ..Default::default() };
    for name in ["model.onnx", "tokenizer.json", "embeddings.bin"] {
        let path = folder.path().join(name);
        let whole = std::fs::read(&path).expect("readable");
        for bytes in [&whole[..whole.len() / 3], b"", b"not what it should be"] {
            std::fs::write(&path, bytes).expect("written");
            let error = Encoder::open(folder.path(), &options).expect_err("garbage");
            assert!(matches!(error, Error::InvalidModel { .. }), "{name}: {error}");
        }
        std::fs::write(&path, &whole).expect("written");
    }
}

#[test]
fn one_process_keeps_one_runtime() {
    let library = encoder().runtime().library();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join(library.file_name().expect("a file"));
    std::fs::copy(library, &copy).expect("copied");
    let with = |runtime| {
        Encoder::open(
            model_folder(),
            &EncoderOptions { runtime: Some(runtime), ..Default::default() },
        )
    };

    with(library.to_owned()).expect("the same library");
    assert!(matches!(with(copy), Err(Error::RuntimeAlreadyLoaded { .. })));
    assert!(matches!(with(folder.path().join("nowhere")), Err(Error::RuntimeNotFound { .. })));
}
