//! The header of a segment file: what sections it has, where, and their checksums.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{FORMAT_VERSION, Flaw, check_magic, checksum};

/// The first bytes of a segment file.
const MAGIC: [u8; 8] = *b"mlsSEGMT";

/// Sections begin at multiples of this, so that vectors can be read in place by any
/// instruction and share no cache line.
pub(crate) const ALIGNMENT: u64 = 64;

/// More sections than any version writes; bounds what a header can make a reader do.
const MAX_SECTIONS: usize = 64;

/// What a section holds. Readers skip the kinds they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum SectionKind {
    /// The slots of each label.
    Labels = 1,
    /// The vectors by slot.
    Vectors = 2,
    /// The keys by slot.
    Keys = 3,
    /// The slots in order of key.
    KeyOrder = 4,
    /// Where the payload of each slot is.
    PayloadPlaces = 5,
    /// The blocks of the payload file.
    PayloadBlocks = 6,
    /// The vectors by slot, in half precision.
    Halves = 7,
    /// What codes are relative to.
    Codec = 8,
    /// The codes by slot.
    Codes = 9,
    /// The links of each slot on level 0 of the graph.
    Links = 10,
    /// The upper levels of the graph.
    Levels = 11,
    /// The sum of the vectors of each label, and of their squared lengths.
    LabelMoments = 12,
    /// The values of each field and the slots that have them; only where there are any.
    Fields = 16,
}

impl SectionKind {
    pub(crate) const ALL: [SectionKind; 13] = [
        SectionKind::Labels,
        SectionKind::Vectors,
        SectionKind::Keys,
        SectionKind::KeyOrder,
        SectionKind::PayloadPlaces,
        SectionKind::PayloadBlocks,
        SectionKind::Halves,
        SectionKind::Codec,
        SectionKind::Codes,
        SectionKind::Links,
        SectionKind::Levels,
        SectionKind::LabelMoments,
        SectionKind::Fields,
    ];

    /// What people call the section.
    pub(crate) fn name(self) -> &'static str {
        match self {
            SectionKind::Labels => "labels",
            SectionKind::Vectors => "vectors",
            SectionKind::Keys => "keys",
            SectionKind::KeyOrder => "key order",
            SectionKind::PayloadPlaces => "payload places",
            SectionKind::PayloadBlocks => "payload blocks",
            SectionKind::Halves => "half-precision vectors",
            SectionKind::Codec => "codec",
            SectionKind::Codes => "codes",
            SectionKind::Links => "links",
            SectionKind::Levels => "levels",
            SectionKind::LabelMoments => "label moments",
            SectionKind::Fields => "fields",
        }
    }

    /// What people call a section of any kind.
    pub(crate) fn name_of(kind: u32) -> String {
        match SectionKind::ALL.into_iter().find(|known| *known as u32 == kind) {
            Some(known) => known.name().to_owned(),
            None => format!("kind {kind}"),
        }
    }
}

/// A stretch of a segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// A [`SectionKind`], or one that a later version added.
    pub(crate) kind: u32,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) checksum: u64,
}

/// The header of a segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) file_length: u64,
    pub(crate) documents: u32,
    pub(crate) dimension: u32,
    /// In order of offset.
    pub(crate) sections: Vec<Section>,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawHeader {
    magic: [u8; 8],
    format_version: U32,
    section_count: U32,
    file_length: U64,
    documents: U32,
    dimension: U32,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawSection {
    kind: U32,
    reserved: U32,
    offset: U64,
    length: U64,
    checksum: U64,
}

impl SegmentHeader {
    /// The bytes of a header with this many sections, its checksum included.
    pub(crate) fn length(section_count: usize) -> u64 {
        (size_of::<RawHeader>() + section_count * size_of::<RawSection>() + size_of::<U64>()) as u64
    }

    /// The header as it stands at the beginning of the file, and its checksum.
    pub(crate) fn encode(&self) -> (Vec<u8>, u64) {
        let count = u32::try_from(self.sections.len()).expect("a writer makes few sections");
        let header = RawHeader {
            magic: MAGIC,
            format_version: FORMAT_VERSION.into(),
            section_count: count.into(),
            file_length: self.file_length.into(),
            documents: self.documents.into(),
            dimension: self.dimension.into(),
        };
        let mut bytes = header.as_bytes().to_vec();
        for section in &self.sections {
            let raw = RawSection {
                kind: section.kind.into(),
                reserved: 0.into(),
                offset: section.offset.into(),
                length: section.length.into(),
                checksum: section.checksum.into(),
            };
            bytes.extend_from_slice(raw.as_bytes());
        }
        let checksum = checksum(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        (bytes, checksum)
    }

    /// Reads and checks the header at the beginning of `file`, a whole segment file, and
    /// returns it with its checksum. Afterwards every section lies within the file, is
    /// aligned, and overlaps nothing.
    pub(crate) fn decode(file: &[u8]) -> Result<(SegmentHeader, u64), Flaw> {
        let Ok((raw, rest)) = RawHeader::ref_from_prefix(file) else {
            return Flaw::damaged("it is too short for a header");
        };
        check_magic(MAGIC, raw.magic, raw.format_version.get())?;
        let count = raw.section_count.get() as usize;
        if count > MAX_SECTIONS {
            return Flaw::damaged(format!("its header counts {count} sections"));
        }
        let Ok((table, rest)) = <[RawSection]>::ref_from_prefix_with_elems(rest, count) else {
            return Flaw::damaged("it is too short for its section table");
        };
        let Ok((stored, _)) = U64::ref_from_prefix(rest) else {
            return Flaw::damaged("it is too short for the checksum of its header");
        };
        let header_length = SegmentHeader::length(count);
        let covered = header_length as usize - size_of::<U64>();
        let computed = checksum(&file[..covered]);
        if computed != stored.get() {
            return Flaw::damaged("the checksum of its header does not match");
        }
        let header = SegmentHeader {
            file_length: raw.file_length.get(),
            documents: raw.documents.get(),
            dimension: raw.dimension.get(),
            sections: table.iter().map(Section::from_raw).collect(),
        };
        header.check(header_length, file.len() as u64)?;
        Ok((header, computed))
    }

    fn check(&self, header_length: u64, file_length: u64) -> Result<(), Flaw> {
        if self.file_length != file_length {
            return Flaw::damaged(format!(
                "it is {file_length} bytes long where its header says {}",
                self.file_length
            ));
        }
        let mut free_from = header_length;
        for section in &self.sections {
            let name = SectionKind::name_of(section.kind);
            if section.offset % ALIGNMENT != 0 {
                return Flaw::damaged(format!("its section of {name} is not aligned"));
            }
            if section.offset < free_from {
                return Flaw::damaged(format!("its section of {name} overlaps what precedes it"));
            }
            match section.offset.checked_add(section.length) {
                Some(end) if end <= file_length => free_from = end,
                _ => return Flaw::damaged(format!("its section of {name} exceeds the file")),
            }
        }
        Ok(())
    }
}

impl Section {
    fn from_raw(raw: &RawSection) -> Section {
        Section {
            kind: raw.kind.get(),
            offset: raw.offset.get(),
            length: raw.length.get(),
            checksum: raw.checksum.get(),
        }
    }
}
