//! Plain text as passages, or line by line.

use std::collections::VecDeque;

use super::input::{Input, Lines, Origin, TextLine, text_line};
use super::passages::Packer;
use super::{Entry, IngestOptions, Reader};
use crate::Document;

/// Longer paragraphs than this many bytes are not collected whole.
const MAX_PARAGRAPH_BYTES: usize = 1 << 20;

/// Passages of a text whose paragraphs are separated by blank lines.
pub(super) struct Text {
    lines: Lines<Input>,
    paragraph: Paragraph,
    passages: Passages,
}

impl Text {
    /// Passages of `input`, which begins in line `first`.
    pub(super) fn new(input: Input, first: u64, origin: Origin, options: &IngestOptions) -> Self {
        Self {
            lines: Lines::new(input, first, options.max_line_bytes),
            paragraph: Paragraph::default(),
            passages: Passages::new(origin, options),
        }
    }
}

impl Reader for Text {
    fn advance(&mut self, entries: &mut VecDeque<Entry>) -> bool {
        let line = text_line(&mut self.lines, &mut self.passages.origin, entries);
        match &line {
            TextLine::Text(_, text) if text.trim().is_empty() => {
                self.paragraph.end(&mut self.passages)
            }
            TextLine::Text(line, text) => self.paragraph.line(text, *line, &mut self.passages),
            TextLine::Reported => {}
            TextLine::End => {
                self.paragraph.end(&mut self.passages);
                self.passages.packer.close();
            }
        }
        self.passages.emit(entries);
        !matches!(line, TextLine::End)
    }
}

/// Each line of a text that is not blank.
pub(super) struct TextLines {
    lines: Lines<Input>,
    origin: Origin,
}

impl TextLines {
    /// Lines of `input`, which begins in line `first`.
    pub(super) fn new(input: Input, first: u64, origin: Origin, options: &IngestOptions) -> Self {
        Self { lines: Lines::new(input, first, options.max_line_bytes), origin }
    }
}

impl Reader for TextLines {
    fn advance(&mut self, entries: &mut VecDeque<Entry>) -> bool {
        match text_line(&mut self.lines, &mut self.origin, entries) {
            TextLine::Text(line, text) if !text.trim().is_empty() => {
                let name = self.origin.name();
                let document = Document::new(format!("{name}:{line}"), text)
                    .with_metadata("path", name)
                    .with_metadata("line", line);
                entries.push_back(Entry::Document(document));
                true
            }
            TextLine::Text(..) | TextLine::Reported => true,
            TextLine::End => false,
        }
    }
}

/// A paragraph that is being collected.
#[derive(Default)]
pub(super) struct Paragraph {
    text: String,
    line: u64,
}

impl Paragraph {
    /// Adds a line. A paragraph that becomes far too long for a passage is ended.
    pub(super) fn line(&mut self, text: &str, line: u64, passages: &mut Passages) {
        if self.text.is_empty() {
            self.line = line;
        } else {
            self.text.push('\n');
        }
        self.text.push_str(text);
        if self.text.len() > MAX_PARAGRAPH_BYTES {
            self.end(passages);
        }
    }

    /// Gives the paragraph to `passages`, and begins another.
    pub(super) fn end(&mut self, passages: &mut Passages) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            passages.packer.paragraph(&text, self.line);
        }
    }

    /// What was collected.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Forgets what was collected.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }
}

/// Turns passages into documents.
pub(super) struct Passages {
    pub(super) packer: Packer,
    pub(super) origin: Origin,
    /// Documents so far.
    number: u64,
    /// The heading that passages stand under: it begins their text.
    pub(super) heading: Option<Heading>,
}

/// A heading of a text.
pub(super) struct Heading {
    /// Its own words.
    pub(super) title: String,
    /// Those above it and itself.
    pub(super) path: String,
}

impl Passages {
    pub(super) fn new(origin: Origin, options: &IngestOptions) -> Self {
        Self { packer: Packer::new(options.passage_chars), origin, number: 0, heading: None }
    }

    /// Appends the passages that are finished, as documents.
    pub(super) fn emit(&mut self, entries: &mut VecDeque<Entry>) {
        for passage in self.packer.finished() {
            self.number += 1;
            let id = format!("{}#{}", self.origin.name(), self.number);
            let text = match &self.heading {
                // A heading without text of its own is a passage by itself.
                Some(heading) if heading.title != passage.text => {
                    format!("{}\n\n{}", heading.title, passage.text)
                }
                _ => passage.text,
            };
            let mut document = Document::new(id, text)
                .with_metadata("path", self.origin.name())
                .with_metadata("line", passage.line);
            if let Some(heading) = &self.heading {
                document = document.with_metadata("heading", heading.path.as_str());
            }
            entries.push_back(Entry::Document(document));
        }
    }
}
