//! What is on disk is what FORMAT.md says, and what older versions wrote is still read.

mod corpus;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use corpus::{Expected, Model, assert_holds, copy, unit};
use half::f16;
use mlsearch_index::{
    FORMAT_VERSION, Field, HnswConfig, Index, IndexConfig, Key, Label, Metric, NewDocument,
    OLDEST_READABLE, Predicate, SearchRequest, WriterOptions,
};
use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

const DIMENSION: usize = 4;

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{version}"))
}

/// A document of the fixture of version 1. Nothing here may change: the fixtures are never
/// written anew.
fn document_1(key: u64, revision: u64) -> (Key, Expected) {
    let mut vector = [0.6, 0.8, 0.0, 0.0];
    vector.rotate_right((key % 4) as usize);
    let expected = Expected {
        label: Label((100 * revision + key % 3) as u16),
        vector: vector.to_vec(),
        payload: format!("document {key}, revision {revision}\n")
            .repeat(200 * (key % 5) as usize)
            .into(),
    };
    (Key(key * 1_000_003), expected)
}

/// What the fixture of version 1 holds.
fn model_1() -> Model {
    let revision = |key| if key < 5 { 1 } else { 2 };
    (0..15).filter(|&key| key != 2).map(|key| document_1(key, revision(key))).collect()
}

/// A document of the fixture of version 2, which must not change either.
fn document_2(key: u64, revision: u64) -> (Key, Expected) {
    let [a, b, c] = [7, 5, 3].map(|modulus| (key * key % modulus) as f32 - 1.5);
    let expected = Expected {
        label: Label((100 * revision + key % 3) as u16),
        vector: unit(&[a, b, c, revision as f32]),
        payload: format!("document {key}, revision {revision}\n")
            .repeat(200 * (key % 5) as usize)
            .into(),
    };
    (Key(key * 1_000_003), expected)
}

/// Its field.
fn parity(key: Key) -> &'static [u8] {
    if (key.0 / 1_000_003).is_multiple_of(2) { b"even" } else { b"odd" }
}

/// What the fixture of version 2 holds.
fn model_2() -> Model {
    let revision = |key| if key < 38 { 1 } else { 2 };
    (0..43).filter(|&key| key != 2).map(|key| document_2(key, revision(key))).collect()
}

fn model(version: u32) -> Model {
    match version {
        1 => model_1(),
        2 => model_2(),
        _ => panic!("a new version needs a fixture"),
    }
}

/// Writes a segment with a graph, of which some documents are deleted, and one so small that it
/// has none.
fn write(folder: &Path) {
    let mut config = IndexConfig::new(DIMENSION, Metric::Cosine);
    config.hnsw = HnswConfig { m: 4, ef_construction: 20 };
    config.attributes.insert("model".to_owned(), "first".to_owned());
    let index = Index::create(folder, config).unwrap();
    let options = WriterOptions {
        graph_from: 16,
        threads: std::num::NonZeroUsize::new(1),
        ..WriterOptions::default()
    };
    let mut writer = index.writer_with(options).unwrap();
    for (revision, keys) in [(1, 0..40), (2, 38..43)] {
        for key in keys {
            let (key, expected) = document_2(key, revision);
            let document = NewDocument {
                key,
                label: expected.label,
                vector: &expected.vector,
                payload: &expected.payload,
                fields: &[Field { name: "parity", value: parity(key) }],
            };
            writer.upsert_document(&document).unwrap();
        }
        if revision == 2 {
            assert!(writer.delete(document_2(2, 1).0).unwrap());
            writer.set_attribute("model", "second");
        }
        writer.commit().unwrap();
    }
    drop(writer);
    fs::remove_file(folder.join("lock")).unwrap();
}

/// Run by hand when the format version is raised: `cargo test write_the_fixture -- --ignored`.
#[test]
#[ignore = "writes the fixture of a new format version"]
fn write_the_fixture() {
    let folder = fixture(FORMAT_VERSION);
    assert!(!folder.exists(), "fixtures are never written anew");
    write(&folder);
}

#[test]
fn every_readable_format_version_has_a_fixture_that_opens() {
    for version in OLDEST_READABLE..=FORMAT_VERSION {
        let snapshot = Index::open(fixture(version)).unwrap().snapshot();
        let model = model(version);
        assert_holds(&snapshot, &model);
        assert_eq!(snapshot.attributes()["model"], "second");
        assert_eq!((snapshot.dimension(), snapshot.metric()), (DIMENSION, Metric::Cosine));
        for expected in model.values() {
            let nearest = snapshot.search(&SearchRequest::new(&expected.vector)).unwrap();
            let nearest = &model[&nearest[0].key];
            assert_eq!(nearest.vector, expected.vector);
        }
        let report = Index::verify(fixture(version)).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
    }
}

#[test]
fn the_fixture_of_version_1_has_its_nearest_neighbors() {
    let snapshot = Index::open(fixture(1)).unwrap().snapshot();
    let nearest = snapshot.search(&SearchRequest::new(&[0.0, 0.6, 0.8, 0.0])).unwrap();
    let keys: Vec<u64> =
        nearest.iter().take(4).map(|neighbor| neighbor.key.0 / 1_000_003).collect();
    assert_eq!(keys, [1, 5, 9, 13]);
}

#[test]
fn the_fixture_of_version_2_is_selected_from_by_its_field() {
    let snapshot = Index::open(fixture(2)).unwrap().snapshot();
    let odd = Predicate::Equal { field: "parity".to_owned(), value: b"odd".to_vec() };
    let selection = snapshot.select(&odd).unwrap();
    for record in snapshot.records() {
        assert_eq!(selection.contains(record.address), parity(record.key) == b"odd");
    }
}

#[test]
fn indexes_of_every_readable_format_version_can_be_added_to() {
    for version in OLDEST_READABLE..=FORMAT_VERSION {
        let folder = tempfile::tempdir().unwrap();
        copy(&fixture(version), folder.path());
        let index = Index::open(folder.path()).unwrap();
        let mut writer = index.writer().unwrap();
        let mut model = model(version);
        for key in 3..20 {
            let (key, expected) = document_1(key, 3);
            writer.upsert(key, expected.label, &expected.vector, &expected.payload).unwrap();
            model.insert(key, expected);
        }
        assert_holds(&writer.commit().unwrap(), &model);
        assert!(Index::verify(folder.path()).unwrap().is_sound());
    }
}

/// A reader that knows nothing but FORMAT.md.
struct Bytes(Vec<u8>);

impl Bytes {
    fn read(path: PathBuf) -> Bytes {
        Bytes(fs::read(path).unwrap())
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.0[at..at + 2].try_into().unwrap())
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    fn f32(&self, at: usize) -> f32 {
        f32::from_bits(self.u32(at))
    }

    /// Where the section table of a segment file names a kind.
    fn entry(&self, kind: u32) -> Option<usize> {
        let count = self.u32(12) as usize;
        (0..count).map(|entry| 32 + 32 * entry).find(|&entry| self.u32(entry) == kind)
    }

    fn has_section(&self, kind: u32) -> bool {
        self.entry(kind).is_some()
    }

    /// The section of a kind in a segment file.
    fn section(&self, kind: u32) -> Range<usize> {
        let entry = self.entry(kind).unwrap();
        let (offset, length) = (self.u64(entry + 8) as usize, self.u64(entry + 16) as usize);
        assert_eq!(offset % 64, 0);
        assert_eq!(self.u64(entry + 24), xxh3_64(&self.0[offset..offset + length]));
        offset..offset + length
    }
}

fn checksum_of(value: &serde_json::Value) -> u64 {
    u64::from_str_radix(value["checksum"].as_str().unwrap(), 16).unwrap()
}

/// What a segment of a version is expected to have.
struct Described {
    version: u32,
    /// The links of a document on the upper levels.
    m: usize,
}

/// The live documents of a segment.
fn read_segment(folder: &Path, record: &serde_json::Value, described: &Described) -> Model {
    let version = described.version;
    let number = record["files"]["number"].as_u64().unwrap();
    let documents = record["files"]["documents"].as_u64().unwrap() as usize;

    let segment = Bytes::read(folder.join(format!("{number:08}.segment")));
    assert_eq!(segment.0.len() as u64, record["files"]["segment"]["length"].as_u64().unwrap());
    assert_eq!(&segment.0[0..8], b"mlsSEGMT");
    assert_eq!(segment.u32(8), version);
    assert_eq!(segment.u64(16), segment.0.len() as u64);
    assert_eq!((segment.u32(24) as usize, segment.u32(28) as usize), (documents, DIMENSION));
    let header_end = 32 + 32 * segment.u32(12) as usize;
    assert_eq!(segment.u64(header_end), xxh3_64(&segment.0[..header_end]));
    assert_eq!(segment.u64(header_end), checksum_of(&record["files"]["segment"]));

    let payload = Bytes::read(folder.join(format!("{number:08}.payload")));
    assert_eq!(&payload.0[0..8], b"mlsPAYLD");
    assert_eq!((payload.u32(8), payload.u32(12)), (version, 0));
    assert_eq!(xxh3_64(&payload.0), checksum_of(&record["files"]["payload"]));

    let mut deleted = RoaringBitmap::new();
    let deletions = &record["deletions"];
    if !deletions.is_null() {
        let generation = deletions["generation"].as_u64().unwrap();
        let file = Bytes::read(folder.join(format!("{number:08}-{generation:04}.deleted")));
        assert_eq!(&file.0[0..8], b"mlsDELET");
        assert_eq!((file.u32(8), file.u32(12)), (version, 0));
        assert_eq!(file.u64(16), xxh3_64(&file.0[24..]));
        assert_eq!(xxh3_64(&file.0), checksum_of(&deletions["file"]));
        deleted = RoaringBitmap::deserialize_from(&file.0[24..]).unwrap();
        assert_eq!(deleted.len(), deletions["deleted"].as_u64().unwrap());
    }

    let labels = segment.section(1);
    let keys = segment.section(3).start;
    let order = segment.section(4);
    let places = segment.section(5).start;
    let blocks = segment.section(6);
    assert_eq!(order.len(), 4 * documents);
    let in_order: Vec<u64> =
        order.step_by(4).map(|at| segment.u64(keys + 8 * segment.u32(at) as usize)).collect();
    assert!(in_order.is_sorted());

    let mut model = Model::new();
    for slot in (0..documents).filter(|&slot| !deleted.contains(slot as u32)) {
        let label = labels
            .clone()
            .step_by(12)
            .find(|&at| (segment.u32(at + 4)..segment.u32(at + 8)).contains(&(slot as u32)))
            .map(|at| segment.u16(at))
            .unwrap();
        let vector = read_vector(&segment, slot, version);
        let place = places + 12 * slot;
        let (block, start, length) = (
            segment.u32(place) as usize,
            segment.u32(place + 4) as usize,
            segment.u32(place + 8) as usize,
        );
        let mut expected = Expected { label: Label(label), vector, payload: Vec::new() };
        if length > 0 {
            let block = blocks.start + 24 * block;
            assert!(block < blocks.end);
            let offset = segment.u64(block) as usize;
            let bytes = &payload.0[offset..offset + segment.u32(block + 8) as usize];
            assert_eq!(xxh3_64(bytes), segment.u64(block + 16));
            let expanded = zstd::decode_all(bytes).unwrap();
            assert_eq!(expanded.len(), segment.u32(block + 12) as usize);
            expected.payload = expanded[start..start + length].to_vec();
        }
        assert!(model.insert(Key(segment.u64(keys + 8 * slot)), expected).is_none());
    }
    assert_eq!(model.len() as u64, record["live"].as_u64().unwrap());
    if version >= 2 {
        read_moments(&segment, documents);
        if segment.has_section(10) {
            read_codes(&segment, documents);
            read_graph(&segment, documents, described.m);
        }
    }
    model
}

/// The vector of a slot: single precision in version 1, half in the default of version 2.
fn read_vector(segment: &Bytes, slot: usize, version: u32) -> Vec<f32> {
    let components = slot * DIMENSION..(slot + 1) * DIMENSION;
    if version == 1 {
        let start = segment.section(2).start;
        components.map(|at| segment.f32(start + 4 * at)).collect()
    } else {
        let start = segment.section(7).start;
        components.map(|at| f16::from_bits(segment.u16(start + 2 * at)).to_f32()).collect()
    }
}

/// Codes of eight bits for the cosine metric are near their vectors.
fn read_codes(segment: &Bytes, documents: usize) {
    let codec = segment.section(8);
    assert_eq!(codec.len(), 4 * (DIMENSION + 1));
    let step = segment.f32(codec.start + 4 * DIMENSION);
    let codes = segment.section(9);
    let stride = DIMENSION.next_multiple_of(64);
    assert_eq!(codes.len(), documents * stride);
    for slot in 0..documents {
        let row = &segment.0[codes.start + slot * stride..][..stride];
        for (at, &component) in read_vector(segment, slot, 2).iter().enumerate() {
            let mean = segment.f32(codec.start + 4 * at);
            let meant = mean + step * (f32::from(row[at]) - 128.0);
            // Half a step, and what half precision rounds off.
            let bound = 0.5 * step + component.abs() / 2048.0 + 1e-6;
            assert!((meant - component).abs() <= bound, "slot {slot}, component {at}");
        }
        assert!(row[DIMENSION..].iter().all(|&padding| padding == 128));
    }
}

fn read_graph(segment: &Bytes, documents: usize, m: usize) {
    let check_links = |node: usize, nodes: usize, start: usize, stride: usize| {
        let links: Vec<u32> = (0..stride).map(|at| segment.u32(start + 4 * at)).collect();
        let present = links.iter().take_while(|&&link| link != u32::MAX).count();
        assert!(links[present..].iter().all(|&link| link == u32::MAX));
        let links = &links[..present];
        assert!(links.iter().all(|&link| (link as usize) < nodes && link as usize != node));
    };
    let links = segment.section(10);
    let levels = segment.section(11);
    let count = segment.u32(levels.start) as usize;
    let stride = segment.u32(levels.start + 4) as usize;
    assert_eq!((links.len(), stride), (4 * documents * stride, 2 * m));
    for slot in 0..documents {
        check_links(slot, documents, links.start + 4 * stride * slot, stride);
    }
    assert!(count > 0);
    let mut at = levels.start + 8 + 8 * count;
    let mut below: Vec<u32> = (0..documents as u32).collect();
    for level in 0..count {
        let shape = levels.start + 8 + 8 * level;
        let (nodes, stride) = (segment.u32(shape) as usize, segment.u32(shape + 4) as usize);
        assert_eq!(stride, m);
        let slots: Vec<u32> = (0..nodes).map(|node| segment.u32(at + 4 * node)).collect();
        assert!(slots.is_sorted_by(|a, b| a < b));
        assert!(slots.iter().all(|slot| below.contains(slot)));
        at += 4 * nodes;
        for node in 0..nodes {
            check_links(node, nodes, at, stride);
            at += 4 * stride;
        }
        below = slots;
    }
    assert_eq!(at, levels.end);
}

/// The moments of each label are the sums over its vectors.
fn read_moments(segment: &Bytes, documents: usize) {
    let (labels, moments) = (segment.section(1), segment.section(12));
    let row = 8 * (DIMENSION + 1);
    assert_eq!(moments.len(), labels.len() / 12 * row);
    for (label, moment) in labels.step_by(12).zip(moments.step_by(row)) {
        let mut sums = [0.0; DIMENSION + 1];
        for slot in segment.u32(label + 4)..segment.u32(label + 8) {
            assert!((slot as usize) < documents);
            for (at, component) in read_vector(segment, slot as usize, 2).iter().enumerate() {
                sums[0] += f64::from(*component).powi(2);
                sums[at + 1] += f64::from(*component);
            }
        }
        for (at, sum) in sums.iter().enumerate() {
            let found = f64::from_bits(segment.u64(moment + 8 * at));
            assert!((found - sum).abs() < 1e-9, "{found} for {sum}");
        }
    }
}

#[test]
fn a_reader_written_from_the_description_finds_every_document() {
    let written = tempfile::tempdir().unwrap();
    write(&written.path().join("index"));
    for (version, folder) in
        [(1, fixture(1)), (2, fixture(2)), (FORMAT_VERSION, written.path().join("index"))]
    {
        let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["format"], "mlsearch-index");
        assert_eq!(manifest["format_version"], version);
        let start = text.find("\"commit\": ").unwrap() + "\"commit\": ".len();
        let commit_text = text[start..].strip_suffix("\n}\n").unwrap();
        assert_eq!(checksum_of(&manifest), xxh3_64(commit_text.as_bytes()));

        let commit = &manifest["commit"];
        assert_eq!(commit["generation"], 2);
        assert_eq!(commit["dimension"], DIMENSION);
        assert_eq!(commit["metric"], "cosine");
        assert_eq!(commit["quantization"], if version == 1 { "f32" } else { "int8" });
        assert_eq!(commit["attributes"]["model"], "second");
        let mut described = Described { version, m: 0 };
        if version >= 2 {
            assert_eq!(commit["originals"], "half");
            assert_eq!(commit["hnsw"], serde_json::json!({ "m": 4, "ef_construction": 20 }));
            described.m = 4;
        }
        let (mut found, mut last) = (Model::new(), 0);
        for record in commit["segments"].as_array().unwrap() {
            found.extend(read_segment(&folder, record, &described));
            let number = record["files"]["number"].as_u64().unwrap();
            assert!(number > last);
            last = number;
        }
        assert!(commit["next_segment"].as_u64().unwrap() > last);
        let mut expected = model(version);
        if version >= 2 {
            for component in expected.values_mut().flat_map(|document| &mut document.vector) {
                *component = f16::from_f32(*component).to_f32();
            }
        }
        assert_eq!(found, expected);
    }
}

/// The values of each field and the slots that have them.
type Postings = BTreeMap<String, BTreeMap<Vec<u8>, Vec<u32>>>;

fn read_fields(segment: &Bytes) -> Postings {
    let section = segment.section(16);
    let mut free_from = section.start + 8 + 40 * segment.u32(section.start) as usize;
    let mut postings = Postings::new();
    for record in (section.start + 8..free_from).step_by(40) {
        let start = section.start + segment.u64(record) as usize;
        assert_eq!(start, free_from);
        let values = segment.u64(record + 8) as usize;
        let posting_ends = start + 8 * values;
        let slots = posting_ends + 8 * values;
        let name = slots + 4 * segment.u64(record + 16) as usize;
        let bytes = name + segment.u32(record + 32) as usize;
        let end = bytes + segment.u64(record + 24) as usize;
        let mut field = BTreeMap::new();
        let (mut value, mut posting) = (0, 0);
        for number in 0..values {
            let value_end = segment.u64(start + 8 * number) as usize;
            let posting_end = segment.u64(posting_ends + 8 * number) as usize;
            field.insert(
                segment.0[bytes + value..bytes + value_end].to_vec(),
                (posting..posting_end).map(|at| segment.u32(slots + 4 * at)).collect(),
            );
            (value, posting) = (value_end, posting_end);
        }
        assert_eq!((bytes + value, slots + 4 * posting), (end, name));
        postings.insert(String::from_utf8(segment.0[name..bytes].to_vec()).unwrap(), field);
        free_from = end.next_multiple_of(8);
    }
    assert_eq!(free_from, section.end);
    postings
}

#[test]
fn a_reader_written_from_the_description_finds_every_field() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(1, Metric::Euclidean)).unwrap();
    let mut writer = index.writer().unwrap();
    let mut expected = Postings::new();
    for key in 0..100u64 {
        let fields = [("year", vec![key as u8 / 7]), ("länge", vec![b'x'; key as usize % 4])];
        let fields = &fields[..2 - (key % 10 == 0) as usize];
        // The label makes slots of keys: odd keys come first.
        let slot = (if key % 2 == 1 { 0 } else { 50 }) + key as u32 / 2;
        for (name, value) in fields {
            let field = expected.entry((*name).to_owned()).or_default();
            field.entry(value.clone()).or_default().push(slot);
        }
        let fields: Vec<Field> = fields.iter().map(|(name, value)| Field { name, value }).collect();
        let (key, label) = (Key(key), Label(1 - (key % 2) as u16));
        let document = NewDocument { key, label, vector: &[0.0], payload: b"", fields: &fields };
        writer.upsert_document(&document).unwrap();
    }
    writer.commit().unwrap();
    for slots in expected.values_mut().flat_map(BTreeMap::values_mut) {
        slots.sort_unstable();
    }
    let segment = Bytes::read(folder.path().join("00000001.segment"));
    assert_eq!(read_fields(&segment), expected);
}
