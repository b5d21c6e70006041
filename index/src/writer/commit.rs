//! Committing: what a writer has gathered becomes the last commit, or stays with the writer.

use std::sync::Arc;

use super::draft::Deleted;
use super::publish::{self, Prepared};
use super::{IndexWriter, State};
use crate::error::{Error, Result};
use crate::format::manifest::{Manifest, SegmentRecord};
use crate::format::names;
use crate::index::Shared;
use crate::snapshot::{LiveSegment, Snapshot};

impl IndexWriter {
    /// Makes all changes since the last commit durable and visible at once, and returns the
    /// snapshot that has them. Without changes there is no new commit.
    ///
    /// # Errors
    /// [`Error::Io`], for a full disk for example: the last commit stays, the changes are
    /// kept, and `commit` may be tried again. In the rare case that the operating system
    /// fails while the commit takes effect, that cannot be known, and the writer refuses
    /// all that follows with [`Error::WriterStopped`].
    pub fn commit(&mut self) -> Result<Arc<Snapshot>> {
        self.check_running()?;
        if self.has_changes() {
            self.flush()?;
            self.merge_as_due();
        }
        self.publish_changes()
    }

    /// Commits what has changed, if anything has; the buffer is empty.
    pub(super) fn publish_changes(&mut self) -> Result<Arc<Snapshot>> {
        if self.has_changes() || self.is_merged() {
            self.publish()?;
        }
        if self.state == State::Unsynced {
            let folder = &self.shared.folder;
            self.shared.storage.sync_folder(folder).map_err(Error::io(folder, "make durable"))?;
            self.state = State::Running;
            publish::sweep(&*self.shared.storage, folder, self.base.manifest());
        }
        Ok(Arc::clone(&self.base))
    }

    /// Whether there are other segments than the last commit has.
    fn is_merged(&self) -> bool {
        self.segments.len() != self.base.segments().len()
            || self.segments.iter().any(|draft| draft.base.is_none())
    }

    /// Commits the segments as they are drafted; the buffer is empty.
    fn publish(&mut self) -> Result<()> {
        let generation = self.base.generation() + 1;
        if generation == u64::MAX {
            // No reader accepts it.
            return Err(Error::invalid("the index has used up its commits: build it again"));
        }
        let outcome = self.prepare(generation);
        let (prepared, manifest, segments) = match outcome {
            Ok(prepared) => prepared,
            Err(error) => {
                self.remove_commit_files(generation);
                return Err(error);
            }
        };
        let snapshot = Snapshot::new(&self.shared.folder, manifest, prepared.checksum, segments);
        {
            let _replacing = self.shared.replacing();
            if let Err(error) = prepared.publish(&*self.shared.storage) {
                self.state = State::Stopped;
                return Err(error);
            }
            self.base = Arc::new(snapshot);
            self.shared.replace(Arc::clone(&self.base));
        }
        self.state = State::Unsynced;
        self.reset();
        Ok(())
    }

    /// Writes what a commit needs beside the segment files.
    fn prepare(&self, generation: u64) -> Result<(Prepared, Manifest, Vec<LiveSegment>)> {
        let Shared { folder, storage, .. } = &*self.shared;
        let mut segments = Vec::new();
        let mut records = Vec::new();
        for draft in &self.segments {
            let deleted = draft.deleted.get();
            let live = u64::from(draft.segment.documents()) - deleted.len();
            // A segment that has nothing left is left out.
            let Some(live) = u32::try_from(live).ok().filter(|&live| live > 0) else { continue };
            let (deleted, deletions) = match &draft.deleted {
                Deleted::AsCommitted(deleted) => (Arc::clone(deleted), draft.deletions.clone()),
                Deleted::Changed(deleted) => {
                    let number = draft.segment.number();
                    let record =
                        publish::write_deletions(&**storage, folder, number, generation, deleted)?;
                    (Arc::new(deleted.clone()), Some(record))
                }
            };
            records.push(SegmentRecord {
                files: draft.segment.files().clone(),
                live,
                deletions: deletions.clone(),
            });
            segments.push(match &draft.base {
                Some(live) if live.deletions == deletions => live.clone(),
                _ => LiveSegment::new(Arc::clone(&draft.segment), deleted, deletions),
            });
        }
        let manifest = Manifest {
            generation,
            attributes: self.attributes.clone(),
            next_segment: self.next_segment,
            segments: records,
            ..self.base.manifest().clone()
        };
        let prepared = publish::prepare(&**storage, folder, &manifest)?;
        Ok((prepared, manifest, segments))
    }

    /// Removes what a commit that failed has written; what cannot be is swept later.
    fn remove_commit_files(&self, generation: u64) {
        for draft in &self.segments {
            if matches!(draft.deleted, Deleted::Changed(_)) {
                self.remove(names::deleted(draft.segment.number(), generation));
            }
        }
        self.remove(names::NEXT_MANIFEST);
    }
}
