//! Languages as the index knows them: small numbers, in the order in which they first came.

use std::collections::HashMap;

use mlsearch_index::Label;

use crate::{Error, Language, Result};

/// Labels are 16-bit numbers.
const MOST: usize = 1 << 16;

/// The languages of an index and their labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LabelTable {
    languages: Vec<Language>,
    labels: HashMap<Language, Label>,
}

impl LabelTable {
    /// Reads the table from the index attribute that [`to_attribute`](Self::to_attribute) wrote.
    pub(crate) fn from_attribute(text: &str) -> Result<Self, String> {
        let languages: Vec<Language> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut table = Self::default();
        for language in languages {
            if table.labels.contains_key(&language) {
                return Err(format!("its language table holds {language} twice"));
            }
            table.label(&language).map_err(|error| error.to_string())?;
        }
        Ok(table)
    }

    /// The table as an index attribute: the tags in the order of their labels.
    pub(crate) fn to_attribute(&self) -> String {
        serde_json::to_string(&self.languages).expect("strings always serialise")
    }

    /// The label of a language, a new one if it has none yet.
    pub(crate) fn label(&mut self, language: &Language) -> Result<Label> {
        if let Some(label) = self.labels.get(language) {
            return Ok(*label);
        }
        let next = u16::try_from(self.languages.len())
            .map_err(|_| Error::TooManyLanguages { tag: language.to_string(), most: MOST })?;
        self.languages.push(language.clone());
        self.labels.insert(language.clone(), Label(next));
        Ok(Label(next))
    }

    /// The language of a label.
    pub(crate) fn language(&self, label: Label) -> Option<&Language> {
        self.languages.get(usize::from(label.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> Language {
        Language::parse(text).expect("a tag")
    }

    #[test]
    fn labels_are_stable_and_round_trip() {
        let mut table = LabelTable::default();
        let labels: Vec<_> =
            ["de", "th", "de", "und"].iter().map(|t| table.label(&tag(t)).expect("room")).collect();
        assert_eq!(labels, [Label(0), Label(1), Label(0), Label(2)]);
        assert_eq!(table.language(Label(1)), Some(&tag("th")));
        assert_eq!(table.language(Label(3)), None);
        assert_eq!(LabelTable::from_attribute(&table.to_attribute()), Ok(table));
    }

    #[test]
    fn damaged_tables_are_refused() {
        for text in ["", "{}", "[1]", r#"["de","de"]"#, r#"["not a tag"]"#] {
            assert!(LabelTable::from_attribute(text).is_err(), "{text}");
        }
    }
}
