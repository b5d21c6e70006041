//! What a writer is given: documents and their fields.

use std::collections::BTreeSet;
use std::ops::Range;

use super::IndexWriter;
use crate::error::{Error, Result};
use crate::fields::{Field, MAX_FIELD_VALUES};
use crate::format::fields::{MAX_FIELD_NAME_BYTES, MAX_FIELD_VALUE_BYTES, MAX_FIELDS};
use crate::id::{Key, Label};

/// A document to be added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewDocument<'document> {
    /// The document's key.
    pub key: Key,
    /// The document's label.
    pub label: Label,
    /// Its vector, of the index's dimension; of unit length for the cosine metric.
    pub vector: &'document [f32],
    /// What the caller keeps with it.
    pub payload: &'document [u8],
    /// What it can be selected by, in any order.
    pub fields: &'document [Field<'document>],
}

impl IndexWriter {
    /// Refuses fields that are too many or too long.
    pub(super) fn check_fields(&self, key: Key, fields: &[Field]) -> Result<()> {
        let refuse = |flaw: String| {
            Err(Error::invalid(format!("the document with key {key} cannot be added: {flaw}")))
        };
        if fields.len() > MAX_FIELD_VALUES {
            return refuse(format!(
                "its fields have {} values, and at most {MAX_FIELD_VALUES} are kept",
                fields.len()
            ));
        }
        for Field { name, value } in fields {
            if !(1..=MAX_FIELD_NAME_BYTES).contains(&name.len()) {
                return refuse(format!(
                    "the name of a field has {} bytes, and it must have 1 to {MAX_FIELD_NAME_BYTES}",
                    name.len()
                ));
            }
            if value.len() > MAX_FIELD_VALUE_BYTES {
                return refuse(format!(
                    "a value of its field `{name}` has {} bytes, and it may have \
                     {MAX_FIELD_VALUE_BYTES} at most",
                    value.len()
                ));
            }
        }
        // Only a name that the buffer has not seen can be one too many.
        let buffered = self.buffer.field_names();
        if fields.iter().all(|field| buffered.iter().any(|name| name == field.name)) {
            return Ok(());
        }
        let written = self.segments.iter().flat_map(|draft| draft.segment.field_names());
        let mut names: BTreeSet<&str> =
            written.chain(buffered.iter().map(String::as_str)).collect();
        names.extend(fields.iter().map(|field| field.name));
        if names.len() > MAX_FIELDS {
            return refuse(format!("an index has at most {MAX_FIELDS} different fields"));
        }
        Ok(())
    }
}

/// Fields written one after the other, to be read again by where they stand.
#[derive(Debug, Default)]
pub(super) struct WrittenFields {
    /// In the order they came; a field names its own by its number.
    names: Vec<String>,
    /// For each field the number of its name, the length of its value in two bytes, and the
    /// value.
    bytes: Vec<u8>,
}

/// Fields read in the order they were written in.
#[derive(Clone, Debug)]
pub(crate) struct FieldsRead<'written> {
    names: &'written [String],
    rest: &'written [u8],
}

impl WrittenFields {
    /// Writes fields that have been checked, and returns where they stand.
    pub(super) fn push(&mut self, fields: &[Field]) -> Range<usize> {
        let checked = "the number and the lengths of fields were checked";
        let start = self.bytes.len();
        for Field { name, value } in fields {
            let number = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
                self.names.push((*name).to_owned());
                self.names.len() - 1
            });
            self.bytes.push(u8::try_from(number).expect(checked));
            let length = u16::try_from(value.len()).expect(checked);
            self.bytes.extend_from_slice(&length.to_le_bytes());
            self.bytes.extend_from_slice(value);
        }
        start..self.bytes.len()
    }

    /// The fields that [`push`](Self::push) wrote.
    pub(super) fn read(&self, written: Range<usize>) -> FieldsRead<'_> {
        FieldsRead { names: &self.names, rest: &self.bytes[written] }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The memory they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.bytes.clear();
    }
}

impl<'written> Iterator for FieldsRead<'written> {
    type Item = Field<'written>;

    fn next(&mut self) -> Option<Field<'written>> {
        let (&[number, low, high], rest) = self.rest.split_first_chunk()?;
        let (value, rest) = rest.split_at(u16::from_le_bytes([low, high]).into());
        self.rest = rest;
        Some(Field { name: &self.names[usize::from(number)], value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_fields_are_read_again() {
        let long = [7; MAX_FIELD_VALUE_BYTES];
        let one = [Field { name: "a", value: b"" }, Field { name: "b", value: &long }];
        let other = [Field { name: "b", value: b"x" }, Field { name: "b", value: b"y" }];
        let mut written = WrittenFields::default();
        let places = [&one[..], &[], &other].map(|fields| written.push(fields));
        assert_eq!(written.names(), ["a", "b"]);
        let [first, none, last] = places.map(|place| written.read(place).collect::<Vec<_>>());
        assert_eq!((&first[..], none.len(), &last[..]), (&one[..], 0, &other[..]));
    }
}
