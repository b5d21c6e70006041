//! BCP 47 language tags.

use std::fmt;
use std::str::FromStr;

use oxilangtag::LanguageTag;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Longest tag accepted, in bytes.
const MAX_BYTES: usize = 64;

/// A language, as a BCP 47 tag in canonical letter case: `de`, `pt-BR`, `zh-Hant`, `und`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

impl Language {
    /// The language of a text whose language is not known: `und`.
    pub fn undetermined() -> Self {
        Self("und".to_owned())
    }

    /// Reads a tag. Letter case and `_` for `-` do not matter; withdrawn codes are replaced
    /// (`iw` becomes `he`), and so are codes of three letters where there is one of two (`deu` becomes
    /// `de`).
    ///
    /// # Errors
    /// [`Error::InvalidLanguage`] unless the tag is well-formed and begins with a language code
    /// of two or three letters.
    pub fn parse(tag: &str) -> Result<Self> {
        let invalid = || Error::InvalidLanguage { tag: tag.chars().take(MAX_BYTES).collect() };
        if tag.len() > MAX_BYTES {
            return Err(invalid());
        }
        let parsed = LanguageTag::parse_and_normalize(&tag.trim().replace('_', "-"))
            .map_err(|_| invalid())?;
        let primary = parsed.primary_language();
        if !matches!(primary.len(), 2 | 3) {
            return Err(invalid());
        }
        let current = match primary {
            "iw" => "he",
            "in" => "id",
            "ji" => "yi",
            "jw" => "jv",
            "mo" => "ro",
            // A language that has a code of two letters goes by it (RFC 5646, section 2.2.1).
            _ => isolang::Language::from_639_3(primary)
                .and_then(|language| language.to_639_1())
                .unwrap_or(primary),
        };
        Ok(Self(format!("{current}{}", &parsed.as_str()[primary.len()..])))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language code that the tag begins with: `zh` of `zh-Hant`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// Whether this is `und`.
    pub fn is_undetermined(&self) -> bool {
        self.primary() == "und"
    }

    /// Whether `other` is this language or a variety of it (RFC 4647, basic filtering): `zh`
    /// includes `zh-Hant`, and not the other way round.
    pub fn includes(&self, other: &Self) -> bool {
        match other.0.strip_prefix(&self.0) {
            Some(rest) => rest.is_empty() || rest.starts_with('-'),
            None => false,
        }
    }

    /// Whether both are varieties of one language. `no` is one with `nb` and `nn`.
    pub fn same_language(&self, other: &Self) -> bool {
        fn code(primary: &str) -> &str {
            match primary {
                "nb" | "nn" => "no",
                "fil" => "tl",
                _ => primary,
            }
        }
        code(self.primary()) == code(other.primary())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(tag: &str) -> Result<Self> {
        Self::parse(tag)
    }
}

impl TryFrom<String> for Language {
    type Error = Error;

    fn try_from(tag: String) -> Result<Self> {
        Self::parse(&tag)
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> Language {
        Language::parse(text).expect("a tag")
    }

    #[test]
    fn tags_are_brought_into_canonical_form() {
        for (given, canonical) in [
            ("DE", "de"),
            ("pt_br", "pt-BR"),
            ("ZH-hant", "zh-Hant"),
            ("iw", "he"),
            (" en ", "en"),
            ("gsw", "gsw"),
        ] {
            assert_eq!(tag(given).as_str(), canonical);
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in [
            "",
            "e",
            "english",
            "de--at",
            "d€",
            "12",
            "x-private",
            "en\n<script>",
            &"a-".repeat(100),
        ] {
            assert!(
                matches!(Language::parse(text), Err(Error::InvalidLanguage { .. })),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_language_includes_its_varieties() {
        assert!(tag("zh").includes(&tag("zh-Hant")));
        assert!(!tag("zh-Hant").includes(&tag("zh")));
        assert!(!tag("en").includes(&tag("enm")));
        assert!(tag("zh-Hans").same_language(&tag("zh-Hant")));
        assert!(tag("nb").same_language(&tag("no")));
        assert!(!tag("de").same_language(&tag("nds")));
    }
}
