//! Predicates: which documents are meant.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::error::{Error, Result};
use crate::id::{Key, Label};

/// How many [`Predicate::And`], [`Predicate::Or`] and [`Predicate::Not`] may stand one within
/// another, the innermost predicate counted.
pub const MAX_PREDICATE_DEPTH: usize = 64;

/// A condition on documents, by their fields, keys and labels.
///
/// A document has a value of a field if any of its values of that field is that value; a field
/// that no document has is one without values, and no error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Predicate {
    /// The document has this value.
    Equal {
        /// The name of the field.
        field: String,
        /// The value.
        value: Vec<u8>,
    },
    /// The document has any of these values.
    In {
        /// The name of the field.
        field: String,
        /// The values.
        values: BTreeSet<Vec<u8>>,
    },
    /// The document has a value between these bounds, in the order of bytes.
    Range {
        /// The name of the field.
        field: String,
        /// Where the values begin.
        lower: Bound<Vec<u8>>,
        /// Where the values end.
        upper: Bound<Vec<u8>>,
    },
    /// The document has any value of this field.
    Exists {
        /// The name of the field.
        field: String,
    },
    /// The document has one of these keys.
    Keys(BTreeSet<Key>),
    /// The document has one of these labels.
    Labels(BTreeSet<Label>),
    /// All of these hold; with none of them, every document is meant.
    And(Vec<Predicate>),
    /// Any of these holds; with none of them, no document is meant.
    Or(Vec<Predicate>),
    /// This does not hold.
    Not(Box<Predicate>),
}

impl Predicate {
    /// Refuses a predicate that is too deep, so that recursion over it is bounded.
    pub(super) fn check_depth(&self) -> Result<()> {
        if self.is_within(MAX_PREDICATE_DEPTH) {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the predicate is more than {MAX_PREDICATE_DEPTH} levels deep: write it with fewer \
             conditions within conditions"
        )))
    }

    fn is_within(&self, levels: usize) -> bool {
        let Some(below) = levels.checked_sub(1) else { return false };
        match self {
            Predicate::And(parts) | Predicate::Or(parts) => {
                parts.iter().all(|part| part.is_within(below))
            }
            Predicate::Not(part) => part.is_within(below),
            Predicate::Equal { .. }
            | Predicate::In { .. }
            | Predicate::Range { .. }
            | Predicate::Exists { .. }
            | Predicate::Keys(_)
            | Predicate::Labels(_) => true,
        }
    }
}
