//! Readers of runs and judgements.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::str::FromStr;

use crate::{Error, Result};

/// The rankings of queries: query, then its documents, best first.
pub type Run = BTreeMap<String, Vec<String>>;

/// The judgements of queries: query, then document, then grade; 0 is not relevant.
pub type Qrels = BTreeMap<String, HashMap<String, u32>>;

/// Reads a run: lines of `query Q0 document rank score tag`, their fields apart by white space.
///
/// As in `trec_eval` the documents of a query are ordered by descending score in single precision,
/// those of equal score by descending id, and the rank that the file tells does not matter.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read. [`Error::Input`] with the line that has too few fields,
/// a score that is no number, or a document which its query had already.
pub fn read_run(path: impl AsRef<Path>) -> Result<Run> {
    let path = path.as_ref();
    let mut scored: BTreeMap<String, HashMap<String, f32>> = BTreeMap::new();
    for_each_line(path, |fields| {
        // What follows the score is the tag.
        let [query, _, document, _, score, _, ..] = fields else {
            return Err(wrong_fields(fields, "at least 6: query Q0 document rank score tag"));
        };
        let score = number::<f64>(score, "score")? as f32;
        if score.is_nan() {
            return Err("the score is not a number".to_owned());
        }
        insert(&mut scored, query, document, score)
    })?;
    Ok(scored.into_iter().map(|(query, documents)| (query, by_score(documents))).collect())
}

/// Reads relevance judgements: lines of `query 0 document grade`, their fields apart by white space.
/// A grade below 0, which some collections give to spam, becomes 0.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read. [`Error::Input`] with the line that has another number
/// of fields, a grade that is no whole number, or a document which its query had already.
pub fn read_qrels(path: impl AsRef<Path>) -> Result<Qrels> {
    let path = path.as_ref();
    let mut qrels = Qrels::new();
    for_each_line(path, |fields| {
        let [query, _, document, grade] = fields else {
            return Err(wrong_fields(fields, "4: query 0 document grade"));
        };
        let grade = u32::try_from(number::<i64>(grade, "grade")?.max(0))
            .map_err(|_| format!("the grade {grade} is too great"))?;
        insert(&mut qrels, query, document, grade)
    })?;
    Ok(qrels)
}

fn by_score(documents: HashMap<String, f32>) -> Vec<String> {
    let mut documents: Vec<(String, f32)> = documents.into_iter().collect();
    // 0 and -0 are equal, so not `total_cmp`; no score is NaN.
    documents.sort_unstable_by(|a, b| {
        b.1.partial_cmp(&a.1).unwrap_or(std::cmp::Ordering::Equal).then_with(|| b.0.cmp(&a.0))
    });
    documents.into_iter().map(|(id, _)| id).collect()
}

/// Calls `read` with the fields of each line that is not blank, and says where it failed.
fn for_each_line(path: &Path, mut read: impl FnMut(&[&str]) -> Result<(), String>) -> Result<()> {
    let unreadable =
        |source: io::Error| Error::Io { path: path.to_owned(), action: "read", source };
    let mut input = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).map_err(unreadable)? == 0 {
            break;
        }
        let line = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1).unwrap_or(&bytes);
        let done = match str::from_utf8(line) {
            Err(_) => Err("it is not UTF-8".to_owned()),
            Ok(text) => {
                let fields: Vec<&str> = text.split_ascii_whitespace().collect();
                if fields.is_empty() { Ok(()) } else { read(&fields) }
            }
        };
        done.map_err(|reason| Error::Input { path: path.to_owned(), line: Some(number), reason })?;
    }
    Ok(())
}

fn insert<V>(
    queries: &mut BTreeMap<String, HashMap<String, V>>,
    query: &str,
    document: &str,
    value: V,
) -> Result<(), String> {
    // Lines of a query mostly follow each other: its name is not copied for each.
    if !queries.contains_key(query) {
        queries.insert(query.to_owned(), HashMap::new());
    }
    let documents = queries.get_mut(query).expect("inserted above");
    match documents.insert(document.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(format!("the document {document:?} is there twice for the query {query:?}")),
    }
}

fn number<N: FromStr>(field: &str, what: &str) -> Result<N, String> {
    field.parse().map_err(|_| format!("the {what} {field:?} is not a number"))
}

fn wrong_fields(fields: &[&str], expected: &str) -> String {
    format!("the line has {} fields instead of {expected}", fields.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::trec::{QrelsWriter, RunWriter};

    fn file(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    fn reason<T>(result: Result<T>) -> (Option<u64>, String) {
        match result {
            Err(Error::Input { line, reason, .. }) => (line, reason),
            Err(other) => panic!("another error: {other}"),
            Ok(_) => panic!("no error"),
        }
    }

    #[test]
    fn documents_come_by_score_and_equal_ones_by_descending_id() {
        let run = file(
            "\u{feff}q1 Q0 a 1 0.5 tag\n\nq1\tQ0\tb  2 0.5 a tag of words\r\nq2 Q0 a 1 -1e-3 t\n\
             q1 Q0 c 9 2 t\nq1 Q0 d 4 0 t\nq1 Q0 e 3 -0 t\nq1 Q0 f 5 -inf t",
        );
        let run = read_run(run.path()).expect("read");
        assert_eq!(run["q1"], ["c", "b", "a", "e", "d", "f"]);
        assert_eq!(run["q2"], ["a"]);
    }

    #[test]
    fn scores_are_equal_in_single_precision() {
        let run = file("q Q0 a 1 0.30000000000000004 t\nq Q0 b 2 0.3 t\n");
        assert_eq!(read_run(run.path()).expect("read")["q"], ["b", "a"]);
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run");
        let mut writer = RunWriter::create(&path, "tag").expect("created");
        writer.write("q 1", [("a b", 0.1f32), ("c", 0.099_999_99)]).expect("written");
        writer.finish().expect("finished");
        assert_eq!(read_run(&path).expect("read")["q_1"], ["a_b", "c"]);
        let mut writer = QrelsWriter::create(&path).expect("created");
        writer.write("q", [("a", 2), ("b", 0)]).expect("written");
        writer.finish().expect("finished");
        let grades = &read_qrels(&path).expect("read")["q"];
        assert_eq!((grades["a"], grades["b"], grades.len()), (2, 0, 2));
    }

    #[test]
    fn grades_below_zero_are_not_relevant() {
        let qrels = file("q 0 a -2\nq 0 b 3\n");
        assert_eq!(read_qrels(qrels.path()).expect("read")["q"]["a"], 0);
    }

    #[test]
    fn errors_tell_the_line() {
        for (text, line, part) in [
            ("q Q0 a 1 0.5 t\nq Q0 a 2 0.4 t\n", 2, "twice"),
            ("q Q0 a 1 0.5\n", 1, "5 fields"),
            ("\n\nq Q0 a 1 x t\n", 3, "\"x\""),
            ("q Q0 a 1 NaN t\n", 1, "not a number"),
        ] {
            let (at, reason) = reason(read_run(file(text).path()));
            assert_eq!(at, Some(line), "{text}");
            assert!(reason.contains(part), "{reason}");
        }
        for (text, line, part) in [
            ("q 0 a 1\nq 0 a 1\n", 2, "twice"),
            ("q 0 a b 1\n", 1, "5 fields"),
            ("q 0 a 1.5\n", 1, "1.5"),
            ("q 0 a 4294967296\n", 1, "too great"),
        ] {
            let (at, reason) = reason(read_qrels(file(text).path()));
            assert_eq!(at, Some(line), "{text}");
            assert!(reason.contains(part), "{reason}");
        }
        assert_eq!(reason(read_run(file(b"q Q0 a 1 1 t\nq Q0 \xff 1 1 t\n").path())).0, Some(2));
        assert!(matches!(read_run("no such file"), Err(Error::Io { .. })));
    }

    #[test]
    fn an_empty_file_has_no_queries() {
        assert!(read_run(file("").path()).expect("read").is_empty());
    }
}
