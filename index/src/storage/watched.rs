//! A disk on which something else happens before each operation.

use std::fmt;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use super::{Disk, Storage, StorageFile};

/// The operating system's files, and what is done before each operation.
#[derive(Clone)]
pub(crate) struct WatchedDisk(pub(crate) Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for WatchedDisk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WatchedDisk")
    }
}

impl Storage for WatchedDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.0();
        Disk.create_folder(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        self.0();
        Ok(Box::new(WatchedFile { disk: self.clone(), file: Disk.create(path)? }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0();
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0();
        Disk.remove(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.0();
        Disk.sync_folder(path)
    }
}

struct WatchedFile {
    disk: WatchedDisk,
    file: Box<dyn StorageFile>,
}

impl Write for WatchedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.0();
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for WatchedFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl StorageFile for WatchedFile {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.0();
        self.file.sync()
    }
}
