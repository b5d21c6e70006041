//! What goes into an index.

use serde::{Deserialize, Serialize};

use crate::Language;

/// A document: a passage of text that can be found, and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Document {
    /// Identifies the document in its index; adding another with the same id replaces it.
    pub id: String,
    /// The text that is searched and returned.
    pub text: String,
    /// The text's language; detected when absent.
    #[serde(default, rename = "lang", skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Documents of one group are translations of each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Free fields, returned with the document.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

impl Document {
    /// A document with an id and a text.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
            language: None,
            group: None,
            metadata: serde_json::Map::new(),
        }
    }

    /// The same document, in a known language.
    pub fn in_language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// The same document, as one of a group of translations.
    pub fn in_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The same document with a metadata field.
    pub fn with_metadata(
        mut self,
        name: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }
}
