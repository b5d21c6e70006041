//! The index: a folder, and the snapshot of its last known commit.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::config::IndexConfig;
use crate::error::{Error, Result};
use crate::format::manifest::Manifest;
use crate::format::names;
use crate::load::{load, read_manifest};
use crate::lock::WriterLock;
use crate::snapshot::Snapshot;
use crate::storage::{Disk, Storage};
use crate::verify::{self, VerifyReport};
use crate::writer::{IndexWriter, WriterOptions, publish};

/// An index in a folder. Clones are handles to the same one, and any thread may use them.
///
/// The folder belongs to the index: a file in it that another program shortens can end the
/// process, because segments are memory-mapped.
#[derive(Clone, Debug)]
pub struct Index {
    shared: Arc<Shared>,
}

/// How an index is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Copies what searches read most, the codes and the links, into memory of large pages, and
    /// reads vectors through the map. It is faster to search, slower to open, and in time takes
    /// the memory of the whole file, of which the system cannot reclaim the copies: for servers.
    pub pinned: bool,
}

/// What an index and its writer share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) storage: Arc<dyn Storage>,
    snapshot: ArcSwap<Snapshot>,
    options: OpenOptions,
    /// Held while a snapshot is replaced, so that an older commit never replaces a newer one.
    /// Searches do not take it.
    replacing: Mutex<()>,
}

impl Index {
    /// Creates an index in a folder that does not exist yet or is empty.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] if there is an index, [`Error::NotAnIndex`] if there is
    /// anything else, [`Error::InvalidInput`] for a configuration that cannot be, and
    /// [`Error::Io`].
    pub fn create(folder: impl AsRef<Path>, config: IndexConfig) -> Result<Index> {
        Index::create_on(Arc::new(Disk), folder.as_ref(), config)
    }

    /// Opens the index in a folder, as of its last commit. Costs the same for any number of
    /// documents; see [`Index::verify`] for what is not checked.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotAnIndex`], [`Error::Incompatible`],
    /// [`Error::Corrupt`] and [`Error::Io`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Index> {
        Index::open_with(folder, OpenOptions::default())
    }

    /// Opens the index in a folder with options.
    ///
    /// # Errors
    /// Those of [`Index::open`].
    pub fn open_with(folder: impl AsRef<Path>, options: OpenOptions) -> Result<Index> {
        Index::open_on(Arc::new(Disk), folder.as_ref(), options)
    }

    /// Reads every byte of the index in a folder and reports what is wrong: every checksum,
    /// every reference from one file to another, and every vector.
    ///
    /// # Errors
    /// Those of [`Index::open`], but for [`Error::Corrupt`]: damage is reported.
    pub fn verify(folder: impl AsRef<Path>) -> Result<VerifyReport> {
        verify::verify(folder.as_ref())
    }

    /// The last commit known here. Takes no lock and costs next to nothing.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.load_full()
    }

    /// Takes notice of what other processes have committed. Returns whether there was
    /// anything new.
    ///
    /// # Errors
    /// Those of [`Index::open`]. The snapshot then stays as it was.
    pub fn refresh(&self) -> Result<bool> {
        let _replacing = self.shared.replacing();
        let newer = load(
            &self.shared.folder,
            self.shared.options.pinned,
            Some(&self.shared.snapshot.load()),
        )?;
        let is_newer = newer.is_some();
        if let Some(newer) = newer {
            self.shared.snapshot.store(Arc::new(newer));
        }
        Ok(is_newer)
    }

    /// The one writer of the index, from its last commit on.
    ///
    /// # Errors
    /// [`Error::Locked`] if there is another writer, in this process or any; those of
    /// [`Index::open`]; [`Error::Io`] if the folder cannot be written to.
    pub fn writer(&self) -> Result<IndexWriter> {
        self.writer_with(WriterOptions::default())
    }

    /// The one writer of the index, with options.
    ///
    /// # Errors
    /// Those of [`Index::writer`].
    pub fn writer_with(&self, options: WriterOptions) -> Result<IndexWriter> {
        let lock = WriterLock::acquire(&self.shared.folder)?;
        self.refresh()?;
        IndexWriter::new(Arc::clone(&self.shared), lock, options)
    }

    /// The folder of the index.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    pub(crate) fn create_on(
        storage: Arc<dyn Storage>,
        folder: &Path,
        config: IndexConfig,
    ) -> Result<Index> {
        config.check_hnsw()?;
        let manifest = Manifest {
            generation: 0,
            dimension: config.checked_dimension()?,
            metric: config.metric,
            quantization: config.quantization,
            originals: config.originals,
            hnsw: config.hnsw,
            attributes: config.attributes,
            next_segment: 1,
            segments: Vec::new(),
        };
        let folder = &absolute(folder)?;
        create_folder(&*storage, folder)?;
        refuse_occupied(folder)?;
        let _lock = WriterLock::acquire(folder)?;
        // Another creator may have been faster.
        refuse_occupied(folder)?;
        let prepared = publish::prepare(&*storage, folder, &manifest)?;
        prepared.publish(&*storage)?;
        storage.sync_folder(folder).map_err(Error::io(folder, "make durable"))?;
        Index::open_on(storage, folder, OpenOptions::default())
    }

    pub(crate) fn open_on(
        storage: Arc<dyn Storage>,
        folder: &Path,
        options: OpenOptions,
    ) -> Result<Index> {
        let snapshot = load(folder, options.pinned, None)?
            .expect("without a previous snapshot there is one to load");
        let shared = Shared {
            folder: folder.to_owned(),
            storage,
            snapshot: ArcSwap::from_pointee(snapshot),
            options,
            replacing: Mutex::new(()),
        };
        Ok(Index { shared: Arc::new(shared) })
    }
}

impl Shared {
    /// Held while a commit is published and its snapshot put in place.
    pub(crate) fn replacing(&self) -> MutexGuard<'_, ()> {
        // Nothing is left half done if a holder panicked: the snapshot is stored in one step.
        self.replacing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    pub(crate) fn options(&self) -> OpenOptions {
        self.options
    }

    pub(crate) fn replace(&self, snapshot: Arc<Snapshot>) {
        self.snapshot.store(snapshot);
    }
}

fn absolute(folder: &Path) -> Result<PathBuf> {
    std::path::absolute(folder).map_err(Error::io(folder, "find"))
}

/// Creates a folder and those above it, durably.
fn create_folder(storage: &dyn Storage, folder: &Path) -> Result<()> {
    let Some(parent) = folder.parent() else {
        return match folder.is_dir() {
            true => Ok(()),
            false => Err(Error::NotFound { path: folder.to_owned() }),
        };
    };
    if folder.is_dir() {
        // It may be there because of a call before this one that failed when it had been created.
        return match storage.sync_folder(parent) {
            Err(error) if !cannot_be_synced(&error) => {
                Err(Error::io(parent, "make durable")(error))
            }
            _ => Ok(()),
        };
    }
    create_folder(storage, parent)?;
    match storage.create_folder(folder) {
        // Another process may have been faster.
        Err(error) if !folder.is_dir() => Err(Error::io(folder, "create the folder")(error)),
        _ => storage.sync_folder(parent).map_err(Error::io(parent, "make durable")),
    }
}

/// Whether a folder is not for this user or this system to sync: another made it.
fn cannot_be_synced(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(error.kind(), PermissionDenied | InvalidInput | Unsupported)
}

/// Refuses a folder that has anything in it but what a creation that was cut short leaves.
fn refuse_occupied(folder: &Path) -> Result<()> {
    let mut is_empty = true;
    for entry in fs::read_dir(folder).map_err(Error::io(folder, "list"))? {
        let name = entry.map_err(Error::io(folder, "list"))?.file_name();
        is_empty &= matches!(name.to_str(), Some(names::LOCK | names::NEXT_MANIFEST));
    }
    if is_empty {
        return Ok(());
    }
    match read_manifest(folder) {
        Err(Error::NotAnIndex { .. }) => Err(Error::NotAnIndex {
            path: folder.to_owned(),
            what: "it is not empty; choose an empty folder, or one that does not exist yet"
                .to_owned(),
        }),
        _ => Err(Error::AlreadyExists { path: folder.to_owned() }),
    }
}
