//! The writer: gathers changes, and commits them whole.

mod buffer;
mod commit;
mod document;
mod draft;
mod merge;
mod progress;
pub(crate) mod publish;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use buffer::Buffer;
pub use document::NewDocument;
use draft::DraftSegment;
use progress::Listener;
pub use progress::{BuildProgress, BuildStage};

use crate::error::{Error, Result};
use crate::format::{MAX_PAYLOAD_BYTES, names};
use crate::hnsw::BuildOptions;
use crate::id::{Key, Label, Slot};
use crate::index::Shared;
use crate::lock::WriterLock;
use crate::segment::{Building, OtherBuilder, Segment, Target, write_segment};
use crate::snapshot::Snapshot;

/// How a writer works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterOptions {
    /// The bytes of documents kept in memory before they are put in a segment file. More of
    /// them make fewer and larger segments.
    pub buffer_bytes: usize,
    /// The threads that build graphs; all processors by default. With one, the same documents
    /// added in the same order make the same files.
    pub threads: Option<NonZeroUsize>,
    /// The memory that building a graph may take, about: more make fewer and larger segments.
    pub memory_bytes: usize,
    /// What builds graphs.
    pub builder: GraphBuilder,
    /// The documents from which on a segment has a graph: fewer are compared one by one as fast.
    pub graph_from: u32,
}

impl Default for WriterOptions {
    fn default() -> Self {
        WriterOptions {
            buffer_bytes: 64 << 20,
            memory_bytes: 2 << 30,
            builder: GraphBuilder::Own,
            threads: None,
            graph_from: 1024,
        }
    }
}

/// What builds the graph of a segment.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GraphBuilder {
    /// The builder of this crate: on codes of eight bits, with all threads, and able to extend
    /// the graph of a segment that is merged with others.
    #[default]
    Own,
    /// The `hnsw_rs` crate, for comparison. It is slower and takes more memory, and builds
    /// every graph from nothing.
    #[cfg(feature = "hnsw_rs")]
    HnswRs,
}

/// Decides the levels of documents and the order they are linked in.
const GRAPH_SEED: u64 = 0x6D6C_7365_6172_6368;

/// The most documents a segment is given.
const MAX_SEGMENT_DOCUMENTS: usize = 1 << 30;

/// The one writer of an index. Nothing it does is visible before [`commit`](Self::commit);
/// dropping it forgets what was not committed, and lets another writer in.
#[derive(Debug)]
pub struct IndexWriter {
    shared: Arc<Shared>,
    _lock: WriterLock,
    options: WriterOptions,
    /// The last commit.
    base: Arc<Snapshot>,
    attributes: BTreeMap<String, String>,
    /// Those of the last commit, and those written since.
    segments: Vec<DraftSegment>,
    buffer: Buffer,
    next_segment: u32,
    pending: usize,
    state: State,
    listener: Listener,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// The last commit is visible, but its name may not be durable.
    Unsynced,
    /// It is not known whether the last commit is visible.
    Stopped,
}

impl IndexWriter {
    /// A writer from the snapshot of `shared` on, which is the last commit.
    pub(crate) fn new(
        shared: Arc<Shared>,
        lock: WriterLock,
        options: WriterOptions,
    ) -> Result<IndexWriter> {
        let base = shared.snapshot();
        // A writer before this one may have failed to make the last commit's name durable;
        // until it is, the commit before it needs its files.
        shared
            .storage
            .sync_folder(&shared.folder)
            .map_err(Error::io(&shared.folder, "make durable"))?;
        publish::sweep(&*shared.storage, &shared.folder, base.manifest());
        Ok(IndexWriter {
            attributes: base.attributes().clone(),
            segments: base.segments().iter().map(DraftSegment::committed).collect(),
            buffer: Buffer::new(base.dimension()),
            next_segment: base.manifest().next_segment,
            pending: 0,
            state: State::Running,
            listener: Listener::default(),
            _lock: lock,
            options,
            base,
            shared,
        })
    }

    /// Adds a document without fields, in place of the one with its key if there is one.
    ///
    /// # Errors
    /// Those of [`upsert_document`](Self::upsert_document).
    pub fn upsert(&mut self, key: Key, label: Label, vector: &[f32], payload: &[u8]) -> Result<()> {
        self.upsert_document(&NewDocument { key, label, vector, payload, fields: &[] })
    }

    /// Adds a document, in place of the one with its key if there is one.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the vector is of another dimension, has components that are
    /// not finite, or is not of unit length for the cosine metric, if the payload exceeds
    /// [`MAX_PAYLOAD_BYTES`], or if the fields are more or longer than [`Field`](crate::Field)
    /// says; [`Error::Io`] if a full buffer cannot be
    /// written. The document is then not added, and nothing else is lost.
    pub fn upsert_document(&mut self, document: &NewDocument) -> Result<()> {
        let NewDocument { key, vector, payload, fields, .. } = *document;
        self.check_running()?;
        if let Some(flaw) = self.base.config().flaw(vector) {
            return Err(Error::invalid(format!(
                "the document with key {key} cannot be added: {flaw}"
            )));
        }
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Error::invalid(format!(
                "the document with key {key} cannot be added: its payload has {} bytes, and at most \
                 {MAX_PAYLOAD_BYTES} are kept",
                payload.len()
            )));
        }
        self.check_fields(key, fields)?;
        if self.buffer.bytes() >= self.options.buffer_bytes
            || self.buffer.entries() >= MAX_SEGMENT_DOCUMENTS
        {
            self.flush()?;
        }
        self.buffer.upsert(document);
        self.pending += 1;
        Ok(())
    }

    /// Deletes the document that has a key, and returns whether there was one.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a damaged file is noticed.
    pub fn delete(&mut self, key: Key) -> Result<bool> {
        self.check_running()?;
        // A buffered document may be meant to replace a written one: both go.
        let written = match self.find(key)? {
            Some((position, slot)) => {
                self.segments[position].delete(slot);
                true
            }
            None => false,
        };
        let existed = self.buffer.delete(key) || written;
        self.pending += usize::from(existed);
        Ok(existed)
    }

    /// Whether there is a document with this key, as the next commit will have it.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a damaged file is noticed.
    pub fn contains(&self, key: Key) -> Result<bool> {
        Ok(self.buffer.contains(key) || self.find(key)?.is_some())
    }

    /// Keeps an attribute with the index, as of the next commit.
    pub fn set_attribute(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.attributes.insert(name.into(), value.into());
    }

    /// An attribute, as the next commit will have it.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// How many documents were added, replaced or deleted since the last commit.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Forgets all changes since the last commit.
    ///
    /// # Errors
    /// [`Error::WriterStopped`].
    pub fn rollback(&mut self) -> Result<()> {
        self.check_running()?;
        self.remove_uncommitted();
        self.buffer.clear();
        self.reset();
        Ok(())
    }

    fn check_running(&self) -> Result<()> {
        match self.state {
            State::Stopped => Err(Error::WriterStopped { path: self.shared.folder.clone() }),
            State::Running | State::Unsynced => Ok(()),
        }
    }

    fn has_changes(&self) -> bool {
        self.pending > 0 || self.attributes != *self.base.attributes()
    }

    /// Where the segments have a live document with this key.
    fn find(&self, key: Key) -> Result<Option<(usize, Slot)>> {
        for (position, draft) in self.segments.iter().enumerate() {
            if let Some(slot) = draft.find(key)? {
                return Ok(Some((position, slot)));
            }
        }
        Ok(None)
    }

    /// Puts the buffered documents in a segment, which the next commit will name. After an
    /// error they are still in the buffer.
    fn flush(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            self.buffer.clear();
            return Ok(());
        }
        let number = self.next_segment;
        let Some(next) = number.checked_add(1) else {
            return Err(Error::invalid(
                "the index has used up its segment numbers: build it again",
            ));
        };
        let keys = self.buffer.sorted_keys();
        for draft in &mut self.segments {
            draft.delete_all(&keys)?;
        }
        match self.write_segment(number) {
            Ok(segment) => {
                self.segments.push(DraftSegment::uncommitted(segment));
                self.next_segment = next;
                self.buffer.clear();
                Ok(())
            }
            Err(error) => {
                self.remove_segment_files(number);
                Err(error)
            }
        }
    }

    /// Writes the buffer as it is. Where it is large enough for a graph, the commit makes one,
    /// together with what else is to be merged.
    fn write_segment(&self, number: u32) -> Result<Segment> {
        let Shared { folder, storage, .. } = &*self.shared;
        let config = self.base.config();
        let target = Target { storage: &**storage, folder, number };
        let building = Building {
            options: self.build_options(),
            graph_from: u32::MAX,
            base: None,
            builder: None,
            progress: &|_| {},
        };
        let files = write_segment(&target, config, &self.buffer.by_label(), &building)?;
        Segment::open(folder, &files, config, self.shared.options().pinned)
    }

    fn build_options(&self) -> BuildOptions {
        let hnsw = self.base.config().hnsw;
        BuildOptions {
            m: hnsw.m,
            ef_construction: hnsw.ef_construction,
            threads: self.threads(),
            seed: GRAPH_SEED,
        }
    }

    fn threads(&self) -> usize {
        let processors = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.options.threads.map_or_else(processors, NonZeroUsize::get)
    }

    /// What makes graphs in place of this crate.
    fn graph_builder(&self) -> Option<&'static OtherBuilder> {
        match self.options.builder {
            GraphBuilder::Own => None,
            #[cfg(feature = "hnsw_rs")]
            GraphBuilder::HnswRs => Some(&crate::hnsw::build_with_hnsw_rs),
        }
    }

    /// Calls `listener` now and then while a commit builds graphs, from any thread.
    pub fn on_progress(&mut self, listener: impl Fn(&BuildProgress) + Send + Sync + 'static) {
        self.listener = Listener(Some(Box::new(listener)));
    }

    fn report(&self, progress: &BuildProgress) {
        if let Some(listener) = &self.listener.0 {
            listener(progress);
        }
    }

    /// Starts again from the last commit.
    fn reset(&mut self) {
        self.attributes = self.base.attributes().clone();
        self.segments = self.base.segments().iter().map(DraftSegment::committed).collect();
        self.pending = 0;
    }

    fn remove_uncommitted(&self) {
        for draft in self.segments.iter().filter(|draft| draft.base.is_none()) {
            self.remove_segment_files(draft.segment.number());
        }
    }

    fn remove_segment_files(&self, number: u32) {
        self.remove(names::segment(number));
        self.remove(names::payload(number));
    }

    fn remove(&self, name: impl AsRef<Path>) {
        let _ = self.shared.storage.remove(&self.shared.folder.join(name));
    }
}

impl Drop for IndexWriter {
    fn drop(&mut self) {
        // A writer that stopped does not know which of its files are committed.
        if self.state != State::Stopped {
            self.remove_uncommitted();
        }
    }
}
