//! Documents read from files of every kind, good and bad.

use std::fs;
use std::path::{Path, PathBuf};

use mlsearch::ingest::{Entry, Ingest, IngestOptions, Problem};
use mlsearch::{Document, Error};
use serde_json::json;
use tempfile::TempDir;

/// A temporary folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("created");
        fs::write(path, bytes).expect("written");
    }
    folder
}

fn read_with(path: &Path, options: IngestOptions) -> (Vec<Document>, Vec<Problem>) {
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    let mut ingest = Ingest::open(&[path], options).expect("opened");
    for entry in &mut ingest {
        match entry.expect("not strict") {
            Entry::Document(document) => documents.push(document),
            Entry::Problem(problem) => problems.push(problem),
            other => panic!("an unknown entry {other:?}"),
        }
    }
    assert_eq!(ingest.problems(), problems.len() as u64);
    if problems.is_empty() {
        assert_eq!(Some(ingest.bytes_read()), ingest.bytes_total(), "everything was read");
    }
    (documents, problems)
}

/// Reads one file of this name and content.
fn read(name: &str, content: impl AsRef<[u8]>) -> (Vec<Document>, Vec<Problem>) {
    let folder = folder(&[(name, content.as_ref())]);
    read_with(&folder.path().join(name), IngestOptions::default())
}

/// Line and reason of each problem.
fn reasons(problems: &[Problem]) -> Vec<(Option<u64>, &str)> {
    problems.iter().map(|problem| (problem.line, problem.reason.as_str())).collect()
}

fn texts(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.text.as_str()).collect()
}

fn ids(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.id.as_str()).collect()
}

#[test]
fn every_field_of_an_object_is_kept() {
    let line = json!({
        "id": "b1", "text": "Bees dance.", "lang": "EN_gb", "group": 7,
        "year": 2020, "metadata": {"source": "hive", "year": 1999, "tags": ["a"]},
    });
    let (documents, problems) = read("a.jsonl", line.to_string());
    assert_eq!(problems, []);
    let [document] = &documents[..] else { panic!("{documents:?}") };
    assert_eq!((document.id.as_str(), document.text.as_str()), ("b1", "Bees dance."));
    assert_eq!(document.language.as_ref().map(|tag| tag.as_str()), Some("en-GB"));
    assert_eq!(document.group.as_deref(), Some("7"));
    let expected = json!({"source": "hive", "year": 2020, "tags": ["a"]});
    assert_eq!(serde_json::Value::Object(document.metadata.clone()), expected);
}

#[test]
fn what_a_document_is_written_as_is_read_back() {
    let document = Document::new("1", "Bienen tanzen.\u{0}\n")
        .in_language("de".parse().expect("a tag"))
        .in_group("bees")
        .with_metadata("deep", json!({"a": [1, null]}));
    let line = serde_json::to_string(&document).expect("JSON");
    assert_eq!(read("a.jsonl", line).0, [document]);
}

#[test]
fn documents_without_id_are_named_by_file_and_line() {
    let folder = folder(&[(
        "a.jsonl",
        b"{\"text\": \"a\"}\r\n\r\n{\"text\": \"b\", \"id\": null}\n{\"text\": \"c\", \"id\": \"\"}\n{\"text\": \"d\", \"id\": 12}",
    )]);
    let path = folder.path().join("a.jsonl");
    let (documents, problems) = read_with(&path, IngestOptions::default());
    assert_eq!(problems, []);
    let name = path.display();
    assert_eq!(
        ids(&documents),
        [format!("{name}:1"), format!("{name}:3"), format!("{name}:4"), "12".to_owned()]
    );
}

#[test]
fn bad_lines_are_reported_and_the_rest_is_read() {
    let content = [
        r#"{"text": "good"}"#,
        r#"{"text": "cut"#,
        r#"["text"]"#,
        r#"{"title": "no text"}"#,
        r#"{"text": 5}"#,
        r#"{"text": " \t\n"}"#,
        r#"{"text": "x", "lang": "english"}"#,
        r#"{"text": "x", "lang": 5}"#,
        r#"{"text": "x", "id": true}"#,
        r#"{"text": "x", "id": 123456789012345678901234567890}"#,
        r#"{"text": "x", "group": []}"#,
        r#"{"text": "x"} {"text": "y"}"#,
        r#"{"text": "also good"}"#,
    ]
    .join("\n");
    let (documents, problems) = read("a.jsonl", content);
    assert_eq!(texts(&documents), ["good", "also good"]);
    assert_eq!(
        reasons(&problems),
        [
            (Some(2), "not JSON: EOF while parsing a string (column 13)"),
            (Some(3), "it is not a JSON object"),
            (Some(4), "there is no field `text`"),
            (Some(5), "the field `text` is a number, and must be a string"),
            (Some(6), "the field `text` is blank"),
            (
                Some(7),
                "\"english\" is not a language tag: use BCP 47 tags such as `de`, `pt-BR` or `zh-Hant`"
            ),
            (Some(8), "the field `lang` is a number, and must be a string"),
            (Some(9), "the field `id` is a truth value, and must be a string or a number"),
            (
                Some(10),
                "the number in the field `id` is too large to be kept exactly; put it in quotes"
            ),
            (Some(11), "the field `group` is an array, and must be a string or a number"),
            (Some(12), "not JSON: trailing characters (column 15)"),
        ]
    );
    assert!(
        problems[0]
            .to_string()
            .ends_with("a.jsonl:2: not JSON: EOF while parsing a string (column 13)")
    );
}

#[test]
fn strict_reading_ends_at_the_first_problem() {
    let folder = folder(&[("a.jsonl", b"{\"text\": \"a\"}\n{\"text\": 1}\n{\"text\": \"b\"}\n")]);
    let path = folder.path().join("a.jsonl");
    let options = IngestOptions { strict: true, ..IngestOptions::default() };
    let mut ingest = Ingest::open(&[&path], options).expect("opened");
    assert!(matches!(ingest.next(), Some(Ok(Entry::Document(_)))));
    match ingest.next() {
        Some(Err(Error::Input { path: reported, line: Some(2), reason })) => {
            assert_eq!(reported, path);
            assert_eq!(reason, "the field `text` is a number, and must be a string");
        }
        other => panic!("{other:?}"),
    }
    assert!(ingest.next().is_none());
    assert_eq!(ingest.problems(), 1);
}

#[test]
fn other_field_names_can_be_given() {
    let options = IngestOptions {
        id_field: "key".to_owned(),
        text_field: "body".to_owned(),
        language_field: "language".to_owned(),
        group_field: "article".to_owned(),
        ..IngestOptions::default()
    };
    let line = br#"{"key": 1, "body": "b", "language": "de", "article": "g", "id": 9, "text": "t", "lang": "l"}"#;
    let folder = folder(&[("a.jsonl", line)]);
    let (documents, problems) = read_with(&folder.path().join("a.jsonl"), options);
    assert_eq!(problems, []);
    let metadata = json!({"id": 9, "text": "t", "lang": "l"});
    assert_eq!(
        serde_json::to_value(&documents).expect("JSON"),
        json!([{"id": "1", "text": "b", "lang": "de", "group": "g", "metadata": metadata}])
    );
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_reported_once() {
    let (documents, problems) =
        read("a.jsonl", b"{\"text\": \"a\"}\n{\"text\": \"caf\xe9\"}\n{\"text\": \"\xff!\"}\n");
    assert_eq!(texts(&documents), ["a", "caf\u{fffd}", "\u{fffd}!"]);
    let reason = "from this line on, bytes that are not UTF-8 are replaced by U+FFFD; the documents are kept";
    assert_eq!(reasons(&problems), [(Some(2), reason)]);

    for (name, content) in
        [("a.csv", &b"text\ncaf\xe9\n"[..]), ("a.txt", b"caf\xe9"), ("a.md", b"caf\xe9")]
    {
        let (documents, problems) = read(name, content);
        assert_eq!(texts(&documents), ["caf\u{fffd}"], "{name}");
        assert_eq!(problems.len(), 1, "{name}");
    }
}

#[test]
fn half_surrogate_pairs_are_replaced() {
    let (documents, problems) = read("a.jsonl", r#"{"text": "a\ud800b\ud83d\ude00"}"#);
    assert_eq!((texts(&documents), problems), (vec!["a\u{fffd}b😀"], vec![]));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    for (name, content) in [
        ("a.jsonl", "\u{feff}{\"text\": \"a\"}\n"),
        ("a.json", "\u{feff}[{\"text\": \"a\"}]"),
        ("a.csv", "\u{feff}text\na\n"),
        ("a.tsv", "\u{feff}text\tb\r\na\t\r\n"),
        ("a.txt", "\u{feff}a\r\n"),
        ("noextension", "\u{feff}a\r\n"),
        ("noextension", "\u{feff}\n {\"text\": \"a\"}"),
    ] {
        let (documents, problems) = read(name, content);
        assert_eq!((texts(&documents), problems), (vec!["a"], vec![]), "{name}");
    }
    let (documents, problems) = read("a.txt", b"\xff\xfea\0");
    assert_eq!(
        (documents.len(), reasons(&problems)),
        (0, vec![(None, "it is UTF-16; convert it to UTF-8")])
    );
}

#[test]
fn zero_bytes_are_kept() {
    assert_eq!(texts(&read("a.jsonl", r#"{"text": "a\u0000b"}"#).0), ["a\0b"]);
    assert_eq!(texts(&read("a.csv", "text\na\0b\n").0), ["a\0b"]);
    assert_eq!(texts(&read("a.txt", "a\0b").0), ["a\0b"]);
}

#[test]
fn very_deep_metadata_is_a_problem_of_its_line() {
    let deep =
        format!("{{\"text\": \"a\", \"deep\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let content = format!("{deep}\n{{\"text\": \"b\"}}\n");
    for name in ["a.jsonl", "a.json"] {
        let (documents, problems) = read(name, &content);
        assert_eq!(texts(&documents), ["b"], "{name}");
        let [(Some(1), reason)] = reasons(&problems)[..] else { panic!("{name}: {problems:?}") };
        assert!(reason.contains("recursion limit"), "{reason}");
    }
}

#[test]
fn long_lines_rows_and_values_are_left_out() {
    let long = "x".repeat(1000);
    let options = IngestOptions { max_line_bytes: 500, ..IngestOptions::default() };
    let cases = [
        (
            "a.jsonl",
            format!("{{\"text\": \"a\"}}\n{{\"text\": \"{long}\"}}\n{{\"text\": \"b\"}}"),
            "line",
        ),
        (
            "a.json",
            format!("[{{\"text\": \"a\"}},\n{{\"text\": \"{long}\"}},\n{{\"text\": \"b\"}}]"),
            "value",
        ),
        ("a.txt", format!("a\n{long}\nb"), "line"),
        ("a.md", format!("a\n{long}\nb"), "line"),
    ];
    for (name, content, what) in cases {
        let folder = folder(&[(name, content.as_bytes())]);
        let (documents, problems) = read_with(&folder.path().join(name), options.clone());
        let text: String = texts(&documents).concat();
        assert!(
            text.starts_with('a') && text.ends_with('b') && !text.contains('x'),
            "{name}: {text}"
        );
        let reason = format!("the {what} is longer than 500 bytes and is left out");
        assert_eq!(reasons(&problems), [(Some(2), reason.as_str())], "{name}");
    }
}

#[test]
fn a_quote_that_is_never_closed_does_not_take_all_memory() {
    let content = format!("text\nfine\n\"open\n{}", "row\n".repeat(1 << 20));
    let folder = folder(&[("a.csv", content.as_bytes())]);
    let options = IngestOptions { max_line_bytes: 1 << 16, ..IngestOptions::default() };
    let mut ingest = Ingest::open(&[folder.path().join("a.csv")], options).expect("opened");
    let entries: Vec<_> = ingest.by_ref().map(|entry| entry.expect("not strict")).collect();
    let [Entry::Document(document), Entry::Problem(problem)] = &entries[..] else {
        panic!("{entries:?}")
    };
    assert_eq!(document.text, "fine");
    assert_eq!(problem.line, Some(3));
    assert!(problem.reason.contains("perhaps a quote is not closed"), "{problem}");
    assert!(ingest.bytes_read() < 1 << 18, "{}", ingest.bytes_read());
}

#[test]
fn json_files_hold_lines_or_an_array_or_objects_over_several_lines() {
    let cases = [
        "{\"text\": \"a\"}\n{\"text\": \"b\"}\n",
        "[{\"text\": \"a\"}, {\"text\": \"b\"}]",
        "\n [\n  {\n   \"text\": \"a\"\n  },\n  {\"text\": \"b\"}\n]\n",
        "{\n  \"text\": \"a\"\n}\n{\n  \"text\": \"b\"\n}\n",
    ];
    for content in cases {
        let (documents, problems) = read("a.json", content);
        assert_eq!((texts(&documents), problems), (vec!["a", "b"], vec![]), "{content}");
    }
    assert_eq!(read("a.json", "[]"), (vec![], vec![]));
    assert_eq!(read("a.json", ""), (vec![], vec![]));
}

#[test]
fn bad_elements_of_an_array_are_reported_with_their_line() {
    let (documents, problems) =
        read("a.json", "[\n{\"text\": \"a\"},\n5,\n{\n\"text\" \"b\"},\n{\"text\": \"c\"}\n");
    assert_eq!(texts(&documents), ["a", "c"]);
    assert_eq!(
        reasons(&problems),
        [
            (Some(3), "it is not a JSON object"),
            (Some(5), "not JSON: expected `:` (column 8)"),
            (Some(7), "the file ends within an array; perhaps it was cut off"),
        ]
    );
}

#[test]
fn rows_of_tables_are_documents() {
    let csv = "id,text,lang,topic\r\n1,\"Bees, \"\"dancing\"\"\nand more\",en,nature\r\n\r\n,Bienen,de,\r\nx,a,b,c,d\r\n3,,en,\r\n4,kurz\r\n";
    let tsv = "id\ttext\tlang\n1\tsaid \"so\t\n2\t\"a \"\"b\"\" c\"\tde\n3\t\"open\tde\n";
    let semicolons = "id;text\n1;eins, zwei\n";

    let (documents, problems) = read("a.csv", csv);
    assert_eq!(texts(&documents), ["Bees, \"dancing\"\nand more", "Bienen", "kurz"]);
    assert!(documents[1].id.ends_with("a.csv:5"), "{}", documents[1].id);
    assert_eq!(
        serde_json::Value::Object(documents[0].metadata.clone()),
        json!({"topic": "nature"})
    );
    assert!(documents[1].metadata.is_empty());
    assert_eq!(
        reasons(&problems),
        [
            (Some(6), "the row has 5 fields, and the header 4"),
            (Some(7), "there is no field `text`")
        ]
    );

    let (documents, problems) = read("a.tsv", tsv);
    assert_eq!((texts(&documents), problems), (vec!["said \"so", "a \"b\" c", "\"open"], vec![]));
    assert_eq!(texts(&read("a.csv", semicolons).0), ["eins, zwei"]);
}

#[test]
fn a_table_without_a_text_column_is_one_problem() {
    let (documents, problems) = read("a.csv", "id,body\n1,a\n2,b\n");
    assert_eq!(documents, []);
    assert_eq!(
        reasons(&problems),
        [(Some(1), "there is no column `text`; the columns are `id`, `body`")]
    );
}

#[test]
fn texts_become_passages_with_path_and_line() {
    let sentence = "Bees dance to tell their hive where flowers are. ";
    let content = format!("A title\n\n{}\n\n\nAn end\nin two lines.\n", sentence.repeat(40));
    let folder = folder(&[("notes.txt", content.as_bytes())]);
    let path = folder.path().join("notes.txt");
    let (documents, problems) = read_with(&path, IngestOptions::default());
    assert_eq!(problems, []);
    let name = path.display().to_string();
    assert_eq!(ids(&documents), [1, 2, 3, 4, 5].map(|number| format!("{name}#{number}")));
    assert_eq!(documents[0].text, "A title");
    for middle in &documents[1..4] {
        assert!(
            middle.text.starts_with("Bees") && middle.text.ends_with("are."),
            "{}",
            middle.text
        );
        assert!(middle.text.chars().count() <= 800);
    }
    assert_eq!(documents[4].text, "An end\nin two lines.");
    let lines: Vec<_> =
        documents.iter().map(|document| document.metadata["line"].as_u64()).collect();
    assert_eq!(lines, [1, 3, 3, 3, 6].map(Some));
    assert_eq!(documents[0].metadata["path"], json!(name));
}

#[test]
fn markdown_passages_stand_under_their_headings() {
    let content = "---\ntitle: \"The Hive\"\nlang: en\n---\nIntro.\n\n# Bees #\n\nThey dance.\n\n## Why\n\nTo *tell*.\n\n```sh\n# no heading\n\necho\n```\n\nFlowers\n-------\nBloom.\n\n---\n\n## Empty\n## Last\n";
    let (documents, problems) = read("a.md", content);
    assert_eq!(problems, []);
    let found: Vec<_> = documents
        .iter()
        .map(|document| {
            (
                document.metadata["heading"].as_str().expect("a heading"),
                document.metadata["line"].as_u64().expect("a line"),
                document.text.as_str(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("The Hive", 5, "The Hive\n\nIntro."),
            ("The Hive › Bees", 9, "Bees\n\nThey dance."),
            ("The Hive › Bees › Why", 13, "Why\n\nTo *tell*.\n\n```sh\n# no heading\n\necho\n```"),
            ("The Hive › Bees › Flowers", 23, "Flowers\n\nBloom."),
            ("The Hive › Bees › Empty", 27, "Empty"),
            ("The Hive › Bees › Last", 28, "Last"),
        ]
    );
}

#[test]
fn a_rule_at_the_start_of_markdown_is_no_front_matter_unless_closed() {
    let (documents, _) = read("a.md", "---\nNot a front matter.\n\n# Heading\n\nText.\n");
    assert_eq!(texts(&documents), ["Not a front matter.", "Heading\n\nText."]);
}

#[test]
fn folders_are_read_in_order_without_what_is_hidden_unknown_or_an_index() {
    let folder = folder(&[
        ("b/2.txt", b"b2"),
        ("b/10.md", b"b10"),
        ("a.jsonl", b"{\"text\": \"a\"}"),
        ("c.csv", b"text\nc\n"),
        (".hidden.txt", b"hidden"),
        (".git/config.txt", b"hidden"),
        ("b/picture.png", b"\x89PNG"),
        ("Makefile", b"all:"),
        ("my.index/manifest.json", b"{}"),
        ("my.index/lock", b""),
    ]);
    let mut ingest = Ingest::open(&[folder.path()], IngestOptions::default()).expect("opened");
    let documents: Vec<_> = ingest
        .by_ref()
        .map(|entry| match entry {
            Ok(Entry::Document(document)) => document.text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(documents, ["a", "b10", "b2", "c"]);
    assert_eq!((ingest.files(), ingest.skipped()), (4, 5));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_are_reported() {
    let folder = folder(&[("data/a.txt", b"a")]);
    std::os::unix::fs::symlink(folder.path().join("data/a.txt"), folder.path().join("link.txt"))
        .expect("linked");
    std::os::unix::fs::symlink(folder.path(), folder.path().join("data/loop")).expect("linked");
    std::os::unix::fs::symlink("nowhere.txt", folder.path().join("broken.txt")).expect("linked");
    let (documents, problems) = read_with(folder.path(), IngestOptions::default());
    assert_eq!(texts(&documents), ["a", "a"]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].path.ends_with("broken.txt") && problems[1].path.ends_with("data/loop"));
}

#[test]
fn inputs_that_cannot_be_read_are_errors_before_anything_is_read() {
    let folder = folder(&[("a.txt", b"a"), ("b.pdf", b"%PDF")]);
    let open = |name: &str| {
        let inputs = [folder.path().join("a.txt"), folder.path().join(name)];
        Ingest::open(&inputs, IngestOptions::default()).map(|_| ())
    };
    match open("missing.txt") {
        Err(Error::Input { path, line: None, reason }) => {
            assert!(path.ends_with("missing.txt"));
            assert_eq!(reason, "there is no such file or folder");
        }
        other => panic!("{other:?}"),
    }
    match open("b.pdf") {
        Err(Error::Input { reason, .. }) => assert!(reason.contains(".jsonl"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert!(
        Ingest::open::<PathBuf>(&[], IngestOptions::default()).expect("opened").next().is_none()
    );
}

#[test]
fn a_file_that_is_gone_when_its_turn_comes_is_a_problem() {
    let folder = folder(&[("a.txt", b"a"), ("b.txt", b"b")]);
    let mut ingest = Ingest::open(&[folder.path()], IngestOptions::default()).expect("opened");
    fs::remove_file(folder.path().join("a.txt")).expect("removed");
    assert!(
        matches!(ingest.next(), Some(Ok(Entry::Problem(problem))) if problem.path.ends_with("a.txt"))
    );
    assert!(matches!(ingest.next(), Some(Ok(Entry::Document(document))) if document.text == "b"));
}

#[test]
fn lines_of_a_text_can_be_documents() {
    let folder = folder(&[("a.txt", b"one\n\n two \r\nthree")]);
    let path = folder.path().join("a.txt");
    let options = IngestOptions { text_lines: true, ..IngestOptions::default() };
    let (documents, problems) = read_with(&path, options);
    assert_eq!((texts(&documents), problems), (vec!["one", " two ", "three"], vec![]));
    let name = path.display();
    assert_eq!(ids(&documents), [1, 3, 4].map(|line| format!("{name}:{line}")));
}

#[test]
fn any_bytes_are_read_to_the_end_without_a_panic() {
    // Pieces that mean something to one of the readers, in random order.
    const PIECES: [&[u8]; 32] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b"\\",
        b"\\ud800",
        b"\\u00",
        b":",
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"# ",
        b"---\n",
        b"===\n",
        b"```\n",
        b"~~~",
        b"text",
        b"\"text\": \"a\"",
        b"{\"text\": \"b\"}\n",
        b"\0",
        b"\xff",
        b"\xe3\x80",
        b"\xef\xbb\xbf",
        "。".as_bytes(),
        "e\u{301}".as_bytes(),
        "👨‍👩‍👧".as_bytes(),
        b". A",
        b" ",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        // xorshift64; the seed is the line above.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("small")
    };
    let names = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.md", "a"];
    let folder = folder(&[]);
    for round in 0..2_000 {
        let content: Vec<u8> =
            (0..random(60)).flat_map(|_| PIECES[random(PIECES.len())]).copied().collect();
        let path = folder.path().join(names[round % names.len()]);
        fs::write(&path, &content).expect("written");
        let options = IngestOptions {
            passage_chars: 1 + random(20),
            max_line_bytes: 1 + random(100),
            ..IngestOptions::default()
        };
        let (documents, _) = read_with(&path, options);
        assert!(documents.iter().all(|document| !document.text.trim().is_empty()), "{content:?}");
    }
}
