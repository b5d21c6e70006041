//! The texts of a collection: in memory, or in the lines of a file where there are too many.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{input, io_error};
use crate::Result;

/// Longer lines are refused before they are read whole.
pub(super) const MAX_LINE_BYTES: u64 = 64 << 20;

#[derive(Debug)]
pub(super) enum Texts {
    Memory(Vec<String>),
    /// Where the line of each text begins.
    Lines {
        path: PathBuf,
        offsets: Vec<u64>,
    },
}

/// A line of `corpus.jsonl` or `queries.jsonl`.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    #[serde(rename = "_id", alias = "id")]
    pub(super) id: Id,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default, alias = "language")]
    pub(super) lang: Option<String>,
    #[serde(default)]
    pub(super) group: Option<Id>,
}

/// Ids are strings, and sometimes numbers.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Text(String),
    Number(i64),
}

impl Id {
    pub(super) fn into_string(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Line {
    /// Title and text, as BEIR joins them.
    pub(super) fn full_text(&self) -> String {
        let (title, text) =
            (self.title.as_deref().unwrap_or(""), self.text.as_deref().unwrap_or(""));
        match title.is_empty() {
            true => text.trim().to_owned(),
            false => format!("{title} {text}").trim().to_owned(),
        }
    }
}

impl Texts {
    /// The text of this number.
    pub(super) fn get(&self, number: usize) -> Result<String> {
        match self {
            Self::Memory(texts) => Ok(texts[number].clone()),
            Self::Lines { path, offsets } => {
                let mut lines = LineReader::open(path)?;
                lines.seek(offsets[number])?;
                lines.text()
            }
        }
    }

    /// Hands out all texts in their order.
    pub(super) fn reader(&self) -> Result<Reader<'_>> {
        Ok(match self {
            Self::Memory(texts) => Reader::Memory(texts.iter()),
            Self::Lines { path, offsets } => Reader::Lines(LineReader::open(path)?, offsets.iter()),
        })
    }
}

pub(super) enum Reader<'t> {
    Memory(std::slice::Iter<'t, String>),
    Lines(LineReader, std::slice::Iter<'t, u64>),
}

impl Reader<'_> {
    /// The next texts, up to `count`.
    pub(super) fn take(&mut self, count: usize) -> Result<Vec<String>> {
        match self {
            Self::Memory(texts) => Ok(texts.by_ref().take(count).cloned().collect()),
            Self::Lines(lines, offsets) => {
                let text = |offset: &u64| {
                    lines.seek(*offset)?;
                    lines.text()
                };
                offsets.by_ref().take(count).map(text).collect()
            }
        }
    }
}

/// Reads a file of JSON lines, and knows where each begins.
pub(super) struct LineReader {
    path: PathBuf,
    reader: BufReader<File>,
    /// Where the next line begins.
    pub(super) offset: u64,
    /// Its number, from 1 on; not known after a seek.
    number: Option<u64>,
    bytes: Vec<u8>,
}

impl LineReader {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(io_error(path, "open"))?;
        let reader = BufReader::with_capacity(1 << 18, file);
        Ok(Self { path: path.to_owned(), reader, offset: 0, number: Some(0), bytes: Vec::new() })
    }

    fn seek(&mut self, offset: u64) -> Result<()> {
        if offset != self.offset {
            let step = offset.cast_signed() - self.offset.cast_signed();
            self.reader.seek_relative(step).map_err(io_error(&self.path, "read"))?;
            self.offset = offset;
            self.number = None;
        }
        Ok(())
    }

    /// The next line that is not blank: where it begins, its number, and what it holds.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Option<u64>, Line)>> {
        loop {
            let start = self.offset;
            self.bytes.clear();
            let mut limited = (&mut self.reader).take(MAX_LINE_BYTES);
            let read = limited.read_until(b'\n', &mut self.bytes);
            let read = read.map_err(io_error(&self.path, "read"))? as u64;
            if read == 0 {
                return Ok(None);
            }
            self.offset += read;
            self.number = self.number.map(|number| number + 1);
            if read == MAX_LINE_BYTES {
                let reason = format!("it is longer than {MAX_LINE_BYTES} bytes");
                return Err(input(&self.path, self.number, reason));
            }
            let line = self.bytes.trim_ascii();
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let line = serde_json::from_slice(line).map_err(|error| {
                let reason = format!("it is no object with `_id` and `text`: {error}");
                input(&self.path, self.number, reason)
            })?;
            return Ok(Some((start, self.number, line)));
        }
    }

    fn text(&mut self) -> Result<String> {
        match self.next()? {
            Some((_, _, line)) => Ok(line.full_text()),
            None => Err(input(&self.path, None, "it has become shorter since it was first read")),
        }
    }
}
