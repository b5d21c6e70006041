//! Fields by slot, as they were given: the postings the other way round.

use std::ops::Range;

use super::Field;
use crate::error::{Error, Result};
use crate::format::Flaw;
use crate::format::fields::FieldView;
use crate::id::{Address, Slot};
use crate::segment::Segment;
use crate::snapshot::Snapshot;

/// The fields of some consecutive slots of a segment, for reading slot by slot. Takes 8 bytes
/// a slot and 4 bytes a value of a slot; bound it by asking for fewer slots at a time.
#[derive(Debug)]
pub(crate) struct FieldRows<'segment> {
    segment: &'segment Segment,
    slots: Range<u32>,
    fields: Vec<NumberedField<'segment>>,
    /// Where the values of each slot begin, and where those of the last one end.
    starts: Vec<usize>,
    /// Numbers of values, slot after slot.
    values: Vec<u32>,
}

/// A field, the values of which are numbered on from those of the field before.
#[derive(Debug)]
struct NumberedField<'segment> {
    view: FieldView<'segment>,
    first: u32,
}

impl<'segment> FieldRows<'segment> {
    /// Reads the fields of some slots of a segment: a pass over all postings if the slots are
    /// all there are, and a search in the postings of each value besides if not.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if damage is noticed.
    pub(crate) fn read(segment: &'segment Segment, slots: Range<u32>) -> Result<Self> {
        let slots = slots.start..slots.end.min(segment.documents());
        let mut fields = Vec::new();
        let mut first = 0u32;
        for view in segment.fields() {
            fields.push(NumberedField { view, first });
            let next = u32::try_from(view.len()).ok().and_then(|values| first.checked_add(values));
            first = next.ok_or_else(|| {
                Error::invalid("a segment with 2^32 values of fields cannot be read by slot")
            })?;
        }
        let flaw = |flaw: Flaw| flaw.at(segment.path());
        let mut starts = vec![0; slots.len() + 1];
        for_each(&fields, &slots, |slot, _| starts[slot + 1] += 1).map_err(flaw)?;
        for slot in 0..slots.len() {
            starts[slot + 1] += starts[slot];
        }
        let mut values = vec![0; starts[slots.len()]];
        let mut next = starts.clone();
        for_each(&fields, &slots, |slot, value| {
            values[next[slot]] = value;
            next[slot] += 1;
        })
        .map_err(flaw)?;
        Ok(FieldRows { segment, slots, fields, starts, values })
    }

    /// The fields of a slot, one of those that were asked for, in order of name, then value.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for a value that is damaged.
    pub(crate) fn of(&self, slot: u32) -> impl Iterator<Item = Result<Field<'segment>>> {
        assert!(self.slots.contains(&slot), "a slot that was asked for");
        let row = (slot - self.slots.start) as usize;
        self.values[self.starts[row]..self.starts[row + 1]].iter().map(|&value| {
            let field = self.fields.partition_point(|field| field.first <= value) - 1;
            let NumberedField { view, first } = &self.fields[field];
            match view.value((value - first) as usize) {
                Ok(value) => Ok(Field { name: view.name(), value }),
                Err(flaw) => Err(flaw.at(self.segment.path())),
            }
        })
    }
}

impl Snapshot {
    /// The fields of a document, in order of name, then value. Costs a search for each distinct
    /// value that the documents beside it have: fields are kept to be searched, and not read.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if this snapshot has no document there, [`Error::Corrupt`] if
    /// damage is noticed.
    pub fn fields(&self, address: Address) -> Result<Vec<Field<'_>>> {
        let Slot(slot) = self.record(address)?.address.slot;
        let segment = self.segments().iter().find(|live| live.segment.number() == address.segment);
        let Some(live) = segment else { return Ok(Vec::new()) };
        FieldRows::read(&live.segment, slot..slot + 1)?.of(slot).collect()
    }
}

/// Calls `found` with each slot, counted from the first of `slots`, and each of its values, in
/// order of value. It is the same order whatever is damaged.
fn for_each(
    fields: &[NumberedField],
    slots: &Range<u32>,
    mut found: impl FnMut(usize, u32),
) -> Result<(), Flaw> {
    for NumberedField { view, first } in fields {
        for place in 0..view.len() {
            let postings = view.postings(place..place + 1)?;
            let from = match slots.start {
                0 => 0,
                start => postings.partition_point(|slot| slot.get() < start),
            };
            for slot in postings[from..].iter().map(|slot| slot.get()) {
                if !slots.contains(&slot) {
                    break;
                }
                found((slot - slots.start) as usize, first + place as u32);
            }
        }
    }
    Ok(())
}
