//! The writer's lock: held by the operating system, so that it dies with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::format::names;

/// The right to write to a folder, until it is dropped.
#[derive(Debug)]
pub(crate) struct WriterLock {
    file: File,
}

impl Drop for WriterLock {
    /// Closing the file is not enough: a process that another thread is starting has a copy
    /// of every open file for a moment, and a lock lasts as long as any copy.
    fn drop(&mut self) {
        // The process is none the worse if it fails: the lock goes with the last copy.
        let _ = self.file.unlock();
    }
}

impl WriterLock {
    /// Takes the lock of `folder`, or says who has it.
    pub(crate) fn acquire(folder: &Path) -> Result<WriterLock> {
        let path = folder.join(names::LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io(&path, "open for writing"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { path: folder.to_owned(), pid: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io(&path, "lock")(source)),
        }
        // The process number is only a courtesy to whoever is refused: the lock holds without.
        let _ = note_holder(&mut file);
        Ok(WriterLock { file })
    }
}

fn note_holder(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
