//! The documents a writer has not put in a segment yet.

use std::collections::HashMap;
use std::ops::Range;

use super::document::{NewDocument, WrittenFields};
use crate::error::Result;
use crate::fields::Field;
use crate::id::{Key, Label};
use crate::segment::Source;

/// Documents in memory, each key at most once.
#[derive(Debug)]
pub(crate) struct Buffer {
    dimension: usize,
    entries: Vec<Entry>,
    /// The live entry of each key.
    by_key: HashMap<Key, usize>,
    /// The vectors of all entries, row after row.
    vectors: Vec<f32>,
    /// The payloads of all entries, and of those they replaced.
    payloads: Vec<u8>,
    /// The fields of all entries, and of those they replaced.
    fields: WrittenFields,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    label: Label,
    payload: Range<usize>,
    fields: Range<usize>,
    live: bool,
}

/// The documents of a buffer as a segment has them.
#[derive(Debug)]
pub(crate) struct ByLabel<'buffer> {
    buffer: &'buffer Buffer,
    order: Vec<usize>,
}

impl Source for ByLabel<'_> {
    fn documents(&self) -> u32 {
        u32::try_from(self.order.len()).expect("the buffer is flushed before it has so many")
    }

    fn key(&self, slot: u32) -> Key {
        self.entry(slot).key
    }

    fn label(&self, slot: u32) -> Label {
        self.entry(slot).label
    }

    fn vector(&self, slot: u32, out: &mut [f32]) {
        let dimension = self.buffer.dimension;
        let at = self.order[slot as usize];
        out.copy_from_slice(&self.buffer.vectors[at * dimension..][..dimension]);
    }

    fn payloads(&self, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        for slot in 0..self.documents() {
            each(&self.buffer.payloads[self.entry(slot).payload.clone()])?;
        }
        Ok(())
    }

    fn fields(&self, each: &mut dyn FnMut(u32, Field) -> Result<()>) -> Result<()> {
        for slot in 0..self.documents() {
            let mut fields = self.buffer.fields.read(self.entry(slot).fields.clone());
            fields.try_for_each(|field| each(slot, field))?;
        }
        Ok(())
    }
}

impl ByLabel<'_> {
    fn entry(&self, slot: u32) -> &Entry {
        &self.buffer.entries[self.order[slot as usize]]
    }
}

impl Buffer {
    pub(crate) fn new(dimension: usize) -> Buffer {
        Buffer {
            dimension,
            entries: Vec::new(),
            by_key: HashMap::new(),
            vectors: Vec::new(),
            payloads: Vec::new(),
            fields: WrittenFields::default(),
        }
    }

    /// Adds a document, or replaces the one with its key, and returns whether there was one.
    pub(crate) fn upsert(&mut self, document: &NewDocument) {
        let NewDocument { key, label, vector, payload, fields } = *document;
        let start = self.payloads.len();
        self.payloads.extend_from_slice(payload);
        let payload = start..self.payloads.len();
        let fields = self.fields.push(fields);
        let entry = Entry { key, label, payload, fields, live: true };
        match self.by_key.get(&key) {
            Some(&position) => {
                self.entries[position] = entry;
                self.vectors[position * self.dimension..][..self.dimension].copy_from_slice(vector);
            }
            None => {
                self.by_key.insert(key, self.entries.len());
                self.entries.push(entry);
                self.vectors.extend_from_slice(vector);
            }
        }
    }

    /// Takes a document out, and returns whether there was one.
    pub(crate) fn delete(&mut self, key: Key) -> bool {
        match self.by_key.remove(&key) {
            Some(position) => {
                self.entries[position].live = false;
                true
            }
            None => false,
        }
    }

    pub(crate) fn contains(&self, key: Key) -> bool {
        self.by_key.contains_key(&key)
    }

    /// Whether it holds no document.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many documents were added, with those deleted since.
    pub(crate) fn entries(&self) -> usize {
        self.entries.len()
    }

    /// The keys of its documents, ascending.
    pub(crate) fn sorted_keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.by_key.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// The memory it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let per_entry = size_of::<Entry>() + 2 * size_of::<(Key, usize)>();
        size_of_val(&*self.vectors)
            + self.payloads.len()
            + self.fields.bytes()
            + self.entries.len() * per_entry
    }

    /// The names of the fields that its documents have or had.
    pub(crate) fn field_names(&self) -> &[String] {
        self.fields.names()
    }

    /// The documents in order of label, and within a label as they came.
    pub(crate) fn by_label(&self) -> ByLabel<'_> {
        let mut order: Vec<usize> =
            (0..self.entries.len()).filter(|&at| self.entries[at].live).collect();
        order.sort_by_key(|&at| self.entries[at].label);
        ByLabel { buffer: self, order }
    }

    /// Forgets all documents; the memory is kept for those that follow.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.by_key.clear();
        self.vectors.clear();
        self.payloads.clear();
        self.fields.clear();
    }
}
