//! A segment: the immutable files that hold some documents, open for reading.

mod payloads;
mod search;
mod write;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub(crate) use payloads::Payloads;
pub(crate) use search::{Admission, Goal, Walk};
pub(crate) use write::{Building, OtherBuilder, Source, Target, write_segment};

use half::f16;
use zerocopy::IntoBytes;

use crate::codes::{CodeBits, CodeShape, Codec, Scorer};
use crate::config::IndexConfig;
use crate::distance::{Codes, Distance, Vectors};
use crate::error::{Error, Result};
use crate::format::fields::{FieldTable, FieldView};
use crate::format::layout::{LabelRun, Layout};
use crate::format::manifest::SegmentFiles;
use crate::format::moments::{Moments, decode_moments};
use crate::format::segment::{Section, SegmentHeader};
use crate::format::{Flaw, graph, names};
use crate::hnsw::Graph;
use crate::id::{Key, Label, Slot};
use crate::map::{Map, Pinned};

/// The open files of a segment.
///
/// Opening checks lengths, headers, the section table and the label table, which costs the
/// same for a segment of any size. The checksums of whole sections are left to `verify`: so
/// nothing read from them is trusted to be within bounds.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    files: SegmentFiles,
    dimension: usize,
    sections: Vec<Section>,
    layout: Layout,
    labels: Vec<LabelRun>,
    codec: Option<Codec>,
    /// Copies of the codes and the links, where they were asked for.
    pinned: Option<PinnedSections>,
    fields: FieldTable,
    map: Map,
    payloads: Payloads,
}

/// Room for vectors that are read.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    single: Vec<f32>,
    half: Vec<f16>,
}

#[derive(Debug)]
struct PinnedSections {
    codes: Option<Pinned>,
    links: Option<Pinned>,
}

impl Segment {
    /// Opens the files of a segment in `folder`, which must be as the manifest says. A pinned
    /// segment has copies of its codes and its links in memory of large pages.
    pub(crate) fn open(
        folder: &Path,
        files: &SegmentFiles,
        config: &IndexConfig,
        pinned: bool,
    ) -> Result<Segment> {
        let dimension = config.checked_dimension()?;
        let path = folder.join(names::segment(files.number));
        let map = Map::open(&path, files.segment.length)?;
        let flaw = |flaw: Flaw| flaw.at(&path);
        let (header, checksum) = SegmentHeader::decode(map.bytes()).map_err(flaw)?;
        if checksum != files.segment.checksum {
            return Err(Error::corrupt(&path, "it is not the file that the manifest names"));
        }
        if (header.documents, header.dimension) != (files.documents, dimension) {
            return Err(Error::corrupt(
                &path,
                format!(
                    "it has {} documents of dimension {} where the manifest says {} of {dimension}",
                    header.documents, header.dimension, files.documents
                ),
            ));
        }
        let shape = CodeBits::of(config.quantization).map(|bits| CodeShape {
            bits,
            metric: config.metric,
            dimension: config.dimension,
        });
        let layout = Layout::new(&header, shape).map_err(flaw)?;
        let labels = layout.label_runs(map.bytes(), header.documents).map_err(flaw)?;
        let codec = match shape {
            Some(shape) => layout.codec(map.bytes(), shape).map_err(flaw)?,
            None => None,
        };
        let copy = |section: Option<Range<usize>>| {
            section.map(|section| Pinned::copy(&map.bytes()[section])).transpose()
        };
        let pinned = if pinned {
            let out_of_memory = |source| Error::io(&path, "copy into memory")(source);
            Some(PinnedSections {
                codes: copy(layout.codes()).map_err(out_of_memory)?,
                links: copy(layout.links()).map_err(out_of_memory)?,
            })
        } else {
            None
        };
        let fields = layout.fields(map.bytes()).map(FieldTable::decode);
        let fields = fields.transpose().map_err(flaw)?.unwrap_or_default();
        let payloads =
            Payloads::open(&folder.join(names::payload(files.number)), files.payload.length)?;
        let segment = Segment {
            dimension: config.dimension,
            files: files.clone(),
            sections: header.sections,
            layout,
            labels,
            codec,
            pinned,
            fields,
            map,
            payloads,
            path,
        };
        if segment.pinned.is_none() {
            let sections = [segment.layout.codes(), segment.layout.links()];
            sections.into_iter().flatten().for_each(|range| segment.map.prefer_large_pages(range));
        }
        // Whatever a graph's links say, its lengths are right from here on.
        segment.graph()?;
        Ok(segment)
    }

    /// What the manifest says of the segment's files.
    pub(crate) fn files(&self) -> &SegmentFiles {
        &self.files
    }

    pub(crate) fn number(&self) -> u32 {
        self.files.number
    }

    pub(crate) fn documents(&self) -> u32 {
        self.files.documents
    }

    pub(crate) fn dimension(&self) -> usize {
        self.dimension
    }

    /// The segment file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of the segment file.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.map.bytes()
    }

    /// The section table, in order of offset.
    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    pub(crate) fn payloads(&self) -> &Payloads {
        &self.payloads
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The slots of each label, in order of label; they cover the segment.
    pub(crate) fn labels(&self) -> &[LabelRun] {
        &self.labels
    }

    /// The label of a slot of this segment.
    pub(crate) fn label(&self, slot: Slot) -> Label {
        let run = self.labels.partition_point(|run| run.end <= slot.0);
        self.labels[run].label
    }

    /// The fields that any document of the segment has, in order of name.
    pub(crate) fn fields(&self) -> impl ExactSizeIterator<Item = FieldView<'_>> {
        self.fields.views(self.field_section())
    }

    /// The names of those fields.
    pub(crate) fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.names()
    }

    /// The field of a name, if any document of the segment has it.
    pub(crate) fn field(&self, name: &str) -> Option<FieldView<'_>> {
        self.fields.find(self.field_section(), name)
    }

    fn field_section(&self) -> &[u8] {
        // Without a section the table is empty, and nothing is looked for in it.
        self.layout.fields(self.bytes()).unwrap_or_default()
    }

    /// The key of a slot of this segment.
    pub(crate) fn key(&self, slot: Slot) -> Key {
        Key(self.layout.keys(self.bytes())[slot.0 as usize].get())
    }

    /// The vectors of some slots, row after row.
    pub(crate) fn vectors(&self, slots: Range<u32>) -> Vectors<'_> {
        let row = |slot: u32| slot as usize * self.dimension;
        self.all_vectors().slice(row(slots.start)..row(slots.end))
    }

    fn all_vectors(&self) -> Vectors<'_> {
        self.layout.vectors(self.bytes())
    }

    /// Reads the vectors of some slots past the map, row after row. Read through the map, all of
    /// them would soon be in the memory of the process, because the system maps more of a file
    /// than is touched: measured with 200,000 vectors and 1,000 queries, 256 MB in place of 107,
    /// for a third more queries a second.
    pub(crate) fn read_vectors(&self, slots: &[u32], rows: &mut Rows) -> Result<()> {
        let first = self.layout.vectors_offset();
        let values = slots.len() * self.dimension;
        let bytes = match self.all_vectors() {
            Vectors::F32(_) => {
                rows.single.resize(values, 0.0);
                rows.single.as_mut_bytes()
            }
            Vectors::F16(_) => {
                rows.half.resize(values, f16::ZERO);
                rows.half.as_mut_bytes()
            }
        };
        let row_bytes = bytes.len() / slots.len().max(1);
        for (&slot, row) in slots.iter().zip(bytes.chunks_exact_mut(row_bytes.max(1))) {
            let offset = first + u64::from(slot) * row_bytes as u64;
            self.map.read_at(offset, row).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => Error::corrupt(&self.path, "it has been cut short"),
                _ => Error::io(&self.path, "read")(error),
            })?;
        }
        Ok(())
    }

    /// Vectors that were read, in the precision they are kept in.
    pub(crate) fn rows<'rows>(&self, rows: &'rows Rows) -> Vectors<'rows> {
        match self.all_vectors() {
            Vectors::F32(_) => Vectors::F32(&rows.single),
            Vectors::F16(_) => Vectors::F16(&rows.half),
        }
    }

    /// Copies the vector of a slot.
    pub(crate) fn copy_vector(&self, slot: Slot, out: &mut [f32]) {
        self.vectors(slot.0..slot.0 + 1).copy_to(out);
    }

    /// The vector of a slot, in place where it is kept in single precision.
    pub(crate) fn vector(&self, slot: Slot) -> Cow<'_, [f32]> {
        match self.vectors(slot.0..slot.0 + 1) {
            Vectors::F32(vector) => Cow::Borrowed(vector),
            Vectors::F16(_) => {
                let mut vector = vec![0.0; self.dimension];
                self.copy_vector(slot, &mut vector);
                Cow::Owned(vector)
            }
        }
    }

    /// Whether its vectors are of half precision.
    pub(crate) fn keeps_halves(&self) -> bool {
        matches!(self.all_vectors(), Vectors::F16(_))
    }

    /// Whether it has a section of moments.
    pub(crate) fn has_moments(&self) -> bool {
        self.layout.moments(self.bytes()).is_some()
    }

    /// Whether it has a graph.
    pub(crate) fn has_graph(&self) -> bool {
        self.layout.links().is_some()
    }

    /// The graph, where there is one. Its lengths are right, and what its links say is not
    /// checked.
    pub(crate) fn graph(&self) -> Result<Option<Graph<'_>>> {
        let (Some(links), Some(levels)) = (self.layout.links(), self.layout.levels()) else {
            return Ok(None);
        };
        let pinned = self.pinned.as_ref().and_then(|pinned| pinned.links.as_ref());
        let links = pinned.map_or(&self.bytes()[links], Pinned::bytes);
        graph::decode(links, &self.bytes()[levels], self.documents())
            .map(Some)
            .map_err(|flaw| flaw.at(&self.path))
    }

    /// What compares a query with the slots of this segment on the way to the nearest.
    fn scorer<'search>(
        &'search self,
        query: &'search [f32],
        distance: Distance,
    ) -> Scorer<'search> {
        match (&self.codec, self.layout.codes()) {
            (Some(codec), Some(section)) => {
                let pinned = self.pinned.as_ref().and_then(|pinned| pinned.codes.as_ref());
                let bytes = pinned.map_or(&self.bytes()[section], Pinned::bytes);
                let codes = Codes { bytes, stride: codec.shape.stride() };
                Scorer::Codes { query: codec.query(query), codes }
            }
            _ => Scorer::Vectors { query, distance, vectors: self.all_vectors() },
        }
    }

    /// The sums over the vectors of the label that is `position`th in the label table, those of
    /// deleted documents included.
    pub(crate) fn moments(&self, position: usize) -> Result<Moments> {
        if let Some(section) = self.layout.moments(self.bytes()) {
            return decode_moments(section, position, self.dimension)
                .map_err(|flaw| flaw.at(&self.path));
        }
        let run = self.labels[position];
        let mut moments = Moments::new(self.dimension);
        let mut vector = vec![0.0; self.dimension];
        for slot in run.start..run.end {
            self.copy_vector(Slot(slot), &mut vector);
            moments.add(vector.iter().copied());
        }
        Ok(moments)
    }

    /// The slot that has a key.
    pub(crate) fn find(&self, key: Key) -> Result<Option<Slot>> {
        let (_, slot) = self.search(key, 0..self.documents() as usize)?;
        Ok(slot)
    }

    /// Calls `found` with the slots that have any of `keys`, which ascend. Costs less than
    /// finding them one by one: each search gallops from where the last one ended.
    pub(crate) fn find_all(&self, keys: &[Key], mut found: impl FnMut(Slot)) -> Result<()> {
        let documents = self.documents() as usize;
        let mut low = 0;
        for &key in keys {
            let (mut high, mut step) = (low, 1);
            while high < documents && self.key_at(high)?.1 < key {
                low = high + 1;
                high += step;
                step *= 2;
            }
            let (position, slot) = self.search(key, low..documents.min(high.saturating_add(1)))?;
            low = position;
            slot.into_iter().for_each(&mut found);
        }
        Ok(())
    }

    /// Searches some positions of the key order for a key. Returns the first one whose key is
    /// not less, and the slot if it is the key's.
    fn search(&self, key: Key, positions: Range<usize>) -> Result<(usize, Option<Slot>)> {
        let Range { start: mut low, end: mut high } = positions;
        while low < high {
            let middle = low + (high - low) / 2;
            let (slot, found) = self.key_at(middle)?;
            match found.cmp(&key) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok((middle, Some(slot))),
            }
        }
        Ok((low, None))
    }

    /// The slot at a position of the key order, and its key. The order is not trusted.
    fn key_at(&self, position: usize) -> Result<(Slot, Key)> {
        let slot = self.layout.key_order(self.bytes())[position].get();
        match self.layout.keys(self.bytes()).get(slot as usize) {
            Some(key) => Ok((Slot(slot), Key(key.get()))),
            None => {
                Err(Error::corrupt(&self.path, "its order of keys has a slot it does not have"))
            }
        }
    }

    /// The payload of a slot.
    pub(crate) fn payload(&self, slot: Slot) -> Result<Vec<u8>> {
        let mut expanded = None;
        self.payload_through(slot, &mut expanded)
    }

    /// The payload of a slot, keeping the last block expanded for those that follow.
    pub(crate) fn payload_through(
        &self,
        slot: Slot,
        expanded: &mut Option<(u32, Vec<u8>)>,
    ) -> Result<Vec<u8>> {
        let place = self.layout.payload_places(self.bytes())[slot.0 as usize];
        let Some(number) = place.block() else { return Ok(Vec::new()) };
        if expanded.as_ref().is_none_or(|(last, _)| *last != number) {
            *expanded = Some((number, self.block(number)?));
        }
        let (_, block) = expanded.as_ref().expect("it was filled above");
        Ok(place.slice(block).map_err(|flaw| flaw.at(&self.path))?.to_vec())
    }

    /// A block of payloads, expanded.
    pub(crate) fn block(&self, number: u32) -> Result<Vec<u8>> {
        let blocks =
            self.layout.payload_blocks(self.bytes()).map_err(|flaw| flaw.at(&self.path))?;
        match blocks.get(number as usize) {
            Some(block) => self.payloads.read(*block),
            None => Err(Error::corrupt(&self.path, "a payload is in a block that does not exist")),
        }
    }
}
