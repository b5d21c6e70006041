//! `eval::collection` on collections small enough to check by hand.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use mlsearch::bias::{Correction, Method};
use mlsearch::eval::collection::{
    self, BeirOptions, BitextOptions, Collection, Vectors, read_beir, read_bitext,
};
use mlsearch::eval::{Correcting, Progress, html};
use mlsearch::{Error, Language};
use ndarray::{Array2, array};
use tempfile::TempDir;

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    fs::write(path, text).expect("written");
}

/// Two documents each in German and English, three queries of which one is not judged.
fn beir() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(
        folder.path(),
        "corpus.jsonl",
        r#"{"_id": "d1", "title": "Bienen", "text": "Sie tanzen.", "lang": "de", "group": "bees"}
{"_id": "d2", "text": "Brot braucht Mehl.", "lang": "de"}

{"_id": "e1", "text": "Bees dance.", "lang": "en", "group": "bees"}
{"_id": 7, "title": "", "text": "Bread <needs> flour.", "lang": "en"}
"#,
    );
    write(
        folder.path(),
        "queries.jsonl",
        r#"{"_id": "q1", "text": "Warum tanzen Bienen?", "lang": "de"}
{"_id": "unjudged", "text": "?", "lang": "de"}
{"_id": "q2", "text": "what is bread made of?", "lang": "en"}
"#,
    );
    write(
        folder.path(),
        "qrels/test.tsv",
        "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\te1\t2\nq2\t7\t1\nq2\tgone\t1\nq2\td2\t0\n",
    );
    folder
}

fn read(folder: &Path) -> Collection {
    read_beir(folder, &BeirOptions::default()).expect("read")
}

#[test]
fn a_folder_of_beirs_form_is_read() {
    let folder = beir();
    let collection = read(folder.path());
    assert_eq!(collection.documents().len(), 4);
    let ids: Vec<&str> = collection.queries().iter().map(|query| &query.id[..]).collect();
    assert_eq!(ids, ["q1", "q2"], "queries without a relevant document take no part");
    assert_eq!(collection.relevant(0), [(0, 1), (2, 2)]);
    assert_eq!(collection.relevant(1), [(3, 1)], "documents that are not there are not found");
    assert_eq!(collection.document_text(0).expect("read"), "Bienen Sie tanzen.");
    assert_eq!(collection.document_text(3).expect("read"), "Bread <needs> flour.");
    assert_eq!(collection.query_text(1).expect("read"), "what is bread made of?");
    assert_eq!(collection.documents()[0].group.as_deref(), Some("bees"));
    assert_eq!(collection.language_of(&collection.documents()[3]).as_str(), "en");
}

#[test]
fn what_is_wrong_with_a_folder_is_said_with_file_and_line() {
    let cases = [
        (
            "corpus.jsonl",
            "{\"_id\": \"a\", \"text\": \"\"}\n{\"_id\": \"a\"}\n",
            "line 2: there is another one of the id",
        ),
        ("corpus.jsonl", "{\"_id\": \"a\"}\nnonsense\n", "line 2: it is no object"),
        ("corpus.jsonl", "{\"_id\": \"a\", \"lang\": \"not a tag\"}\n", "line 1: "),
        ("corpus.jsonl", "", "it is empty"),
        ("qrels/test.tsv", "q1\td1\tgood\nq1\td1\tbad\n", "line 2: the grade \"bad\""),
        ("qrels/test.tsv", "q1\td1\n", "line 1: it has 2 fields"),
        ("qrels/test.tsv", "q9\td1\t1\n", "none of its queries"),
    ];
    for (name, text, expected) in cases {
        let folder = beir();
        write(folder.path(), name, text);
        let error = read_beir(folder.path(), &BeirOptions::default()).expect_err("refused");
        let error = error.to_string();
        assert!(
            error.contains(expected) && error.contains("json") | error.contains("tsv"),
            "{error}"
        );
    }
    let folder = beir();
    fs::remove_file(folder.path().join("queries.jsonl")).expect("removed");
    assert!(matches!(read_beir(folder.path(), &BeirOptions::default()), Err(Error::Io { .. })));
    let split = BeirOptions { split: Some("dev".to_owned()), ..BeirOptions::default() };
    assert!(matches!(read_beir(beir().path(), &split), Err(Error::Io { .. })));
}

/// The two queries and the four documents on axes: q1 is near e1, then d2, then d1.
fn vectors() -> Vectors {
    Vectors {
        queries: array![[0.5, 0.7, 0.9, 0.1], [0.1, 0.2, 0.3, 0.8]],
        documents: Array2::eye(4),
    }
}

#[test]
fn figures_are_those_computed_by_hand() {
    let folder = beir();
    let collection = read(folder.path());
    let evaluation =
        collection::evaluate(&collection, &vectors(), Correcting::default(), &mut go_on)
            .expect("evaluated");
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    // q1: e1 (grade 2) first, d1 third. q2: its document first, another one missing.
    close(evaluation.multi.map, ((1.0 + 2.0 / 3.0) / 2.0 + 0.5) / 2.0);
    close(evaluation.multi.recall_at_10, (1.0 + 0.5) / 2.0);
    assert_eq!(evaluation.multi.rank_distance, Some(2.0));
    assert_eq!(evaluation.multi.max_rank, Some(3.0));
    close(evaluation.multi.complete_at_10, 0.5);
    assert_eq!(evaluation.multi.tlr_at_10, Some(1.0), "q1 finds e1, q2 has no other language");
    close(evaluation.multi.own_share_at_10, 0.5);
    // Against the documents of one language: d1 is behind d2, e1 and 7 come first.
    let mono = evaluation.mono.expect("relevant in their own language");
    close(mono.map, (0.5 + 1.0) / 2.0);
    let cross = evaluation.cross.expect("relevant in another language");
    assert_eq!((cross.queries, cross.map, cross.hit_at_1), (1, 1.0, 1.0));
    assert_eq!(evaluation.pairs[&Language::parse("de").expect("a tag")].len(), 2);
    assert_eq!(evaluation.worst[0].id, "q2");
    let (rank, found) = evaluation.worst[0].best.clone().expect("one is found");
    assert_eq!((rank, &found.id[..], found.relevant), (1, "7", true));
}

#[test]
fn a_document_with_the_querys_id_is_not_in_its_ranking() {
    let folder = beir();
    write(
        folder.path(),
        "queries.jsonl",
        "{\"_id\": \"e1\", \"text\": \"Bees dance.\", \"lang\": \"en\"}\n",
    );
    write(folder.path(), "qrels/test.tsv", "e1\td1\t1\n");
    let collection = read(folder.path());
    let vectors = Vectors { queries: array![[0.8, 0.1, 0.9, 0.0]], documents: Array2::eye(4) };
    let evaluation = collection::evaluate(&collection, &vectors, Correcting::default(), &mut go_on);
    assert_eq!(evaluation.expect("evaluated").multi.map, 1.0);
}

#[test]
fn corrections_take_an_advantage_of_a_language_away() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for tag in ["de", "sw"] {
        let lines: String = (0..30).map(|line| format!("{tag} {line}\n")).collect();
        write(folder.path(), &format!("news.{tag}.txt"), &lines);
    }
    let pools = read_bitext(folder.path(), &BitextOptions::default()).expect("read");
    let [pool] = &pools[..] else { panic!("one pool of all languages") };
    // Each line on an axis of its own, and each language on one that its own queries are near to.
    let row = |entry: &collection::Entry, own: f32| {
        let (tag, line) = entry.id.split_once('/').expect("language and line");
        let mut vector = [0.0f32; 32];
        vector[line.parse::<usize>().expect("a number") - 1] = 0.6;
        vector[if tag == "de" { 30 } else { 31 }] = own;
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter().map(|x| x / length).collect::<Vec<f32>>()
    };
    let rows = |entries: &[collection::Entry]| {
        let flat: Vec<f32> = entries.iter().flat_map(|entry| row(entry, 0.8)).collect();
        Array2::from_shape_vec((entries.len(), 32), flat).expect("rows")
    };
    let vectors = Vectors { queries: rows(pool.queries()), documents: rows(pool.documents()) };
    let measure = |method| {
        let correcting = Correcting { correction: Correction::new(method), query_means: None };
        collection::evaluate(pool, &vectors, correcting, &mut go_on).expect("evaluated")
    };
    let plain = measure(Method::None);
    // All 29 other lines of the query's own language come before its translation.
    assert!((plain.multi.map - 1.0 / 30.0).abs() < 1e-9, "{:?}", plain.multi);
    assert_eq!(plain.multi.own_share_at_10, 1.0);
    for method in [Method::Center, Method::Standardize, Method::Lsar] {
        let corrected = measure(method);
        assert!(corrected.multi.map > 0.99, "{method}: {:?}", corrected.multi);
        assert_eq!(corrected.mono.map(|of| of.map), plain.mono.map(|of| of.map));
    }
    // In turn: the first of the other language is the translation, and stands second.
    assert!(measure(Method::Balanced).multi.map >= 0.5);
    let error = collection::evaluate(
        pool,
        &vectors,
        Correcting {
            correction: Correction { method: Method::Center, strength: 2.0 },
            query_means: None,
        },
        &mut go_on,
    );
    assert!(matches!(error, Err(Error::InvalidStrength { .. })));
}

#[test]
fn parallel_text_is_read_in_the_forms_it_is_published_in() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        ("news-ref.deu.txt", "eins\nzwei\n\n"),
        ("news-ref.eng-US.txt", "one\ntwo\nthree"),
        ("news-ref.swh.txt", "moja\n\ntatu\n"),
        ("news-src.eng.txt", "first\nsecond\n"),
        ("README.md", "not a language"),
    ] {
        write(folder.path(), name, text);
    }
    let error = read_bitext(folder.path(), &BitextOptions::default()).expect_err("not parallel");
    assert!(error.to_string().contains("they are not parallel"), "{error}");
    write(folder.path(), "news-ref.deu.txt", "eins\nzwei\ndrei\n");
    let pools = read_bitext(folder.path(), &BitextOptions::default()).expect("read");
    assert_eq!(pools.len(), 1);
    assert_eq!(pools[0].documents().len(), 8, "the blank line takes no part");
    assert_eq!(pools[0].queries().len(), 8);
    assert_eq!(pools[0].relevant(0).len(), 2);
    assert_eq!(pools[0].relevant(1).len(), 1);
    let options = BitextOptions {
        lines: Some(2),
        query_languages: vec![Language::parse("de").expect("a tag")],
        ..BitextOptions::default()
    };
    let pools = read_bitext(folder.path(), &options).expect("read");
    let ids: Vec<&str> = pools[0].queries().iter().map(|query| &query.id[..]).collect();
    assert_eq!(ids, ["de/1", "de/2"]);

    let folder = tempfile::tempdir().expect("a temporary folder");
    for (pair, tag, text) in [
        ("deu-eng", "deu", "eins\n"),
        ("deu-eng", "eng", "one\n"),
        ("eng-swh", "eng", "one\n"),
        ("eng-swh", "swh", "moja\n"),
    ] {
        write(folder.path(), &format!("sets/{pair}/test-v1.{tag}"), text);
        write(folder.path(), &format!("flat/talk.{pair}.{tag}"), text);
    }
    for form in ["sets", "flat"] {
        let pools = read_bitext(folder.path().join(form), &BitextOptions::default()).expect("read");
        assert_eq!(pools.len(), 2, "{form}");
        assert!(pools.iter().all(|pool| pool.documents().len() == 2), "{form}");
    }
    let empty = tempfile::tempdir().expect("a temporary folder");
    let error = read_bitext(empty.path(), &BitextOptions::default()).expect_err("nothing");
    assert!(error.to_string().contains("no two files of parallel text"), "{error}");
}

#[test]
fn the_page_holds_all_and_escapes_what_it_quotes() {
    let folder = beir();
    let collection = read(folder.path());
    let measure = |method| {
        let correcting = Correcting { correction: Correction::new(method), query_means: None };
        collection::evaluate(&collection, &vectors(), correcting, &mut go_on).expect("evaluated")
    };
    let path = folder.path().join("report.html");
    html::write(&path, &[&measure(Method::None), &measure(Method::Center)]).expect("written");
    let page = fs::read_to_string(&path).expect("read");
    for part in
        ["Language by language", "Exposure", "Rank distance", "Queries that fared worst", "center"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("Bread &lt;needs&gt; flour."));
    assert!(!page.contains("<needs>"));
    assert!(!page.contains("http"), "the page needs nothing from elsewhere");
}
