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
    let mut words = text.split_word_bound_indices().peekable();
    while let Some((start, word)) = words.next() {
        let mut word_end = start + word.len();
        while let Some((mark, marks)) =
            words.next_if(|(_, text)| text.chars().all(|mark| CLOSING.contains(mark)))
        {
            word_end = mark + marks.len();
        }
        let word = &text[start..word_end];
        let needed = word.trim_end().width();
        if used + needed > width {
            // A word that no line has room for begins on this one.
            let end =
                if needed > width { start + broken(word, width.saturating_sub(used)) } else { end };
            return if end > 0 { end } else { text.graphemes(true).next().map_or(0, str::len) };
        }
        used += word.width();
        end = word_end;
    }
    text.len()
}

/// Bytes of the characters, as readers see them, that `width` columns have room for.
fn broken(word: &str, width: usize) -> usize {
    let mut used = 0;
    let fits = |(_, character): &(usize, &str)| {
        used += character.width();
        used <= width
    };
    word.grapheme_indices(true)
        .take_while(fits)
        .last()
        .map_or(0, |(at, character)| at + character.len())
}

/// Marks that do not begin a line.
const CLOSING: &str = ".,;:!?%)]}…”’»؟،؛۔।॥።፣፤፥។៖၊။、。」』】》〉！？，；：）";

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<&str> {
        lines(text, width).collect()
    }

    #[test]
    fn lines_break_at_blanks_and_keep_those_of_the_text() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("one\n\ntwo", 7), ["one", "", "two"]);
        assert_eq!(wrapped("", 7), [""]);
    }

    #[test]
    fn marks_stay_with_what_they_close() {
        assert_eq!(wrapped("one two.", 7), ["one", "two."]);
        assert_eq!(wrapped("蜜蜂跳舞。蜂看", 8), ["蜜蜂跳", "舞。蜂看"]);
    }

    #[test]
    fn words_longer_than_a_line_are_broken_between_characters() {
        assert_eq!(wrapped("a bbbbbbbb", 4), ["a bb", "bbbb", "bb"]);
        let marked = "e\u{301}".repeat(3);
        assert_eq!(wrapped(&marked, 2), ["e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!(wrapped("蜜蜂", 1), ["蜜", "蜂"]);
    }

    #[test]
    fn no_line_is_wider_than_asked_and_nothing_but_blanks_is_lost() {
        let text = "Bees dance (the others look on). 蜜蜂用跳舞告诉同伴，哪里有花。 ผึ้งเต้นรำบอกเพื่อนว่าดอกไม้อยู่ที่ไหน";
        let bare = |text: &str| {
            text.chars().filter(|character| !character.is_whitespace()).collect::<String>()
        };
        for width in 2..60 {
            let lines = wrapped(text, width);
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
            assert_eq!(bare(&lines.concat()), bare(text), "{width}");
        }
    }
}
