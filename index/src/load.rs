//! From a folder to a snapshot of its last commit.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::config::IndexConfig;
use crate::error::{Error, Result};
use crate::format::manifest::{self, DeletionRecord, Manifest, SegmentRecord};
use crate::format::{Flaw, deletions, names};
use crate::read::open_file;
use crate::segment::Segment;
use crate::snapshot::{LiveSegment, Snapshot};

/// How often a reader starts again when commits pull the files from under it.
const ATTEMPTS: usize = 100;

/// Opens the last commit of the index in `folder`, sharing with `previous` the segments that
/// both have. If `previous` is the last commit there is nothing to open.
pub(crate) fn load(
    folder: &Path,
    pinned: bool,
    previous: Option<&Snapshot>,
) -> Result<Option<Snapshot>> {
    let (mut manifest, mut checksum) = read_manifest(folder)?;
    for _ in 1..ATTEMPTS {
        if previous.is_some_and(|previous| previous.checksum() == checksum) {
            return Ok(None);
        }
        let outcome = open_segments(folder, &manifest, pinned, previous);
        let error = match outcome {
            Ok(segments) => return Ok(Some(Snapshot::new(folder, manifest, checksum, segments))),
            Err(error) => error,
        };
        // A commit since then may have removed the files: if so, its own are there.
        let (current, current_checksum) = read_manifest(folder)?;
        if current_checksum == checksum {
            return Err(error);
        }
        (manifest, checksum) = (current, current_checksum);
    }
    open_segments(folder, &manifest, pinned, previous)
        .map(|segments| Some(Snapshot::new(folder, manifest, checksum, segments)))
}

/// Reads and checks the manifest of an index, and returns it with its checksum.
pub(crate) fn read_manifest(folder: &Path) -> Result<(Manifest, u64)> {
    let path = folder.join(names::MANIFEST);
    let bytes = match read_bounded(&path, manifest::MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => return Err(absent(folder, &path, error)),
    };
    Manifest::decode(&bytes).map_err(|flaw| {
        if matches!(flaw, Flaw::Damaged(_))
            && !Manifest::is_recognized(&bytes)
            && !has_segments(folder)
        {
            let what = "its manifest.json is another program's, or damaged from its first bytes on";
            return Error::NotAnIndex { path: folder.to_owned(), what: what.to_owned() };
        }
        flaw.at(&path)
    })
}

/// Reads and checks the deletion file of a segment of so many documents.
pub(crate) fn read_deletions(
    path: &Path,
    record: &DeletionRecord,
    documents: u32,
) -> Result<RoaringBitmap> {
    let bytes = read_bounded(path, record.file.length).map_err(Error::io(path, "read"))?;
    if bytes.len() as u64 != record.file.length
        || crate::format::checksum(&bytes) != record.file.checksum
    {
        return Err(Error::corrupt(path, "it is not the file that the manifest names"));
    }
    let deleted = deletions::decode(&bytes, documents).map_err(|flaw| flaw.at(path))?;
    if deleted.len() != u64::from(record.deleted) {
        return Err(Error::corrupt(
            path,
            "it deletes more or fewer documents than the manifest says",
        ));
    }
    Ok(deleted)
}

/// Opens a segment of a commit, or shares it with `previous`.
pub(crate) fn open_segment(
    folder: &Path,
    record: &SegmentRecord,
    config: &IndexConfig,
    pinned: bool,
    previous: Option<&Snapshot>,
) -> Result<LiveSegment> {
    let known = previous.and_then(|previous| {
        previous.segments().iter().find(|known| *known.segment.files() == record.files)
    });
    let segment = match known {
        Some(known) => Arc::clone(&known.segment),
        None => Arc::new(Segment::open(folder, &record.files, config, pinned)?),
    };
    let deleted = match (&record.deletions, known) {
        (None, _) => Arc::default(),
        (record, Some(known)) if *record == known.deletions => Arc::clone(&known.deleted),
        (Some(deletions), _) => {
            let name = names::deleted(record.files.number, deletions.generation);
            Arc::new(read_deletions(&folder.join(name), deletions, record.files.documents)?)
        }
    };
    if let Some(known) = known.filter(|known| known.deletions == record.deletions) {
        return Ok(known.clone());
    }
    Ok(LiveSegment::new(segment, deleted, record.deletions.clone()))
}

fn open_segments(
    folder: &Path,
    manifest: &Manifest,
    pinned: bool,
    previous: Option<&Snapshot>,
) -> Result<Vec<LiveSegment>> {
    let config = manifest.config();
    let open =
        |record| open_segment(folder, record, &config, pinned, previous).map_err(missing_is_damage);
    manifest.segments.iter().map(open).collect()
}

/// A file that the manifest names and that is not there is damage to the index.
pub(crate) fn missing_is_damage(error: Error) -> Error {
    match error {
        Error::Io { path, source, .. } if source.kind() == io::ErrorKind::NotFound => {
            Error::Corrupt { path, what: "the manifest names it, and it is missing".to_owned() }
        }
        other => other,
    }
}

/// What it means that there is no manifest to read.
fn absent(folder: &Path, manifest: &Path, error: io::Error) -> Error {
    let not_an_index =
        |what: &str| Error::NotAnIndex { path: folder.to_owned(), what: what.to_owned() };
    match error.kind() {
        io::ErrorKind::NotFound if !folder.exists() => Error::NotFound { path: folder.to_owned() },
        io::ErrorKind::NotFound => {
            not_an_index("it has no manifest.json; create an index in an empty folder")
        }
        io::ErrorKind::NotADirectory => not_an_index("it is a file, and an index is a folder"),
        _ => Error::io(manifest, "read")(error),
    }
}

fn has_segments(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(names::is_disposable))
    })
}

/// Reads a file, and no more than `limit` bytes of it and one.
fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
