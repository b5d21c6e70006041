//! A file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::{Error, Result};

/// A buffered writer of a file. It writes under a temporary name beside the file and takes the
/// file's place at [`finish`](Self::finish); dropped before that it leaves nothing behind.
/// Something that is there and is no regular file, such as a pipe, is written to as it is.
pub(super) struct Output {
    path: PathBuf,
    /// Where the bytes go until the end, unless that is the path itself.
    temporary: Option<PathBuf>,
    writer: BufWriter<File>,
}

impl Output {
    /// Begins to write the file `path`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn create(path: &Path) -> Result<Self> {
        let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
        let temporary = if special { None } else { Some(temporary_name(path)?) };
        let file = File::create(temporary.as_deref().unwrap_or(path)).map_err(io_error(path))?;
        Ok(Self { path: path.to_owned(), temporary, writer: BufWriter::new(file) })
    }

    /// Writes what `write` writes.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn write(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        write(&mut self.writer).map_err(io_error(&self.path))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn finish(mut self) -> Result<()> {
        self.writer.flush().map_err(io_error(&self.path))?;
        if let Some(temporary) = &self.temporary {
            self.writer.get_ref().sync_all().map_err(io_error(&self.path))?;
            fs::rename(temporary, &self.path).map_err(io_error(&self.path))?;
            self.temporary = None;
        }
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It may be gone already, and there is nobody to tell.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn temporary_name(path: &Path) -> Result<PathBuf> {
    let Some(name) = path.file_name() else {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "this is not the name of a file");
        return Err(io_error(path)(source));
    };
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", process::id()));
    Ok(path.with_file_name(temporary))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, action: "write", source }
}
