//! What is wrong with a filter, and where.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// Characters of a filter that are shown before the place of an error, and from there on.
const SHOWN_BEFORE: usize = 40;
const SHOWN_AFTER: usize = 60;

/// What is wrong with a filter, and where. It is shown with the place marked:
///
/// ```
/// let error = mlsearch::Filter::parse("year > 2020 and and").unwrap_err();
/// assert_eq!(error.to_string(), "\
/// `and` is not a field: a condition begins with one, as in year >= 2020
///   year > 2020 and and
///                   ^^^");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    message: String,
    span: Range<usize>,
    /// The line of the filter that the error is in, or a part of it.
    excerpt: String,
    /// Columns before the mark, and columns marked.
    mark: (usize, usize),
}

impl FilterError {
    /// An error at the bytes `span` of `text`.
    pub(super) fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let (before, rest) = text.split_at(span.start);
        let is_break = |character: char| character == '\n';
        let line_start = before.rfind(is_break).map_or(0, |at| at + 1);
        let line_end = rest.find(is_break).map_or(text.len(), |at| span.start + at);
        let line = &text[line_start..line_end];
        let (before, rest) = line.split_at(span.start - line_start);
        let (marked, after) = rest.split_at(rest.len().min(span.len()));

        let mut excerpt = String::new();
        let start = before.char_indices().rev().nth(SHOWN_BEFORE - 1).map_or(0, |(at, _)| at);
        let (mut room, mut left) = (SHOWN_BEFORE, SHOWN_AFTER);
        excerpt.push_str(if start > 0 { "…" } else { "" });
        let mut columns = excerpt.chars().count();
        columns += show(&before[start..], &mut room, &mut excerpt);
        let marked = show(marked, &mut left, &mut excerpt);
        show(after, &mut left, &mut excerpt);
        if left == 0 {
            excerpt.push('…');
        }
        Self { message: message.into(), span, excerpt, mark: (columns, marked.max(1)) }
    }

    /// What is wrong, in a sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Which bytes of the filter are wrong; none, where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// Appends up to `left` characters of a text, harmless to a terminal, and returns the columns
/// that they take.
fn show(text: &str, left: &mut usize, excerpt: &mut String) -> usize {
    let mut columns = 0;
    for character in text.chars().take(*left) {
        let shown = if character.is_control() { ' ' } else { character };
        columns += shown.width().unwrap_or(0);
        excerpt.push(shown);
        *left -= 1;
    }
    columns
}

impl fmt::Display for FilterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, marked) = self.mark;
        writeln!(formatter, "{}", self.message)?;
        writeln!(formatter, "  {}", self.excerpt)?;
        write!(formatter, "  {}{}", " ".repeat(before), "^".repeat(marked))
    }
}

impl std::error::Error for FilterError {}
