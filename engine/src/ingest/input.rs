//! Bytes of a file: opened, counted, and cut into lines.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sources::{Place, Source};
use super::{Entry, Problem};

/// What standard input is called in ids and problems.
pub(super) const STDIN: &str = "stdin";

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 16;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file's bytes after its byte order mark.
pub(super) type Input = BufReader<Chain<Cursor<Vec<u8>>, Counted>>;

/// A reader that adds up what is read from it.
pub(super) struct Counted {
    input: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Opens a source, or says why it cannot be read.
pub(super) fn open(source: &Source, bytes: Arc<AtomicU64>) -> Result<Input, String> {
    let input: Box<dyn Read + Send> = match source.place {
        Place::Stdin => Box::new(io::stdin()),
        Place::File => Box::new(File::open(&source.path).map_err(|error| unreadable(&error))?),
    };
    let mut input = Counted { input, bytes };
    let mut start = Vec::with_capacity(BYTE_ORDER_MARK.len());
    let wanted = BYTE_ORDER_MARK.len() as u64;
    input.by_ref().take(wanted).read_to_end(&mut start).map_err(|error| unreadable(&error))?;
    if start == BYTE_ORDER_MARK {
        start.clear();
    } else if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err("it is UTF-16; convert it to UTF-8".to_owned());
    }
    Ok(BufReader::with_capacity(BUFFER_BYTES, Cursor::new(start).chain(input)))
}

/// The reason of a problem with reading.
pub(super) fn unreadable(error: &io::Error) -> String {
    format!("it cannot be read: {error}")
}

/// Passes over blanks. Returns the number of the line that was come to, from 1 on, and the
/// character there, which is not passed over; `None` at the end.
pub(super) fn first_character(input: &mut impl BufRead) -> io::Result<(u64, Option<u8>)> {
    let mut line = 1;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok((line, None));
        }
        let blanks = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        line += newlines(&buffer[..blanks]);
        let first = buffer.get(blanks).copied();
        input.consume(blanks);
        if first.is_some() {
            return Ok((line, first));
        }
    }
}

/// How many line ends there are in `bytes`.
pub(super) fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Where a file's documents come from: its name, and whether it was reported as not UTF-8.
pub(super) struct Origin {
    path: PathBuf,
    name: String,
    reported: bool,
}

impl Origin {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { name: path.display().to_string(), path, reported: false }
    }

    /// The path, for ids and metadata.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn problem(&self, line: Option<u64>, reason: impl Into<String>) -> Problem {
        Problem { path: self.path.clone(), line, reason: reason.into() }
    }

    /// The text of bytes that begin in `line`. What is not UTF-8 is replaced, and the first time
    /// is a problem.
    pub(super) fn decode<'a>(
        &mut self,
        bytes: &'a [u8],
        line: u64,
    ) -> (Cow<'a, str>, Option<Problem>) {
        let text = String::from_utf8_lossy(bytes);
        if matches!(text, Cow::Borrowed(_)) || self.reported {
            return (text, None);
        }
        self.reported = true;
        let reason = "from this line on, bytes that are not UTF-8 are replaced by U+FFFD; \
                      the documents are kept";
        (text, Some(self.problem(Some(line), reason)))
    }
}

/// A line of a file as text.
pub(super) enum TextLine {
    /// Its number and its text.
    Text(u64, String),
    /// One that could not be read and was reported.
    Reported,
    /// There is none.
    End,
}

/// Reads the next line as text, and reports what is wrong with it.
pub(super) fn text_line<R: BufRead>(
    lines: &mut Lines<R>,
    origin: &mut Origin,
    entries: &mut VecDeque<Entry>,
) -> TextLine {
    let limit = lines.limit;
    match lines.next() {
        Ok(Some((line, Line::Whole(bytes)))) => {
            let (text, warning) = origin.decode(bytes, line);
            entries.extend(warning.map(Entry::Problem));
            TextLine::Text(line, text.into_owned())
        }
        Ok(Some((line, Line::TooLong))) => {
            entries.push_back(Entry::Problem(origin.problem(Some(line), too_long("line", limit))));
            TextLine::Reported
        }
        Ok(None) => TextLine::End,
        Err(error) => {
            entries.push_back(Entry::Problem(origin.problem(None, unreadable(&error))));
            TextLine::End
        }
    }
}

/// A line of a file.
enum Line<'a> {
    /// Its bytes without the line end.
    Whole(&'a [u8]),
    /// One that was longer than the limit and is passed over.
    TooLong,
}

/// The lines of a file. A line ends with `\n` or `\r\n`.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
    limit: usize,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `input`, which begins in line `first`; longer ones than `limit` bytes are not
    /// read.
    pub(super) fn new(input: R, first: u64, limit: usize) -> Self {
        Self { input, buffer: Vec::new(), number: first, limit }
    }

    /// The next line and its number.
    fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        self.buffer.clear();
        let number = self.number;
        // Two more than the limit, for the line end.
        let most = (self.limit as u64).saturating_add(2);
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let ended = self.buffer.ends_with(b"\n");
        if !ended && read as u64 == most {
            self.input.skip_until(b'\n')?;
        }
        let line = without_end(&self.buffer).len();
        if line > self.limit {
            // The memory of one long line is not kept for all that follow.
            self.buffer = Vec::new();
            return Ok(Some((number, Line::TooLong)));
        }
        Ok(Some((number, Line::Whole(&self.buffer[..line]))))
    }
}

/// A line without the `\n` or `\r\n` at its end.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The reason of a problem with a line longer than `limit` bytes.
pub(super) fn too_long(what: &str, limit: usize) -> String {
    format!("the {what} is longer than {limit} bytes and is left out")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], limit: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut lines = Lines::new(BufReader::with_capacity(3, text), 1, limit);
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next().expect("memory can be read") {
            all.push(match line {
                Line::Whole(bytes) => (number, Some(bytes.to_vec())),
                Line::TooLong => (number, None),
            });
        }
        all
    }

    #[test]
    fn lines_end_with_either_line_end_or_the_file() {
        let whole = |number, text: &[u8]| (number, Some(text.to_vec()));
        assert_eq!(lines(b"", 9), []);
        assert_eq!(lines(b"a\r\n\nb\0c", 9), [whole(1, b"a"), whole(2, b""), whole(3, b"b\0c")]);
        assert_eq!(lines(b"a\rb\n", 9), [whole(1, b"a\rb")]);
    }

    #[test]
    fn the_limit_counts_the_line_without_its_end() {
        for end in ["\n", "\r\n"] {
            let text = format!("12345{end}123456{end}1234567890{end}1{end}");
            let found: Vec<_> = lines(text.as_bytes(), 5)
                .into_iter()
                .map(|(number, line)| (number, line.is_some()))
                .collect();
            assert_eq!(found, [(1, true), (2, false), (3, false), (4, true)]);
        }
        assert_eq!(lines(b"123456", 5), [(1, None)]);
    }
}
