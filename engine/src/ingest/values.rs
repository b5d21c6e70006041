//! JSON text cut into its values, without reading it whole.

use std::io::{self, BufRead};

/// What was found.
pub(super) enum Part<'a> {
    /// The text of a value: an element of the array, or one that stands outside of any.
    Value(&'a [u8]),
    /// A value that was longer than the limit and is passed over.
    TooLong,
    /// The text ended within an array.
    Unclosed,
}

/// The elements of a JSON array, or values one after the other. What is between them is not
/// checked, and neither is what is in them: that is for the parser.
pub(super) struct Values<R> {
    input: R,
    buffer: Vec<u8>,
    line: u64,
    limit: usize,
    /// Whether an array was opened and not yet closed.
    in_array: bool,
}

/// Where in a value the reading is.
#[derive(Default)]
struct State {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl State {
    /// Takes the next byte of a value; returns whether the value ends with it.
    fn ends_with(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return !self.in_string && self.depth == 0;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }

    /// Whether the value is a bare word or number, which `byte` ends without being part of it.
    fn ends_before(&self, byte: u8) -> bool {
        let is_end = matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
        self.depth == 0 && !self.in_string && is_end
    }
}

impl<R: BufRead> Values<R> {
    /// The values of `input`, which begins in line `first`; longer ones than `limit` bytes are
    /// not read.
    pub(super) fn new(input: R, first: u64, limit: usize) -> Self {
        Self { input, buffer: Vec::new(), line: first, limit, in_array: false }
    }

    /// The next part and the line that it begins in.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Part<'_>)>> {
        if !self.come_to_value()? {
            let unclosed = std::mem::take(&mut self.in_array);
            return Ok(unclosed.then_some((self.line, Part::Unclosed)));
        }
        let line = self.line;
        self.buffer.clear();
        let mut too_long = false;
        let mut state = State::default();
        let mut is_first = true;
        let mut ended = false;
        while !ended {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            let mut taken = bytes.len();
            for (at, byte) in bytes.iter().enumerate() {
                if !is_first && state.ends_before(*byte) {
                    (taken, ended) = (at, true);
                    break;
                }
                is_first = false;
                self.line += u64::from(*byte == b'\n');
                if state.ends_with(*byte) {
                    (taken, ended) = (at + 1, true);
                    break;
                }
            }
            too_long |= self.buffer.len() + taken > self.limit;
            if too_long {
                self.buffer = Vec::new();
            } else {
                self.buffer.extend_from_slice(&bytes[..taken]);
            }
            self.input.consume(taken);
        }
        Ok(Some((line, if too_long { Part::TooLong } else { Part::Value(&self.buffer) })))
    }

    /// Passes over blanks, commas and the brackets of the array. Returns whether there is more.
    fn come_to_value(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.input.fill_buf()?;
            let Some(first) = bytes.first() else { return Ok(false) };
            match first {
                b'\n' => self.line += 1,
                b',' => {}
                b'[' if !self.in_array => self.in_array = true,
                b']' if self.in_array => self.in_array = false,
                byte if byte.is_ascii_whitespace() => {}
                _ => return Ok(true),
            }
            self.input.consume(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn values(text: &str) -> Vec<(u64, String)> {
        // Small reads, so that values cross them.
        let mut values = Values::new(BufReader::with_capacity(3, text.as_bytes()), 1, 12);
        let mut all = Vec::new();
        while let Some((line, part)) = values.next().expect("memory can be read") {
            let text = match part {
                Part::Value(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Part::TooLong => "too long".to_owned(),
                Part::Unclosed => "unclosed".to_owned(),
            };
            all.push((line, text));
        }
        all
    }

    #[test]
    fn arrays_and_sequences_are_cut_into_their_values() {
        let cases: [(&str, &[(u64, &str)]); 12] = [
            ("", &[]),
            ("[]", &[]),
            ("[ {} ,\n{\"a\": [1]}\n]", &[(1, "{}"), (2, "{\"a\": [1]}")]),
            ("{\n}\n{}", &[(1, "{\n}"), (3, "{}")]),
            ("[1, \"]\",null]", &[(1, "1"), (1, "\"]\""), (1, "null")]),
            (r#"["\"]", "\\"]"#, &[(1, r#""\"]""#), (1, r#""\\""#)]),
            ("[{\"a\": \"}\"}]", &[(1, "{\"a\": \"}\"}")]),
            ("[[1], 2]", &[(1, "[1]"), (1, "2")]),
            ("[{}", &[(1, "{}"), (1, "unclosed")]),
            ("[{\"a\"", &[(1, "{\"a\""), (1, "unclosed")]),
            ("[\"123456789012\", {}]", &[(1, "too long"), (1, "{}")]),
            ("} x", &[(1, "}"), (1, "x")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
            assert_eq!(values(text), expected, "{text}");
        }
    }
}
