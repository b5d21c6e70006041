//! Vectors on disk, by what they were made of.
//!
//! A file for each encoder, named after its fingerprint. After a header of 16 bytes it is records
//! of one size: the key of role and text, the components of the vector, and a checksum of both.
//! Records are only ever added, under a lock, so several processes can share a file. A record
//! that was cut short is written over, and one that is damaged counts as missing.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use mlsearch_encoder::{Encoder, Role};

use crate::{Error, Result};

const MAGIC: [u8; 8] = *b"MLSEVAL\x01";
const HEADER_BYTES: u64 = 16;
const KEY_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 8;

/// What a vector is known by: a digest of role and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CacheKey([u8; KEY_BYTES]);

/// The key of a text in its role.
pub(super) fn key(role: Role, text: &str) -> CacheKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(match role {
        Role::Query => b"q",
        Role::Passage => b"p",
    });
    hasher.update(text.as_bytes());
    CacheKey(*hasher.finalize().as_bytes().first_chunk().expect("a digest has 32 bytes"))
}

/// The vectors of one encoder, in a file. It may be removed at any time: then all is encoded
/// again.
#[derive(Debug)]
pub struct VectorCache {
    path: PathBuf,
    file: File,
    dimension: usize,
    /// Where the record of each key begins.
    places: HashMap<CacheKey, u64>,
    /// Up to where the file was read.
    known: u64,
}

impl VectorCache {
    /// Opens the cache of `encoder` in `folder`, which is made if there is none.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be made or read.
    pub fn open(folder: impl AsRef<Path>, encoder: &Encoder) -> Result<Self> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(io_error(folder, "create the folder"))?;
        let name = format!("{}-{}.vectors", encoder.fingerprint(), encoder.device().device);
        Self::open_file(folder.join(name), encoder.dimension())
    }

    fn open_file(path: PathBuf, dimension: usize) -> Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(io_error(&path, "open"))?;
        let mut cache = Self { path, file, dimension, places: HashMap::new(), known: 0 };
        cache.locked(Self::begin)?;
        cache.read_new()?;
        Ok(cache)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Vectors that it holds.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Copies the vector of a key, if there is one.
    pub(super) fn get(&mut self, key: CacheKey, vector: &mut [f32]) -> Result<bool> {
        let Some(place) = self.places.get(&key).copied() else { return Ok(false) };
        let mut components = vec![0; self.dimension * size_of::<f32>()];
        let read = self
            .file
            .seek(SeekFrom::Start(place + KEY_BYTES as u64))
            .and_then(|_| self.file.read_exact(&mut components));
        read.map_err(io_error(&self.path, "read"))?;
        for (component, bytes) in vector.iter_mut().zip(components.as_chunks().0) {
            *component = f32::from_le_bytes(*bytes);
        }
        Ok(true)
    }

    /// Adds vectors.
    pub(super) fn add(
        &mut self,
        rows: impl IntoIterator<Item = (CacheKey, Vec<f32>)>,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        for (CacheKey(key), vector) in rows {
            let start = bytes.len();
            bytes.extend_from_slice(&key);
            vector.iter().for_each(|component| bytes.extend_from_slice(&component.to_le_bytes()));
            bytes.extend_from_slice(&checksum(&bytes[start..]));
        }
        self.locked(|cache| {
            let end = cache.whole_length(cache.file.metadata()?.len());
            cache.file.set_len(end)?;
            cache.file.seek(SeekFrom::Start(end))?;
            cache.file.write_all(&bytes)
        })?;
        self.read_new()
    }

    /// Writes the header of a new file, and of one that is not ours in its place.
    fn begin(&mut self) -> io::Result<()> {
        let mut header = [0; HEADER_BYTES as usize];
        header[..8].copy_from_slice(&MAGIC);
        header[8..].copy_from_slice(&(self.dimension as u64).to_le_bytes());
        let mut found = [0; HEADER_BYTES as usize];
        self.file.seek(SeekFrom::Start(0))?;
        if self.file.read_exact(&mut found).is_ok() && found == header {
            return Ok(());
        }
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header)
    }

    /// Learns of the records that were added since the last time.
    fn read_new(&mut self) -> Result<()> {
        let error = io_error(&self.path, "read");
        let size = self.record_bytes();
        let end = self.whole_length(self.file.metadata().map_err(&error)?.len());
        let mut place = self.known.max(HEADER_BYTES);
        self.file.seek(SeekFrom::Start(place)).map_err(&error)?;
        let mut reader = BufReader::with_capacity(1 << 20, &self.file);
        let mut record = vec![0; size];
        while place + size as u64 <= end {
            reader.read_exact(&mut record).map_err(&error)?;
            let (content, sum) = record.split_at(size - CHECKSUM_BYTES);
            if sum == checksum(content) {
                let key = *content.first_chunk().expect("a record is longer than its key");
                self.places.insert(CacheKey(key), place);
            }
            place += size as u64;
        }
        self.known = place;
        Ok(())
    }

    fn locked(&mut self, work: impl FnOnce(&mut Self) -> io::Result<()>) -> Result<()> {
        let result = self.file.lock().and_then(|()| {
            let result = work(self);
            self.file.unlock().and(result)
        });
        result.map_err(io_error(&self.path, "write"))
    }

    fn record_bytes(&self) -> usize {
        KEY_BYTES + self.dimension * size_of::<f32>() + CHECKSUM_BYTES
    }

    /// `length` less a record at the end that was cut short.
    fn whole_length(&self, length: u64) -> u64 {
        let records = length.saturating_sub(HEADER_BYTES) / self.record_bytes() as u64;
        HEADER_BYTES + records * self.record_bytes() as u64
    }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    *blake3::hash(content).as_bytes().first_chunk().expect("a digest has 32 bytes")
}

fn io_error(path: &Path, action: &'static str) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path: path.clone(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, vector: &[f32]) -> (CacheKey, Vec<f32>) {
        (key(Role::Query, text), vector.to_vec())
    }

    fn get(cache: &mut VectorCache, text: &str) -> Option<[f32; 2]> {
        let mut vector = [0.0; 2];
        cache.get(key(Role::Query, text), &mut vector).expect("read").then_some(vector)
    }

    #[test]
    fn vectors_are_there_again_for_their_role_and_text_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("test.vectors");
        let mut cache = VectorCache::open_file(path.clone(), 2).expect("opened");
        let mut other = VectorCache::open_file(path.clone(), 2).expect("opened twice");
        cache.add([row("a", &[0.6, 0.8]), row("b", &[1.0, 0.0])]).expect("added");
        other.add([row("c", &[0.0, 1.0])]).expect("added beside");
        assert_eq!(get(&mut other, "b"), Some([1.0, 0.0]), "what another process added");
        let mut cache = VectorCache::open_file(path.clone(), 2).expect("opened again");
        assert_eq!(get(&mut cache, "a"), Some([0.6, 0.8]));
        assert_eq!(get(&mut cache, "c"), Some([0.0, 1.0]));
        assert_ne!(key(Role::Query, "a"), key(Role::Passage, "a"));
        assert_eq!(get(&mut cache, "d"), None);
        // Vectors of another length are of no use.
        assert!(VectorCache::open_file(path, 3).expect("begun anew").is_empty());
    }

    #[test]
    fn damaged_and_cut_records_are_missing_and_the_rest_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("test.vectors");
        let mut cache = VectorCache::open_file(path.clone(), 2).expect("opened");
        let rows = ["a", "b", "c"].map(|text| row(text, &[0.6, 0.8]));
        cache.add(rows).expect("added");
        let mut bytes = fs::read(&path).expect("read");
        let second = HEADER_BYTES as usize + cache.record_bytes() + KEY_BYTES + 1;
        bytes[second] ^= 1;
        bytes.truncate(bytes.len() - 5);
        fs::write(&path, &bytes).expect("written");
        let mut cache = VectorCache::open_file(path.clone(), 2).expect("opened again");
        assert_eq!(cache.len(), 1);
        cache.add([row("d", &[1.0, 0.0])]).expect("added over the cut record");
        let mut cache = VectorCache::open_file(path.clone(), 2).expect("opened again");
        assert_eq!(
            ["a", "b", "c", "d"].map(|text| get(&mut cache, text).is_some()),
            [true, false, false, true]
        );
        fs::write(&path, b"something else that was here before").expect("written");
        assert!(VectorCache::open_file(path, 2).expect("begun anew").is_empty());
    }
}
