//! Text broken into lines that fit the terminal, in any script.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The lines of `text`, each at most `width` columns wide unless a single character is wider.
/// Lines are broken after blanks and between the characters of scripts that write without them
/// (Unicode Standard Annex 29), within a word only when it is longer than a line.
pub(super) fn lines(text: &str, width: usize) -> impl Iterator<Item = &str> {
    // `split` gives an empty line for an empty text.
    text.split('\n').flat_map(move |line| Wrapped { rest: Some(line), width: width.max(1) })
}

/// A line that is being broken.
struct Wrapped<'a> {
    rest: Option<&'a str>,
    width: usize,
}

impl<'a> Iterator for Wrapped<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.take()?;
        let end = fitting(rest, self.width);
        let (line, after) = rest.split_at(end);
        let after = after.trim_start();
        if !after.is_empty() {
            self.rest = Some(after);
        }
        Some(line.trim_end())
    }
}

/// How many bytes of `text` go on a line; more than 0 unless it is empty.
fn fitting(text: &str, width: usize) -> usize {
    let mut end = 0;
    let mut used = 0;
    let mut segments = text.split_word_bound_indices().peekable();
    while let Some((at, word)) = segments.next() {
        // Marks that close a clause stay with what they close.
        let mut unit = at + word.len();
        while let Some((mark, text)) = segments.next_if(|(_, text)| clings(text)) {
            unit = mark + text.len();
        }
        let unit_width = text[at..unit].trim_end().width();
        if used + unit_width > width {
            // A word that no line has room for begins on this one.
            return if end == 0 || unit_width > width { at + broken(&text[at..], width - used) } else { end }
                .max(if end == 0 { first_character(text) } else { end });
        }
        used += text[at..unit].width();
        end = unit;
    }
    end
}

/// Bytes of the characters, as readers see them, that `width` columns have room for.
fn broken(text: &str, width: usize) -> usize {
    let mut used = 0;
    let fits = |(_, character): &(usize, &str)| {
        used += character.width();
        used <= width
    };
    text.grapheme_indices(true).take_while(fits).last().map_or(0, |(at, character)| at + character.len())
}

fn first_character(text: &str) -> usize {
    text.graphemes(true).next().map_or(0, str::len)
}

/// Whether a segment of text must not begin a line: punctuation, but for opening brackets.
fn clings(text: &str) -> bool {
    let opening = ['(', '[', '{', '«', '“', '‘', '「', '『', '（', '【', '《', '〈', '¿', '¡', '#', '@', '-', '–', '—'];
    text.chars().all(|character| {
        !character.is_alphanumeric() && !character.is_whitespace() && !opening.contains(&character)
    }) && text.width() <= 2
        && text.chars().all(is_punctuation)
}

fn is_punctuation(character: char) -> bool {
    character.is_ascii_punctuation()
        || matches!(character, '…' | '”' | '’' | '»' | '؟' | '،' | '؛' | '۔' | '।' | '॥' | '።' | '፣' | '።' | '។' | '៖')
        || matches!(character, '\u{3001}'..='\u{3002}' | '」' | '』' | '】' | '》' | '〉' | '！' | '？' | '，' | '；' | '：' | '）')
}
