//! The LAReQA evaluation: reading data, scoring, and writing runs.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlsearch::encoder::{Encoder, EncoderOptions};
use mlsearch::eval::collection::{self, Collection};
use mlsearch::eval::lareqa::{self, Dataset, Evaluation, RunOptions, Vectors};
use mlsearch::eval::{CachingEncoder, Correcting, Progress, Stage};
use mlsearch::{Error, Language};
use ndarray::{Array2, array};
use serde_json::{Value, json};
use tempfile::TempDir;

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn folder(files: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
        fs::write(path, content.to_string()).expect("written");
    }
    folder
}

fn file(paragraphs: &[Value]) -> Value {
    json!({"version": "1.1", "data": [{"title": "t", "paragraphs": paragraphs}]})
}

/// A paragraph of sentences with one blank between them, and questions with the sentence that
/// answers each.
fn paragraph(sentences: &[&str], questions: &[(&str, &str, usize)]) -> Value {
    let mut breaks = Vec::new();
    let mut start = 0;
    for sentence in sentences {
        let end = start + sentence.chars().count();
        breaks.push([start, end]);
        start = end + 1;
    }
    let questions: Vec<Value> = questions
        .iter()
        .map(|(id, text, sentence)| {
            let answer = json!({"text": "", "answer_start": breaks[*sentence][0] + 1});
            json!({"id": id, "question": text, "answers": [answer]})
        })
        .collect();
    json!({"context": sentences.join(" "), "qas": questions, "sentence_breaks": breaks})
}

fn language(tag: &str) -> Language {
    Language::parse(tag).expect("a tag")
}

fn input_error(folder: &Path) -> (PathBuf, Option<u64>, String) {
    match Dataset::read(folder, false) {
        Err(Error::Input { path, line, reason }) => (path, line, reason),
        other => panic!("{other:?}"),
    }
}

/// Two languages, two parallel questions, and one that only German has.
fn small() -> TempDir {
    let de = file(&[
        paragraph(
            &["Die Mühle mahlt Korn.", "Der Müller heißt Ömer.", "Die Mühle mahlt Korn."],
            &[("q1", "Wie heißt der Müller?", 1), ("q2", "Was mahlt die Mühle?", 2)],
        ),
        paragraph(&["Nur hier wächst Enzian."], &[("q3", "Was wächst nur hier?", 0)]),
    ]);
    let en = file(&[paragraph(
        &["The mill grinds corn.", "The miller is called Omer."],
        &[("q2", "What does the mill grind?", 0), ("q1", "What is the miller's name?", 1)],
    )]);
    folder(&[("small/de.json", de), ("small/en.json", en)])
}

#[test]
fn every_sentence_is_a_candidate_and_every_question_a_query() {
    let folder = small();
    let dataset = Dataset::read(folder.path().join("small"), false).expect("read");
    assert_eq!(dataset.name(), "small");
    let sentences: Vec<&str> = (0..6).map(|candidate| dataset.sentence(candidate)).collect();
    assert_eq!(
        sentences,
        [
            "Die Mühle mahlt Korn.",
            "Der Müller heißt Ömer.",
            "Die Mühle mahlt Korn.",
            "Nur hier wächst Enzian.",
            "The mill grinds corn.",
            "The miller is called Omer.",
        ]
    );
    let ids: Vec<&str> = dataset.candidates().iter().map(|candidate| &candidate.id[..]).collect();
    assert_eq!(ids, ["de-0-0", "de-0-1", "de-0-2", "de-1-0", "en-0-0", "en-0-1"]);
    let questions: Vec<&str> =
        dataset.questions().iter().map(|question| &question.id[..]).collect();
    assert_eq!(questions, ["q1", "q2", "q3", "q2", "q1"]);
    let gold: Vec<&[usize]> = (0..5).map(|question| dataset.gold(question)).collect();
    assert_eq!(gold, [&[1, 5][..], &[2, 4], &[3], &[2, 4], &[1, 5]]);
    let parts = dataset.parts();
    assert_eq!((&parts[0].candidates, &parts[0].questions), (&(0..4), &(0..3)));
    assert_eq!((&parts[1].candidates, &parts[1].questions), (&(4..6), &(3..5)));
    assert_eq!(
        (0..5).map(|question| dataset.part_of(question)).collect::<Vec<_>>(),
        [0, 0, 0, 1, 1]
    );
}

#[test]
fn a_folder_above_the_data_will_do() {
    let folder = small();
    let dataset = Dataset::read(folder.path(), false).expect("read");
    assert_eq!((dataset.name(), dataset.candidates().len()), ("small", 6));
}

#[test]
fn context_is_the_paragraph_after_the_sentence() {
    let dataset = Dataset::read(small().path(), true).expect("read");
    assert_eq!(
        dataset.text(5),
        "The miller is called Omer.\nThe mill grinds corn. The miller is called Omer."
    );
    assert_eq!(dataset.sentence(5), "The miller is called Omer.");
    assert_eq!(Dataset::read(small().path(), false).expect("read").text(5), dataset.sentence(5));
}

#[test]
fn offsets_count_code_points_and_the_end_of_a_sentence_belongs_to_it() {
    // Letters of two, three and four bytes; character 9 is the blank after the crab's full stop.
    let text = "αβγ 你好 🦀. Ende. Z.";
    let question = |id: &str, starts: &[i64]| {
        let answers: Vec<Value> =
            starts.iter().map(|start| json!({"answer_start": start})).collect();
        json!({"id": id, "question": "?", "answers": answers})
    };
    let paragraph = json!({
        "context": text,
        "sentence_breaks": [[0, 9], [10, 15], [15, 18], [3, 12]],
        "qas": [
            question("at-end", &[9]),
            question("at-start", &[10]),
            question("in-two", &[15]),
            question("first-answer", &[12, 0]),
            question("nowhere", &[19]),
            question("negative", &[-1]),
            question("none", &[]),
            json!({"id": "missing", "question": "?"}),
        ],
    });
    let folder = folder(&[("el.json", file(&[paragraph]))]);
    let dataset = Dataset::read(folder.path(), false).expect("read");
    let sentences: Vec<&str> = (0..4).map(|candidate| dataset.sentence(candidate)).collect();
    assert_eq!(sentences, ["αβγ 你好 🦀.", "Ende.", " Z.", " 你好 🦀. En"]);
    let gold: BTreeMap<&str, &[usize]> = (0..dataset.questions().len())
        .map(|question| (&dataset.questions()[question].id[..], dataset.gold(question)))
        .collect();
    let expected: BTreeMap<&str, &[usize]> =
        [("at-end", &[0][..]), ("at-start", &[1]), ("in-two", &[1]), ("first-answer", &[1])].into();
    assert_eq!(gold, expected);
    assert_eq!(dataset.unanswered(), 4);
}

#[test]
fn unusable_files_are_errors_that_name_the_place() {
    let good = file(&[paragraph(&["Ein Satz."], &[("q", "Was?", 0)])]);

    let truncated = folder(&[]);
    fs::write(truncated.path().join("de.json"), "{\"data\": [\n{\"paragraphs\": [")
        .expect("written");
    let (path, line, reason) = input_error(truncated.path());
    assert_eq!((path.file_name(), line), (Some("de.json".as_ref()), Some(2)));
    assert!(reason.contains("EOF"), "{reason}");

    fs::write(truncated.path().join("de.json"), [0xff, 0xfe, 0x00]).expect("written");
    input_error(truncated.path());
    fs::write(truncated.path().join("de.json"), "[".repeat(100_000)).expect("written");
    input_error(truncated.path());

    let squad = json!({"data": [{"paragraphs": [{"context": "Ein Satz.", "qas": []}]}]});
    let (.., reason) = input_error(folder(&[("de.json", squad)]).path());
    assert!(reason.contains("sentence_breaks"), "{reason}");

    for breaks in [json!([[0, 10]]), json!([[5, 4]]), json!([[70, 80]])] {
        let paragraph = json!({"context": "Ein Satz.", "sentence_breaks": breaks, "qas": []});
        let (.., reason) = input_error(folder(&[("de.json", file(&[paragraph]))]).path());
        assert!(reason.contains("paragraph 1: sentence 1") && reason.contains("has 9"), "{reason}");
    }

    let twice = file(&[paragraph(&["Ein Satz."], &[("q", "Was?", 0), ("q", "Wer?", 0)])]);
    let (.., reason) = input_error(folder(&[("de.json", twice)]).path());
    assert!(reason.contains("two questions of the id q"), "{reason}");

    let blank = file(&[paragraph(&["Ein Satz."], &[("q 1", "Was?", 0)])]);
    let (.., reason) = input_error(folder(&[("de.json", blank)]).path());
    assert!(reason.contains("white space"), "{reason}");

    let (path, ..) =
        input_error(folder(&[("de.json", good.clone()), ("info-file.json", good.clone())]).path());
    assert_eq!(path.file_name(), Some("info-file.json".as_ref()));

    let (.., reason) =
        input_error(folder(&[("he.json", good.clone()), ("iw.json", good.clone())]).path());
    assert!(reason.contains("another file"), "{reason}");

    let (.., reason) =
        input_error(folder(&[("a/de.json", good.clone()), ("b/de.json", good)]).path());
    assert!(reason.contains("several folders"), "{reason}");

    let (.., reason) = input_error(folder(&[]).path());
    assert!(reason.contains("en.json"), "{reason}");

    let (.., reason) = input_error(folder(&[("de.json", file(&[]))]).path());
    assert!(reason.contains("no question"), "{reason}");

    let missing = Dataset::read(folder(&[]).path().join("missing"), false);
    assert!(matches!(missing, Err(Error::Io { .. })), "{missing:?}");
}

#[test]
fn figures_have_the_values_computed_by_hand() {
    let dataset = Dataset::read(small().path(), false).expect("read");
    // One component a candidate, so that a query's vector is the list of its scores.
    let candidates = Array2::eye(6);
    let queries = array![
        // de-0-0, de-0-1, de-0-2, de-1-0, en-0-0, en-0-1
        [0.1, 0.9, 0.2, 0.3, 0.8, 0.7], // de q1: gold 1 and 5; de rank 1, en rank 2, pooled 1, 3
        [0.5, 0.1, 0.5, 0.2, 0.4, 0.6], // de q2: gold 2 and 4; de rank 2 (tie), en rank 2, pooled 3, 4
        [0.9, 0.8, 0.7, 0.6, 0.0, 0.0], // de q3: gold 3; de rank 4, pooled 4
        [0.1, 0.2, 0.3, 0.4, 0.9, 0.8], // en q2: gold 2 and 4; en rank 1, de rank 2, pooled 1, 4
        [0.1, 0.6, 0.2, 0.3, 0.7, 0.5], // en q1: gold 1 and 5; en rank 2, de rank 1, pooled 2, 3
    ];
    let vectors = Vectors { queries, candidates };
    let evaluation = lareqa::score(&dataset, &vectors, &mut go_on).expect("scored");
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");

    let (de, en) = (language("de"), language("en"));
    let (mono_de, mono_en) = ((1.0 + 1.0 / 2.0 + 1.0 / 4.0) / 3.0, (1.0 + 1.0 / 2.0) / 2.0);
    close(evaluation.mono.map, (mono_de + mono_en) / 2.0);
    close(evaluation.per_language[&de].mono, mono_de);
    let (de_en, en_de) = (1.0 / 2.0, (1.0 / 2.0 + 1.0) / 2.0);
    close(evaluation.cross_pairs[&de][&en], de_en);
    close(evaluation.cross_pairs[&en][&de], en_de);
    close(evaluation.cross.expect("two languages").map, (de_en + en_de) / 2.0);
    close(evaluation.per_language[&en].cross.expect("two languages"), en_de);
    let multi_de = ((1.0 + 2.0 / 3.0) / 2.0 + (1.0 / 3.0 + 2.0 / 4.0) / 2.0 + 1.0 / 4.0) / 3.0;
    let multi_en = ((1.0 + 2.0 / 4.0) / 2.0 + (1.0 / 2.0 + 2.0 / 3.0) / 2.0) / 2.0;
    close(evaluation.multi.map, (multi_de + multi_en) / 2.0);
    close(evaluation.per_language[&en].multi, multi_en);
    // q3 has one gold sentence, and no distance.
    close(evaluation.per_language[&de].rank_distance.expect("parallel"), (2.0 + 1.0) / 2.0);
    close(evaluation.multi.rank_distance.expect("parallel"), (1.5 + 2.0) / 2.0);
    close(evaluation.multi.rank_distance_share.expect("parallel"), 1.75 / 6.0);
    // Six candidates, four of them German.
    close(evaluation.multi.query_language_share_at_10, (4.0 / 6.0 + 2.0 / 6.0) / 2.0);
    let discount = |rank: f64| 1.0 / (rank + 1.0).log2();
    let ndcg_de = (1.0 + discount(2.0) + discount(4.0)) / 3.0;
    close(evaluation.mono.ndcg_at_10, (ndcg_de + (1.0 + discount(2.0)) / 2.0) / 2.0);
}

#[test]
fn figures_serialise_under_their_documented_names() {
    let dataset = Dataset::read(small().path(), true).expect("read");
    let vectors = random_vectors(&dataset, 3, 5);
    let evaluation = lareqa::score(&dataset, &vectors, &mut go_on).expect("scored");
    let json = serde_json::to_value(&evaluation).expect("serialised");
    for pointer in [
        "/mono/map",
        "/mono/ndcg_at_10",
        "/cross/map",
        "/multi/map",
        "/multi/rank_distance",
        "/multi/rank_distance_share",
        "/multi/query_language_share_at_10",
        "/per_language/de/mono",
        "/per_language/de/cross",
        "/per_language/en/multi",
        "/per_language/en/rank_distance",
        "/per_language/en/query_language_share_at_10",
        "/cross_pairs/de/en",
    ] {
        assert!(json.pointer(pointer).is_some_and(Value::is_f64), "{pointer} in {json}");
    }
    assert_eq!(json["queries"], 5);
    assert_eq!(json["candidates"], 6);
    assert_eq!(json["unanswered"], 0);
    assert_eq!(json["dataset"], "small");
    assert_eq!(json["context"], true);
}

/// Vectors of unit length.
fn unit_vectors(dataset: &Dataset, dimension: usize, seed: u64) -> Vectors {
    let mut vectors = random_vectors(dataset, dimension, seed);
    for mut row in vectors.queries.rows_mut().into_iter().chain(vectors.candidates.rows_mut()) {
        // No row of these is 0.
        row[0] += 0.5;
        let length = row.dot(&row).sqrt();
        row /= length;
    }
    vectors
}

#[test]
fn walks_are_measured_against_exact_search() {
    let dataset = Dataset::read(larger().path(), false).expect("read");
    let vectors = unit_vectors(&dataset, 16, 3);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exact = lareqa::score(&dataset, &vectors, &mut go_on).expect("scored");
    let walks = lareqa::score_walks(&dataset, &vectors, folder.path(), 64, &mut go_on);
    let walks = walks.expect("scored");
    // So few candidates are all compared.
    assert_eq!((walks.ef, walks.recall_at_10), (64, 1.0));
    let difference = walks.ndcg_at_10 - exact.multi.ndcg_at_10;
    assert!(difference.abs() < 0.01, "{walks:?} and {:?}", exact.multi);

    let taken = lareqa::score_walks(&dataset, &vectors, folder.path(), 64, &mut go_on);
    assert!(matches!(taken, Err(Error::Index(_))), "{taken:?}");
    let mut stop = |_| ControlFlow::Break(());
    let stopped = lareqa::score_walks(&dataset, &vectors, folder.path(), 64, &mut stop);
    assert!(matches!(stopped, Err(Error::Cancelled)), "{stopped:?}");
}

#[test]
fn as_a_collection_it_has_the_same_figures() {
    let dataset = Dataset::read(larger().path(), false).expect("read");
    let vectors = unit_vectors(&dataset, 16, 5);
    let scored = lareqa::score(&dataset, &vectors, &mut go_on).expect("scored");
    let collection = Collection::of_lareqa(&dataset).expect("few languages");
    let vectors = collection::Vectors::from(vectors);
    let correcting = Correcting::default();
    let other = collection::evaluate(&collection, &vectors, correcting, &mut go_on);
    let other = other.expect("evaluated");
    let cross = |of: Option<f64>| of.expect("several languages");
    for (one, other) in [
        (scored.mono.map, cross(other.mono.map(|of| of.map))),
        (cross(scored.cross.map(|of| of.map)), cross(other.cross.map(|of| of.map))),
        (scored.multi.map, other.multi.map),
        (scored.multi.ndcg_at_10, other.multi.ndcg_at_10),
        (cross(scored.multi.rank_distance), cross(other.multi.rank_distance)),
        (scored.multi.query_language_share_at_10, other.multi.own_share_at_10),
    ] {
        assert!((one - other).abs() < 1e-9, "{one} {other}");
    }
    // Questions of one id are versions of each other.
    let correlation = other.multi.mrc_at_10.expect("questions in several languages");
    assert!((-1.0..1.0).contains(&correlation), "{correlation}");
}

#[test]
fn one_language_has_no_cross_figures() {
    let only = file(&[paragraph(&["Ein Satz.", "Noch einer."], &[("q", "Was?", 1)])]);
    let dataset = Dataset::read(folder(&[("de.json", only)]).path(), false).expect("read");
    let vectors = Vectors { queries: array![[1.0, 0.5]], candidates: Array2::eye(2) };
    let evaluation = lareqa::score(&dataset, &vectors, &mut go_on).expect("scored");
    assert_eq!(
        (evaluation.mono.map, evaluation.cross, evaluation.multi.rank_distance),
        (0.5, None, None)
    );
    assert_eq!(serde_json::to_value(&evaluation).expect("serialised")["cross"], Value::Null);
}

/// Components are small whole numbers, so dot products are exact and many are equal.
fn random_vectors(dataset: &Dataset, dimension: usize, mut state: u64) -> Vectors {
    let mut component = move |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 33) % 7) as f32 - 3.0
    };
    let mut array = |rows: usize| Array2::from_shape_fn((rows, dimension), &mut component);
    Vectors {
        queries: array(dataset.questions().len()),
        candidates: array(dataset.candidates().len()),
    }
}

/// Four languages of different size; every third question is missing in one of them.
fn larger() -> TempDir {
    let sentence =
        |tag: &str, number: usize| format!("{tag} says the sentence of number {number}.");
    let files: Vec<(String, Value)> = ["am", "de", "en", "zh"]
        .iter()
        .enumerate()
        .map(|(place, tag)| {
            let sentences: Vec<String> =
                (0..40 + 7 * place).map(|number| sentence(tag, number)).collect();
            let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
            let questions: Vec<(String, usize)> = (0..90)
                .filter(|question| question % 12 != 3 * place)
                .map(|question| {
                    (format!("q{question}"), (question * (place + 3)) % sentences.len())
                })
                .collect();
            let questions: Vec<_> =
                questions.iter().map(|(id, sentence)| (&id[..], "which?", *sentence)).collect();
            (format!("{tag}.json"), file(&[paragraph(&sentences, &questions)]))
        })
        .collect();
    let files: Vec<(&str, Value)> =
        files.iter().map(|(name, file)| (&name[..], file.clone())).collect();
    folder(&files)
}

#[test]
fn figures_equal_those_of_sorting_everything_in_f64() {
    let folder = larger();
    let dataset = Dataset::read(folder.path(), false).expect("read");
    for seed in [1, 2, 3] {
        let vectors = random_vectors(&dataset, 12, seed);
        let evaluation = lareqa::score(&dataset, &vectors, &mut go_on).expect("scored");
        assert_brute_force(&dataset, &vectors, &evaluation);
    }
}

fn assert_brute_force(dataset: &Dataset, vectors: &Vectors, evaluation: &Evaluation) {
    let dot = |query: usize, candidate: usize| -> f64 {
        let pairs = vectors.queries.row(query).into_iter().zip(vectors.candidates.row(candidate));
        pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let ranking = |query: usize, pool: std::ops::Range<usize>| -> Vec<usize> {
        let mut scored: Vec<(f64, usize)> =
            pool.map(|candidate| (dot(query, candidate), candidate)).collect();
        scored.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1)));
        scored.into_iter().map(|(_, candidate)| candidate).collect()
    };
    let average_precision = |ranking: &[usize], gold: &[usize]| -> f64 {
        let mut hits = 0.0;
        let mut sum = 0.0;
        for (place, candidate) in ranking.iter().enumerate() {
            if gold.contains(candidate) {
                hits += 1.0;
                sum += hits / (place + 1) as f64;
            }
        }
        sum / gold.len() as f64
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");

    let (mut monos, mut pairs, mut multis, mut distances, mut shares) =
        (vec![], vec![], vec![], vec![], vec![]);
    for part in dataset.parts() {
        let (mut mono, mut multi, mut distance, mut share) = (vec![], vec![], vec![], vec![]);
        for query in part.questions.clone() {
            let gold = dataset.gold(query);
            let own: Vec<usize> =
                gold.iter().copied().filter(|gold| part.candidates.contains(gold)).collect();
            mono.push(average_precision(&ranking(query, part.candidates.clone()), &own));
            let all = ranking(query, 0..dataset.candidates().len());
            multi.push(average_precision(&all, gold));
            let places: Vec<usize> =
                (0..all.len()).filter(|place| gold.contains(&all[*place])).collect();
            distance.push((places[places.len() - 1] - places[0]) as f64);
            share.push(
                all[..10].iter().filter(|candidate| part.candidates.contains(candidate)).count()
                    as f64
                    / 10.0,
            );
        }
        let figures = &evaluation.per_language[&part.language];
        close(figures.mono, mean(&mono));
        close(figures.multi, mean(&multi));
        close(figures.rank_distance.expect("parallel"), mean(&distance));
        close(figures.query_language_share_at_10, mean(&share));
        for other in dataset.parts().iter().filter(|other| *other != part) {
            let mut pair = vec![];
            for query in part.questions.clone() {
                let gold: Vec<usize> = dataset
                    .gold(query)
                    .iter()
                    .copied()
                    .filter(|gold| other.candidates.contains(gold))
                    .collect();
                if !gold.is_empty() {
                    pair.push(average_precision(&ranking(query, other.candidates.clone()), &gold));
                }
            }
            close(evaluation.cross_pairs[&part.language][&other.language], mean(&pair));
            pairs.push(mean(&pair));
        }
        monos.push(mean(&mono));
        multis.push(mean(&multi));
        distances.push(mean(&distance));
        shares.push(mean(&share));
    }
    close(evaluation.mono.map, mean(&monos));
    close(evaluation.cross.expect("four languages").map, mean(&pairs));
    close(evaluation.multi.map, mean(&multis));
    close(evaluation.multi.rank_distance.expect("parallel"), mean(&distances));
    close(evaluation.multi.query_language_share_at_10, mean(&shares));
}

#[test]
fn vectors_of_something_else_are_refused() {
    let dataset = Dataset::read(small().path(), false).expect("read");
    let shapes = [((4, 3), (6, 3)), ((5, 3), (5, 3)), ((5, 3), (6, 4))];
    for (queries, candidates) in shapes {
        let vectors =
            Vectors { queries: Array2::zeros(queries), candidates: Array2::zeros(candidates) };
        let error = lareqa::score(&dataset, &vectors, &mut go_on).expect_err("refused");
        assert!(error.to_string().contains("5 questions and 6 candidates"), "{error}");
    }
    for bad in [f32::NAN, f32::INFINITY] {
        let mut vectors = random_vectors(&dataset, 3, 1);
        vectors.candidates[[4, 1]] = bad;
        let error = lareqa::score(&dataset, &vectors, &mut go_on).expect_err("refused");
        assert!(error.to_string().contains("no finite dot product"), "{error}");
    }
}

#[test]
fn progress_ends_at_the_total_and_can_stop_the_work() {
    let folder = small();
    let dataset = Dataset::read(folder.path(), false).expect("read");
    let vectors = random_vectors(&dataset, 3, 1);
    let mut told = Vec::new();
    let mut listen = |progress| {
        told.push(progress);
        ControlFlow::Continue(())
    };
    lareqa::score(&dataset, &vectors, &mut listen).expect("scored");
    let progress = |done| Progress { stage: Stage::Scoring, done, total: 5 };
    assert_eq!(told, [progress(0), progress(5)]);

    let mut stop = |_| ControlFlow::Break(());
    assert!(matches!(lareqa::score(&dataset, &vectors, &mut stop), Err(Error::Cancelled)));
    let run = folder.path().join("stopped.run");
    let stopped = lareqa::write_run(
        &run,
        &dataset,
        &vectors,
        Correcting::default(),
        &RunOptions::default(),
        &mut stop,
    );
    assert!(matches!(stopped, Err(Error::Cancelled)));
    let left: Vec<_> = fs::read_dir(folder.path())
        .expect("read")
        .map(|entry| entry.expect("read").file_name())
        .collect();
    assert_eq!(left, ["small"], "a stopped run leaves no file");
}

#[test]
fn a_run_and_its_judgements_are_written_in_the_order_of_the_scores() {
    let folder = small();
    let dataset = Dataset::read(folder.path(), false).expect("read");
    let third = 1.0f32 / 3.0;
    let mut vectors = Vectors { queries: Array2::zeros((5, 6)), candidates: Array2::eye(6) };
    vectors.queries.row_mut(0).assign(&array![0.1, third, third.next_up(), third, -1e-9, 0.1]);
    let run = folder.path().join("a.run");
    fs::write(&run, "what was there before").expect("written");
    let options = RunOptions { depth: None, tag: "my model".to_owned() };
    lareqa::write_run(&run, &dataset, &vectors, Correcting::default(), &options, &mut go_on)
        .expect("written");
    let text = fs::read_to_string(&run).expect("read");
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(lines.len(), 5 * 6);
    let expected = ["de-0-2", "de-0-1", "de-1-0", "de-0-0", "en-0-1", "en-0-0"];
    for (place, (line, document)) in lines.iter().zip(expected).enumerate() {
        assert_eq!(line[..3], ["de-q1", "Q0", document]);
        assert_eq!((line[3], line[5]), (&(place + 1).to_string()[..], "my_model"));
    }
    let score = |line: usize| lines[line][4].parse::<f32>().expect("a number");
    assert_eq!((score(0), score(1), score(2), score(5)), (third.next_up(), third, third, -1e-9));
    assert_eq!(lines[29][0], "en-q1");

    let shallow = RunOptions { depth: Some(2), ..RunOptions::default() };
    lareqa::write_run(&run, &dataset, &vectors, Correcting::default(), &shallow, &mut go_on)
        .expect("written");
    assert_eq!(fs::read_to_string(&run).expect("read").lines().count(), 5 * 2);

    let qrels = folder.path().join("a.qrels");
    lareqa::write_qrels(&qrels, &dataset).expect("written");
    assert_eq!(
        fs::read_to_string(&qrels).expect("read"),
        "de-q1 0 de-0-1 1\nde-q1 0 en-0-1 1\nde-q2 0 de-0-2 1\nde-q2 0 en-0-0 1\nde-q3 0 de-1-0 1\n\
         en-q2 0 de-0-2 1\nen-q2 0 en-0-0 1\nen-q1 0 de-0-1 1\nen-q1 0 en-0-1 1\n"
    );

    let nowhere = lareqa::write_qrels(folder.path().join("missing/a.qrels"), &dataset);
    assert!(matches!(nowhere, Err(Error::Io { .. })), "{nowhere:?}");
    let into_a_folder = lareqa::write_qrels(folder.path().join("small"), &dataset);
    assert!(matches!(into_a_folder, Err(Error::Io { .. })), "{into_a_folder:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let dataset = Dataset::read(small().path(), false).expect("read");
    let full = lareqa::write_qrels("/dev/full", &dataset);
    assert!(matches!(full, Err(Error::Io { .. })), "{full:?}");
}

#[test]
fn the_model_finds_answers_across_languages() {
    let de = file(&[paragraph(
        &[
            "Bienen tanzen, um ihrem Stock den Weg zu den Blüten zu zeigen.",
            "Der Zug nach Hamburg fährt jeden Morgen um sieben Uhr ab.",
            "Brotteig muss eine Stunde ruhen, bevor er in den Ofen kommt.",
        ],
        &[
            ("bees", "Warum tanzen Bienen?", 0),
            ("train", "Wann fährt der Zug nach Hamburg?", 1),
            ("bread", "Wie lange ruht der Brotteig?", 2),
        ],
    )]);
    let en = file(&[paragraph(
        &[
            "Bees dance to show their hive the way to the blossoms.",
            "The train to Hamburg leaves every morning at seven o'clock.",
            "Bread dough has to rest for an hour before it goes into the oven.",
        ],
        &[
            ("bees", "Why do bees dance?", 0),
            ("train", "When does the train to Hamburg leave?", 1),
            ("bread", "How long does bread dough rest?", 2),
        ],
    )]);
    let folder = folder(&[("de.json", de), ("en.json", en)]);
    let dataset = Dataset::read(folder.path(), false).expect("read");
    let model =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/multilingual-e5-small-aligned");
    let encoder = Encoder::open(model, &EncoderOptions::default())
        .expect("`make runtime` fetches what the tests need");
    let mut stages = Vec::new();
    let mut listen = |progress: Progress| {
        if progress.done == progress.total {
            stages.push((progress.stage, progress.total));
        }
        ControlFlow::Continue(())
    };
    let evaluation = lareqa::evaluate(&mut CachingEncoder::from(&encoder), &dataset, &mut listen)
        .expect("evaluated");
    assert_eq!(
        stages,
        [(Stage::EncodingQueries, 6), (Stage::EncodingCandidates, 6), (Stage::Scoring, 6)]
    );
    assert_eq!(evaluation.mono.map, 1.0);
    assert_eq!(evaluation.cross.expect("two languages").map, 1.0);

    let mut stop = |progress: Progress| match progress.stage {
        Stage::EncodingCandidates => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    assert!(matches!(
        lareqa::encode(&mut CachingEncoder::from(&encoder), &dataset, &mut stop),
        Err(Error::Cancelled)
    ));
}

#[test]
#[expect(clippy::print_stderr, reason = "says why nothing was tested")]
fn xquad_r_is_read_as_published() {
    let Some(folder) = xquad_r() else {
        eprintln!(
            "SKIPPED: no XQuAD-R found; set MLSEARCH_DATA to a folder with eval/xquad-r.tar.gz or eval/xquad-r/ \
             (from the repository google-research-datasets/lareqa)"
        );
        return;
    };
    let dataset = Dataset::read(folder.path(), false).expect("read");
    let candidates: Vec<(&str, usize)> = dataset
        .parts()
        .iter()
        .map(|part| (part.language.as_str(), part.candidates.len()))
        .collect();
    // The table in the README of the data set.
    assert_eq!(
        candidates,
        [
            ("ar", 1222),
            ("de", 1276),
            ("el", 1234),
            ("en", 1180),
            ("es", 1215),
            ("hi", 1244),
            ("ru", 1219),
            ("th", 852),
            ("tr", 1167),
            ("vi", 1209),
            ("zh", 1196)
        ]
    );
    assert_eq!(dataset.candidates().len(), 13_014);
    assert_eq!((dataset.questions().len(), dataset.unanswered()), (11 * 1190, 0));
    for (number, question) in dataset.questions().iter().enumerate() {
        assert_eq!(dataset.gold(number).len(), 11, "{} is in every language", question.id);
    }
}

/// A folder with XQuAD-R in it, unpacked if need be.
fn xquad_r() -> Option<DataFolder> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let places = [
        std::env::var_os("MLSEARCH_DATA").map(PathBuf::from),
        Some(checkout.join("shared/data")),
        Some(checkout.join("../shared/data")),
    ];
    places.into_iter().flatten().find_map(|place| {
        let folder = place.join("eval/xquad-r");
        if folder.is_dir() {
            return Some(DataFolder::There(folder));
        }
        let archive = place.join("eval/xquad-r.tar.gz");
        if !archive.is_file() {
            return None;
        }
        let unpacked = tempfile::tempdir().expect("a temporary folder");
        let status =
            Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(unpacked.path()).status();
        assert!(status.expect("tar runs").success(), "tar cannot unpack {}", archive.display());
        Some(DataFolder::Unpacked(unpacked))
    })
}

enum DataFolder {
    There(PathBuf),
    Unpacked(TempDir),
}

impl DataFolder {
    fn path(&self) -> &Path {
        match self {
            Self::There(path) => path,
            Self::Unpacked(folder) => folder.path(),
        }
    }
}
