//! Writing the files of a segment.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use half::f16;
use xxhash_rust::xxh3::Xxh3;
use zerocopy::IntoBytes;

use crate::codes::{CodeBits, CodeShape, Codec, to_halves};
use crate::config::{IndexConfig, Precision};
use crate::distance::Codes;
use crate::error::{Error, Result};
use crate::fields::{Field, FieldsBuilder};
use crate::format::layout::{LabelRun, encode_label_runs, encode_vectors};
use crate::format::manifest::{FileRecord, SegmentFiles};
use crate::format::moments::{Moments, encode_moments};
use crate::format::payload::{self, BLOCK_TARGET_BYTES, Block, Place};
use crate::format::segment::{ALIGNMENT, Section, SectionKind, SegmentHeader};
use crate::format::{codec, graph, names};
use crate::hnsw::{self, Base, BuildOptions, Built, Progress, Space};
use crate::id::{Key, Label};
use crate::metric::Metric;
use crate::storage::{Storage, StorageFile};

/// The documents of a segment to be, by slot. They are in order of label, and no two of them
/// have the same key.
pub(crate) trait Source {
    /// How many there are; at least one.
    fn documents(&self) -> u32;

    fn key(&self, slot: u32) -> Key;

    fn label(&self, slot: u32) -> Label;

    /// Copies a vector.
    fn vector(&self, slot: u32, out: &mut [f32]);

    /// Calls `each` with the payload of every slot, in order.
    fn payloads(&self, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;

    /// Calls `each` with every field of every slot, in order of slot.
    fn fields(&self, each: &mut dyn FnMut(u32, Field) -> Result<()>) -> Result<()>;
}

/// How the graph of a segment is made.
pub(crate) struct Building<'caller> {
    pub(crate) options: BuildOptions,
    /// Segments of fewer documents have neither codes nor a graph.
    pub(crate) graph_from: u32,
    /// The graph that most of the documents have already.
    pub(crate) base: Option<Base<'caller>>,
    /// Makes the graph, in place of this crate's own builder.
    pub(crate) builder: Option<&'caller OtherBuilder>,
    pub(crate) progress: Progress<'caller>,
}

/// Makes the graph of documents in place of this crate's own builder.
pub(crate) type OtherBuilder = dyn Fn(&Space, &BuildOptions) -> Result<Built> + Sync;

/// Where a segment is written.
pub(crate) struct Target<'caller> {
    pub(crate) storage: &'caller dyn Storage,
    pub(crate) folder: &'caller Path,
    pub(crate) number: u32,
}

/// Writes the files of a segment and makes them durable. Codes of eight bits, the graph and some
/// 20 bytes a document are in memory meanwhile.
pub(crate) fn write_segment(
    target: &Target,
    config: &IndexConfig,
    source: &dyn Source,
    building: &Building,
) -> Result<SegmentFiles> {
    let Target { storage, folder, number } = *target;
    let documents = source.documents();
    let dimension = config.checked_dimension()?;
    let path = folder.join(names::segment(number));
    let mut sections = SectionsWriter::create(storage, path, SectionKind::ALL.len())?;

    let labels = label_runs(source);
    let moments = write_vectors(&mut sections, config, source, &labels)?;
    if documents >= building.graph_from {
        write_graph(&mut sections, config, source, building)?;
    }

    let mut payloads = PayloadWriter::create(storage, folder.join(names::payload(number)))?;
    let mut places = Vec::with_capacity(documents as usize);
    source.payloads(&mut |payload| {
        places.push(payloads.push(payload)?);
        Ok(())
    })?;
    assert_eq!(places.len(), documents as usize, "every slot has a payload");
    let (payload, blocks) = payloads.finish()?;

    let keys: Vec<u64> = (0..documents).map(|slot| source.key(slot).0).collect();
    let mut order: Vec<u32> = (0..documents).collect();
    order.sort_unstable_by_key(|&slot| keys[slot as usize]);
    sections.section(SectionKind::Keys, keys.as_bytes())?;
    sections.section(SectionKind::KeyOrder, order.as_bytes())?;
    sections.section(SectionKind::Labels, &encode_label_runs(&labels))?;
    sections.section(SectionKind::LabelMoments, &encode_moments(&moments))?;
    sections.section(SectionKind::PayloadPlaces, places.as_bytes())?;
    sections.section(SectionKind::PayloadBlocks, blocks.as_bytes())?;
    let mut fields = FieldsBuilder::default();
    source.fields(&mut |slot, field| fields.push(slot, field))?;
    if let Some(fields) = fields.finish() {
        sections.section(SectionKind::Fields, &fields)?;
    }
    let segment = sections.finish(documents, dimension)?;
    Ok(SegmentFiles { number, documents, segment, payload })
}

fn label_runs(source: &dyn Source) -> Vec<LabelRun> {
    let mut runs: Vec<LabelRun> = Vec::new();
    for slot in 0..source.documents() {
        let label = source.label(slot);
        match runs.last_mut() {
            Some(run) if run.label == label => run.end = slot + 1,
            last => {
                assert!(
                    last.is_none_or(|run| run.label < label),
                    "documents come in order of label"
                );
                runs.push(LabelRun { label, start: slot, end: slot + 1 });
            }
        }
    }
    runs
}

/// Writes the vectors in the precision they are kept in, and returns the moments of each label.
fn write_vectors(
    sections: &mut SectionsWriter,
    config: &IndexConfig,
    source: &dyn Source,
    labels: &[LabelRun],
) -> Result<Vec<Moments>> {
    let precision = config.kept_precision();
    sections.begin(match precision {
        Precision::Single => SectionKind::Vectors,
        Precision::Half => SectionKind::Halves,
    })?;
    let mut vector = vec![0.0; config.dimension];
    let mut halves: Vec<f16> = Vec::new();
    let mut moments = Vec::with_capacity(labels.len());
    for run in labels {
        let mut moment = Moments::new(config.dimension);
        for slot in run.start..run.end {
            source.vector(slot, &mut vector);
            match precision {
                Precision::Single => {
                    sections.write(encode_vectors(&vector))?;
                    moment.add(vector.iter().copied());
                }
                Precision::Half => {
                    to_halves(&vector, &mut halves);
                    sections.write(halves.as_bytes())?;
                    moment.add(halves.iter().map(|half| half.to_f32()));
                }
            }
        }
        moments.push(moment);
    }
    Ok(moments)
}

/// Writes the codes, where there are any, and the graph.
fn write_graph(
    sections: &mut SectionsWriter,
    config: &IndexConfig,
    source: &dyn Source,
    building: &Building,
) -> Result<()> {
    let documents = source.documents();
    let dimension = config.dimension;
    let mut vector = vec![0.0; dimension];

    // The graph is built on codes of eight bits, whatever it is searched by.
    let shape = CodeShape { bits: CodeBits::Eight, metric: Metric::Cosine, dimension };
    let read = |slot, out: &mut [f32]| source.vector(slot, out);
    let codec = Codec::train(shape, documents, read);
    let stride = shape.stride();
    let mut codes = vec![0; documents as usize * stride];
    let mut biases = Vec::with_capacity(documents as usize);
    for (slot, row) in (0..documents).zip(codes.chunks_exact_mut(stride)) {
        source.vector(slot, &mut vector);
        codec.encode(&vector, row);
        biases.push(match config.metric {
            Metric::InnerProduct => codec.mean_product(row),
            Metric::Cosine | Metric::Euclidean => codec.squared_length(row),
        });
    }

    if let Some(bits) = CodeBits::of(config.quantization) {
        let final_shape = CodeShape { bits, metric: config.metric, dimension };
        if final_shape == shape {
            sections.section(SectionKind::Codec, &codec::encode(&codec))?;
            sections.section(SectionKind::Codes, &codes)?;
        } else {
            let codec = Codec::train(final_shape, documents, read);
            sections.section(SectionKind::Codec, &codec::encode(&codec))?;
            sections.begin(SectionKind::Codes)?;
            let mut row = vec![0; final_shape.stride()];
            for slot in 0..documents {
                source.vector(slot, &mut vector);
                codec.encode(&vector, &mut row);
                sections.write(&row)?;
            }
        }
    }

    let codes = Codes { bytes: &codes, stride };
    let inner_product = config.metric == Metric::InnerProduct;
    let space = Space::new(codes, stride, &biases, inner_product);
    let built = match building.builder {
        Some(build) => build(&space, &building.options)?,
        None => hnsw::build(&space, &building.options, building.base, building.progress),
    };
    sections.section(SectionKind::Links, graph::encode_links(&built.links))?;
    sections.section(SectionKind::Levels, &graph::encode_levels(&built))
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
