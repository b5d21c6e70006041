//! Which documents have a value, where they are few.

use crate::error::Result;
use crate::format::Flaw;
use crate::id::{Address, Label, Slot};
use crate::snapshot::Snapshot;

impl Snapshot {
    /// The documents that have a value of a field, and their labels, segment by segment. Unlike
    /// [`select`](Self::select) it costs nothing for the documents that do not have it.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if damage is noticed.
    pub fn with_value(&self, field: &str, value: &[u8]) -> Result<Vec<(Address, Label)>> {
        let mut found = Vec::new();
        for live in self.segments() {
            let segment = &live.segment;
            let flaw = |flaw: Flaw| flaw.at(segment.path());
            let Some(view) = segment.field(field) else { continue };
            let Some(place) = view.find(value).map_err(flaw)? else { continue };
            for slot in view.postings(place..place + 1).map_err(flaw)? {
                let slot = Slot(slot.get());
                // A slot that does not exist is not live, either.
                if live.is_live(slot) {
                    let address = Address { segment: segment.number(), slot };
                    found.push((address, segment.label(slot)));
                }
            }
        }
        Ok(found)
    }
}
