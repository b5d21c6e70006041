//! Documents as rows of a table, CSV or TSV.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::Arc;

use csv_core::{ReadRecordResult, ReaderBuilder};
use serde_json::{Map, Value};

use super::input::{Input, Origin, newlines, too_long, unreadable};
use super::sources::Delimiter;
use super::{Entry, IngestOptions, Reader, fields};

/// Room for fields that a row begins with; it grows.
const FIELDS: usize = 32;
/// Room for bytes that a row begins with; it grows.
const FIELD_BYTES: usize = 1 << 12;

/// A row a document; the first row names the fields.
///
/// In a comma-separated file a field may stand in quotes and then hold anything. A tab-separated
/// one has no quotes, except that a field which stands in them from end to end loses them.
pub(super) struct Table {
    rows: Rows,
    delimiter: Delimiter,
    names: Vec<String>,
    origin: Origin,
    options: Arc<IngestOptions>,
}

impl Table {
    pub(super) fn new(
        mut input: Input,
        delimiter: Delimiter,
        origin: Origin,
        options: Arc<IngestOptions>,
    ) -> Self {
        let byte = match delimiter {
            Delimiter::Tab => b'\t',
            // An input that cannot be read says so again when it is.
            Delimiter::Comma => input.fill_buf().map_or(b',', comma_or_semicolon),
        };
        let syntax =
            ReaderBuilder::new().delimiter(byte).quoting(delimiter == Delimiter::Comma).build();
        let rows = Rows {
            input,
            syntax,
            bytes: vec![0; FIELD_BYTES],
            ends: vec![0; FIELDS],
            fields: 0,
            line: 1,
            limit: options.max_line_bytes,
        };
        Self { rows, delimiter, names: Vec::new(), origin, options }
    }

    /// The texts of the current row's fields.
    fn fields(&mut self, line: u64, entries: &mut VecDeque<Entry>) -> Vec<String> {
        let mut texts = Vec::with_capacity(self.rows.fields);
        for field in self.rows.fields() {
            let (text, warning) = self.origin.decode(field, line);
            entries.extend(warning.map(Entry::Problem));
            texts.push(match self.delimiter {
                Delimiter::Tab => unquoted(&text),
                Delimiter::Comma => text.into_owned(),
            });
        }
        texts
    }

    /// Takes the names of the fields from the first row.
    fn read_header(&mut self, line: u64, entries: &mut VecDeque<Entry>) -> bool {
        self.names = self.fields(line, entries).iter().map(|name| name.trim().to_owned()).collect();
        if self.names.contains(&self.options.text_field) {
            return true;
        }
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let reason = format!(
            "there is no column `{}`; the columns are {}",
            self.options.text_field,
            names.join(", ")
        );
        entries.push_back(Entry::Problem(self.origin.problem(Some(line), reason)));
        false
    }

    fn read_row(&mut self, line: u64, entries: &mut VecDeque<Entry>) {
        let fields = self.fields(line, entries);
        if fields.len() > self.names.len() {
            let reason =
                format!("the row has {} fields, and the header {}", fields.len(), self.names.len());
            entries.push_back(Entry::Problem(self.origin.problem(Some(line), reason)));
            return;
        }
        // A row has no way to leave a field out but to leave it empty.
        let named = self.names.iter().cloned().zip(fields).filter(|(_, field)| !field.is_empty());
        let object: Map<String, Value> =
            named.map(|(name, field)| (name, Value::String(field))).collect();
        let unnamed = || format!("{}:{line}", self.origin.name());
        entries.push_back(match fields::document(object, &self.options, unnamed) {
            Ok(document) => Entry::Document(document),
            Err(reason) => Entry::Problem(self.origin.problem(Some(line), reason)),
        });
    }
}

impl Reader for Table {
    fn advance(&mut self, entries: &mut VecDeque<Entry>) -> bool {
        let (line, reason) = match self.rows.next() {
            Ok(Row::End) => return false,
            Ok(Row::Whole(line)) if self.names.is_empty() => {
                return self.read_header(line, entries);
            }
            Ok(Row::Whole(line)) => {
                self.read_row(line, entries);
                return true;
            }
            Ok(Row::TooLong(line)) => {
                let row = too_long("row", self.options.max_line_bytes);
                (Some(line), format!("{row}, with all that follows: perhaps a quote is not closed"))
            }
            Err(error) => (None, unreadable(&error)),
        };
        entries.push_back(Entry::Problem(self.origin.problem(line, reason)));
        false
    }
}

/// The rows of a file.
struct Rows {
    input: Input,
    syntax: csv_core::Reader,
    /// The fields of the current row, one after the other.
    bytes: Vec<u8>,
    /// Where each field ends in `bytes`.
    ends: Vec<usize>,
    /// Fields of the current row.
    fields: usize,
    /// The line that was come to.
    line: u64,
    limit: usize,
}

/// What was come to, and the line that it begins in.
enum Row {
    Whole(u64),
    /// Longer than the limit; what follows cannot be told apart from it.
    TooLong(u64),
    End,
}

impl Rows {
    /// Reads the next row. Blank lines are passed over.
    fn next(&mut self) -> io::Result<Row> {
        self.pass_line_ends()?;
        let line = self.line;
        let (mut taken, mut bytes, mut fields) = (0, 0, 0);
        loop {
            let input = self.input.fill_buf()?;
            let (result, read, written, ended) =
                self.syntax.read_record(input, &mut self.bytes[bytes..], &mut self.ends[fields..]);
            self.line += newlines(&input[..read]);
            self.input.consume(read);
            taken += read;
            bytes += written;
            fields += ended;
            // Fields take memory too, were they empty.
            if taken + fields * size_of::<usize>() > self.limit {
                return Ok(Row::TooLong(line));
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    self.fields = fields;
                    return Ok(Row::Whole(line));
                }
                ReadRecordResult::End => return Ok(Row::End),
            }
        }
    }

    /// The fields of the row that was read last.
    fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends[..self.fields]
            .iter()
            .map(move |end| &self.bytes[std::mem::replace(&mut start, *end)..*end])
    }

    fn pass_line_ends(&mut self) -> io::Result<()> {
        loop {
            let input = self.input.fill_buf()?;
            let passed = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if passed == 0 {
                return Ok(());
            }
            self.line += newlines(&input[..passed]);
            self.input.consume(passed);
        }
    }
}

/// What separates the fields of a file that begins with `start`: spreadsheets of countries that
/// write a decimal comma separate them by semicolons.
fn comma_or_semicolon(start: &[u8]) -> u8 {
    let header = start.split(|byte| *byte == b'\n').next().unwrap_or(start);
    if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' }
}

/// A field without the quotes that it stands in from end to end, if the quotes inside are
/// doubled.
fn unquoted(field: &str) -> String {
    let inner = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.replace("\"\"", "").contains('"') => inner.replace("\"\"", "\""),
        _ => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_that_are_quoted_whole_lose_their_quotes() {
        let cases = [
            (r#""a""#, "a"),
            (r#""a ""b"" c""#, r#"a "b" c"#),
            (r#""a" "b""#, r#""a" "b""#),
            ("\"", "\""),
            ("", ""),
        ];
        for (field, expected) in cases {
            assert_eq!(unquoted(field), expected);
        }
    }

    #[test]
    fn semicolons_separate_where_the_header_has_no_comma() {
        assert_eq!(comma_or_semicolon(b"id;text\n1,2"), b';');
        assert_eq!(comma_or_semicolon(b"id,te;xt"), b',');
        assert_eq!(comma_or_semicolon(b"text"), b',');
    }
}
