//! Damaged files are errors: never a panic, never memory without bound, and `verify` sees them.

mod corpus;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::ops::{Bound, Range};
use std::path::{Path, PathBuf};

use corpus::{Numbers, QUANTIZATIONS, copy};
use mlsearch_index::{
    Address, Adjustment, Adjustments, Error, Field, HnswConfig, Index, IndexConfig, Key, Label,
    LabelFilter, Metric, NewDocument, OpenOptions, Predicate, Quantization, Result, SearchParams,
    SearchRequest, SegmentInfo, Slot, WriterOptions,
};
use xxhash_rust::xxh3::xxh3_64;

const DIMENSION: usize = 3;

/// An index of two segments, the first with a graph and deletions, and payloads in several
/// blocks.
fn build(folder: &Path) {
    let mut config = IndexConfig::new(DIMENSION, Metric::Cosine);
    config.hnsw = HnswConfig { m: 4, ef_construction: 16 };
    config.attributes.insert("model".to_owned(), "some model".to_owned());
    let index = Index::create(folder, config).unwrap();
    let options = WriterOptions { graph_from: 12, ..WriterOptions::default() };
    let mut writer = index.writer_with(options).unwrap();
    let mut numbers = Numbers::new(1);
    for keys in [(0..16).collect(), vec![0, 5, 20]] {
        for key in keys {
            let payload = vec![key as u8; if key % 4 == 0 { 0 } else { 3_000 }];
            let vector = numbers.vector(Metric::Cosine, DIMENSION);
            let document = NewDocument {
                key: Key(key),
                label: Label((key % 3) as u16),
                vector: &vector,
                payload: &payload,
                fields: &[
                    Field { name: "n", value: &[key as u8] },
                    Field { name: "topic", value: [&b"law"[..], b"tax"][key as usize % 2] },
                ],
            };
            writer.upsert_document(&document).unwrap();
        }
        writer.commit().unwrap();
    }
    drop(writer);
    fs::remove_file(folder.join("lock")).unwrap();
    assert_eq!(files(folder).len(), 6);
    let links = |segment: &SegmentInfo| segment.sections.iter().any(|it| it.name == "links");
    assert!(index.snapshot().info().segments.iter().map(links).eq([true, false]));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Everything that reads an index.
fn read_everything(folder: &Path) -> Result<()> {
    let index = Index::open(folder)?;
    let snapshot = index.snapshot();
    snapshot.labels();
    snapshot.info();
    let mut first_error = Ok(());
    let mut note = |outcome: Result<()>| {
        if first_error.is_ok() {
            first_error = outcome;
        }
    };
    note(snapshot.search(&SearchRequest::new(&[0.6, 0.8, 0.0])).map(|neighbors| {
        for neighbor in neighbors {
            let _ = snapshot.payload(neighbor.address);
        }
    }));
    for key in 0..30 {
        note(snapshot.get(Key(key)).map(drop));
    }
    for document in snapshot.documents() {
        note(document.map(drop));
    }
    snapshot.field_names();
    for record in snapshot.records() {
        note(snapshot.fields(record.address).map(drop));
    }
    let (n, topic) = (|| "n".to_owned(), || "topic".to_owned());
    for predicate in [
        Predicate::Equal { field: topic(), value: b"tax".to_vec() },
        Predicate::In { field: n(), values: (0..30).map(|value| vec![value]).collect() },
        Predicate::Range { field: n(), lower: Bound::Excluded(vec![3]), upper: Bound::Unbounded },
        Predicate::Exists { field: topic() },
        Predicate::Keys((0..30).map(Key).collect()),
        Predicate::Labels((0..3).map(Label).collect()),
    ] {
        let predicate = Predicate::Not(Box::new(predicate));
        note(snapshot.select(&predicate).and_then(|selection| {
            let request = SearchRequest::new(&[0.6, 0.8, 0.0]);
            snapshot.search(&SearchRequest { selection: Some(&selection), ..request }).map(drop)
        }));
    }
    for segment in 0..4 {
        for slot in (0..18).chain([u32::MAX]) {
            let _ = snapshot.payload(Address { segment, slot: Slot(slot) });
        }
    }
    first_error
}

/// Everything that writes one.
fn write_everything(folder: &Path) -> Result<()> {
    let index = Index::open(folder)?;
    let mut writer = index.writer()?;
    for key in 0..30 {
        let _ = writer.contains(Key(key));
        let _ = writer.delete(Key(key));
        let _ = writer.upsert(Key(key + 7), Label(1), &[0.6, 0.8, 0.0], b"payload");
    }
    writer.commit().map(drop)
}

/// Writes some bytes of a file in place: one that is written anew is flushed to the disk.
fn write_in_place(path: &Path, position: usize, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(position as u64)).unwrap();
    file.write_all(bytes).unwrap();
}

/// A segment file that is changed with its checksums set right, as someone who means harm would.
struct Forgery {
    folder: PathBuf,
    segment: PathBuf,
    original: Vec<u8>,
    manifest: String,
}

impl Forgery {
    fn new(folder: &Path) -> Forgery {
        let segment = files(folder).into_iter().find(|path| path.extension().unwrap() == "segment");
        let segment = segment.unwrap();
        Forgery {
            folder: folder.to_owned(),
            original: fs::read(&segment).unwrap(),
            segment,
            manifest: fs::read_to_string(folder.join("manifest.json")).unwrap(),
        }
    }

    fn u32(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    /// Where the section table names a kind, if it does.
    fn entry(&self, kind: u32) -> Option<usize> {
        let count = Forgery::u32(&self.original, 12) as usize;
        (0..count).map(|at| 32 + 32 * at).find(|&at| Forgery::u32(&self.original, at) == kind)
    }

    fn section(&self, kind: u32) -> Option<Range<usize>> {
        let entry = self.entry(kind)?;
        let start = Forgery::u32(&self.original, entry + 8) as usize;
        Some(start..start + Forgery::u32(&self.original, entry + 16) as usize)
    }

    /// Changes the bytes of a section.
    fn forge(&self, kind: u32, change: impl FnOnce(&mut [u8])) {
        let mut bytes = self.original.clone();
        change(&mut bytes[self.section(kind).unwrap()]);
        self.write(bytes);
    }

    /// Changes the length that the section table says.
    fn forge_length(&self, kind: u32, length: u64) {
        let mut bytes = self.original.clone();
        let entry = self.entry(kind).unwrap();
        bytes[entry + 16..entry + 24].copy_from_slice(&length.to_le_bytes());
        self.write(bytes);
    }

    /// Writes the file, with every checksum made right that covers it.
    fn write(&self, mut bytes: Vec<u8>) {
        let count = Forgery::u32(&bytes, 12) as usize;
        let checksum_at = 32 + 32 * count;
        let old = u64::from_le_bytes(bytes[checksum_at..checksum_at + 8].try_into().unwrap());
        for entry in (0..count).map(|at| 32 + 32 * at) {
            let start = Forgery::u32(&bytes, entry + 8) as usize;
            let end = start.saturating_add(Forgery::u32(&bytes, entry + 16) as usize);
            if let Some(section) = bytes.get(start..end) {
                let checksum = xxh3_64(section).to_le_bytes();
                bytes[entry + 24..entry + 32].copy_from_slice(&checksum);
            }
        }
        let checksum = xxh3_64(&bytes[..checksum_at]);
        bytes[checksum_at..checksum_at + 8].copy_from_slice(&checksum.to_le_bytes());
        write_in_place(&self.segment, 0, &bytes);

        let manifest = self.manifest.replace(&format!("{old:016x}"), &format!("{checksum:016x}"));
        let start = manifest.find("\"commit\": ").unwrap() + "\"commit\": ".len();
        let commit = manifest[start..].strip_suffix("\n}\n").unwrap();
        let of_commit = format!("{:016x}", xxh3_64(commit.as_bytes()));
        let before = manifest.find("\"checksum\": \"").unwrap() + "\"checksum\": \"".len();
        let manifest = [&manifest[..before], &of_commit, &manifest[before + 16..]].concat();
        write_in_place(&self.folder.join("manifest.json"), 0, manifest.as_bytes());
    }
}

/// The sections that came with codes and graphs: halves, codec, codes, links, levels, moments.
const SECTIONS: Range<u32> = 7..13;

/// An index of one segment with a graph, which is walked through where few are asked for.
fn build_graph(folder: &Path, quantization: Quantization) {
    let config = IndexConfig {
        quantization,
        hnsw: HnswConfig { m: 4, ef_construction: 20 },
        ..IndexConfig::new(DIMENSION, Metric::Cosine)
    };
    let index = Index::create(folder, config).unwrap();
    let options = WriterOptions { graph_from: 10, ..WriterOptions::default() };
    let mut writer = index.writer_with(options).unwrap();
    let mut numbers = Numbers::new(3);
    let documents = match quantization {
        Quantization::Int4 => 450,
        Quantization::Int8 => 250,
        _ => 120,
    };
    for key in 0..documents {
        let vector = numbers.vector(Metric::Cosine, DIMENSION);
        writer.upsert(Key(key), Label((key % 3) as u16), &vector, b"").unwrap();
    }
    writer.commit().unwrap();
    drop(writer);
    fs::remove_file(folder.join("lock")).unwrap();
}

/// Searches in every way, and checks that answers are bounded.
fn search_everything(folder: &Path, pinned: bool) -> Result<()> {
    let snapshot = Index::open_with(folder, OpenOptions { pinned })?.snapshot();
    let labels = Predicate::Labels([Label(0), Label(2)].into());
    let selection = snapshot.select(&labels)?;
    let adjustments = Adjustments::from([(Label(0), Adjustment { scale: 1.2, shift: -0.3 })]);
    let mut numbers = Numbers::new(4);
    for (k, ef) in [(1, Some(1)), (1, Some(3)), (5, None), (1_000, Some(1_000))] {
        for exact in [false, true] {
            for (filtered, adjusted) in [(false, false), (true, false), (false, true), (true, true)]
            {
                let request = SearchRequest {
                    vector: &numbers.vector(Metric::Cosine, DIMENSION),
                    params: SearchParams { k, ef, exact, threads: None },
                    labels: LabelFilter::All,
                    selection: filtered.then_some(&selection),
                    adjustments: adjusted.then_some(&adjustments),
                };
                let answer = snapshot.search(&request)?;
                assert!(answer.len() <= k.min(snapshot.len() as usize));
                assert!(answer.is_sorted_by(|a, b| (a.distance, a.key) < (b.distance, b.key)));
                let keys: BTreeSet<Key> = answer.iter().map(|neighbor| neighbor.key).collect();
                assert_eq!(keys.len(), answer.len());
            }
        }
    }
    snapshot.label_statistics()?;
    snapshot.graph_statistics().map(drop)
}

/// Merges what there is, without verifying it before.
fn compact_everything(folder: &Path) -> Result<()> {
    let index = Index::open(folder)?;
    let mut writer = index.writer()?;
    writer.delete(Key(7))?;
    writer.upsert(Key(500), Label(1), &[0.6, 0.8, 0.0], b"")?;
    writer.compact().map(drop)
}

#[test]
fn forgeries_with_right_checksums_are_errors_or_bounded_answers() {
    let mut numbers = Numbers::new(5);
    let noticed = |folder: &Path| !Index::verify(folder).unwrap().is_sound();
    for quantization in QUANTIZATIONS {
        let original = tempfile::tempdir().unwrap();
        build_graph(original.path(), quantization);
        search_everything(original.path(), false).unwrap();
        assert!(!noticed(original.path()));
        let forgery = Forgery::new(original.path());
        for kind in SECTIONS {
            let Some(length) = forgery.section(kind).map(|section| section.len()) else { continue };
            for round in 0..24 {
                let at = numbers.below(length as u64) as usize;
                let words = [0, 1, 119, 120, u32::MAX - 1, 1 << 31, f32::NAN.to_bits()];
                let word = words[numbers.below(words.len() as u64) as usize].to_le_bytes();
                forgery.forge(kind, |section| match round % 6 {
                    0 => section[at] ^= 1 << (at % 8),
                    1 => section.fill(0xFF),
                    2 => section.fill(0),
                    3 => section.fill_with(|| numbers.next() as u8),
                    4 => section.chunks_exact_mut(4).for_each(|it| it.copy_from_slice(&word)),
                    // One word, aligned.
                    _ => {
                        let (words, _) = section.as_chunks_mut::<4>();
                        let place = at / 4 % words.len();
                        words[place] = word;
                    }
                });
                // What these say is of no interest, as long as they return.
                let _ = search_everything(original.path(), round % 2 == 0);
                let _ = Index::verify(original.path()).unwrap();
                if round % 3 == 0 {
                    let copied = tempfile::tempdir().unwrap();
                    copy(original.path(), copied.path());
                    let _ = compact_everything(copied.path());
                    let _ = search_everything(copied.path(), false);
                }
            }
        }
    }
}

#[test]
fn sections_of_a_wrong_length_are_noticed_at_open() {
    for quantization in QUANTIZATIONS {
        let folder = tempfile::tempdir().unwrap();
        build_graph(folder.path(), quantization);
        let forgery = Forgery::new(folder.path());
        for kind in SECTIONS {
            let Some(length) = forgery.section(kind).map(|section| section.len()) else { continue };
            for length in [0, length - 1, length - 4, length - 8, length / 2] {
                forgery.forge_length(kind, length as u64);
                let outcome = Index::open(folder.path());
                let Err(Error::Corrupt { path, .. }) = outcome else {
                    panic!("{quantization:?}, kind {kind}, {length} bytes: {outcome:?}");
                };
                assert_eq!(path, forgery.segment);
                assert!(!Index::verify(folder.path()).unwrap().is_sound());
            }
        }
    }
}

/// What a forgery writes where.
type Forged = (u32, fn(&[u8]) -> (usize, Vec<u8>), &'static str);

#[test]
fn verify_says_what_is_wrong_with_a_forgery() {
    const STRIDE: usize = 4 * 8;
    fn word(value: u32) -> Vec<u8> {
        value.to_le_bytes().to_vec()
    }
    /// Where the slots of level 1 begin, and its links.
    fn level_1(levels: &[u8]) -> (usize, usize) {
        let slots = 8 + 8 * Forgery::u32(levels, 0) as usize;
        (slots, slots + 4 * Forgery::u32(levels, 8) as usize)
    }
    let forged: [Forged; 15] = [
        (10, |_| (5 * STRIDE, word(5)), "slot 5 is linked to itself"),
        (10, |_| (5 * STRIDE + 4, word(250)), "slot 5 is linked to 250, which does not exist"),
        (10, |_| (5 * STRIDE, word(u32::MAX)), "slot 5 has a link after one that is missing"),
        (10, |_| (249 * STRIDE, word(u32::MAX - 1)), "slot 249 is linked to 4294967294"),
        (11, |levels| (level_1(levels).0, word(250)), "level 1 of its graph has a slot"),
        (11, |levels| (level_1(levels).0 + 4, word(0)), "slots of level 1 of its graph do not asc"),
        (
            11,
            |levels| (level_1(levels).1, word(0)),
            "on level 1 of its graph, node 0 is linked to i",
        ),
        (
            11,
            |levels| (level_1(levels).1, word(249)),
            "on level 1 of its graph, node 0 is linked to",
        ),
        (
            11,
            |levels| {
                // The first slot of level 2, and one before it that level 1 does not have.
                let (slots, links) = level_1(levels);
                let nodes = (links - slots) / 4;
                let level_2 = links + 4 * nodes * Forgery::u32(levels, 12) as usize;
                let below: Vec<u32> =
                    (0..nodes).map(|node| Forgery::u32(levels, slots + 4 * node)).collect();
                let first = Forgery::u32(levels, level_2);
                (level_2, word((0..first).rev().find(|slot| !below.contains(slot)).unwrap()))
            },
            "level 2 of its graph has slot",
        ),
        (8, |_| (0, f32::NAN.to_le_bytes().to_vec()), "codec has numbers that no writer computes"),
        (8, |codec| (codec.len() - 4, word(0)), "codec has numbers that no writer computes"),
        (12, |_| (0, 90.0_f64.to_le_bytes().to_vec()), "moments of label 0"),
        (12, |_| (64, f64::NAN.to_le_bytes().to_vec()), "moments of label 2"),
        (7, |_| (0, vec![0, 0x3C, 0, 0x3C, 0, 0x3C]), "at slot 0, the vector has length 1.7321"),
        (7, |_| (6, vec![0, 0x7E]), "at slot 1, component 0 of the vector is NaN"),
    ];
    let folder = tempfile::tempdir().unwrap();
    build_graph(folder.path(), Quantization::Int8);
    let forgery = Forgery::new(folder.path());
    for (kind, change, expected) in forged {
        forgery.forge(kind, |section| {
            let (at, bytes) = change(section);
            section[at..at + bytes.len()].copy_from_slice(&bytes);
        });
        let report = Index::verify(folder.path()).unwrap();
        let [first, ..] = &report.problems[..] else { panic!("verify missed: {expected}") };
        assert_eq!(first.path, forgery.segment);
        assert!(first.what.contains(expected), "{} is not: {expected}", first.what);
    }
    forgery.write(forgery.original.clone());
    assert!(Index::verify(folder.path()).unwrap().is_sound());
}

#[test]
fn rounding_to_half_precision_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let config = IndexConfig::new(DIMENSION, Metric::Cosine);
    let index = Index::create(folder.path(), config).unwrap();
    let mut writer = index.writer().unwrap();
    // As long as the writer takes, and rounded up in each component.
    let rounded_up = [0.571_05_f32, 0.585_2, 0.577_9];
    let length = rounded_up.iter().map(|x| x * x).sum::<f32>().sqrt();
    for (key, long) in [(0, 1.000_9), (1, 0.999_1), (2, 1.0)] {
        let vector = rounded_up.map(|x| x / length * long);
        writer.upsert(Key(key), Label(0), &vector, b"").unwrap();
    }
    for step in 0..2_000 {
        let angle = step as f64 / 2_000.0;
        let vector = [angle.cos() * 1.000_99, angle.sin() * 1.000_99, 0.0].map(|x| x as f32);
        writer.upsert(Key(3 + step), Label(0), &vector, b"").unwrap();
    }
    writer.commit().unwrap();
    let report = Index::verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

fn check_damaged(folder: &Path, context: &str) {
    // What these say is of no interest, as long as they return.
    let _ = read_everything(folder);
    match Index::verify(folder) {
        Ok(report) => assert!(!report.is_sound(), "{context}: verify saw nothing"),
        Err(Error::Incompatible { .. } | Error::NotAnIndex { .. }) => {}
        Err(other) => panic!("{context}: {other}"),
    }
}

#[test]
fn an_undamaged_index_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    read_everything(folder.path()).unwrap();
    let report = Index::verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!((report.files, report.documents), (6, 17));
    let bytes: u64 = files(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert_eq!(report.bytes, bytes);
    assert_eq!(Index::open(folder.path()).unwrap().snapshot().info().bytes, bytes);
}

#[test]
fn every_truncation_of_every_file_is_noticed_at_open() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        for length in (0..bytes.len()).rev() {
            file.set_len(length as u64).unwrap();
            let context = format!("{}, {length} of {} bytes", path.display(), bytes.len());
            let outcome = Index::open(folder.path());
            let missing_newline = path.ends_with("manifest.json") && length + 1 == bytes.len();
            assert!(outcome.is_err() || missing_newline, "{context}");
            if !missing_newline {
                check_damaged(folder.path(), &context);
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    read_everything(folder.path()).unwrap();
}

#[test]
fn bytes_after_the_end_of_a_file_are_noticed_at_open() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        assert!(Index::open(folder.path()).is_err(), "{}", path.display());
        check_damaged(folder.path(), &path.display().to_string());
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn flipped_bits_anywhere_in_any_file_are_noticed_by_verify() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        for (position, &sound) in bytes.iter().enumerate() {
            let write = |byte| write_in_place(&path, position, &[byte]);
            // Every bit of the headers, and one of every other byte.
            let bits = if position < 256 { 0..8 } else { position % 8..position % 8 + 1 };
            for bit in bits {
                write(sound ^ 1 << bit);
                let context = format!("{}, byte {position}, bit {bit}", path.display());
                check_damaged(folder.path(), &context);
            }
            write(sound);
        }
        assert!(fs::read(&path).unwrap() == bytes);
    }
    read_everything(folder.path()).unwrap();
}

#[test]
fn stretches_of_noise_in_any_file_are_errors_for_readers_and_writers() {
    let original = tempfile::tempdir().unwrap();
    build(original.path());
    let mut numbers = Numbers::new(2);
    for path in files(original.path()) {
        let bytes = fs::read(&path).unwrap();
        for round in 0..30 {
            let folder = tempfile::tempdir().unwrap();
            copy(original.path(), folder.path());
            let mut noisy = bytes.clone();
            let start = numbers.below(noisy.len() as u64) as usize;
            let length = 1 + numbers.below(64) as usize;
            for byte in noisy.iter_mut().skip(start).take(length) {
                *byte = if round % 3 == 0 { 0xFF } else { numbers.next() as u8 };
            }
            if noisy == bytes {
                continue;
            }
            fs::write(folder.path().join(path.file_name().unwrap()), noisy).unwrap();
            check_damaged(
                folder.path(),
                &format!("{}, {length} bytes from {start}", path.display()),
            );
            let _ = write_everything(folder.path());
            let _ = read_everything(folder.path());
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    for path in files(folder.path()) {
        if path.ends_with("manifest.json") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        match Index::open(folder.path()) {
            Err(Error::Corrupt { path: named, what }) => {
                assert_eq!(named, path);
                assert!(what.contains("missing"), "{what}");
            }
            other => panic!("{}: {other:?}", path.display()),
        }
        let report = Index::verify(folder.path()).unwrap();
        assert_eq!(report.problems[0].path, path);
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn files_that_changed_places_are_noticed_at_open() {
    let folder = tempfile::tempdir().unwrap();
    // Two segments of the same size, so that only their checksums tell them apart.
    let index = Index::create(folder.path(), IndexConfig::new(1, Metric::Euclidean)).unwrap();
    let mut writer = index.writer().unwrap();
    for key in 0..2 {
        writer.upsert(Key(key), Label(0), &[key as f32], b"").unwrap();
        writer.commit().unwrap();
    }
    drop((writer, index));
    let [first, second] =
        ["00000001.segment", "00000002.segment"].map(|name| folder.path().join(name));
    let (first_bytes, second_bytes) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    assert_eq!(first_bytes.len(), second_bytes.len());
    fs::write(&first, second_bytes).unwrap();
    fs::write(&second, first_bytes).unwrap();
    let outcome = Index::open(folder.path());
    assert!(matches!(outcome, Err(Error::Corrupt { .. })), "{outcome:?}");
}
