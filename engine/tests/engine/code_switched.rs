//! Queries that mix two languages, against the same questions in either alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use mlsearch::{BiasDetail, Document, Engine, Error, Mode, Query};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::samples::{folder, options, tag, workspace};

#[derive(Deserialize)]
struct Passage {
    _id: String,
    text: String,
    lang: String,
    group: String,
}

#[derive(Deserialize)]
struct Asked {
    _id: String,
    text: String,
    languages: Vec<String>,
    group: String,
    pair: Option<String>,
}

fn lines<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = workspace().join("engine/testdata/code-switched").join(name);
    let text = std::fs::read_to_string(path).expect("the test data is in the checkout");
    text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
}

/// An engine over all passages, near misses included, built once.
fn passages() -> &'static Engine {
    static ENGINE: OnceLock<(Engine, tempfile::TempDir)> = OnceLock::new();
    let (engine, _folder) = ENGINE.get_or_init(|| {
        let documents: Vec<Document> = lines::<Passage>("corpus.jsonl")
            .into_iter()
            .map(|passage| {
                Document::new(passage._id, passage.text)
                    .in_language(tag(&passage.lang))
                    .in_group(passage.group)
            })
            .collect();
        let folder = folder();
        let engine = Engine::create(folder.path(), &options()).expect("created");
        engine.add(&documents).expect("added");
        assert_eq!(engine.commit().expect("committed"), 616);
        (engine, folder)
    });
    engine
}

/// How good the answer to a query is.
#[derive(Clone, Copy, Default)]
struct Quality {
    /// Whether the first hit is right, 0 or 1.
    first: f64,
    /// How many of the first ten are right, 0 to 1.
    ten: f64,
}

impl Quality {
    fn of(asked: &Asked) -> Self {
        let query = Query { bias: BiasDetail::Off, ..Query::new(&asked.text) };
        let hits = passages().search(query).expect("answered").hits;
        let right = |hit: &mlsearch::Hit| hit.group.as_ref() == Some(&asked.group);
        Self {
            first: f64::from(u8::from(right(&hits[0]))),
            ten: hits.iter().filter(|hit| right(hit)).count() as f64 / 10.0,
        }
    }

    fn mean(all: &[Self]) -> Self {
        let mean = |of: fn(&Self) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        Self { first: mean(|one| one.first), ten: mean(|one| one.ten) }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures of the test data's README")]
fn mixing_languages_costs_little() {
    let queries: Vec<Asked> = lines("queries.jsonl");
    let found: HashMap<&str, Quality> =
        queries.iter().map(|asked| (asked._id.as_str(), Quality::of(asked))).collect();
    let (mut mixed, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    let mut pairs = BTreeMap::<&str, Vec<[Quality; 3]>>::new();
    for asked in queries.iter() {
        let Some(pair) = &asked.pair else { continue };
        let alone =
            |place: usize| found[format!("{}-{}", asked.group, asked.languages[place]).as_str()];
        let [of, before, after] = [found[asked._id.as_str()], alone(0), alone(1)];
        pairs.entry(pair).or_default().push([of, before, after]);
        mixed.push(of);
        first.push(before);
        second.push(after);
    }
    assert_eq!(mixed.len(), 126);
    // The rows of the table in the test data's README.
    for (pair, found) in &pairs {
        let mean = |of: fn(&Quality) -> f64, column: usize| {
            found.iter().map(|row| of(&row[column])).sum::<f64>() / found.len() as f64
        };
        let cells: Vec<String> = [|one: &Quality| one.first, |one: &Quality| one.ten]
            .into_iter()
            .flat_map(|of| (0..3).map(move |column| format!("{:.2}", mean(of, column))))
            .collect();
        eprintln!("| {pair} | {} |", cells.join(" | "));
    }
    let pure = Quality::mean(&[first, second].concat());
    let mixed = Quality::mean(&mixed);
    let figures = format!(
        "mixed {:.3} {:.3}, in one language {:.3} {:.3}",
        mixed.first, mixed.ten, pure.first, pure.ten
    );
    eprintln!("{figures}");
    // Measured: .762 and .762 beside .794 and .756.
    assert!(mixed.first >= 0.73 && mixed.ten >= 0.73, "{figures}");
    assert!(mixed.first >= pure.first - 0.05 && mixed.ten >= pure.ten - 0.02, "{figures}");
}

#[test]
fn both_languages_of_a_mixed_query_are_named_and_searched() {
    let queries: Vec<Asked> = lines("queries.jsonl");
    let mut both = 0;
    let mixed: Vec<&Asked> = queries.iter().filter(|asked| asked.pair.is_some()).collect();
    for asked in &mixed {
        // The best of each language tells which were searched.
        let query =
            Query { mode: Mode::Monolingual, k: 1, per_language: true, ..Query::new(&asked.text) };
        let answer = match passages().search(query) {
            Ok(answer) => answer,
            Err(Error::QueryLanguageUnknown { .. }) => continue,
            Err(error) => panic!("{}: {error}", asked._id),
        };
        let named = &answer.query.languages;
        assert!((named.iter().map(|share| share.share).sum::<f32>() - 1.0).abs() < 1e-5);
        let named: BTreeSet<&str> = named.iter().map(|share| share.language.as_str()).collect();
        let searched: BTreeSet<&str> =
            answer.by_language().iter().map(|(language, _)| language.as_str()).collect();
        assert!(searched.is_subset(&named), "{}: {searched:?} of {named:?}", asked._id);
        let spoken: BTreeSet<&str> = asked.languages.iter().map(String::as_str).collect();
        if spoken.is_subset(&named) {
            assert!(spoken.is_subset(&searched), "{}: {searched:?}", asked._id);
            both += 1;
        }
    }
    // Measured: 111 of 126.
    assert!(both >= 106, "{both} of {}", mixed.len());
}
