//! From the fields of documents to a section of fields.

use std::collections::{BTreeMap, HashMap};

use super::Field;
use crate::error::{Error, Result};
use crate::format::fields::{MAX_FIELDS, NewField, encode};

/// Gathers the fields of a segment's documents, slot after slot. Keeps 8 bytes a value of a
/// document in memory, and each distinct value once.
#[derive(Debug, Default)]
pub(crate) struct FieldsBuilder {
    fields: BTreeMap<String, FieldBuilder>,
}

#[derive(Debug, Default)]
struct FieldBuilder {
    /// The distinct values, numbered in the order they came.
    numbers: HashMap<Box<[u8]>, u32>,
    /// By number of the value.
    seen: Vec<Seen>,
    /// A value's number and a slot that has it, in order of slot.
    postings: Vec<(u32, u32)>,
}

/// How often a value was pushed.
#[derive(Clone, Copy, Debug)]
struct Seen {
    slots: u64,
    last_slot: u32,
}

impl FieldsBuilder {
    /// Adds a field, which has been checked, to a slot; slots come in ascending order.
    pub(crate) fn push(&mut self, slot: u32, field: Field) -> Result<()> {
        if let Some(known) = self.fields.get_mut(field.name) {
            return known.push(slot, field.value);
        }
        // A writer counts names, but a damaged index may have more than it could be given.
        if self.fields.len() >= MAX_FIELDS {
            return Err(Error::invalid(format!(
                "a segment of more than {MAX_FIELDS} different fields cannot be written"
            )));
        }
        self.fields.entry(field.name.to_owned()).or_default().push(slot, field.value)
    }

    /// The bytes of the section, if there is anything in it.
    pub(crate) fn finish(&mut self) -> Option<Vec<u8>> {
        let fields = std::mem::take(&mut self.fields);
        let fields: Vec<NewField> = fields.iter().map(|(name, field)| field.sorted(name)).collect();
        (!fields.is_empty()).then(|| encode(&fields))
    }
}

impl FieldBuilder {
    fn push(&mut self, slot: u32, value: &[u8]) -> Result<()> {
        let number = match self.numbers.get(value) {
            Some(&number) => number,
            None => {
                let number = u32::try_from(self.seen.len())
                    .map_err(|_| Error::invalid("a field of a segment has at most 2^32 values"))?;
                self.numbers.insert(value.into(), number);
                self.seen.push(Seen { slots: 0, last_slot: slot });
                number
            }
        };
        let seen = &mut self.seen[number as usize];
        debug_assert!(seen.last_slot <= slot, "slots come in ascending order");
        if seen.slots == 0 || seen.last_slot != slot {
            *seen = Seen { slots: seen.slots + 1, last_slot: slot };
            self.postings.push((number, slot));
        }
        Ok(())
    }

    /// The field with its values in order, and the slots of each together.
    fn sorted<'field>(&'field self, name: &'field str) -> NewField<'field> {
        let mut order: Vec<(&[u8], u32)> =
            self.numbers.iter().map(|(value, &number)| (&**value, number)).collect();
        order.sort_unstable();
        // Where the next slot of each value goes, by number.
        let mut next = vec![0; self.seen.len()];
        let mut end = 0;
        let posting_ends = order
            .iter()
            .map(|&(_, number)| {
                next[number as usize] = end as usize;
                end += self.seen[number as usize].slots;
                end
            })
            .collect();
        let mut slots = vec![0; self.postings.len()];
        for &(number, slot) in &self.postings {
            let place = &mut next[number as usize];
            slots[*place] = slot;
            *place += 1;
        }
        let values = order.into_iter().map(|(value, _)| value).collect();
        NewField { name, values, posting_ends, slots }
    }
}
