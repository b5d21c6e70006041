//! The payload file of a segment, open for reading.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::format::payload::{self, Block};
use crate::read::{open_file, read_exact_at};

/// An open payload file. It is read, not mapped: payloads are read rarely, and a read that
/// fails is an error where a map would end the process.
#[derive(Debug)]
pub(crate) struct Payloads {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Payloads {
    /// Opens the file at `path`, which must be `length` bytes long.
    pub(crate) fn open(path: &Path, length: u64) -> Result<Payloads> {
        let file = open_file(path).map_err(Error::io(path, "open"))?;
        let found = file.metadata().map_err(Error::io(path, "read the size of"))?.len();
        if found != length {
            return Err(Error::corrupt(
                path,
                format!("it is {found} bytes long where the manifest says {length}"),
            ));
        }
        let payloads = Payloads { path: path.to_owned(), file, length };
        let mut header = [0; payload::HEADER_BYTES];
        payloads.read_at(0, &mut header)?;
        payload::check_header(&header).map_err(|flaw| flaw.at(path))?;
        Ok(payloads)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Reads and expands a block.
    pub(crate) fn read(&self, block: Block) -> Result<Vec<u8>> {
        let (offset, length) = block.extent(self.length).map_err(|flaw| flaw.at(&self.path))?;
        let mut bytes = vec![0; length];
        self.read_at(offset, &mut bytes)?;
        block.expand(&bytes).map_err(|flaw| flaw.at(&self.path))
    }

    /// Fills `bytes` from `offset` on.
    pub(crate) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        read_exact_at(&self.file, offset, bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::corrupt(&self.path, "it has been cut short"),
            _ => Error::io(&self.path, "read")(error),
        })
    }
}
