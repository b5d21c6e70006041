//! What is on disk is what FORMAT.md says, and what older versions wrote is still read.

mod corpus;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use corpus::{Expected, Model, assert_holds, copy};
use mlsearch_index::{
    FORMAT_VERSION, Field, Index, IndexConfig, Key, Label, Metric, NewDocument, OLDEST_READABLE,
    SearchRequest,
};
use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

const DIMENSION: usize = 4;

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{version}"))
}

/// A document of the fixture. Nothing here may change: the fixtures are never written anew.
fn document(key: u64, revision: u64) -> (Key, Expected) {
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

/// What the fixtures hold.
fn model() -> Model {
    (0..15).filter(|&key| key != 2).map(|key| document(key, if key < 5 { 1 } else { 2 })).collect()
}

fn write(folder: &Path) {
    let mut config = IndexConfig::new(DIMENSION, Metric::Cosine);
    config.attributes.insert("model".to_owned(), "first".to_owned());
    let index = Index::create(folder, config).unwrap();
    let mut writer = index.writer().unwrap();
    for (revision, keys) in [(1, 0..10), (2, 5..15)] {
        for key in keys {
            let (key, expected) = document(key, revision);
            writer.upsert(key, expected.label, &expected.vector, &expected.payload).unwrap();
        }
        if revision == 2 {
            assert!(writer.delete(document(2, 1).0).unwrap());
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
        assert_holds(&snapshot, &model());
        assert_eq!(snapshot.attributes()["model"], "second");
        assert_eq!((snapshot.dimension(), snapshot.metric()), (DIMENSION, Metric::Cosine));
        let nearest = snapshot.search(&SearchRequest::new(&[0.0, 0.6, 0.8, 0.0])).unwrap();
        let keys: Vec<u64> =
            nearest.iter().take(4).map(|neighbor| neighbor.key.0 / 1_000_003).collect();
        assert_eq!(keys, [1, 5, 9, 13]);
        let report = Index::verify(fixture(version)).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
    }
}

#[test]
fn indexes_of_every_readable_format_version_can_be_added_to() {
    for version in OLDEST_READABLE..=FORMAT_VERSION {
        let folder = tempfile::tempdir().unwrap();
        copy(&fixture(version), folder.path());
        let index = Index::open(folder.path()).unwrap();
        let mut writer = index.writer().unwrap();
        let mut model = model();
        for key in 3..20 {
            let (key, expected) = document(key, 3);
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

    /// The section of a kind in a segment file.
    fn section(&self, kind: u32) -> Range<usize> {
        let count = self.u32(12) as usize;
        let entry =
            (0..count).map(|entry| 32 + 32 * entry).find(|&entry| self.u32(entry) == kind).unwrap();
        let (offset, length) = (self.u64(entry + 8) as usize, self.u64(entry + 16) as usize);
        assert_eq!(offset % 64, 0);
        assert_eq!(self.u64(entry + 24), xxh3_64(&self.0[offset..offset + length]));
        offset..offset + length
    }
}

fn checksum_of(value: &serde_json::Value) -> u64 {
    u64::from_str_radix(value["checksum"].as_str().unwrap(), 16).unwrap()
}

/// The live documents of a segment.
fn read_segment(folder: &Path, record: &serde_json::Value) -> Model {
    let number = record["files"]["number"].as_u64().unwrap();
    let documents = record["files"]["documents"].as_u64().unwrap() as usize;

    let segment = Bytes::read(folder.join(format!("{number:08}.segment")));
    assert_eq!(segment.0.len() as u64, record["files"]["segment"]["length"].as_u64().unwrap());
    assert_eq!(&segment.0[0..8], b"mlsSEGMT");
    assert_eq!(segment.u32(8), 1);
    assert_eq!(segment.u64(16), segment.0.len() as u64);
    assert_eq!((segment.u32(24) as usize, segment.u32(28) as usize), (documents, DIMENSION));
    let header_end = 32 + 32 * segment.u32(12) as usize;
    assert_eq!(segment.u64(header_end), xxh3_64(&segment.0[..header_end]));
    assert_eq!(segment.u64(header_end), checksum_of(&record["files"]["segment"]));

    let payload = Bytes::read(folder.join(format!("{number:08}.payload")));
    assert_eq!(&payload.0[0..8], b"mlsPAYLD");
    assert_eq!((payload.u32(8), payload.u32(12)), (1, 0));
    assert_eq!(xxh3_64(&payload.0), checksum_of(&record["files"]["payload"]));

    let mut deleted = RoaringBitmap::new();
    let deletions = &record["deletions"];
    if !deletions.is_null() {
        let generation = deletions["generation"].as_u64().unwrap();
        let file = Bytes::read(folder.join(format!("{number:08}-{generation:04}.deleted")));
        assert_eq!(&file.0[0..8], b"mlsDELET");
        assert_eq!((file.u32(8), file.u32(12)), (1, 0));
        assert_eq!(file.u64(16), xxh3_64(&file.0[24..]));
        assert_eq!(xxh3_64(&file.0), checksum_of(&deletions["file"]));
        deleted = RoaringBitmap::deserialize_from(&file.0[24..]).unwrap();
        assert_eq!(deleted.len(), deletions["deleted"].as_u64().unwrap());
    }

    let labels = segment.section(1);
    let vectors = segment.section(2).start;
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
        let vector =
            (0..DIMENSION).map(|at| segment.f32(vectors + 4 * (slot * DIMENSION + at))).collect();
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
    model
}

#[test]
fn a_reader_written_from_the_description_finds_every_document() {
    let written = tempfile::tempdir().unwrap();
    write(&written.path().join("index"));
    for folder in [fixture(1), written.path().join("index")] {
        let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["format"], "mlsearch-index");
        assert_eq!(manifest["format_version"], 1);
        let start = text.find("\"commit\": ").unwrap() + "\"commit\": ".len();
        let commit_text = text[start..].strip_suffix("\n}\n").unwrap();
        assert_eq!(checksum_of(&manifest), xxh3_64(commit_text.as_bytes()));

        let commit = &manifest["commit"];
        assert_eq!(commit["generation"], 2);
        assert_eq!(commit["dimension"], DIMENSION);
        assert_eq!((&commit["metric"], &commit["quantization"]), (&"cosine".into(), &"f32".into()));
        assert_eq!(commit["attributes"]["model"], "second");
        assert_eq!(commit["next_segment"], 3);
        let mut found = Model::new();
        for record in commit["segments"].as_array().unwrap() {
            found.extend(read_segment(&folder, record));
        }
        assert_eq!(found, model());
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
