//! What a word says about its language: logarithms of likelihoods up to a constant.
//!
//! Two witnesses are heard. A word on the list of a language's commonest words, or with a letter
//! or ending peculiar to it, speaks for that language. Every other word is judged by lingua's
//! letter models, one word at a time, so that a text may be cut between any two words.

use std::collections::HashMap;
use std::sync::LazyLock;

use lingua::{LanguageDetector as LetterModels, LanguageDetectorBuilder};

use super::function_words::FUNCTION_WORDS;
use super::script::{Alphabet, Word};

/// What a word on the list of a language counts for it.
const LISTED: f32 = 3.0;
/// The least that the letter models can say of a language that they know.
const LEAST: f64 = 1e-3;
/// What a word counts for a language that the letter models do not know: less than for the right
/// one of those that they know. They know most languages in Latin script and few in others.
const UNHEARD_LATIN: f32 = -3.3;
const UNHEARD_ELSEWHERE: f32 = -1.5;
/// The same for a whole text judged at once, and the least said of a language that they know.
const UNHEARD_TEXT: f32 = -6.0;
const LEAST_TEXT: f64 = 1e-6;
/// At most so many words of a query are judged by the letter models.
const MAX_JUDGED: usize = 10;

/// Languages that share an alphabet: tags and the logarithm of how much likelier one is than
/// the likeliest, before anything is read.
const LATIN: &[(f32, &str)] = &[
    (0.0, "en"),
    (-0.5, "de fr es pt it nl pl tr sv id vi fi ro cs hu da sw tl nb hi"),
    (-1.0, "hr ms"),
    (
        -1.5,
        "af az bs br ca ceb cy eo et eu fo fy ga gd gl ha ht ig is jv ku la lb lg ln lt lv mg mi mt nn ny oc \
         om rw sk sl sn so sq st su tk tn ts uz wo xh yo zu",
    ),
];
const CYRILLIC: &[(f32, &str)] =
    &[(0.0, "ru"), (-0.5, "uk"), (-1.0, "be bg kk mk mn sr"), (-1.5, "ba cv ky tg tt uz")];
const ARABIC: &[(f32, &str)] = &[(0.0, "ar"), (-0.5, "fa ur"), (-1.5, "ckb ps sd ug")];
const DEVANAGARI: &[(f32, &str)] = &[(0.0, "hi"), (-0.5, "mr ne")];
const HEBREW: &[(f32, &str)] = &[(0.0, "he"), (-1.5, "yi")];
const ETHIOPIC: &[(f32, &str)] = &[(0.0, "am"), (-1.5, "ti")];
const BENGALI: &[(f32, &str)] = &[(0.0, "bn"), (-1.5, "as")];

/// The tags of all languages that share an alphabet with others.
pub(super) fn sharing_an_alphabet() -> impl Iterator<Item = &'static str> {
    [LATIN, CYRILLIC, ARABIC, DEVANAGARI, HEBREW, ETHIOPIC, BENGALI]
        .into_iter()
        .flatten()
        .flat_map(|(_, tags)| tags.split_whitespace())
}

/// Letters that one or two of the languages of an alphabet use.
const LETTERS: &[(&str, &str)] = &[
    ("ɓɗƙ", "ha"),
    ("ħġ", "mt"),
    ("ҙҡ", "ba"),
    ("ӑӗӳ", "cv"),
    ("ҷӣӯ", "tg"),
    ("җ", "tt"),
    ("қғұ", "kk"),
    ("һ", "ba"),
    ("һ", "tt"),
    ("ђћ", "sr"),
    ("ѓќѕ", "mk"),
    ("ټډړږښڅځڼۍ", "ps"),
    ("ێڵڕ", "ckb"),
    ("ۇۈۋڭ", "ug"),
    ("ڻڄڃٻڀٿٽڌڏڙ", "sd"),
    ("ٹڈڑںے", "ur"),
    ("װױײ\u{5b7}\u{5b8}", "yi"),
    ("ኣቐቑቒቓቔቕ", "ti"),
    ("র", "bn"),
    ("ৰৱ", "as"),
];

/// Endings of words of one of the languages of an alphabet.
const ENDINGS: &[(&str, &str)] = &[
    ("को", "ne"),
    ("का", "ne"),
    ("हरू", "ne"),
    ("हरु", "ne"),
    ("लाई", "ne"),
    ("बाट", "ne"),
    ("मा", "ne"),
    ("ले", "ne"),
    ("छ", "ne"),
    ("छन्", "ne"),
    ("एको", "ne"),
    ("्यो", "ne"),
    ("ुन्", "ne"),
    ("दै", "ne"),
    ("च्या", "mr"),
    ("ाचा", "mr"),
    ("ाची", "mr"),
    ("ाचे", "mr"),
    ("ाला", "mr"),
    ("ात", "mr"),
    ("ून", "mr"),
];

/// Languages so close that a text in one may pass for the other.
const KIN: &[&str] = &[
    "bs hr sr", "id ms", "da nb nn", "xh zu", "st tn", "cs sk", "gl pt", "ca oc", "ga gd", "de lb",
    "hi mr ne",
];

/// The languages of one alphabet and the witnesses that tell them apart.
pub(super) struct Witnesses {
    pub(super) tags: Vec<&'static str>,
    /// Logarithms of likelihoods before anything is read, in the order of `tags`.
    pub(super) priors: Vec<f32>,
    /// Group of close languages, in the order of `tags`.
    kin: Vec<usize>,
    models: Option<LetterModels>,
    unheard: f32,
    known_to_models: HashMap<lingua::Language, usize>,
}

impl Witnesses {
    /// The witnesses for an alphabet; `None` where there is nothing to tell apart.
    pub(super) fn new(alphabet: Alphabet) -> Option<Self> {
        let (languages, models) = match alphabet {
            Alphabet::Latin => (
                LATIN,
                LanguageDetectorBuilder::from_all_languages_with_latin_script().build().into(),
            ),
            Alphabet::Cyrillic => (
                CYRILLIC,
                LanguageDetectorBuilder::from_all_languages_with_cyrillic_script().build().into(),
            ),
            Alphabet::Arabic => (
                ARABIC,
                LanguageDetectorBuilder::from_all_languages_with_arabic_script().build().into(),
            ),
            Alphabet::Devanagari => (
                DEVANAGARI,
                LanguageDetectorBuilder::from_all_languages_with_devanagari_script().build().into(),
            ),
            Alphabet::Hebrew => (HEBREW, None),
            Alphabet::Ethiopic => (ETHIOPIC, None),
            Alphabet::Bengali => (BENGALI, None),
            Alphabet::Han | Alphabet::Kana | Alphabet::OneLanguage(_) | Alphabet::Unknown => {
                return None;
            }
        };
        let (mut tags, mut priors) = (Vec::new(), Vec::new());
        for (prior, list) in languages {
            for tag in list.split_whitespace() {
                tags.push(tag);
                priors.push(*prior);
            }
        }
        let kin = (0..tags.len())
            .map(|index| {
                KIN.iter()
                    .position(|group| group.split(' ').any(|tag| tag == tags[index]))
                    .unwrap_or(KIN.len() + index)
            })
            .collect();
        let known_to_models = lingua::Language::all()
            .into_iter()
            .filter_map(|language| {
                let code = language.iso_code_639_1().to_string();
                tags.iter().position(|tag| *tag == code).map(|index| (language, index))
            })
            .filter(|_| models.is_some())
            .collect();
        let unheard = if alphabet == Alphabet::Latin { UNHEARD_LATIN } else { UNHEARD_ELSEWHERE };
        Some(Self { tags, priors, kin, models, unheard, known_to_models })
    }

    /// Whether the letter models know the language at a place in `tags`.
    pub(super) fn knows(&self, column: usize) -> bool {
        self.known_to_models.values().any(|&known| known == column)
    }

    /// Whether two languages, given by their places in `tags`, pass for one another.
    pub(super) fn are_kin(&self, one: usize, other: usize) -> bool {
        self.kin[one] == self.kin[other]
    }

    /// What each word says: rows in the order of `words`, columns in the order of `tags`.
    pub(super) fn of_words(&self, words: &[&Word]) -> Vec<Vec<f32>> {
        let mut rows: Vec<Vec<f32>> = words.iter().map(|word| self.listed(word)).collect();
        // Words on a list need no second witness.
        let unlisted: Vec<usize> =
            (0..words.len()).filter(|&at| rows[at].iter().all(|&value| value <= 0.0)).collect();
        let step = unlisted.len().div_ceil(MAX_JUDGED).max(1);
        for &at in unlisted.iter().step_by(step) {
            self.judge(&words[at].text, self.unheard, LEAST, &mut rows[at]);
        }
        rows
    }

    /// What the lists say of a text, in the order of `tags`, and on how many of its words.
    pub(super) fn of_lists(&self, words: &[&Word]) -> (Vec<f32>, Vec<usize>) {
        let mut sum = vec![0.0; self.tags.len()];
        let mut counts = vec![0; self.tags.len()];
        for word in words {
            for (index, value) in self.listed(word).into_iter().enumerate() {
                sum[index] += value;
                counts[index] += usize::from(value > 0.0);
            }
        }
        (sum, counts)
    }

    /// Adds what the letter models say of a text as a whole.
    pub(super) fn add_text(&self, text: &str, row: &mut [f32]) {
        self.judge(text, UNHEARD_TEXT, LEAST_TEXT, row);
    }

    fn listed(&self, word: &Word) -> Vec<f32> {
        let mut row = vec![0.0; self.tags.len()];
        let mut speak_for = |tag: &str| {
            if let Some(index) = self.tags.iter().position(|known| *known == tag) {
                row[index] = LISTED;
            }
        };
        static LISTS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
            let mut lists: HashMap<&str, Vec<&str>> = HashMap::new();
            for (tag, words) in FUNCTION_WORDS {
                for word in words.split_whitespace() {
                    lists.entry(word).or_default().push(tag);
                }
            }
            lists
        });
        for tag in LISTS.get(word.text.as_str()).into_iter().flatten() {
            speak_for(tag);
        }
        if word.alphabet != Alphabet::Latin || !word.text.is_ascii() {
            for (letters, tag) in LETTERS {
                if word.text.contains(|letter| letters.contains(letter)) {
                    speak_for(tag);
                }
            }
        }
        if word.alphabet == Alphabet::Devanagari && word.letters > 3 {
            for (ending, tag) in ENDINGS {
                if word.text.ends_with(ending) {
                    speak_for(tag);
                }
            }
        }
        row
    }

    fn judge(&self, text: &str, unheard: f32, least: f64, row: &mut [f32]) {
        let Some(models) = &self.models else { return };
        let confidences = models.compute_language_confidence_values(text);
        if confidences.first().is_none_or(|(_, confidence)| *confidence <= 0.0) {
            return;
        }
        let mut said = vec![unheard; row.len()];
        for (language, confidence) in confidences {
            if let Some(&index) = self.known_to_models.get(&language) {
                said[index] = confidence.max(least).ln() as f32;
            }
        }
        for (value, said) in row.iter_mut().zip(said) {
            *value += said;
        }
    }
}
