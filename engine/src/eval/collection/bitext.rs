//! Parallel text: files of which the lines of one number are translations of each other.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::texts::Texts;
use super::{Collection, Entry, LanguageTable, input, io_error, name_of};
use crate::{Language, Result};

/// Larger files are refused before they are read.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// What of parallel text is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BitextOptions {
    /// Only the first lines of every file; all when `None`.
    pub lines: Option<usize>,
    /// Only these languages and varieties of them; all when empty.
    pub languages: Vec<Language>,
    /// Only queries in these languages; in all when empty.
    pub query_languages: Vec<Language>,
}

/// Reads parallel text from a folder of files, one a language, which are named after it:
///
/// - `NAME.de.txt`, `NAME.sw.txt`, …, as NTREX-128 is published. All languages make one pool. Of
///   several names the one with most files is taken, so a source text or a second translation
///   stays out;
/// - `NAME.de` and `NAME.en` in folders `de-en`, as the test sets of Tatoeba are published, or
///   `NAME.de-en.de` and `NAME.de-en.en` side by side: a pool for each pair.
///
/// Every line is a query, and its translations are what it should find; a query's own line is not
/// in its pool. Tags of three letters become those of two where there are some.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io), and [`Error::Input`](crate::Error::Input) for files that are
/// not parallel.
pub fn read_bitext(folder: impl AsRef<Path>, options: &BitextOptions) -> Result<Vec<Collection>> {
    let folder = folder.as_ref();
    let mut pools = Vec::new();
    for set in sets(folder)? {
        let set: Vec<(Language, PathBuf)> =
            set.into_iter().filter(|(language, _)| among(&options.languages, language)).collect();
        if set.len() > 1 {
            pools.extend(read_set(&set, folder, options)?);
        }
    }
    if pools.is_empty() {
        let reason = "there are no two files of parallel text in it, such as `news.de.txt` and `news.sw.txt`, or `de-en/test.de` and `de-en/test.en`";
        return Err(input(folder, None, reason));
    }
    Ok(pools)
}

fn among(wanted: &[Language], language: &Language) -> bool {
    wanted.is_empty() || wanted.iter().any(|of| of.includes(language))
}

type Set = Vec<(Language, PathBuf)>;

/// The files that are parallel to each other.
fn sets(folder: &Path) -> Result<Vec<Set>> {
    let mut sets = sets_in(folder)?;
    let is_above = sets.is_empty();
    for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        if is_above || pair_of(&path).is_some() {
            sets.extend(sets_in(&path)?);
        }
    }
    if sets.is_empty() {
        // Published archives have a folder or two around what matters.
        for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
            for inner in entries(&path)?.into_iter().filter(|inner| inner.is_dir()) {
                sets.extend(sets_in(&inner)?);
            }
        }
    }
    Ok(sets)
}

/// The sets among the files of one folder.
fn sets_in(folder: &Path) -> Result<Vec<Set>> {
    let folder_pair = pair_of(folder);
    let mut pairs: BTreeMap<String, Set> = BTreeMap::new();
    let mut all: BTreeMap<String, Set> = BTreeMap::new();
    for path in entries(folder)?.into_iter().filter(|path| path.is_file()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let (name, is_text) = match name.strip_suffix(".txt") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let Some((rest, tag)) = name.rsplit_once('.') else { continue };
        let Ok(language) = Language::parse(tag) else { continue };
        let pair = rest.rsplit('.').next().and_then(tags_of_pair).or(folder_pair.clone());
        match pair {
            Some(pair) if pair.0 == tag || pair.1 == tag => {
                pairs.entry(rest.to_owned()).or_default().push((language, path));
            }
            _ if is_text => all.entry(rest.to_owned()).or_default().push((language, path)),
            _ => {}
        }
    }
    let mut sets: Vec<Set> = pairs.into_values().filter(|set| set.len() == 2).collect();
    // The first of the largest.
    let largest = all.into_values().filter(|set| set.len() > 1);
    sets.extend(largest.reduce(|best, set| if set.len() > best.len() { set } else { best }));
    Ok(sets)
}

/// The tags of a folder that is named after a pair.
fn pair_of(folder: &Path) -> Option<(String, String)> {
    tags_of_pair(folder.file_name()?.to_str()?)
}

fn tags_of_pair(name: &str) -> Option<(String, String)> {
    let (one, other) = name.split_once('-')?;
    let is_tag = |tag: &str| matches!(tag.split('_').next(), Some(code) if matches!(code.len(), 2 | 3) && code.chars().all(|c| c.is_ascii_lowercase()));
    (is_tag(one) && is_tag(other)).then(|| (one.to_owned(), other.to_owned()))
}

fn read_set(
    set: &[(Language, PathBuf)],
    folder: &Path,
    options: &BitextOptions,
) -> Result<Option<Collection>> {
    let mut columns: Vec<(&Language, Vec<String>)> = Vec::new();
    let mut length: Option<(usize, &Path)> = None;
    for (language, path) in set {
        let mut lines = lines_of(path)?;
        if let Some((length, other)) = length.filter(|(length, _)| *length != lines.len()) {
            let reason = format!(
                "it has {} lines, and {} has {length}: they are not parallel",
                lines.len(),
                other.display()
            );
            return Err(input(path, None, reason));
        }
        length = Some((lines.len(), path));
        lines.truncate(options.lines.unwrap_or(usize::MAX));
        if columns.iter().any(|(known, _)| *known == language) {
            return Err(input(
                path,
                None,
                format!("there is another file in the language {language}"),
            ));
        }
        columns.push((language, lines));
    }
    let mut table = LanguageTable::default();
    let (mut documents, mut texts) = (Vec::new(), Vec::new());
    // The documents of each line.
    let mut lines: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (language, column) in &columns {
        let number = table.number((*language).clone())?;
        for (line, text) in column.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            lines.entry(line).or_default().push(documents.len());
            documents.push(Entry {
                id: format!("{language}/{}", line + 1),
                group: Some((line + 1).to_string()),
                language: number,
            });
            texts.push(text.clone());
        }
    }
    let of_line: HashMap<usize, &Vec<usize>> = lines
        .values()
        .flat_map(|places| places.iter().map(move |place| (*place, places)))
        .collect();
    let (mut queries, mut query_texts, mut relevant) = (Vec::new(), Vec::new(), Vec::new());
    for (place, document) in documents.iter().enumerate() {
        let others: Vec<(usize, u32)> = of_line[&place]
            .iter()
            .filter(|other| **other != place)
            .map(|other| (*other, 1))
            .collect();
        let language = &table.languages[usize::from(document.language)];
        if !others.is_empty() && among(&options.query_languages, language) {
            queries.push(document.clone());
            query_texts.push(texts[place].clone());
            relevant.push(others);
        }
    }
    if queries.is_empty() {
        return Ok(None);
    }
    Ok(Some(Collection {
        name: name_of(folder),
        missing: vec![Vec::new(); queries.len()],
        languages: table.languages,
        documents,
        queries,
        document_texts: Texts::Memory(texts),
        query_texts: Texts::Memory(query_texts),
        relevant,
    }))
}

/// The lines of a file, split at line feeds alone: some lines hold characters that other
/// conventions split at.
fn lines_of(path: &Path) -> Result<Vec<String>> {
    let size = fs::metadata(path).map_err(io_error(path, "read"))?.len();
    if size > MAX_FILE_BYTES {
        return Err(input(path, None, format!("it is larger than {MAX_FILE_BYTES} bytes")));
    }
    let bytes = fs::read(path).map_err(io_error(path, "read"))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| input(path, None, format!("it is not UTF-8: {error}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.trim_end_matches('\n').split('\n').map(|line| line.trim().to_owned()).collect())
}

/// What is in `folder`, by name, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let error = io_error(folder, "read the folder");
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(&error)? {
        let entry = entry.map_err(&error)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}
