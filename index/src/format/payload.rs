//! The payload file: blocks of several payloads each, compressed with zstd, and the records
//! in the segment file that say where they are.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{FORMAT_VERSION, Flaw, MAX_PAYLOAD_BYTES, check_magic, checksum};

/// The first bytes of a payload file.
const MAGIC: [u8; 8] = *b"mlsPAYLD";

/// Blocks are closed when they reach this size: a search hit costs the expansion of one.
pub(crate) const BLOCK_TARGET_BYTES: usize = 16 << 10;

/// Favours speed; higher levels gain a few per cent on blocks of this size.
const COMPRESSION_LEVEL: i32 = 3;

/// The header of a payload file. Its blocks follow without gaps.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawHeader {
    magic: [u8; 8],
    format_version: U32,
    reserved: U32,
}

/// The bytes of the header of a payload file.
pub(crate) const HEADER_BYTES: usize = size_of::<RawHeader>();

/// A block of the payload file.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub(crate) struct Block {
    offset: U64,
    /// Bytes in the file.
    compressed: U32,
    /// Bytes when expanded.
    expanded: U32,
    /// Of the bytes in the file.
    checksum: U64,
}

/// Where a payload is. An empty one has a length of 0, and is in no block.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub(crate) struct Place {
    block: U32,
    /// Within the expanded block.
    start: U32,
    length: U32,
}

/// The header of a payload file.
pub(crate) fn encode_header() -> [u8; HEADER_BYTES] {
    let raw = RawHeader { magic: MAGIC, format_version: FORMAT_VERSION.into(), reserved: 0.into() };
    zerocopy::transmute!(raw)
}

/// Checks the header of a payload file.
pub(crate) fn check_header(bytes: &[u8; HEADER_BYTES]) -> Result<(), Flaw> {
    let raw: &RawHeader = zerocopy::transmute_ref!(bytes);
    check_magic(MAGIC, raw.magic, raw.format_version.get())
}

impl Place {
    /// The place of an empty payload.
    pub(crate) const EMPTY: Place = Place { block: U32::ZERO, start: U32::ZERO, length: U32::ZERO };

    pub(crate) fn new(block: u32, start: u32, length: u32) -> Place {
        Place { block: block.into(), start: start.into(), length: length.into() }
    }

    /// The number of the block, or nothing for an empty payload.
    pub(crate) fn block(self) -> Option<u32> {
        (self.length.get() != 0).then_some(self.block.get())
    }

    /// The payload within its expanded block.
    pub(crate) fn slice(self, block: &[u8]) -> Result<&[u8], Flaw> {
        let start = self.start.get() as usize;
        let payload =
            start.checked_add(self.length.get() as usize).and_then(|end| block.get(start..end));
        match payload {
            Some(payload) => Ok(payload),
            None => Flaw::damaged("a payload's place exceeds its block"),
        }
    }
}

impl Block {
    /// Compresses a block that will stand at `offset`, and returns its record and its bytes.
    pub(crate) fn compress(offset: u64, expanded: &[u8]) -> std::io::Result<(Block, Vec<u8>)> {
        let bytes = zstd::bulk::compress(expanded, COMPRESSION_LEVEL)?;
        let fits = "a block is at most MAX_PAYLOAD_BYTES";
        let block = Block {
            offset: offset.into(),
            compressed: u32::try_from(bytes.len()).expect(fits).into(),
            expanded: u32::try_from(expanded.len()).expect(fits).into(),
            checksum: checksum(&bytes).into(),
        };
        Ok((block, bytes))
    }

    /// Where the block stands in a payload file of `file_length` bytes.
    pub(crate) fn extent(self, file_length: u64) -> Result<(u64, usize), Flaw> {
        let offset = self.offset.get();
        let end = offset.checked_add(u64::from(self.compressed.get()));
        if offset < HEADER_BYTES as u64 || end.is_none_or(|end| end > file_length) {
            return Flaw::damaged("a payload block exceeds the payload file");
        }
        let (compressed, expanded) = (self.compressed.get() as usize, self.expanded.get() as usize);
        if expanded > MAX_PAYLOAD_BYTES || compressed > zstd::zstd_safe::compress_bound(expanded) {
            return Flaw::damaged("a payload block is larger than any that is written");
        }
        Ok((offset, compressed))
    }

    /// Expands the bytes found at the block's [`extent`](Block::extent). No more memory is
    /// taken than that allows, whatever the bytes say.
    pub(crate) fn expand(self, bytes: &[u8]) -> Result<Vec<u8>, Flaw> {
        if checksum(bytes) != self.checksum.get() {
            return Flaw::damaged("the checksum of a payload block does not match");
        }
        let expanded = self.expanded.get() as usize;
        match zstd::bulk::decompress(bytes, expanded) {
            Ok(block) if block.len() == expanded => Ok(block),
            _ => Flaw::damaged("a payload block does not expand to its size"),
        }
    }
}
