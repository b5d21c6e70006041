//! What the sections of a segment hold, as checked views of the mapped file.

use std::ops::Range;

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::payload::{Block, Place};
use super::segment::{SectionKind, SegmentHeader};
use super::{Flaw, codec};
use crate::codes::{CodeShape, Codec};
use crate::config::Precision;
use crate::distance::Vectors;
use crate::id::Label;

/// A run of slots that have the same label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelRun {
    pub(crate) label: Label,
    pub(crate) start: u32,
    /// One past the last slot.
    pub(crate) end: u32,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawLabelRun {
    label: U16,
    reserved: U16,
    start: U32,
    end: U32,
}

/// Where the sections of one segment file are. Every range lies within that file and has the
/// length that the number of documents and the dimension call for.
#[derive(Debug)]
pub(crate) struct Layout {
    labels: Range<usize>,
    vectors: Range<usize>,
    precision: Precision,
    codes: Option<CodeSections>,
    graph: Option<GraphSections>,
    moments: Option<Range<usize>>,
    keys: Range<usize>,
    key_order: Range<usize>,
    payload_places: Range<usize>,
    payload_blocks: Range<usize>,
    fields: Option<Range<usize>>,
}

#[derive(Debug)]
struct CodeSections {
    codec: Range<usize>,
    codes: Range<usize>,
}

#[derive(Debug)]
struct GraphSections {
    links: Range<usize>,
    levels: Range<usize>,
}

impl Layout {
    /// Finds the sections of `header`, which has been checked against its file. `shape` is that
    /// of the codes, if the index has any.
    pub(crate) fn new(header: &SegmentHeader, shape: Option<CodeShape>) -> Result<Layout, Flaw> {
        let documents = u64::from(header.documents);
        let section = |kind, bytes| match documents.checked_mul(bytes) {
            Some(length) => find(header, kind, Some(length)),
            None => Flaw::damaged("it counts more documents than any file can hold"),
        };
        let has = |kind| header.sections.iter().any(|section| section.kind == kind as u32);
        let precision = if has(SectionKind::Vectors) { Precision::Single } else { Precision::Half };
        let dimension = u64::from(header.dimension);
        let codes = match shape {
            Some(shape) if has(SectionKind::Codes) => Some(CodeSections {
                codec: find(header, SectionKind::Codec, None)?,
                codes: section(SectionKind::Codes, shape.stride() as u64)?,
            }),
            _ => None,
        };
        let graph = if has(SectionKind::Links) {
            Some(GraphSections {
                links: find(header, SectionKind::Links, None)?,
                levels: find(header, SectionKind::Levels, None)?,
            })
        } else {
            None
        };
        let labels = find(header, SectionKind::Labels, None)?;
        let moments = if has(SectionKind::LabelMoments) {
            let rows = (labels.len() / size_of::<RawLabelRun>()) as u64;
            let length = rows.checked_mul(8 * (dimension + 1));
            Some(find(header, SectionKind::LabelMoments, length)?)
        } else {
            None
        };
        Ok(Layout {
            labels,
            vectors: match precision {
                Precision::Single => section(SectionKind::Vectors, dimension * 4)?,
                Precision::Half => section(SectionKind::Halves, dimension * 2)?,
            },
            precision,
            codes,
            graph,
            moments,
            keys: section(SectionKind::Keys, 8)?,
            key_order: section(SectionKind::KeyOrder, 4)?,
            payload_places: section(SectionKind::PayloadPlaces, size_of::<Place>() as u64)?,
            payload_blocks: find(header, SectionKind::PayloadBlocks, None)?,
            fields: find_if_any(header, SectionKind::Fields)?,
        })
    }

    /// The vectors by slot, row after row.
    pub(crate) fn vectors<'file>(&self, file: &'file [u8]) -> Vectors<'file> {
        match self.precision {
            Precision::Single => Vectors::F32(view(file, &self.vectors)),
            Precision::Half => Vectors::F16(view(file, &self.vectors)),
        }
    }

    /// Where in the file the vectors begin.
    pub(crate) fn vectors_offset(&self) -> u64 {
        self.vectors.start as u64
    }

    /// The codec of the codes, where there are codes.
    pub(crate) fn codec(&self, file: &[u8], shape: CodeShape) -> Result<Option<Codec>, Flaw> {
        let codec = self.codes.as_ref().map(|sections| &file[sections.codec.clone()]);
        codec.map(|bytes| codec::decode(bytes, shape)).transpose()
    }

    /// Where the codes by slot are.
    pub(crate) fn codes(&self) -> Option<Range<usize>> {
        self.codes.as_ref().map(|sections| sections.codes.clone())
    }

    /// Where the links by slot are.
    pub(crate) fn links(&self) -> Option<Range<usize>> {
        self.graph.as_ref().map(|sections| sections.links.clone())
    }

    /// Where the upper levels of the graph are.
    pub(crate) fn levels(&self) -> Option<Range<usize>> {
        self.graph.as_ref().map(|sections| sections.levels.clone())
    }

    /// The section of label moments, where there is one.
    pub(crate) fn moments<'file>(&self, file: &'file [u8]) -> Option<&'file [u8]> {
        self.moments.as_ref().map(|section| &file[section.clone()])
    }

    /// The keys by slot.
    pub(crate) fn keys<'file>(&self, file: &'file [u8]) -> &'file [U64] {
        view(file, &self.keys)
    }

    /// The slots in order of key.
    pub(crate) fn key_order<'file>(&self, file: &'file [u8]) -> &'file [U32] {
        view(file, &self.key_order)
    }

    /// Where the payload of each slot is.
    pub(crate) fn payload_places<'file>(&self, file: &'file [u8]) -> &'file [Place] {
        view(file, &self.payload_places)
    }

    /// The blocks of the payload file.
    pub(crate) fn payload_blocks<'file>(&self, file: &'file [u8]) -> Result<&'file [Block], Flaw> {
        <[Block]>::ref_from_bytes(&file[self.payload_blocks.clone()])
            .map_err(|_| Flaw::Damaged("its section of payload blocks is cut short".to_owned()))
    }

    /// The section of fields, if there is one.
    pub(crate) fn fields<'file>(&self, file: &'file [u8]) -> Option<&'file [u8]> {
        self.fields.clone().map(|section| &file[section])
    }

    /// Reads and checks the label table: ascending labels whose slots cover the segment.
    pub(crate) fn label_runs(&self, file: &[u8], documents: u32) -> Result<Vec<LabelRun>, Flaw> {
        let Ok(table) = <[RawLabelRun]>::ref_from_bytes(&file[self.labels.clone()]) else {
            return Flaw::damaged("its label table is cut short");
        };
        let mut runs: Vec<LabelRun> = Vec::with_capacity(table.len());
        for raw in table {
            let run = LabelRun {
                label: Label(raw.label.get()),
                start: raw.start.get(),
                end: raw.end.get(),
            };
            let covered = runs.last().map_or(0, |last| last.end);
            if runs.last().is_some_and(|last| last.label >= run.label) {
                return Flaw::damaged("its label table is not in order");
            }
            if run.start != covered || run.end <= run.start {
                return Flaw::damaged("its label table has gaps");
            }
            runs.push(run);
        }
        if runs.last().map_or(0, |last| last.end) != documents {
            return Flaw::damaged("its label table does not cover its documents");
        }
        Ok(runs)
    }
}

/// The bytes of a label table.
pub(crate) fn encode_label_runs(runs: &[LabelRun]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(runs));
    for run in runs {
        let raw = RawLabelRun {
            label: run.label.0.into(),
            reserved: 0.into(),
            start: run.start.into(),
            end: run.end.into(),
        };
        bytes.extend_from_slice(raw.as_bytes());
    }
    bytes
}

/// The bytes of vectors.
pub(crate) fn encode_vectors(vectors: &[f32]) -> &[u8] {
    vectors.as_bytes()
}

/// Finds the only section of a kind, and checks its length where it follows from others.
fn find(
    header: &SegmentHeader,
    kind: SectionKind,
    length: Option<u64>,
) -> Result<Range<usize>, Flaw> {
    let name = kind.name();
    let mut found = header.sections.iter().filter(|section| section.kind == kind as u32);
    let (Some(section), None) = (found.next(), found.next()) else {
        return Flaw::damaged(format!("it does not have exactly one section of {name}"));
    };
    if length.is_some_and(|length| length != section.length) {
        return Flaw::damaged(format!("its section of {name} has the wrong length"));
    }
    // Both lie within a file that is mapped, so they fit in the address space.
    Ok(section.offset as usize..(section.offset + section.length) as usize)
}

/// Finds the section of a kind that not every segment has.
fn find_if_any(header: &SegmentHeader, kind: SectionKind) -> Result<Option<Range<usize>>, Flaw> {
    let is_there = header.sections.iter().any(|section| section.kind == kind as u32);
    is_there.then(|| find(header, kind, None)).transpose()
}

/// The values in a section whose length and alignment were checked when the file was opened.
fn view<'file, T>(file: &'file [u8], section: &Range<usize>) -> &'file [T]
where
    T: FromBytes + Immutable,
{
    <[T]>::ref_from_bytes(&file[section.clone()])
        .expect("Layout::new checked the length, and maps begin at a page")
}
