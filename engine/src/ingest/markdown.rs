//! Markdown as passages, each with the heading that it stands under.

use std::collections::VecDeque;

use super::input::{Input, Lines, Origin, TextLine, text_line};
use super::text::{Heading, Paragraph, Passages};
use super::{Entry, IngestOptions, Reader};

/// What stands between the headings of a path.
const PATH_SEPARATOR: &str = " › ";
/// A front matter of more lines is none.
const MAX_FRONT_MATTER_LINES: usize = 1000;

/// Passages of a Markdown file. A passage never spans two sections.
///
/// Only what decides where passages begin and end is understood: headings, blank lines, fenced
/// code, horizontal rules, and a front matter, of which the title is kept as the uppermost
/// heading. The rest of the markup is text.
pub(super) struct Markdown {
    lines: Lines<Input>,
    passages: Passages,
    sections: Sections,
    front_matter: Option<FrontMatter>,
}

/// Lines of a front matter that is not yet closed.
struct FrontMatter {
    lines: Vec<(u64, String)>,
}

/// The structure of what was read so far.
#[derive(Default)]
struct Sections {
    paragraph: Paragraph,
    /// The open headings with their levels, uppermost first.
    headings: Vec<(usize, String)>,
    /// A heading that nothing has followed yet, and its line.
    bare_heading: Option<u64>,
    fence: Option<Fence>,
}

/// The marks that opened fenced code.
struct Fence {
    mark: char,
    length: usize,
}

impl Markdown {
    pub(super) fn new(input: Input, origin: Origin, options: &IngestOptions) -> Self {
        Self {
            lines: Lines::new(input, 1, options.max_line_bytes),
            passages: Passages::new(origin, options),
            sections: Sections::default(),
            front_matter: None,
        }
    }

    fn line(&mut self, line: u64, text: String, entries: &mut VecDeque<Entry>) {
        let Some(mut open) = self.front_matter.take() else {
            if line == 1 && text.trim_end() == "---" {
                self.front_matter = Some(FrontMatter { lines: Vec::new() });
            } else {
                self.sections.line(&text, line, &mut self.passages, entries);
            }
            return;
        };
        if matches!(text.trim_end(), "---" | "...") {
            self.sections.open_heading(0, open.title(), line, &mut self.passages, entries);
            // The title of an empty file is no passage.
            self.sections.bare_heading = None;
            return;
        }
        open.lines.push((line, text));
        if open.lines.len() > MAX_FRONT_MATTER_LINES {
            open.replay(&mut self.sections, &mut self.passages, entries);
        } else {
            self.front_matter = Some(open);
        }
    }
}

impl Reader for Markdown {
    fn advance(&mut self, entries: &mut VecDeque<Entry>) -> bool {
        match text_line(&mut self.lines, &mut self.passages.origin, entries) {
            TextLine::Text(line, text) => self.line(line, text, entries),
            TextLine::Reported => {}
            TextLine::End => {
                if let Some(open) = self.front_matter.take() {
                    open.replay(&mut self.sections, &mut self.passages, entries);
                }
                self.sections.close(&mut self.passages, entries, 0);
                return false;
            }
        }
        self.passages.emit(entries);
        true
    }
}

impl FrontMatter {
    /// The value of `title: …`.
    fn title(&self) -> String {
        let title = self.lines.iter().find_map(|(_, text)| text.strip_prefix("title:"));
        title.unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned()
    }

    /// Gives the lines to `sections`, since they are no front matter.
    fn replay(
        &self,
        sections: &mut Sections,
        passages: &mut Passages,
        entries: &mut VecDeque<Entry>,
    ) {
        for (line, text) in &self.lines {
            sections.line(text, *line, passages, entries);
        }
    }
}

impl Sections {
    fn line(
        &mut self,
        text: &str,
        line: u64,
        passages: &mut Passages,
        entries: &mut VecDeque<Entry>,
    ) {
        if let Some(fence) = &self.fence {
            if fence.is_closed_by(text) {
                self.fence = None;
            }
            self.text_line(text, line, passages);
        } else if let Some(fence) = Fence::opened_by(text) {
            self.paragraph.end(passages);
            self.fence = Some(fence);
            self.text_line(text, line, passages);
        } else if let Some((level, title)) = heading(text) {
            self.open_heading(level, title.to_owned(), line, passages, entries);
        } else if let Some(level) = underline(text, self.paragraph.text()) {
            let title = self.paragraph.text().trim().to_owned();
            self.paragraph.clear();
            self.open_heading(level, title, line - 1, passages, entries);
        } else if text.trim().is_empty() || is_rule(text) {
            self.paragraph.end(passages);
        } else {
            self.text_line(text, line, passages);
        }
    }

    fn text_line(&mut self, text: &str, line: u64, passages: &mut Passages) {
        self.bare_heading = None;
        self.paragraph.line(text, line, passages);
    }

    /// Ends the section before, and begins the one under a heading.
    fn open_heading(
        &mut self,
        level: usize,
        title: String,
        line: u64,
        passages: &mut Passages,
        entries: &mut VecDeque<Entry>,
    ) {
        self.close(passages, entries, level);
        self.headings.retain(|(above, _)| *above < level);
        if !title.is_empty() {
            self.headings.push((level, title.clone()));
            self.bare_heading = Some(line);
        }
        let path: Vec<&str> = self.headings.iter().map(|(_, title)| title.as_str()).collect();
        passages.heading = self
            .headings
            .last()
            .map(|(_, title)| Heading { title: title.clone(), path: path.join(PATH_SEPARATOR) });
    }

    /// Ends the section before a heading of `level`. A heading that had neither text nor, below
    /// it, other headings becomes a passage: nothing else would hold its words.
    fn close(&mut self, passages: &mut Passages, entries: &mut VecDeque<Entry>, level: usize) {
        self.paragraph.end(passages);
        if let (Some(line), Some((last, title))) = (self.bare_heading.take(), self.headings.last())
            && level <= *last
        {
            passages.packer.paragraph(title, line);
        }
        passages.packer.close();
        passages.emit(entries);
    }
}

impl Fence {
    fn opened_by(text: &str) -> Option<Self> {
        let text = unindented(text)?;
        let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let length = text.chars().take_while(|character| *character == mark).count();
        // Code within a line may begin with three backticks, too.
        let is_inline = mark == '`' && text[length..].contains('`');
        (length >= 3 && !is_inline).then_some(Self { mark, length })
    }

    fn is_closed_by(&self, text: &str) -> bool {
        let text = text.trim();
        text.chars().count() >= self.length && text.chars().all(|character| character == self.mark)
    }
}

/// Level and title of a line such as `## Title`.
fn heading(text: &str) -> Option<(usize, &str)> {
    let text = unindented(text)?;
    let title = text.trim_start_matches('#');
    let level = text.len() - title.len();
    if !(1..=6).contains(&level) || !(title.is_empty() || title.starts_with([' ', '\t'])) {
        return None;
    }
    let title = title.trim();
    let bare = title.trim_end_matches('#');
    // `# C#` is no closed heading, `# C #` is.
    Some((
        level,
        if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { title },
    ))
}

/// The level that a line of `=` or `-` gives to the paragraph above, if that is a single line
/// of text.
fn underline(text: &str, above: &str) -> Option<usize> {
    let text = unindented(text)?.trim_end();
    let is_title = !above.trim().is_empty()
        && !above.contains('\n')
        && !above.trim_start().starts_with(['-', '*', '+', '>', '|', '`', '~']);
    let all = |mark| text.len() >= 2 && text.chars().all(|character| character == mark);
    match () {
        () if !is_title => None,
        () if all('=') => Some(1),
        () if all('-') => Some(2),
        () => None,
    }
}

/// Whether a line is a horizontal rule.
fn is_rule(text: &str) -> bool {
    let marks: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    marks.len() >= 3
        && matches!(marks[0], '-' | '*' | '_')
        && marks.iter().all(|mark| *mark == marks[0])
}

/// The line without indentation; `None` if it is indented so far that it is code.
fn unindented(text: &str) -> Option<&str> {
    let bare = text.trim_start_matches(' ');
    (text.len() - bare.len() <= 3 && !bare.starts_with('\t')).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_one_to_six_marks_and_a_blank() {
        let cases = [
            ("# A", Some((1, "A"))),
            ("   ###### A b ##", Some((6, "A b"))),
            ("# C#", Some((1, "C#"))),
            ("## ##", Some((2, ""))),
            ("#", Some((1, ""))),
            ("#hashtag", None),
            ("####### A", None),
            ("    # code", None),
        ];
        for (text, expected) in cases {
            assert_eq!(heading(text), expected, "{text}");
        }
    }

    #[test]
    fn only_a_single_line_of_text_is_underlined() {
        assert_eq!(underline("===", "Title"), Some(1));
        assert_eq!(underline("--", "Title"), Some(2));
        for (text, above) in
            [("===", ""), ("---", "two\nlines"), ("---", "- item"), ("-", "Title"), ("=-", "Title")]
        {
            assert_eq!(underline(text, above), None, "{text} {above}");
        }
    }

    #[test]
    fn fences_are_closed_by_as_many_marks() {
        let fence = Fence::opened_by("````rust").expect("a fence");
        assert!(
            !fence.is_closed_by("```")
                && !fence.is_closed_by("~~~~")
                && fence.is_closed_by("`````  ")
        );
        for text in ["``", "```a```", "    ```", "text"] {
            assert!(Fence::opened_by(text).is_none(), "{text}");
        }
    }
}
