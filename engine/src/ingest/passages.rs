//! Long texts cut into passages of a useful length.
//!
//! Short paragraphs are merged, long ones are cut between sentences (Unicode Standard Annex 29:
//! `.` where a sentence ends, and `。`, `！`, `？`, `।`, `።`, `។` and the like of every script). A
//! sentence that is itself too long is cut between lines, else between words, and where there are
//! none, between characters as readers see them: never within one.

use unicode_segmentation::UnicodeSegmentation;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) text: String,
    /// The line of the file that it begins in.
    pub(super) line: u64,
}

/// Merges and cuts paragraphs into passages of at most about `target` characters.
pub(super) struct Packer {
    target: usize,
    current: Option<Passage>,
    /// Characters in `current`.
    chars: usize,
    done: Vec<Passage>,
}

/// What two paragraphs of a passage are joined with.
const PARAGRAPH_END: &str = "\n\n";

impl Packer {
    pub(super) fn new(target: usize) -> Self {
        Self { target: target.max(1), current: None, chars: 0, done: Vec::new() }
    }

    /// Adds a paragraph that begins in `line`.
    pub(super) fn paragraph(&mut self, paragraph: &str, line: u64) {
        let before = paragraph.len() - paragraph.trim_start().len();
        let line = line + newlines(&paragraph[..before]);
        let paragraph = paragraph.trim();
        // A little more than the target is better than a passage of a few words.
        if paragraph.chars().count() <= self.target + self.target / 4 {
            self.piece(paragraph, line, PARAGRAPH_END);
            return;
        }
        self.close();
        let mut line = line;
        for sentence in sentences(paragraph) {
            for piece in Pieces::new(sentence, self.target) {
                // The blanks between pieces stay at their ends, and go at the end of a passage.
                self.piece(piece, line, "");
                line += newlines(piece);
            }
        }
        self.close();
    }

    /// Ends the current passage.
    pub(super) fn close(&mut self) {
        self.chars = 0;
        if let Some(mut passage) = self.current.take() {
            passage.text.truncate(passage.text.trim_end().len());
            if !passage.text.is_empty() {
                self.done.push(passage);
            }
        }
    }

    /// The passages that are finished, in order.
    pub(super) fn finished(&mut self) -> std::vec::Drain<'_, Passage> {
        self.done.drain(..)
    }

    /// Adds a piece to the current passage, or begins another with it.
    fn piece(&mut self, piece: &str, line: u64, separator: &str) {
        let chars = piece.chars().count();
        let blanks = piece.chars().rev().take_while(|character| character.is_whitespace()).count();
        if self.chars > 0 && self.chars + separator.len() + chars - blanks > self.target {
            self.close();
        }
        match &mut self.current {
            Some(passage) => {
                passage.text.push_str(separator);
                passage.text.push_str(piece);
                self.chars += separator.len() + chars;
            }
            None => {
                let text = piece.trim_start();
                if !text.is_empty() {
                    let line = line + newlines(&piece[..piece.len() - text.len()]);
                    self.current = Some(Passage { text: text.to_owned(), line });
                    self.chars = chars;
                }
            }
        }
    }
}

/// The sentences of a paragraph, each with the blanks after it. A line end does not end a
/// sentence.
fn sentences(paragraph: &str) -> impl Iterator<Item = &str> {
    let mut bounds = paragraph.split_sentence_bound_indices().peekable();
    let mut start = 0;
    std::iter::from_fn(move || {
        loop {
            let (at, part) = bounds.next()?;
            let end = at + part.len();
            if bounds.peek().is_none() || !ends_at_line_only(part) {
                return Some(&paragraph[std::mem::replace(&mut start, end)..end]);
            }
        }
    })
}

/// Whether what the standard calls a sentence ends only because a line does.
fn ends_at_line_only(part: &str) -> bool {
    let closing = ['"', '\'', ')', ']', '”', '’', '»', '」', '』', '）', '】'];
    let end = part.trim_end().trim_end_matches(closing).chars().next_back();
    part.ends_with('\n')
        && end.is_some_and(|last| {
            last.is_alphanumeric() || matches!(last, ',' | ';' | '-' | '،' | '、')
        })
}

/// A sentence cut into pieces of at most `most` characters.
struct Pieces<'a> {
    rest: &'a str,
    most: usize,
}

impl<'a> Pieces<'a> {
    fn new(sentence: &'a str, most: usize) -> Self {
        Self { rest: sentence, most }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        // Blanks at the end do not count.
        let end = match self.rest.trim_end().char_indices().nth(self.most) {
            Some((limit, _)) => cut(self.rest, limit),
            None => self.rest.len(),
        };
        let (piece, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(piece)
    }
}

/// The best place to cut `text` at or before `limit` bytes: a line end, else a blank, else the end
/// of a character as readers see it, which may be after `limit` if it is a very long one.
fn cut(text: &str, limit: usize) -> usize {
    let head = &text[..limit];
    // Not so early that passages become much shorter than wanted.
    let is_late = |end: &usize| *end > limit / 2;
    let line_end = || head.rfind('\n').map(|at| at + 1).filter(is_late);
    let word_end = || {
        let (at, blank) = head.char_indices().rfind(|(_, character)| character.is_whitespace())?;
        Some(at + blank.len_utf8()).filter(is_late)
    };
    let character_ends = || text.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len());
    line_end()
        .or_else(word_end)
        .or_else(|| character_ends().take_while(|end| *end <= limit).last())
        .or_else(|| character_ends().next())
        .unwrap_or(text.len())
}

fn newlines(text: &str) -> u64 {
    super::input::newlines(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(paragraphs: &[&str], target: usize) -> Vec<String> {
        let mut packer = Packer::new(target);
        for paragraph in paragraphs {
            packer.paragraph(paragraph, 1);
        }
        packer.close();
        packer.finished().map(|passage| passage.text).collect()
    }

    #[test]
    fn short_paragraphs_are_merged_up_to_the_target() {
        assert_eq!(pack(&["aaa", "bbb", "ccc"], 8), ["aaa\n\nbbb", "ccc"]);
        assert_eq!(pack(&[], 8), [""; 0]);
        assert_eq!(pack(&[" ", "a"], 8), ["a"]);
    }

    #[test]
    fn long_paragraphs_are_cut_where_sentences_end() {
        let cases: [(&str, &[&str]); 9] = [
            (
                "Bees dance. They show the way. Dr. who knows.",
                &["Bees dance.", "They show the way.", "Dr. who knows."],
            ),
            (
                "蜜蜂会跳舞吗？是的！它们在蜂巢里跳舞。别的蜂看着。",
                &["蜜蜂会跳舞吗？是的！", "它们在蜂巢里跳舞。", "别的蜂看着。"],
            ),
            ("「行く。」と言った。それから帰った。", &["「行く。」と言った。", "それから帰った。"]),
            ("मधुमक्खी नाचती है। वह रास्ता बताती है।", &["मधुमक्खी नाचती है।", "वह रास्ता बताती है।"]),
            ("ንብ ትጨፍራለች። መንገድ ታሳያለች።", &["ንብ ትጨፍራለች።", "መንገድ ታሳያለች።"]),
            ("ឃ្មុំរាំ។ វាបង្ហាញផ្លូវ។", &["ឃ្មុំរាំ។", "វាបង្ហាញផ្លូវ។"]),
            ("ပျားကသည်။ လမ်းပြသည်။", &["ပျားကသည်။", "လမ်းပြသည်။"]),
            (
                "شہد کی مکھی ناچتی ہے۔ وہ راستہ بتاتی ہے۔",
                &["شہد کی مکھی ناچتی ہے۔", "وہ راستہ بتاتی ہے۔"],
            ),
            ("هل ترقص النحلة؟ نعم ترقص.", &["هل ترقص النحلة؟", "نعم ترقص."]),
        ];
        for (text, expected) in cases {
            let longest =
                expected.iter().map(|sentence| sentence.chars().count()).max().unwrap_or(1);
            assert_eq!(pack(&[text], longest), expected);
        }
    }

    #[test]
    fn a_line_end_within_a_sentence_does_not_end_it() {
        let text = "The bee that has found\nflowers dances. The others\nfollow her.";
        let found: Vec<_> = sentences(text).collect();
        assert_eq!(found, ["The bee that has found\nflowers dances. ", "The others\nfollow her."]);
    }

    #[test]
    fn what_has_no_sentences_is_cut_between_words_or_characters() {
        assert_eq!(pack(&["aaaa bbbb cccc dddd"], 10), ["aaaa bbbb", "cccc dddd"]);
        assert_eq!(pack(&["aaaaaaaaaaaaaaaaaaaa"], 10), ["aaaaaaaaaa", "aaaaaaaaaa"]);
        // A family of four is one character to a reader, and seven code points.
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(pack(&[&family.repeat(3)], 8), [family; 3]);
        assert_eq!(pack(&[&family.repeat(2)], 2), [family; 2]);
    }

    #[test]
    fn nothing_but_blanks_is_lost() {
        let text =
            "Ein Satz. 二つ目の文です。 तीसरा वाक्य है। cafe\u{301} und e\u{301}\u{301}\u{301}mile! "
                .repeat(30);
        let bare = |text: &str| {
            text.chars().filter(|character| !character.is_whitespace()).collect::<String>()
        };
        for target in 1..60 {
            let passages = pack(&[&text, "noch einer", &text], target);
            assert_eq!(
                bare(&passages.concat()),
                bare(&format!("{text}noch einer{text}")),
                "{target}"
            );
            assert!(passages.iter().all(|passage| !passage.starts_with('\u{301}')), "{target}");
        }
    }

    #[test]
    fn passages_know_the_line_they_begin_in() {
        let mut packer = Packer::new(12);
        packer.paragraph("\none\ntwo.\nThree four.\n\nFive six.", 10);
        packer.close();
        let lines: Vec<_> = packer.finished().map(|passage| (passage.text, passage.line)).collect();
        let expected = [("one\ntwo.", 11), ("Three four.", 13), ("Five six.", 15)];
        assert_eq!(lines, expected.map(|(text, line)| (text.to_owned(), line)));
    }
}
