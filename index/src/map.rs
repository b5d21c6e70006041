//! Memory maps of files that never change. The only unsafe code outside the distance kernels.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::{Mmap, MmapMut};

use crate::error::{Error, Result};
use crate::read::{open_file, read_exact_at};

/// A read-only memory map of a whole file.
#[derive(Debug)]
pub(crate) struct Map {
    map: Mmap,
    file: File,
}

impl Map {
    /// Maps the file at `path`, which must be `length` bytes long.
    ///
    /// The file must not be changed or truncated while it is mapped; this crate only ever
    /// unlinks it. If another program truncates it all the same, reading the lost pages ends
    /// the process (SIGBUS): that is the price of a map, and why an index folder belongs to
    /// the index.
    pub(crate) fn open(path: &Path, length: u64) -> Result<Map> {
        let file = open_file(path).map_err(Error::io(path, "open"))?;
        let found = file.metadata().map_err(Error::io(path, "read the size of"))?.len();
        if found != length {
            return Err(Error::corrupt(
                path,
                format!("it is {found} bytes long where the manifest says {length}"),
            ));
        }
        #[expect(
            unsafe_code,
            reason = "the operating system cannot promise that a file stays as it is"
        )]
        // SAFETY: a committed file is never written again, only unlinked, and its length was
        // checked above; see the contract in this function's documentation.
        let map = unsafe { Mmap::map(&file) }.map_err(Error::io(path, "map"))?;
        Ok(Map { map, file })
    }

    /// Asks for some bytes, read at random and all the time, to be kept in large pages where the
    /// file system has them.
    pub(crate) fn prefer_large_pages(&self, range: Range<usize>) {
        #[cfg(target_os = "linux")]
        if !range.is_empty() {
            // A hint: without it, small pages do.
            let _ = self.map.advise_range(Advice::HugePage, range.start, range.len());
        }
        #[cfg(not(target_os = "linux"))]
        let _ = range;
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Copies bytes from the file, past the map: what is read so does not stay in the memory of
    /// the process.
    pub(crate) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        read_exact_at(&self.file, offset, bytes)
    }
}

/// Bytes in anonymous memory, of large pages where the system has them: random reads then miss
/// fewer entries of the page table, and no page is ever given back to the file system.
#[derive(Debug)]
pub(crate) struct Pinned(Mmap);

impl Pinned {
    /// Copies bytes, of which there is at least one.
    pub(crate) fn copy(bytes: &[u8]) -> io::Result<Pinned> {
        let mut memory = MmapMut::map_anon(bytes.len().max(1))?;
        // Where the system has no large pages to give, small ones do.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(Advice::HugePage);
        memory[..bytes.len()].copy_from_slice(bytes);
        memory.make_read_only().map(Pinned)
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
