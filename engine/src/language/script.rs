//! Splits a text into words, each in one alphabet.

use unicode_script::{Script, UnicodeScript};

/// A writing system, as far as telling languages apart needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Alphabet {
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Hebrew,
    Ethiopic,
    Bengali,
    Han,
    Kana,
    /// A script that one language, of this tag, is written in.
    OneLanguage(&'static str),
    /// A script whose languages are not told apart here.
    Unknown,
}

impl Alphabet {
    /// The alphabet that a character belongs to; `None` of digits, signs and combining marks.
    fn of(character: char) -> Option<Self> {
        Some(match character.script() {
            Script::Common | Script::Inherited | Script::Unknown => return None,
            Script::Latin => Self::Latin,
            Script::Cyrillic => Self::Cyrillic,
            Script::Arabic => Self::Arabic,
            Script::Devanagari => Self::Devanagari,
            Script::Hebrew => Self::Hebrew,
            Script::Ethiopic => Self::Ethiopic,
            Script::Bengali => Self::Bengali,
            Script::Han | Script::Bopomofo => Self::Han,
            Script::Hiragana | Script::Katakana => Self::Kana,
            Script::Armenian => Self::OneLanguage("hy"),
            Script::Cherokee => Self::OneLanguage("chr"),
            Script::Georgian => Self::OneLanguage("ka"),
            Script::Greek => Self::OneLanguage("el"),
            Script::Gujarati => Self::OneLanguage("gu"),
            Script::Gurmukhi => Self::OneLanguage("pa"),
            Script::Hangul => Self::OneLanguage("ko"),
            Script::Kannada => Self::OneLanguage("kn"),
            Script::Khmer => Self::OneLanguage("km"),
            Script::Lao => Self::OneLanguage("lo"),
            Script::Malayalam => Self::OneLanguage("ml"),
            Script::Myanmar => Self::OneLanguage("my"),
            Script::Oriya => Self::OneLanguage("or"),
            Script::Sinhala => Self::OneLanguage("si"),
            Script::Tamil => Self::OneLanguage("ta"),
            Script::Telugu => Self::OneLanguage("te"),
            Script::Thaana => Self::OneLanguage("dv"),
            Script::Thai => Self::OneLanguage("th"),
            Script::Tibetan => Self::OneLanguage("bo"),
            _ => Self::Unknown,
        })
    }

    /// The tags of all languages that are alone in their script, with repeats.
    pub(super) fn languages_alone() -> impl Iterator<Item = &'static str> {
        // All their scripts have letters in the first plane.
        ('\0'..='\u{ffff}').filter_map(Self::of).filter_map(|alphabet| match alphabet {
            Self::OneLanguage(tag) => Some(tag),
            _ => None,
        })
    }

    /// How many letters of other alphabets a character of this one stands for.
    fn weight(self) -> usize {
        if matches!(self, Self::Han | Self::Kana | Self::OneLanguage("ko")) { 2 } else { 1 }
    }
}

/// A run of letters of one alphabet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) alphabet: Alphabet,
    /// In lower case, every apostrophe as `'`.
    pub(super) text: String,
    /// Letters; a character for a syllable or a word counts as two.
    pub(super) letters: usize,
}

/// The words of a text. Where words are not set apart by spaces, a word is a whole clause.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // Whether the last word may go on, and the joiners seen since its last letter.
    let mut open = false;
    let mut joiners = String::new();
    for character in text.chars() {
        if let Some(alphabet) = Alphabet::of(character) {
            if !(open && words.last().is_some_and(|word| word.alphabet == alphabet)) {
                words.push(Word { alphabet, text: String::new(), letters: 0 });
                joiners.clear();
            }
            open = true;
            if let Some(word) = words.last_mut() {
                word.text.push_str(&joiners);
                word.text.extend(character.to_lowercase());
                word.letters += usize::from(character.is_alphabetic()) * alphabet.weight();
            }
            joiners.clear();
        } else if is_apostrophe(character) {
            joiners.push('\'');
        } else if character == '-' || character.script() == Script::Inherited {
            joiners.push(character);
        } else {
            end_word(&mut words, open, &joiners);
            joiners.clear();
            open = false;
        }
    }
    end_word(&mut words, open, &joiners);
    words.retain(|word| word.letters > 0);
    words
}

/// Combining marks and an apostrophe at the end belong to the word: `n'`, `ọ̀`.
fn end_word(words: &mut [Word], open: bool, joiners: &str) {
    if let Some(word) = words.last_mut().filter(|_| open) {
        word.text.push_str(joiners.trim_end_matches('-'));
    }
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '’' | '‘' | 'ʻ' | 'ʼ' | '`' | '´')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(Alphabet, String)> {
        words(text).into_iter().map(|word| (word.alphabet, word.text)).collect()
    }

    #[test]
    fn words_end_at_spaces_and_where_the_alphabet_changes() {
        assert_eq!(
            split("L’été, e-mail PCR検査 12 हिन्दी"),
            [
                (Alphabet::Latin, "l'été".to_owned()),
                (Alphabet::Latin, "e-mail".to_owned()),
                (Alphabet::Latin, "pcr".to_owned()),
                (Alphabet::Han, "検査".to_owned()),
                (Alphabet::Devanagari, "हिन्दी".to_owned()),
            ]
        );
    }

    #[test]
    fn marks_and_apostrophes_at_the_end_stay_with_their_word() {
        assert_eq!(split("n' o\u{300} a- ''")[0].1, "n'");
        assert_eq!(split("n' o\u{300} a- ''")[1].1, "o\u{300}");
        assert_eq!(split("n' o\u{300} a- ''")[2].1, "a");
    }

    #[test]
    fn signs_digits_and_emoji_are_no_words() {
        assert_eq!(split(" \t12,5 % – 🐝🍯 !? \u{301}' -"), []);
    }
}
