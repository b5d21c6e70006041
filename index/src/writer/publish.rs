//! What a commit does on disk. A manifest is written under another name and made durable, and its
//! renaming is the commit.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use roaring::RoaringBitmap;

use crate::error::{Error, Result};
use crate::format::manifest::{self, DeletionRecord, FileRecord, Manifest};
use crate::format::{checksum, deletions, names};
use crate::storage::Storage;

/// A commit that is wholly on disk, but for its name.
pub(crate) struct Prepared {
    next: PathBuf,
    manifest: PathBuf,
    /// Of the manifest.
    pub(crate) checksum: u64,
}

/// Writes a manifest under its temporary name. Afterwards everything in the folder is durable.
pub(crate) fn prepare(
    storage: &dyn Storage,
    folder: &Path,
    manifest: &Manifest,
) -> Result<Prepared> {
    let (bytes, checksum) = manifest.encode();
    if bytes.len() as u64 > manifest::MAX_BYTES {
        return Err(Error::invalid(
            "the attributes of the index are too large for its manifest: keep less in them",
        ));
    }
    let next = folder.join(names::NEXT_MANIFEST);
    write_durably(storage, &next, &bytes)?;
    storage.sync_folder(folder).map_err(Error::io(folder, "make durable"))?;
    Ok(Prepared { next, manifest: folder.join(names::MANIFEST), checksum })
}

impl Prepared {
    /// Makes the commit the last one. After an error it may or may not be.
    pub(crate) fn publish(self, storage: &dyn Storage) -> Result<()> {
        storage.rename(&self.next, &self.manifest).map_err(Error::io(&self.manifest, "replace"))
    }
}

/// Writes the deletion file of a segment for the commit of a generation.
pub(crate) fn write_deletions(
    storage: &dyn Storage,
    folder: &Path,
    number: u32,
    generation: u64,
    deleted: &RoaringBitmap,
) -> Result<DeletionRecord> {
    let bytes = deletions::encode(deleted);
    write_durably(storage, &folder.join(names::deleted(number, generation)), &bytes)?;
    Ok(DeletionRecord {
        generation,
        deleted: u32::try_from(deleted.len()).expect("a segment has fewer than 2^32 documents"),
        file: FileRecord { length: bytes.len() as u64, checksum: checksum(&bytes) },
    })
}

/// Removes every file that a writer made and `manifest` does not name. What cannot be removed
/// now is left for the next time: it does no harm.
pub(crate) fn sweep(storage: &dyn Storage, folder: &Path, manifest: &Manifest) {
    let kept: HashSet<String> =
        manifest.segments.iter().flat_map(|record| record.file_names()).collect();
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| names::is_disposable(name) && !kept.contains(name)) {
            let _ = storage.remove(&entry.path());
        }
    }
}

fn write_durably(storage: &dyn Storage, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = storage.create(path).map_err(Error::io(path, "create"))?;
    file.write_all(bytes).map_err(Error::io(path, "write"))?;
    file.sync().map_err(Error::io(path, "make durable"))
}
