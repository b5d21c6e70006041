//! Reading documents from files.
//!
//! ```no_run
//! use mlsearch::ingest::{Entry, Ingest, IngestOptions};
//!
//! # fn main() -> mlsearch::Result<()> {
//! for entry in Ingest::open(&["notes", "more.jsonl"], IngestOptions::default())? {
//!     match entry? {
//!         Entry::Document(document) => { /* collect some hundred, then Engine::add */ }
//!         Entry::Problem(problem) => { /* tell: what is wrong, in which line of which file */ }
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | file | documents |
//! |---|---|
//! | `.jsonl`, `.ndjson` | a JSON object a line |
//! | `.json` | a JSON object a line, or an array of objects |
//! | `.csv`, `.tsv`, `.tab` | a row each; the first row names the fields |
//! | `.txt`, `.text` | passages: paragraphs, split at sentences and merged to a useful length |
//! | `.md`, `.markdown` | passages, each with the heading that it stands under |
//! | a folder | those of all such files in it, in the order of their names |
//! | `-` | standard input: JSON objects if it begins with `{`, else text |
//!
//! A file without extension is read as standard input would be. Fields of an object or a row
//! that [`IngestOptions`] does not name become metadata, and the fields of an object called
//! `metadata` are merged into it. Everything is UTF-8, with or without a byte order mark; bytes
//! that are not are replaced by U+FFFD, which is reported once a file.

mod sources;

mod jsonl;
mod markdown;
mod table;
mod text;

mod fields;
mod input;
mod passages;
mod values;

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec;

use crate::{Document, Error, Result};
use input::Origin;
use sources::{Format, Source};

/// How documents are read.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// Field of the document's id. Documents without one are called `FILE:LINE`.
    pub id_field: String,
    /// Field of the text.
    pub text_field: String,
    /// Field of the language tag. Documents may do without.
    pub language_field: String,
    /// Field of the group of translations. Documents may do without.
    pub group_field: String,
    /// Whether the first problem ends the reading, as an error.
    pub strict: bool,
    /// Characters that a passage of a text has about at most.
    pub passage_chars: usize,
    /// Whether each line of a plain text is a document, and not each passage.
    pub text_lines: bool,
    /// Longest line, row or JSON value, in bytes; longer ones are problems.
    pub max_line_bytes: usize,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            id_field: "id".to_owned(),
            text_field: "text".to_owned(),
            language_field: "lang".to_owned(),
            group_field: "group".to_owned(),
            strict: false,
            passage_chars: 800,
            text_lines: false,
            max_line_bytes: 64 << 20,
        }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Entry {
    /// A document.
    Document(Document),
    /// Something that could not be read, or not exactly; the reading goes on.
    Problem(Problem),
}

/// Something in a file that could not be read, or not exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The file; `stdin` for standard input.
    pub path: PathBuf,
    /// The line, from 1 on, where there is one.
    pub line: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

/// `FILE:LINE: REASON`.
impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(formatter, "{line}:")?;
        }
        write!(formatter, " {}", self.reason)
    }
}

/// The documents of files and folders, one after the other.
///
/// Memory does not grow with the files: at most one line, row, JSON value or paragraph is held.
/// Unless the reading is strict, every item is `Ok`.
pub struct Ingest {
    options: Arc<IngestOptions>,
    sources: vec::IntoIter<Source>,
    current: Option<Box<dyn Reader>>,
    entries: VecDeque<Entry>,
    bytes_total: Option<u64>,
    bytes_read: Arc<AtomicU64>,
    files: u64,
    skipped: u64,
    problems: u64,
    stopped: bool,
}

/// Reads one file.
trait Reader: Send {
    /// Reads on, and appends what it finds. Returns whether there may be more.
    fn advance(&mut self, entries: &mut VecDeque<Entry>) -> bool;
}

impl Ingest {
    /// Finds the files that `inputs` name: files, folders and `-` for standard input.
    ///
    /// # Errors
    /// [`Error::Input`] for an input that is not there or of an unknown type.
    pub fn open<P: AsRef<Path>>(inputs: &[P], options: IngestOptions) -> Result<Self> {
        let found = sources::find(inputs)?;
        Ok(Self {
            options: Arc::new(options),
            files: found.sources.len() as u64,
            bytes_total: found.sources.iter().map(|source| source.bytes).sum(),
            sources: found.sources.into_iter(),
            current: None,
            entries: found.problems.into_iter().map(Entry::Problem).collect(),
            bytes_read: Arc::default(),
            skipped: found.skipped,
            problems: 0,
            stopped: false,
        })
    }

    /// Bytes of all files, where that is known: it is not of standard input and of pipes.
    pub fn bytes_total(&self) -> Option<u64> {
        self.bytes_total
    }

    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Files to read, standard input included.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Files and folders inside the given folders that are left out: hidden, of a type that is
    /// not read, or an index.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Problems so far.
    pub fn problems(&self) -> u64 {
        self.problems
    }

    fn start(&self, source: &Source) -> Result<Box<dyn Reader>, Problem> {
        let origin = Origin::new(source.path.clone());
        let options = Arc::clone(&self.options);
        let mut input = input::open(source, Arc::clone(&self.bytes_read))
            .map_err(|reason| origin.problem(None, reason))?;
        let text = |input, line, origin| -> Box<dyn Reader> {
            if self.options.text_lines {
                Box::new(text::TextLines::new(input, line, origin, &self.options))
            } else {
                Box::new(text::Text::new(input, line, origin, &self.options))
            }
        };
        Ok(match source.format {
            Format::JsonLines => Box::new(jsonl::JsonLines::new(input, 1, origin, options)),
            Format::Json => jsonl::lines_or_values(input, origin, options)?,
            Format::Table(delimiter) => {
                Box::new(table::Table::new(input, delimiter, origin, options))
            }
            Format::Text => text(input, 1, origin),
            Format::Markdown => Box::new(markdown::Markdown::new(input, origin, &self.options)),
            Format::Unknown => {
                let (line, first) = input::first_character(&mut input)
                    .map_err(|error| origin.problem(None, input::unreadable(&error)))?;
                if first == Some(b'{') {
                    Box::new(jsonl::JsonLines::new(input, line, origin, options))
                } else {
                    text(input, line, origin)
                }
            }
        })
    }
}

impl Iterator for Ingest {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        loop {
            if self.stopped {
                return None;
            }
            match self.entries.pop_front() {
                Some(Entry::Problem(problem)) => {
                    self.problems += 1;
                    if !self.options.strict {
                        return Some(Ok(Entry::Problem(problem)));
                    }
                    self.stopped = true;
                    self.current = None;
                    let Problem { path, line, reason } = problem;
                    return Some(Err(Error::Input { path, line, reason }));
                }
                Some(entry) => return Some(Ok(entry)),
                None => {}
            }
            match &mut self.current {
                Some(reader) => {
                    if !reader.advance(&mut self.entries) {
                        self.current = None;
                    }
                }
                None => {
                    let source = self.sources.next()?;
                    match self.start(&source) {
                        Ok(reader) => self.current = Some(reader),
                        Err(problem) => self.entries.push_back(Entry::Problem(problem)),
                    }
                }
            }
        }
    }
}

impl std::iter::FusedIterator for Ingest {}

impl fmt::Debug for Ingest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ingest")
            .field("options", &self.options)
            .field("files", &self.files)
            .field("bytes_read", &self.bytes_read())
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}
