//! The bytes on disk, as FORMAT.md describes them. Only this module turns bytes into values.
//!
//! Everything here works on byte slices and checks before it slices; paths, files and maps
//! are the business of its callers.

pub(crate) mod codec;
pub(crate) mod deletions;
pub(crate) mod fields;
pub(crate) mod graph;
pub(crate) mod layout;
pub(crate) mod manifest;
pub(crate) mod moments;
pub(crate) mod names;
pub(crate) mod payload;
pub(crate) mod segment;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::error::Error;

/// The format version this crate writes.
pub const FORMAT_VERSION: u32 = 2;

/// The oldest format version this crate reads.
pub const OLDEST_READABLE: u32 = 1;

/// The most bytes the payload of one document may have, and a block of them when expanded.
pub const MAX_PAYLOAD_BYTES: usize = 16 << 20;

/// The checksum used everywhere: XXH3, 64 bits, seed 0.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// What is wrong with some bytes. The caller, who knows the file, makes an [`Error`] of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// They are not what was written.
    Damaged(String),
    /// They are of a format version that is not read here.
    Version(u32),
}

impl Flaw {
    fn damaged<T>(what: impl Into<String>) -> Result<T, Flaw> {
        Err(Flaw::Damaged(what.into()))
    }

    /// The error of finding this in the file at `path`.
    pub(crate) fn at(self, path: &Path) -> Error {
        match self {
            Flaw::Damaged(what) => Error::corrupt(path, what),
            Flaw::Version(found) => Error::Incompatible {
                path: path.to_owned(),
                found,
                oldest: OLDEST_READABLE,
                newest: FORMAT_VERSION,
            },
        }
    }
}

/// Refuses magic bytes and versions that are not this format's.
fn check_magic(expected: [u8; 8], magic: [u8; 8], version: u32) -> Result<(), Flaw> {
    if magic != expected {
        return Flaw::damaged("it does not begin with the magic bytes of its kind");
    }
    check_version(version)
}

fn check_version(version: u32) -> Result<(), Flaw> {
    if (OLDEST_READABLE..=FORMAT_VERSION).contains(&version) {
        Ok(())
    } else {
        Err(Flaw::Version(version))
    }
}
