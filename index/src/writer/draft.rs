//! The segments of the commit being prepared.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::error::Result;
use crate::format::manifest::DeletionRecord;
use crate::id::{Key, Slot};
use crate::segment::Segment;
use crate::snapshot::LiveSegment;

/// A segment as the next commit will have it.
#[derive(Debug)]
pub(super) struct DraftSegment {
    pub(super) segment: Arc<Segment>,
    pub(super) deleted: Deleted,
    /// The deletion file of the last commit.
    pub(super) deletions: Option<DeletionRecord>,
    /// The segment as the last commit has it, if it does.
    pub(super) base: Option<LiveSegment>,
    /// Whether its documents are in another segment now.
    pub(super) merged: bool,
}

/// The deleted slots of a segment; copied from the last commit's only to be changed.
#[derive(Debug)]
pub(super) enum Deleted {
    AsCommitted(Arc<RoaringBitmap>),
    Changed(RoaringBitmap),
}

impl DraftSegment {
    pub(super) fn committed(live: &LiveSegment) -> DraftSegment {
        DraftSegment {
            segment: Arc::clone(&live.segment),
            deleted: Deleted::AsCommitted(Arc::clone(&live.deleted)),
            deletions: live.deletions.clone(),
            base: Some(live.clone()),
            merged: false,
        }
    }

    pub(super) fn uncommitted(segment: Segment) -> DraftSegment {
        DraftSegment {
            segment: Arc::new(segment),
            deleted: Deleted::AsCommitted(Arc::default()),
            deletions: None,
            base: None,
            merged: false,
        }
    }

    /// The live slot that has a key.
    pub(super) fn find(&self, key: Key) -> Result<Option<Slot>> {
        Ok(self.segment.find(key)?.filter(|slot| !self.deleted.get().contains(slot.0)))
    }

    /// Deletes a live slot.
    pub(super) fn delete(&mut self, slot: Slot) {
        self.deleted.change().insert(slot.0);
    }

    /// Deletes the documents that have any of these keys, which ascend.
    pub(super) fn delete_all(&mut self, keys: &[Key]) -> Result<()> {
        let deleted = &mut self.deleted;
        self.segment.find_all(keys, |slot| {
            if !deleted.get().contains(slot.0) {
                deleted.change().insert(slot.0);
            }
        })
    }
}

impl Deleted {
    pub(super) fn get(&self) -> &RoaringBitmap {
        match self {
            Deleted::AsCommitted(deleted) => deleted,
            Deleted::Changed(deleted) => deleted,
        }
    }

    fn change(&mut self) -> &mut RoaringBitmap {
        if let Deleted::AsCommitted(deleted) = self {
            *self = Deleted::Changed((**deleted).clone());
        }
        match self {
            Deleted::Changed(deleted) => deleted,
            Deleted::AsCommitted(_) => unreachable!("it was replaced above"),
        }
    }
}
