//! Which language documents and queries are in, from a file.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::Pool;
use crate::{Error, Language, Result};

/// What is known of documents, or of queries, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    entries: HashMap<String, Entry>,
}

/// What is known of a document or a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its language.
    pub language: Option<Language>,
    /// What it shares with its translations.
    pub group: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(alias = "_id")]
    id: Id,
    #[serde(default, alias = "language")]
    lang: Option<String>,
    #[serde(default)]
    group: Option<Id>,
}

/// Some files have numbers for ids.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        match id {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }
    }
}

impl Catalog {
    /// Reads JSON Lines with the fields `_id` or `id`, `lang` and `group`, such as the `corpus.jsonl`
    /// and `queries.jsonl` of BEIR; `lang` and `group` may be missing, and other fields are passed
    /// over. Holds all ids in memory, and a line at a time.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read. [`Error::Input`] with the line that is no such
    /// object, whose `lang` is no language tag, or whose id was there before.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let unreadable = |source| Error::Io { path: path.to_owned(), action: "read", source };
        let mut input = BufReader::new(File::open(path).map_err(unreadable)?);
        let mut catalog = Self::default();
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            if input.read_until(b'\n', &mut bytes).map_err(unreadable)? == 0 {
                break;
            }
            let line =
                bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1).unwrap_or(&bytes);
            if !line.trim_ascii().is_empty() {
                catalog.add(line).map_err(|reason| Error::Input {
                    path: path.to_owned(),
                    line: Some(number),
                    reason,
                })?;
            }
        }
        Ok(catalog)
    }

    fn add(&mut self, line: &[u8]) -> Result<(), String> {
        let line: Line = serde_json::from_slice(line).map_err(|error| {
            let message = error.to_string();
            let end = format!(" at line {} column {}", error.line(), error.column());
            let message = message.strip_suffix(&end).unwrap_or(&message);
            format!("not a JSON object with an `_id`: {message} (column {})", error.column())
        })?;
        let language = match line.lang.as_deref() {
            None | Some("") => None,
            Some(tag) => Some(Language::parse(tag).map_err(|error| error.to_string())?),
        };
        let id = String::from(line.id);
        let entry = Entry { language, group: line.group.map(String::from) };
        match self.entries.insert(id.clone(), entry) {
            None => Ok(()),
            Some(_) => Err(format!("the id {id:?} was there before")),
        }
    }

    /// What is known of a document or query.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Its language, if known.
    pub fn language(&self, id: &str) -> Option<&Language> {
        self.get(id)?.language.as_ref()
    }

    /// How many there are in which language.
    pub fn pool(&self) -> Pool {
        let mut languages = BTreeMap::new();
        for language in self.entries.values().filter_map(|entry| entry.language.as_ref()) {
            *languages.entry(language.clone()).or_default() += 1;
        }
        Pool { documents: self.entries.len(), languages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Catalog> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        Catalog::read(file.path())
    }

    #[test]
    fn corpora_and_documents_are_read() {
        let catalog = read(
            "\u{feff}{\"_id\": \"a\", \"title\": \"\", \"text\": \"t\", \"lang\": \"DE\", \"group\": 7}\r\n\n\
             {\"id\": 12, \"text\": \"t\"}\n{\"id\": \"c\", \"lang\": \"de\", \"metadata\": {}}",
        )
        .expect("read");
        let german = Language::parse("de").expect("a tag");
        let group = catalog.get("a").and_then(|entry| entry.group.as_deref());
        assert_eq!((catalog.language("a"), group), (Some(&german), Some("7")));
        assert_eq!((catalog.language("12"), catalog.get("b")), (None, None));
        assert_eq!(catalog.pool(), Pool { documents: 3, languages: [(german, 2)].into() });
    }

    #[test]
    fn errors_tell_the_line() {
        for (text, line, part) in [
            ("{\"_id\": \"a\"}\n{\"_id\": \"a\"}\n", 2, "before"),
            ("{\"lang\": \"de\"}\n", 1, "id"),
            ("\nx\n", 2, "JSON"),
            ("{\"id\": \"a\", \"lang\": \"!\"}\n", 1, "language tag"),
        ] {
            match read(text) {
                Err(Error::Input { line: at, reason, .. }) => {
                    assert_eq!(at, Some(line), "{text}");
                    assert!(reason.contains(part), "{reason}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
