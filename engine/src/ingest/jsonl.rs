//! Documents as JSON objects: one a line, or in an array.

use std::collections::VecDeque;
use std::io::{self, BufRead, Cursor, Read};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::input::{
    Input, Lines, Origin, TextLine, first_character, newlines, text_line, too_long, unreadable,
};
use super::values::{Part, Values};
use super::{Entry, IngestOptions, Problem, Reader, fields};

/// A JSON object a line.
pub(super) struct JsonLines<R> {
    lines: Lines<R>,
    objects: Objects,
}

impl<R: BufRead> JsonLines<R> {
    /// Objects of `input`, which begins in line `first`.
    pub(super) fn new(input: R, first: u64, origin: Origin, options: Arc<IngestOptions>) -> Self {
        Self {
            lines: Lines::new(input, first, options.max_line_bytes),
            objects: Objects { origin, options },
        }
    }
}

impl<R: BufRead + Send> Reader for JsonLines<R> {
    fn advance(&mut self, entries: &mut VecDeque<Entry>) -> bool {
        match text_line(&mut self.lines, &mut self.objects.origin, entries) {
            TextLine::Text(line, text) => {
                if !text.trim().is_empty() {
                    self.objects.read(&text, line, entries);
                }
                true
            }
            TextLine::Reported => true,
            TextLine::End => false,
        }
    }
}

/// JSON objects over any number of lines, in an array or one after the other.
struct JsonValues<R> {
    values: Values<R>,
    objects: Objects,
}

impl<R: BufRead + Send> Reader for JsonValues<R> {
    fn advance(&mut self, entries: &mut VecDeque<Entry>) -> bool {
        let (line, reason) = match self.values.next() {
            Ok(None) => return false,
            Ok(Some((line, Part::Value(bytes)))) => {
                let (text, warning) = self.objects.origin.decode(bytes, line);
                entries.extend(warning.map(Entry::Problem));
                self.objects.read(&text, line, entries);
                return true;
            }
            Ok(Some((line, Part::TooLong))) => {
                (Some(line), too_long("value", self.objects.options.max_line_bytes))
            }
            Ok(Some((line, Part::Unclosed))) => {
                (Some(line), "the file ends within an array; perhaps it was cut off".to_owned())
            }
            Err(error) => (None, unreadable(&error)),
        };
        entries.push_back(Entry::Problem(self.objects.origin.problem(line, reason)));
        line.is_some()
    }
}

/// The objects of a `.json` file: one a line if its first line is a whole object, else those of
/// an array, or one after the other over any number of lines.
pub(super) fn lines_or_values(
    mut input: Input,
    origin: Origin,
    options: Arc<IngestOptions>,
) -> Result<Box<dyn Reader>, Problem> {
    let (line, first_line) = first_object_line(&mut input, options.max_line_bytes)
        .map_err(|error| origin.problem(None, unreadable(&error)))?;
    let is_whole = parse(&String::from_utf8_lossy(&first_line)).is_ok();
    let input = Cursor::new(first_line).chain(input);
    if is_whole {
        return Ok(Box::new(JsonLines::new(input, line, origin, options)));
    }
    let values = Values::new(input, line, options.max_line_bytes);
    Ok(Box::new(JsonValues { values, objects: Objects { origin, options } }))
}

/// The first line that is not blank and its number; no more of it than `limit` bytes, and nothing
/// if no object begins there.
fn first_object_line(input: &mut Input, limit: usize) -> io::Result<(u64, Vec<u8>)> {
    let (line, first) = first_character(input)?;
    let mut bytes = Vec::new();
    if first == Some(b'{') {
        input.by_ref().take(limit as u64).read_until(b'\n', &mut bytes)?;
    }
    Ok((line, bytes))
}

/// Turns JSON objects into documents.
struct Objects {
    origin: Origin,
    options: Arc<IngestOptions>,
}

impl Objects {
    /// Reads the object that `text` is, which begins in `line`.
    fn read(&self, text: &str, line: u64, entries: &mut VecDeque<Entry>) {
        let document = object(text).and_then(|object| {
            fields::document(object, &self.options, || format!("{}:{line}", self.origin.name()))
                .map_err(|reason| (0, reason))
        });
        entries.push_back(match document {
            Ok(document) => Entry::Document(document),
            Err((below, reason)) => Entry::Problem(self.origin.problem(Some(line + below), reason)),
        });
    }
}

/// The fields of a JSON object; or how many lines further down it is wrong, and in what way.
fn object(text: &str) -> Result<Map<String, Value>, (u64, String)> {
    match parse(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err((0, "it is not a JSON object".to_owned())),
        Err(error) => {
            let message = error.to_string();
            let position = format!(" at line {} column {}", error.line(), error.column());
            let message = message.strip_suffix(&position).unwrap_or(&message);
            // Below an error at the end of the text there may be no line any more.
            let below = (error.line() as u64).saturating_sub(1).min(newlines(text.as_bytes()));
            Err((below, format!("not JSON: {message} (column {})", error.column())))
        }
    }
}

/// Parses JSON. Half a surrogate pair (`"\ud800"`), which other programs write, stands for
/// U+FFFD.
fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|error| match with_whole_surrogates(text) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// JSON text with `\ufffd` in place of escapes that are half a surrogate pair, if it has any.
fn with_whole_surrogates(text: &str) -> Option<String> {
    // A backslash can only stand in a string, so nothing else of JSON need be known.
    let mut mended: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let Some(unit) = escaped_unit(&text[at..]) else {
            // The character after a backslash may be another backslash.
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
            continue;
        };
        let is_pair = matches!(unit, 0xd800..=0xdbff)
            && matches!(escaped_unit(&text[at + ESCAPE_BYTES..]), Some(0xdc00..=0xdfff));
        if is_pair {
            at += 2 * ESCAPE_BYTES;
            continue;
        }
        if matches!(unit, 0xd800..=0xdfff) {
            let mended = mended.get_or_insert_default();
            mended.push_str(&text[copied..at]);
            mended.push_str("\\ufffd");
            copied = at + ESCAPE_BYTES;
        }
        at += ESCAPE_BYTES;
    }
    let mut mended = mended?;
    mended.push_str(&text[copied..]);
    Some(mended)
}

/// Length of `\uXXXX`.
const ESCAPE_BYTES: usize = 6;

/// The UTF-16 unit that `text` begins with an escape for.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    // `from_str_radix` would take a sign.
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_surrogate_pairs_are_replaced_and_whole_ones_kept() {
        let cases = [
            (r#""\ud800""#, Some(r#""\ufffd""#)),
            (r#""a\uDC00b\ud83d\ude00c\ud83d""#, Some(r#""a\ufffdb\ud83d\ude00c\ufffd""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\\ud800 \ud83d\ude00 \u00e9""#, None),
            (r#""\\\ud800""#, Some(r#""\\\ufffd""#)),
            (r#""\u+800 \ud8 \"#, None),
            ("\"\\ü\\ud8\u{e9}0\"", None),
        ];
        for (text, mended) in cases {
            assert_eq!(with_whole_surrogates(text).as_deref(), mended, "{text}");
        }
    }
}
