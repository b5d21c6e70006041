//! Folders of BEIR's form: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`, as the data sets
//! of BEIR, MIRACL and MTEB are exported.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::texts::{LineReader, Texts};
use super::{Collection, Entry, LanguageTable, input, io_error, name_of};
use crate::{Language, Result};

/// How a folder is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BeirOptions {
    /// The judgements: `qrels/SPLIT.tsv`; when `None`, `test`, or the only ones there are.
    pub split: Option<String>,
    /// The language of documents and queries that name none; `und` when `None`.
    pub language: Option<Language>,
}

/// Reads a folder of BEIR's form. A line of `corpus.jsonl` or `queries.jsonl` is an object with
/// `_id` and `text`, and optionally `title`, `lang` (a BCP 47 tag) and `group` (the same for
/// translations); judgements are lines of query, document and grade, with or without a header.
/// Queries without a relevant document take no part.
///
/// Of documents only ids and places are kept in memory, not their texts.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io), and [`Error::Input`](crate::Error::Input) for files that are
/// not of this form.
pub fn read_beir(folder: impl AsRef<Path>, options: &BeirOptions) -> Result<Collection> {
    let folder = folder.as_ref();
    let mut languages = LanguageTable::default();
    let missing = options.language.clone().unwrap_or_else(Language::undetermined);
    let (documents, document_texts) = read(&folder.join("corpus.jsonl"), &missing, &mut languages)?;
    let (all, query_texts) = read(&folder.join("queries.jsonl"), &missing, &mut languages)?;
    let judgements = judgements_path(folder, options.split.as_deref())?;
    let mut grades = read_judgements(&judgements)?;

    let places: HashMap<&str, usize> =
        documents.iter().zip(0..).map(|(document, place)| (&document.id[..], place)).collect();
    let Texts::Lines { path, offsets } = query_texts else { unreachable!("read gives lines") };
    let mut collection = Collection {
        name: name_of(folder),
        languages: Vec::new(),
        documents: Vec::new(),
        queries: Vec::new(),
        document_texts,
        query_texts: Texts::Memory(Vec::new()),
        relevant: Vec::new(),
        missing: Vec::new(),
    };
    let mut kept = Vec::new();
    for (query, offset) in all.into_iter().zip(offsets) {
        let Some(judged) = grades.remove(&query.id) else { continue };
        let (mut relevant, mut missing) = (Vec::new(), Vec::new());
        for (document, grade) in judged.into_iter().filter(|(_, grade)| *grade > 0) {
            match places.get(&document[..]) {
                Some(place) => relevant.push((*place, grade)),
                None => missing.push(grade),
            }
        }
        if relevant.is_empty() && missing.is_empty() {
            continue;
        }
        relevant.sort_unstable();
        collection.queries.push(query);
        collection.relevant.push(relevant);
        collection.missing.push(missing);
        kept.push(offset);
    }
    if collection.queries.is_empty() {
        let reason = "none of its queries that queries.jsonl has is given a relevant document";
        return Err(input(&judgements, None, reason));
    }
    collection.query_texts = Texts::Lines { path, offsets: kept };
    collection.documents = documents;
    collection.languages = languages.languages;
    Ok(collection)
}

/// The lines of a file, without their texts.
fn read(
    path: &Path,
    missing: &Language,
    languages: &mut LanguageTable,
) -> Result<(Vec<Entry>, Texts)> {
    let mut lines = LineReader::open(path)?;
    let (mut entries, mut offsets) = (Vec::new(), Vec::new());
    let mut known = HashMap::new();
    while let Some((offset, number, line)) = lines.next()? {
        let invalid = |reason: String| input(path, number, reason);
        let language = match line.lang.as_deref().filter(|tag| !tag.trim().is_empty()) {
            Some(tag) => Language::parse(tag).map_err(|error| invalid(error.to_string()))?,
            None => missing.clone(),
        };
        let id = line.id.into_string();
        if let Some(first) = known.insert(id.clone(), number) {
            let first = first.map_or(String::new(), |first| format!(", in line {first}"));
            return Err(invalid(format!("there is another one of the id {id:?}{first}")));
        }
        let language = languages.number(language)?;
        entries.push(Entry { id, language, group: line.group.map(super::texts::Id::into_string) });
        offsets.push(offset);
    }
    if entries.is_empty() {
        return Err(input(path, None, "it is empty"));
    }
    Ok((entries, Texts::Lines { path: path.to_owned(), offsets }))
}

fn judgements_path(folder: &Path, split: Option<&str>) -> Result<PathBuf> {
    let folder = folder.join("qrels");
    if let Some(split) = split {
        return Ok(folder.join(format!("{split}.tsv")));
    }
    let default = folder.join("test.tsv");
    if default.is_file() {
        return Ok(default);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(io_error(&folder, "read the folder"))? {
        let path = entry.map_err(io_error(&folder, "read the folder"))?.path();
        if path.extension().is_some_and(|extension| extension == "tsv") {
            found.push(path);
        }
    }
    found.sort();
    match &found[..] {
        [only] => Ok(only.clone()),
        [] => Err(input(&folder, None, "there are no judgements such as `test.tsv`")),
        [first, ..] => {
            let stem = first.file_stem().unwrap_or_default().to_string_lossy();
            let reason =
                format!("there are several judgements; name one of them, such as `{stem}`");
            Err(input(&folder, None, reason))
        }
    }
}

type Judgements = HashMap<String, HashMap<String, u32>>;

/// Query, document and grade, or as TREC has it query, 0, document and grade.
fn read_judgements(path: &Path) -> Result<Judgements> {
    let file = File::open(path).map_err(io_error(path, "open"))?;
    let mut judgements = Judgements::new();
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let line = line.map_err(io_error(path, "read"))?;
        let tabs: Vec<&str> = line.trim_end().split('\t').collect();
        let fields = if tabs.len() < 3 { line.split_whitespace().collect() } else { tabs };
        let (query, document, grade) = match fields[..] {
            [] | [""] => continue,
            [query, document, grade] | [query, _, document, grade] => (query, document, grade),
            _ => {
                let reason =
                    format!("it has {} fields, not query, document and grade", fields.len());
                return Err(input(path, Some(number), reason));
            }
        };
        let Ok(grade) = grade.trim().parse::<f64>() else {
            if number == 1 {
                continue;
            }
            return Err(input(path, Some(number), format!("the grade {grade:?} is no number")));
        };
        // Some judge with -1 what is not relevant.
        let grade = grade.clamp(0.0, f64::from(u16::MAX)) as u32;
        judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
    }
    Ok(judgements)
}
