//! Selections: the documents of a snapshot that a predicate means.

use std::collections::BTreeSet;
use std::ops::{Bound, Range};

use zerocopy::little_endian::U32;

use super::Predicate;
use crate::error::{Error, Result};
use crate::format::Flaw;
use crate::format::fields::FieldView;
use crate::id::{Address, Key};
use crate::segment::Segment;
use crate::slot_set::SlotSet;
use crate::snapshot::{LiveSegment, Snapshot};

/// The documents of one snapshot that a predicate means, a bit for each document of it. It
/// belongs to that snapshot: the same documents may be elsewhere in another.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The checksum of the snapshot's manifest.
    snapshot: u64,
    /// The selected slots of each segment of the snapshot; none of them deleted.
    segments: Vec<SelectedSlots>,
    documents: u64,
}

#[derive(Clone, Debug)]
struct SelectedSlots {
    /// The number of the segment.
    segment: u32,
    slots: SlotSet,
}

impl Selection {
    /// How many documents are selected.
    pub fn len(&self) -> u64 {
        self.documents
    }

    /// Whether no document is selected.
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// Whether the document at an address of the snapshot is selected.
    pub fn contains(&self, address: Address) -> bool {
        let position =
            self.segments.binary_search_by_key(&address.segment, |selected| selected.segment);
        position.is_ok_and(|position| self.segments[position].slots.contains(address.slot.0))
    }

    /// The selected slots of a segment, by its position in the snapshot.
    pub(crate) fn slots(&self, position: usize) -> &SlotSet {
        &self.segments[position].slots
    }

    /// Refuses a snapshot that is not the selection's own.
    pub(crate) fn check_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        if self.snapshot == snapshot.checksum() && self.segments.len() == snapshot.segments().len()
        {
            return Ok(());
        }
        Err(Error::invalid(
            "the selection is of another snapshot: select again from the one that is searched",
        ))
    }
}

impl Snapshot {
    /// The documents that a predicate means. Costs a look into the order of values for each
    /// value asked for, a step for each document that has one, and some bits for each document
    /// there is.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a predicate of more than
    /// [`MAX_PREDICATE_DEPTH`](crate::MAX_PREDICATE_DEPTH) levels, [`Error::Corrupt`] if a
    /// damaged file is noticed.
    pub fn select(&self, predicate: &Predicate) -> Result<Selection> {
        predicate.check_depth()?;
        let mut segments = Vec::with_capacity(self.segments().len());
        let mut documents = 0;
        for live in self.segments() {
            let slots = select(live, predicate)?;
            documents += slots.count();
            segments.push(SelectedSlots { segment: live.segment.number(), slots });
        }
        Ok(Selection { snapshot: self.checksum(), segments, documents })
    }

    /// The names of the fields that documents have. Those of deleted documents are among them
    /// for as long as such documents take space.
    pub fn field_names(&self) -> BTreeSet<String> {
        let segments = self.segments().iter();
        segments.flat_map(|live| live.segment.field_names()).map(str::to_owned).collect()
    }
}

/// The live slots of a segment that a predicate means.
fn select(live: &LiveSegment, predicate: &Predicate) -> Result<SlotSet> {
    let mut slots = SlotSet::empty(live.segment.documents());
    add(&live.segment, predicate, &mut slots)?;
    live.deleted.iter().for_each(|slot| slots.remove(slot));
    Ok(slots)
}

/// Adds the slots that a predicate means, deleted ones included. Its depth is bounded.
fn add(segment: &Segment, predicate: &Predicate, slots: &mut SlotSet) -> Result<()> {
    let flaw = |flaw: Flaw| flaw.at(segment.path());
    let all = 0..segment.documents();
    match predicate {
        Predicate::Equal { field, value } => {
            let Some(field) = segment.field(field) else { return Ok(()) };
            add_value(&field, value, slots).map_err(flaw)
        }
        Predicate::In { field, values } => {
            let Some(field) = segment.field(field) else { return Ok(()) };
            values.iter().try_for_each(|value| add_value(&field, value, slots)).map_err(flaw)
        }
        Predicate::Range { field, lower, upper } => {
            let Some(field) = segment.field(field) else { return Ok(()) };
            let places = places(&field, lower, upper).map_err(flaw)?;
            add_places(&field, places, slots).map_err(flaw)
        }
        Predicate::Exists { field } => {
            let Some(field) = segment.field(field) else { return Ok(()) };
            add_places(&field, 0..field.len(), slots).map_err(flaw)
        }
        Predicate::Keys(keys) => {
            let keys: Vec<Key> = keys.iter().copied().collect();
            segment.find_all(&keys, |slot| {
                // There is such a slot: the key order is checked where it is read.
                slots.insert(slot.0);
            })
        }
        Predicate::Labels(labels) => {
            let runs = segment.labels().iter().filter(|run| labels.contains(&run.label));
            runs.for_each(|run| slots.insert_range(run.start..run.end));
            Ok(())
        }
        Predicate::And(parts) => {
            let mut common = SlotSet::full(all.end);
            for part in parts {
                let mut meant = SlotSet::empty(all.end);
                add(segment, part, &mut meant)?;
                common.and(&meant);
                if common.is_empty() {
                    break;
                }
            }
            slots.or(&common);
            Ok(())
        }
        Predicate::Or(parts) => parts.iter().try_for_each(|part| add(segment, part, slots)),
        Predicate::Not(part) => {
            let mut rest = SlotSet::empty(all.end);
            add(segment, part, &mut rest)?;
            rest.not();
            slots.or(&rest);
            Ok(())
        }
    }
}

/// Adds the slots that have a value.
fn add_value(field: &FieldView, value: &[u8], slots: &mut SlotSet) -> Result<(), Flaw> {
    match field.find(value)? {
        Some(place) => add_places(field, place..place + 1, slots),
        None => Ok(()),
    }
}

/// Adds the slots that have any of some values, which follow one another in their order.
fn add_places(field: &FieldView, places: Range<usize>, slots: &mut SlotSet) -> Result<(), Flaw> {
    let postings: &[U32] = field.postings(places)?;
    match postings.iter().all(|slot| slots.insert(slot.get())) {
        true => Ok(()),
        false => Err(Flaw::Damaged(format!(
            "its field `{}` has slots that the segment does not have",
            field.name()
        ))),
    }
}

/// The places of the values between two bounds.
fn places(
    field: &FieldView,
    lower: &Bound<Vec<u8>>,
    upper: &Bound<Vec<u8>>,
) -> Result<Range<usize>, Flaw> {
    let start = match lower {
        Bound::Included(lower) => field.partition_point(|value| value < &**lower)?,
        Bound::Excluded(lower) => field.partition_point(|value| value <= &**lower)?,
        Bound::Unbounded => 0,
    };
    let end = match upper {
        Bound::Included(upper) => field.partition_point(|value| value <= &**upper)?,
        Bound::Excluded(upper) => field.partition_point(|value| value < &**upper)?,
        Bound::Unbounded => field.len(),
    };
    Ok(start..end.max(start))
}
