//! Writing the files of a segment, document after document.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;
use zerocopy::IntoBytes;

use crate::error::{Error, Result};
use crate::fields::{Field, FieldsBuilder};
use crate::format::layout::{LabelRun, encode_label_runs, encode_vectors};
use crate::format::manifest::{FileRecord, SegmentFiles};
use crate::format::names;
use crate::format::payload::{self, BLOCK_TARGET_BYTES, Block, Place};
use crate::format::segment::{ALIGNMENT, Section, SectionKind, SegmentHeader};
use crate::id::{Key, Label};
use crate::storage::{Storage, StorageFile};

/// Writes one segment: documents are pushed in order of label, and each key once. Vectors and
/// payloads go straight to the files; some 20 bytes a document stay in memory until the end.
pub(crate) struct SegmentWriter {
    number: u32,
    dimension: u32,
    sections: SectionsWriter,
    payloads: PayloadWriter,
    keys: Vec<u64>,
    labels: Vec<LabelRun>,
    places: Vec<Place>,
    fields: FieldsBuilder,
}

impl SegmentWriter {
    /// Creates the files of segment `number` in `folder`.
    pub(crate) fn create(
        storage: &dyn Storage,
        folder: &Path,
        number: u32,
        dimension: u32,
    ) -> Result<SegmentWriter> {
        let path = folder.join(names::segment(number));
        let mut sections = SectionsWriter::create(storage, path, SectionKind::ALL.len())?;
        sections.begin(SectionKind::Vectors)?;
        Ok(SegmentWriter {
            number,
            dimension,
            sections,
            payloads: PayloadWriter::create(storage, folder.join(names::payload(number)))?,
            keys: Vec::new(),
            labels: Vec::new(),
            places: Vec::new(),
            fields: FieldsBuilder::default(),
        })
    }

    /// Adds a document in the next slot.
    pub(crate) fn push(
        &mut self,
        key: Key,
        label: Label,
        vector: &[f32],
        payload: &[u8],
    ) -> Result<()> {
        let slot = u32::try_from(self.keys.len()).expect("a segment is split before it is full");
        match self.labels.last_mut() {
            Some(run) if run.label == label => run.end = slot + 1,
            last => {
                assert!(
                    last.is_none_or(|run| run.label < label),
                    "documents come in order of label"
                );
                self.labels.push(LabelRun { label, start: slot, end: slot + 1 });
            }
        }
        self.sections.write(encode_vectors(vector))?;
        self.keys.push(key.0);
        self.places.push(self.payloads.push(payload)?);
        Ok(())
    }

    /// Adds fields to the document that was pushed last.
    pub(crate) fn push_fields<'field>(
        &mut self,
        fields: impl IntoIterator<Item = Field<'field>>,
    ) -> Result<()> {
        let slot = self.keys.len().checked_sub(1).expect("a document was pushed");
        let slot = u32::try_from(slot).expect("a segment is split before it is full");
        fields.into_iter().try_for_each(|field| self.fields.push(slot, field))
    }

    /// Writes what remains and makes the files durable.
    pub(crate) fn finish(mut self) -> Result<SegmentFiles> {
        let documents =
            u32::try_from(self.keys.len()).expect("a segment is split before it is full");
        let (payload, blocks) = self.payloads.finish()?;

        let mut order: Vec<u32> = (0..documents).collect();
        order.sort_unstable_by_key(|&slot| self.keys[slot as usize]);

        let sections = &mut self.sections;
        sections.section(SectionKind::Keys, self.keys.as_bytes())?;
        sections.section(SectionKind::KeyOrder, order.as_bytes())?;
        sections.section(SectionKind::Labels, &encode_label_runs(&self.labels))?;
        sections.section(SectionKind::PayloadPlaces, self.places.as_bytes())?;
        sections.section(SectionKind::PayloadBlocks, blocks.as_bytes())?;
        if let Some(fields) = self.fields.finish() {
            sections.section(SectionKind::Fields, &fields)?;
        }
        let segment = self.sections.finish(documents, self.dimension)?;
        Ok(SegmentFiles { number: self.number, documents, segment, payload })
    }
}

/// Writes aligned sections one after the other, and at last the header that lists them.
struct SectionsWriter {
    path: PathBuf,
    file: BufWriter<Box<dyn StorageFile>>,
    position: u64,
    /// What the header has room for.
    capacity: usize,
    sections: Vec<Section>,
    /// Of the section being written.
    hasher: Xxh3,
}

impl SectionsWriter {
    fn create(storage: &dyn Storage, path: PathBuf, capacity: usize) -> Result<SectionsWriter> {
        let file = storage.create(&path).map_err(Error::io(&path, "create"))?;
        let mut writer = SectionsWriter {
            path,
            file: BufWriter::with_capacity(1 << 18, file),
            position: 0,
            capacity,
            sections: Vec::new(),
            hasher: Xxh3::new(),
        };
        writer.fill(SegmentHeader::length(capacity))?;
        Ok(writer)
    }

    fn section(&mut self, kind: SectionKind, bytes: &[u8]) -> Result<()> {
        self.begin(kind)?;
        self.write(bytes)
    }

    fn begin(&mut self, kind: SectionKind) -> Result<()> {
        self.end();
        self.fill(self.position.next_multiple_of(ALIGNMENT))?;
        self.hasher.reset();
        self.sections.push(Section {
            kind: kind as u32,
            offset: self.position,
            length: 0,
            checksum: 0,
        });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.append(bytes)
    }

    /// Closes the section being written, if there is one.
    fn end(&mut self) {
        if let Some(section) = self.sections.last_mut() {
            section.length = self.position - section.offset;
            section.checksum = self.hasher.digest();
        }
    }

    fn finish(mut self, documents: u32, dimension: u32) -> Result<FileRecord> {
        self.end();
        assert!(self.sections.len() <= self.capacity, "the header was sized for its sections");
        let length = self.position;
        let header =
            SegmentHeader { file_length: length, documents, dimension, sections: self.sections };
        let (bytes, checksum) = header.encode();
        let mut write_header = || -> io::Result<()> {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&bytes)?;
            self.file.flush()
        };
        write_header().map_err(Error::io(&self.path, "write"))?;
        self.file.get_mut().sync().map_err(Error::io(&self.path, "make durable"))?;
        Ok(FileRecord { length, checksum })
    }

    /// Writes zeros up to a position.
    fn fill(&mut self, until: u64) -> Result<()> {
        let gap = usize::try_from(until - self.position).expect("gaps are small");
        self.append(&vec![0; gap])
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io(&self.path, "write"))?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

/// Gathers payloads into blocks and writes them.
struct PayloadWriter {
    path: PathBuf,
    file: BufWriter<Box<dyn StorageFile>>,
    position: u64,
    /// Of the whole file.
    hasher: Xxh3,
    blocks: Vec<Block>,
    /// The block being filled.
    open: Vec<u8>,
}

impl PayloadWriter {
    fn create(storage: &dyn Storage, path: PathBuf) -> Result<PayloadWriter> {
        let file = storage.create(&path).map_err(Error::io(&path, "create"))?;
        let mut writer = PayloadWriter {
            path,
            file: BufWriter::with_capacity(1 << 16, file),
            position: 0,
            hasher: Xxh3::new(),
            blocks: Vec::new(),
            open: Vec::new(),
        };
        writer.append(&payload::encode_header())?;
        Ok(writer)
    }

    fn push(&mut self, payload: &[u8]) -> Result<Place> {
        if payload.is_empty() {
            return Ok(Place::EMPTY);
        }
        if !self.open.is_empty() && self.open.len() + payload.len() > BLOCK_TARGET_BYTES {
            self.close_block()?;
        }
        let fits = "payloads are at most MAX_PAYLOAD_BYTES, and segments smaller than 2^32 blocks";
        let place = Place::new(
            u32::try_from(self.blocks.len()).expect(fits),
            u32::try_from(self.open.len()).expect(fits),
            u32::try_from(payload.len()).expect(fits),
        );
        self.open.extend_from_slice(payload);
        Ok(place)
    }

    fn close_block(&mut self) -> Result<()> {
        let (block, bytes) = Block::compress(self.position, &self.open)
            .map_err(Error::io(&self.path, "compress a block of"))?;
        self.append(&bytes)?;
        self.blocks.push(block);
        self.open.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(FileRecord, Vec<Block>)> {
        if !self.open.is_empty() {
            self.close_block()?;
        }
        self.file.flush().map_err(Error::io(&self.path, "write"))?;
        self.file.get_mut().sync().map_err(Error::io(&self.path, "make durable"))?;
        let record = FileRecord { length: self.position, checksum: self.hasher.digest() };
        Ok((record, self.blocks))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io(&self.path, "write"))?;
        self.hasher.update(bytes);
        self.position += bytes.len() as u64;
        Ok(())
    }
}
