//! The deletion file: which slots of a segment are deleted, as a roaring bitmap.

use roaring::RoaringBitmap;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{FORMAT_VERSION, Flaw, check_magic, checksum};

/// The first bytes of a deletion file.
const MAGIC: [u8; 8] = *b"mlsDELET";

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawHeader {
    magic: [u8; 8],
    format_version: U32,
    reserved: U32,
    /// Of the bitmap that follows.
    checksum: U64,
}

/// The bytes of a deletion file.
pub(crate) fn encode(deleted: &RoaringBitmap) -> Vec<u8> {
    let mut bitmap = Vec::with_capacity(deleted.serialized_size());
    deleted.serialize_into(&mut bitmap).expect("writing to memory does not fail");
    let header = RawHeader {
        magic: MAGIC,
        format_version: FORMAT_VERSION.into(),
        reserved: 0.into(),
        checksum: checksum(&bitmap).into(),
    };
    [header.as_bytes(), &bitmap].concat()
}

/// Reads and checks a deletion file of a segment of so many documents.
pub(crate) fn decode(file: &[u8], documents: u32) -> Result<RoaringBitmap, Flaw> {
    let Ok((header, bytes)) = RawHeader::ref_from_prefix(file) else {
        return Flaw::damaged("it is too short for a header");
    };
    check_magic(MAGIC, header.magic, header.format_version.get())?;
    if checksum(bytes) != header.checksum.get() {
        return Flaw::damaged("its checksum does not match");
    }
    let mut rest = bytes;
    let deleted = match RoaringBitmap::deserialize_from(&mut rest) {
        Ok(deleted) if rest.is_empty() => deleted,
        _ => return Flaw::damaged("it does not hold a roaring bitmap"),
    };
    if deleted.max().is_some_and(|slot| slot >= documents) {
        return Flaw::damaged("it deletes slots that the segment does not have");
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bitmap_round_trips() {
        for slots in [vec![], vec![0], (0..70_000).step_by(3).collect::<Vec<u32>>()] {
            let deleted: RoaringBitmap = slots.into_iter().collect();
            assert_eq!(decode(&encode(&deleted), 70_000), Ok(deleted));
        }
    }

    #[test]
    fn slots_beyond_the_segment_are_refused() {
        let deleted: RoaringBitmap = [9].into_iter().collect();
        assert!(decode(&encode(&deleted), 10).is_ok());
        assert!(decode(&encode(&deleted), 9).is_err());
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        let bytes = encode(&(0..100).step_by(7).collect());
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], 100).is_err(), "{length} bytes");
        }
        // Nothing is ever written to the reserved field, and nothing is read from it.
        let reserved = 12..16;
        for position in (0..bytes.len()).filter(|position| !reserved.contains(position)) {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[position] ^= 1 << bit;
                assert!(decode(&flipped, 100).is_err(), "byte {position}, bit {bit}");
            }
        }
    }
}
