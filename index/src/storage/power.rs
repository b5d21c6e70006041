//! What a power cut may leave of a folder.
//!
//! What was made durable is there. Of the rest, POSIX promises nothing:
//!
//! - Each change of a name takes effect or does not, whatever became of those before it. A
//!   rename is two changes, a name that is given and one that is taken away, so that both names
//!   may be left, or neither. Only the order of changes to one name is kept: to turn it round
//!   leaves what losing the later change leaves.
//! - Bytes of a file arrive in any order, by sectors, and a sector may arrive in part. The
//!   length may be that of before, that of after, or one between them; what did not arrive is as
//!   it was before, zero, or whatever the disk held there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::journal::Operation;

/// What disks write at once.
const SECTOR: usize = 512;

/// The bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    digest: u64,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Arc<Blob> {
        let digest = xxh3_64(&bytes);
        Arc::new(Blob { bytes, digest })
    }
}

/// The files that are found when the power is back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Image(pub(crate) BTreeMap<String, Arc<Blob>>);

impl Image {
    /// Writes them into an empty folder.
    pub(crate) fn write(&self, folder: &Path) {
        for (name, blob) in &self.0 {
            fs::write(folder.join(name), &blob.bytes).unwrap();
        }
    }

    /// Tells images apart.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for (name, blob) in &self.0 {
            hasher.update(name.as_bytes());
            hasher.update(&[0]);
            hasher.update(&blob.digest.to_le_bytes());
        }
        hasher.digest()
    }
}

/// What becomes of the bytes that were not made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bytes {
    Lost,
    Kept,
    /// The files have their new lengths, and zeros in them.
    Zeros,
    /// They arrived in order, up to some byte: of a share, in thousandths, of all.
    Until(usize),
    /// They arrived in order, up to the end of the sector before that byte.
    UntilSector(usize),
    /// Some sectors arrived; the others are as they were before, and zero where there was
    /// nothing.
    Holes(u64),
    /// Some sectors arrived, the others are noise, and the file may be shorter.
    Noise(u64),
}

/// A folder as the disk has it and as programs see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    files: Vec<FileState>,
    durable: BTreeMap<String, usize>,
    pending: Vec<NameChange>,
}

#[derive(Clone, Debug)]
struct FileState {
    durable: Arc<Blob>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Truncate,
    Write { at: usize, bytes: Vec<u8> },
}

/// A change of the names that was not made durable.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NameChange {
    Given { name: String, file: usize },
    TakenAway { name: String },
}

impl Machine {
    /// A machine that starts with durable files, numbered as in [`Journal::of`].
    ///
    /// [`Journal::of`]: super::journal::Journal::of
    pub(crate) fn starting_with(image: &Image) -> Machine {
        let files = image
            .0
            .values()
            .map(|blob| FileState { durable: Arc::clone(blob), pending: Vec::new() });
        Machine {
            files: files.collect(),
            durable: image.0.keys().cloned().zip(0..).collect(),
            pending: Vec::new(),
        }
    }

    pub(crate) fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Create { file, name } => {
                assert_eq!(*file, self.files.len());
                let durable = Blob::new(Vec::new());
                self.files.push(FileState { durable, pending: Vec::new() });
                self.pending.push(NameChange::Given { name: name.clone(), file: *file });
            }
            Operation::Truncate { file } => self.files[*file].pending.push(Change::Truncate),
            Operation::Write { file, at, bytes } => {
                let change = Change::Write { at: *at, bytes: bytes.clone() };
                self.files[*file].pending.push(change);
            }
            Operation::Sync { file } => {
                let file = &mut self.files[*file];
                if !file.pending.is_empty() {
                    file.durable = file.found(Bytes::Kept);
                    file.pending.clear();
                }
            }
            Operation::Rename { from, to } => {
                let file = self.names()[from];
                self.pending.push(NameChange::Given { name: to.clone(), file });
                self.pending.push(NameChange::TakenAway { name: from.clone() });
            }
            Operation::Remove { name } => {
                self.pending.push(NameChange::TakenAway { name: name.clone() });
            }
            Operation::SyncFolder => {
                self.durable = self.names();
                self.pending.clear();
            }
        }
    }

    /// How many changes of names were not made durable.
    pub(crate) fn pending_names(&self) -> usize {
        self.pending.len()
    }

    /// Whether bytes of a file that may have a name were not made durable.
    pub(crate) fn has_pending_bytes(&self) -> bool {
        let given = self.pending.iter().filter_map(|change| match change {
            NameChange::Given { file, .. } => Some(file),
            NameChange::TakenAway { .. } => None,
        });
        self.durable.values().chain(given).any(|&file| !self.files[file].pending.is_empty())
    }

    /// What is found after a power cut: of the changes of names those that `kept` says.
    pub(crate) fn found(&self, kept: impl Fn(usize) -> bool, bytes: Bytes) -> Image {
        let names = self.names_with(kept);
        Image(names.into_iter().map(|(name, file)| (name, self.files[file].found(bytes))).collect())
    }

    fn names(&self) -> BTreeMap<String, usize> {
        self.names_with(|_| true)
    }

    fn names_with(&self, kept: impl Fn(usize) -> bool) -> BTreeMap<String, usize> {
        let mut names = self.durable.clone();
        for (_, change) in self.pending.iter().enumerate().filter(|(at, _)| kept(*at)) {
            match change {
                NameChange::Given { name, file } => names.insert(name.clone(), *file),
                NameChange::TakenAway { name } => names.remove(name),
            };
        }
        names
    }
}

impl FileState {
    fn found(&self, bytes: Bytes) -> Arc<Blob> {
        if self.pending.is_empty() || bytes == Bytes::Lost {
            return Arc::clone(&self.durable);
        }
        let old = &self.durable.bytes;
        let new = self.written(usize::MAX);
        let mut found = match bytes {
            Bytes::Lost | Bytes::Kept => new.clone(),
            Bytes::Zeros => vec![0; new.len()],
            Bytes::Until(share) => self.written(self.share(share)),
            Bytes::UntilSector(share) => self.written(self.share(share) / SECTOR * SECTOR),
            Bytes::Holes(_) => {
                let mut before = old.clone();
                before.resize(new.len(), 0);
                before
            }
            Bytes::Noise(_) => vec![0xA5; new.len()],
        };
        if let Bytes::Holes(seed) | Bytes::Noise(seed) = bytes {
            let mut chance = Chance(seed ^ new.len() as u64);
            for (sector, arrived) in found.chunks_mut(SECTOR).zip(new.chunks(SECTOR)) {
                if chance.next() & 1 == 0 {
                    sector.copy_from_slice(arrived);
                }
            }
            if matches!(bytes, Bytes::Noise(_)) && chance.next() & 1 == 0 {
                found.truncate(chance.next() as usize % (new.len() + 1));
            }
        }
        Blob::new(found)
    }

    /// How many bytes a share of what is pending has, in thousandths.
    fn share(&self, thousandths: usize) -> usize {
        let all: usize = self.pending.iter().map(Change::len).sum();
        all * thousandths / 1_000
    }

    /// The bytes once so many of those pending have arrived.
    fn written(&self, mut limit: usize) -> Vec<u8> {
        let mut content = self.durable.bytes.clone();
        for change in &self.pending {
            match change {
                Change::Truncate => content.clear(),
                Change::Write { at, bytes } => {
                    let bytes = &bytes[..bytes.len().min(limit)];
                    limit -= bytes.len();
                    let end = at + bytes.len();
                    if content.len() < end {
                        content.resize(end, 0);
                    }
                    content[*at..end].copy_from_slice(bytes);
                }
            }
            if limit == 0 {
                break;
            }
        }
        content
    }
}

impl Change {
    fn len(&self) -> usize {
        match self {
            Change::Truncate => 0,
            Change::Write { bytes, .. } => bytes.len(),
        }
    }
}

/// Numbers that look random and repeat for a seed (SplitMix64, G. L. Steele et al., 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }
}
