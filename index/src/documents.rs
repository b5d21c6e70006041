//! The documents of a snapshot, one by one.

use std::borrow::Cow;

use crate::error::Result;
use crate::id::{Address, Key, Label, Slot};
use crate::snapshot::{LiveSegment, Snapshot};

/// A document of a snapshot, without its payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'snapshot> {
    /// The document's key.
    pub key: Key,
    /// The document's label.
    pub label: Label,
    /// Its vector, in the precision that the index keeps.
    pub vector: Cow<'snapshot, [f32]>,
    /// Where the snapshot keeps it.
    pub address: Address,
}

/// A document of a snapshot, with its payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<'snapshot> {
    /// The document without its payload.
    pub record: Record<'snapshot>,
    /// Its payload, as it was given.
    pub payload: Vec<u8>,
}

/// The live documents of a snapshot, in no order that means anything.
#[derive(Debug)]
pub struct Documents<'snapshot> {
    segments: std::slice::Iter<'snapshot, LiveSegment>,
    /// The segment being read, and its next slot.
    current: Option<(&'snapshot LiveSegment, u32)>,
    /// The last block of that segment.
    expanded: Option<(u32, Vec<u8>)>,
}

impl Snapshot {
    /// All documents with their payloads, each block of which is read once.
    pub fn documents(&self) -> Documents<'_> {
        Documents { segments: self.segments().iter(), current: None, expanded: None }
    }

    /// All documents without their payloads, segment by segment, in order of label within.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.segments().iter().flat_map(|segment| {
            let slots = 0..segment.segment.documents();
            slots
                .filter(|&slot| !segment.deleted.contains(slot))
                .map(|slot| segment.record(Slot(slot)))
        })
    }
}

impl<'snapshot> Iterator for Documents<'snapshot> {
    type Item = Result<Document<'snapshot>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((segment, slot)) = self.current.as_mut() else {
                self.current = Some((self.segments.next()?, 0));
                self.expanded = None;
                continue;
            };
            if *slot == segment.segment.documents() {
                self.current = None;
                continue;
            }
            let (segment, this) = (*segment, Slot(*slot));
            *slot += 1;
            if segment.is_live(this) {
                let payload = segment.segment.payload_through(this, &mut self.expanded);
                return Some(
                    payload.map(|payload| Document { record: segment.record(this), payload }),
                );
            }
        }
    }
}
