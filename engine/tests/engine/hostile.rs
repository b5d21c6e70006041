//! Texts and arguments that nobody expects, with the committed model: each gives an answer, or an
//! error that says what to do.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mlsearch::bias::{Correction, Method};
use mlsearch::encoder::EncoderOptions;
use mlsearch::{BiasDetail, Document, Engine, EngineOptions, Error, Filter, Language, Mode, Query};
use serde_json::Value;

/// Windows of a long text are cheap enough that every text here is encoded.
fn options() -> EngineOptions {
    EngineOptions {
        model: Some(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/multilingual-e5-small-aligned"),
        ),
        encoder: EncoderOptions { max_windows: 1, ..EncoderOptions::default() },
        ..EngineOptions::default()
    }
}

fn empty() -> (Engine, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = Engine::create(folder.path(), &options()).expect("created");
    (engine, folder)
}

fn english() -> Language {
    Language::parse("en").expect("a tag")
}

/// An index of texts of every kind.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<(Engine, tempfile::TempDir)> = OnceLock::new();
    let (engine, _folder) = ENGINE.get_or_init(|| {
        let (engine, folder) = empty();
        let documents: Vec<Document> =
            texts().into_iter().map(|(name, text)| Document::new(name, text)).collect();
        engine.add(&documents).expect("added");
        engine.commit().expect("committed");
        (engine, folder)
    });
    engine
}

/// The first code points of blocks of 50 scripts.
const SCRIPTS: [u32; 50] = [
    0x0041, 0x00C0, 0x0391, 0x0410, 0x0531, 0x05D0, 0x0627, 0x0710, 0x0780, 0x07C1, 0x0800, 0x0840,
    0x0905, 0x0985, 0x0A05, 0x0A85, 0x0B05, 0x0B85, 0x0C05, 0x0C85, 0x0D05, 0x0D85, 0x0E01, 0x0E81,
    0x0F40, 0x1000, 0x10D0, 0x1100, 0x1200, 0x13A0, 0x1401, 0x1681, 0x16A0, 0x1700, 0x1780, 0x1820,
    0x1900, 0x1950, 0x1A00, 0x1B05, 0x1BC0, 0x2C00, 0x2D30, 0x3041, 0x30A1, 0x3105, 0x4E00, 0xA000,
    0xAC00, 0x12000,
];

fn texts() -> Vec<(String, String)> {
    let script =
        |&first: &u32| -> String { (first..first + 9).filter_map(char::from_u32).collect() };
    let scripts: Vec<String> = SCRIPTS.iter().map(script).collect();
    let named = [
        ("one letter", "a".to_owned()),
        ("zero", "\0".to_owned()),
        ("zeros within", "bees\0dance\0\0".to_owned()),
        ("controls", "\u{1}\u{8}\u{1b}[31m\u{7f}\u{85}\u{feff}".to_owned()),
        ("right to left", "\u{202e}\u{2066}abc\u{202d}\u{2069}\u{200f}אבג\u{202c}".repeat(200)),
        ("combining", format!("e{}", "\u{301}\u{489}\u{1ab0}".repeat(5_000))),
        ("emoji", "👩‍👩‍👧‍👦🏳️‍🌈👍🏿🇰🇪".repeat(300)),
        ("invisible", "\u{200b}\u{2060}\u{e0001}\u{fe0f}\u{200d}".repeat(100)),
        ("unassigned", "\u{378}\u{fffe}\u{ffff}\u{e000}\u{10ffff}".repeat(100)),
        ("every script", scripts.join(" ")),
        ("every script, no space", scripts.concat()),
        ("markup", "<script>&amp;{\"a\":[\\\\]}%s${x}'\";--".repeat(50)),
        ("one line of 10 MB", "the bees dance ".repeat(700_000)),
        ("one word of 10 MB", "x".repeat(10 << 20)),
        ("unbroken 10 MB", "ผึ้งเต้นรำ".repeat(350_000)),
    ];
    let named = named.into_iter().map(|(name, text)| (name.to_owned(), text));
    let scripts =
        scripts.iter().enumerate().map(|(at, text)| (format!("script {at}"), text.clone()));
    named.chain(scripts).collect()
}

#[test]
fn any_text_is_a_document_and_comes_back_as_it_was() {
    let texts = texts();
    assert_eq!(engine().len(), texts.len() as u64);
    for (name, text) in texts {
        let document = engine().get(&name).expect("read").expect("there");
        assert!(document.text == text, "{name}");
    }
    assert!(Engine::verify(engine().folder()).expect("verified").is_sound());
}

#[test]
fn any_text_is_a_query() {
    let k = engine().len() as usize;
    for (name, text) in texts() {
        let query = Query { k, bias: BiasDetail::Off, ..Query::new(text) };
        let answer = engine().search(query).expect(&name);
        assert_eq!(answer.hits.len(), k, "{name}");
        assert!(answer.hits.iter().all(|hit| hit.score.is_finite()), "{name}");
        assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score), "{name}");
        // Texts without anything to tell them apart have one vector: any of them may be first.
        let own = answer.hits.iter().find(|hit| hit.id == name).expect("it is found");
        assert!(answer.hits[0].score - own.score < 0.35, "{name}: {}", own.score);
    }
}

#[test]
fn blank_texts_are_refused() {
    let (engine, _folder) = empty();
    for text in ["", " ", "\n\t\r", "\u{2003}\u{a0}\u{3000}"] {
        let error = engine.add(&[Document::new("blank one", text)]).expect_err("blank");
        assert!(matches!(error, Error::InvalidDocument { .. }), "{error:?}");
        assert!(error.to_string().contains("blank one"), "{error}");
        let error = engine.search(text).expect_err("blank");
        assert!(matches!(error, Error::EmptyQuery), "{error:?}");
    }
    assert_eq!(engine.commit().expect("committed"), 0);
    assert!(engine.search("bees").expect("answered").hits.is_empty());
}

#[test]
fn the_last_of_a_batch_with_one_id_is_kept() {
    let (engine, _folder) = empty();
    let tiny =
        |id: usize, text: &str| Document::new(format!("{}", id % 500), text).in_language(english());
    let first: Vec<Document> = (0..500).map(|id| tiny(id, "a")).collect();
    let again: Vec<Document> = (0..500).map(|id| tiny(id, "b")).collect();
    engine.add(&[first, again].concat()).expect("added");
    assert_eq!(engine.commit().expect("committed"), 500);
    for id in ["0", "250", "499"] {
        assert_eq!(engine.get(id).expect("read").expect("there").text, "b");
    }
    assert_eq!(engine.delete(&["7", "7", "nobody"]).expect("deleted"), [true, false, false]);
    assert_eq!(engine.commit().expect("committed"), 499);
}

#[test]
fn ids_are_kept_to_64_kb_and_refused_beyond() {
    let (engine, _folder) = empty();
    let longest = "ä".repeat(1 << 15);
    let odd = ["\0", "a\nb", "\u{202e}c", " ", "../../x", "\"quoted\""];
    for id in odd.iter().copied().chain([longest.as_str()]) {
        engine.add(&[Document::new(id, "Bees dance.").in_language(english())]).expect("added");
    }
    assert_eq!(engine.commit().expect("committed"), 7);
    for id in odd.iter().copied().chain([longest.as_str()]) {
        assert_eq!(engine.get(id).expect("read").expect("there").id, id);
    }
    for (id, expected) in [(String::new(), "id is empty"), (longest + "x", "longer than 65536")] {
        let error = engine.add(&[Document::new(id, "Bees dance.")]).expect_err("refused");
        assert!(matches!(error, Error::InvalidDocument { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(expected) && message.len() < 1_000, "{message}");
    }
}

fn nested(levels: usize) -> Document {
    let deep = (1..levels).fold(Value::Array(Vec::new()), |inner, _| Value::Array(vec![inner]));
    Document::new(format!("{levels} deep"), "Bees dance.")
        .in_language(english())
        .with_metadata("deep", deep)
}

#[test]
fn metadata_comes_back_however_deep_or_is_refused() {
    let (engine, _folder) = empty();
    engine.add(&[nested(1), nested(126)]).expect("added");
    let error = engine.add(&[nested(1_000)]).expect_err("too deep");
    assert!(matches!(error, Error::InvalidDocument { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("1000 deep") && message.contains("keep it flatter"), "{message}");
    engine.commit().expect("committed");
    assert_eq!(engine.search("bees").expect("answered").hits.len(), 2);
    let document = engine.get("126 deep").expect("read").expect("there");
    assert_eq!(document.metadata, nested(126).metadata);
}

#[test]
fn any_number_of_hits_and_candidates_can_be_asked_for() {
    let all = engine().len() as usize;
    for (k, expected) in [(0, 0), (1, 1), (all, all), (usize::MAX, all)] {
        for ef in [None, Some(0), Some(usize::MAX)] {
            for exact in [false, true] {
                let query = Query { k, ef, exact, ..Query::new("bees") };
                let answer = engine().search(query).expect("answered");
                assert_eq!(answer.hits.len(), expected, "k {k}, ef {ef:?}, exact {exact}");
            }
        }
        let query = Query { k, per_language: true, ..Query::new("bees") };
        assert!(engine().search(query).expect("answered").hits.len() >= expected);
        for method in Method::ALL {
            let correction = Correction { method, strength: 1.0 };
            let bias = BiasDetail::Counterfactual;
            let query = Query { k, correction, bias, ..Query::new("bees") };
            assert_eq!(engine().search(query).expect("answered").hits.len(), expected);
        }
    }
}

#[test]
fn strengths_that_are_none_are_refused() {
    for strength in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.1, 1.1] {
        let correction = Correction { method: Method::Center, strength };
        let error =
            engine().search(Query { correction, ..Query::new("bees") }).expect_err("no strength");
        assert!(matches!(error, Error::InvalidStrength { .. }), "{error:?}");
    }
}

#[test]
fn tags_that_are_none_and_languages_that_are_not_there_are_told_apart() {
    let long = "x".repeat(100_000);
    for tag in ["", " ", "-", "en-", "e\0", "日本", "en_US_", "123456789", &long] {
        let error = Language::parse(tag).expect_err(tag);
        assert!(error.to_string().contains("BCP 47"), "{error}");
    }
    let klingon = Language::parse("tlh").expect("a tag");
    let query = Query { targets: vec![klingon.clone()], ..Query::new("bees") };
    let error = engine().search(query).expect_err("nobody speaks it here");
    assert!(error.to_string().contains("its languages are: "), "{error}");
    for mode in [Mode::CrossLingual, Mode::Monolingual] {
        let query = Query { mode, language: Some(klingon.clone()), ..Query::new("bees") };
        // In no document's language, or in another than that of each.
        if let Err(error) = engine().search(query) {
            assert!(matches!(error, Error::LanguageNotInIndex { .. }), "{error:?}");
        }
    }
}

#[test]
fn filters_that_are_none_are_refused_where_they_are_read() {
    for text in [
        String::new(),
        "\0".to_owned(),
        "((((".repeat(50_000),
        "not ".repeat(50_000),
        format!("id = '{}", "x".repeat(100_000)),
        "id = 'a' and".to_owned(),
        format!("id in [{}]", "[".repeat(10_000)),
        "id = 1e999999999".to_owned(),
        "\u{202e}id = 'a'".to_owned(),
    ] {
        let outcome = Filter::parse(&text);
        let shown: String = text.chars().take(20).collect();
        if let Ok(filter) = &outcome {
            engine().count(filter).expect_err(&shown);
        }
    }
    let unknown = Filter::parse("nothing = 'a'").expect("a filter");
    let error = engine().count(&unknown).expect_err("no such field").to_string();
    assert!(error.contains("filterable fields are group, id, language"), "{error}");
}

#[test]
fn folders_that_hold_nothing_of_ours_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing: PathBuf = folder.path().join("no\nwhere");
    assert!(Engine::open(&missing).expect_err("missing").to_string().contains("create an index"));
    assert!(Engine::open(folder.path()).expect_err("empty").to_string().contains("manifest.json"));
    let path = folder.path().join("x".repeat(5_000));
    Engine::open(&path).expect_err("a name longer than the system takes");
    Engine::create(&path, &options()).expect_err("a name longer than the system takes");
    Engine::open("a\0b").expect_err("a name that no file has");
}
