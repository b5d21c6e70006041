//! Headers and records round-trip, and bytes that lie are refused before they are believed.

use proptest::prelude::*;

use super::layout::{LabelRun, Layout, encode_label_runs};
use super::manifest::{DeletionRecord, FileRecord, Manifest, SegmentFiles, SegmentRecord};
use super::payload::{self, Block, Place};
use super::segment::{ALIGNMENT, Section, SectionKind, SegmentHeader};
use super::{FORMAT_VERSION, Flaw, MAX_PAYLOAD_BYTES, checksum, deletions};
use crate::codes::{CodeBits, CodeShape};
use crate::{HnswConfig, Label, Metric, Precision, Quantization};

/// A header of so many documents of dimension 2, as a writer would make it.
fn header(documents: u32) -> SegmentHeader {
    let n = u64::from(documents);
    let mut sections = Vec::new();
    let mut end = SegmentHeader::length(SectionKind::ALL.len());
    for kind in SectionKind::ALL {
        let length = match kind {
            SectionKind::Labels => 12,
            SectionKind::Vectors | SectionKind::Keys => 8 * n,
            SectionKind::KeyOrder => 4 * n,
            SectionKind::PayloadPlaces => 12 * n,
            SectionKind::PayloadBlocks => 24,
            SectionKind::Halves => 4 * n,
            SectionKind::Codec => 12,
            SectionKind::Codes => 64 * n,
            SectionKind::Links => 128 * n,
            SectionKind::Levels => 8,
            SectionKind::LabelMoments => 24,
            SectionKind::Fields => 8,
        };
        let offset = end.next_multiple_of(ALIGNMENT);
        sections.push(Section { kind: kind as u32, offset, length, checksum: 7 });
        end = offset + length;
    }
    SegmentHeader { file_length: end, documents, dimension: 2, sections }
}

/// The codes of the documents of [`header`].
const SHAPE: Option<CodeShape> =
    Some(CodeShape { bits: CodeBits::Eight, metric: Metric::Cosine, dimension: 2 });

/// A file that begins with a header, whatever that says.
fn file(header: &SegmentHeader, length: u64) -> Vec<u8> {
    let (mut bytes, _) = header.encode();
    bytes.resize(length as usize, 0);
    bytes
}

fn decode(header: &SegmentHeader) -> Result<SegmentHeader, Flaw> {
    let length = header.file_length;
    SegmentHeader::decode(&file(header, length)).map(|(header, _)| header)
}

#[test]
fn a_segment_header_round_trips() {
    for documents in [1, 3, 1_000] {
        let header = header(documents);
        assert_eq!(decode(&header), Ok(header.clone()));
        Layout::new(&header, SHAPE).unwrap();
    }
}

#[test]
fn sections_that_lie_are_refused() {
    let lies: [fn(&mut SegmentHeader); 8] = [
        |header| header.sections[1].offset += 1,
        |header| header.sections[1].offset = 0,
        |header| header.sections[1].offset = header.sections[0].offset,
        |header| header.sections[1].offset = !(ALIGNMENT - 1),
        |header| header.sections[1].length = u64::MAX,
        |header| header.sections[1].length += 1 << 20,
        |header| header.sections.swap(1, 2),
        |header| {
            header.sections.resize(100, Section { kind: 9, offset: 0, length: 0, checksum: 0 })
        },
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let mut header = header(100);
        lie(&mut header);
        assert!(matches!(decode(&header), Err(Flaw::Damaged(_))), "lie {number}");
    }
    let header = header(100);
    assert!(SegmentHeader::decode(&file(&header, header.file_length - 1)).is_err());
    assert!(SegmentHeader::decode(&file(&header, header.file_length + 1)).is_err());
}

#[test]
fn sections_of_the_wrong_length_or_number_are_refused() {
    let lies: [fn(&mut SegmentHeader); 11] = [
        |header| header.sections[11].length -= 8,
        |header| header.sections[8].length += 64,
        |header| header.sections[7].kind = 99,
        |header| header.sections[10].kind = 99,
        |header| header.sections[7].kind = SectionKind::Codes as u32,
        |header| header.sections[11].kind = SectionKind::Links as u32,
        |header| header.documents += 1,
        |header| header.dimension = 3,
        |header| header.sections[2].length -= 8,
        |header| header.sections[2].kind = SectionKind::Vectors as u32,
        |header| header.sections[2].kind = 99,
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let mut header = header(100);
        lie(&mut header);
        assert!(Layout::new(&header, SHAPE).is_err(), "lie {number}");
    }
    let mut huge = header(1);
    (huge.documents, huge.dimension) = (u32::MAX, u32::MAX);
    assert!(Layout::new(&huge, SHAPE).is_err());
}

#[test]
fn sections_that_later_versions_add_are_skipped() {
    let mut header = header(10);
    let offset = header.file_length.next_multiple_of(ALIGNMENT);
    header.sections.push(Section { kind: 1_000, offset, length: 5, checksum: 0 });
    // The longer section table moves the others.
    for section in &mut header.sections {
        section.offset += ALIGNMENT;
    }
    header.file_length = offset + ALIGNMENT + 5;
    Layout::new(&decode(&header).unwrap(), SHAPE).unwrap();
}

#[test]
fn another_format_version_of_a_segment_is_told_from_damage() {
    let header = header(10);
    let mut bytes = file(&header, header.file_length);
    bytes[8] = FORMAT_VERSION as u8 + 1;
    assert_eq!(SegmentHeader::decode(&bytes), Err(Flaw::Version(FORMAT_VERSION + 1)));
}

#[test]
fn label_tables_must_cover_the_segment_in_order() {
    let run = |label, start, end| LabelRun { label: Label(label), start, end };
    let read = |runs: &[LabelRun], documents| {
        let mut header = header(documents);
        header.sections[0].length = 12 * runs.len() as u64;
        header.sections[11].length = 24 * runs.len() as u64;
        let mut bytes = file(&header, header.file_length);
        let table = header.sections[0].offset as usize;
        let encoded = encode_label_runs(runs);
        bytes.splice(table..table + encoded.len(), encoded);
        Layout::new(&header, SHAPE).unwrap().label_runs(&bytes, documents)
    };
    let sound = [run(0, 0, 4), run(3, 4, 9), run(u16::MAX, 9, 10)];
    assert_eq!(read(&sound, 10).unwrap(), sound);
    for (runs, documents) in [
        (&sound[..], 11),
        (&sound[..], 9),
        (&sound[1..], 10),
        (&[][..], 10),
        (&[run(0, 0, 5), run(0, 5, 10)], 10),
        (&[run(1, 0, 5), run(0, 5, 10)], 10),
        (&[run(0, 0, 5), run(1, 6, 10)], 10),
        (&[run(0, 0, 5), run(1, 4, 10)], 10),
        (&[run(0, 0, 5), run(1, 5, 5), run(2, 5, 10)], 10),
        (&[run(0, 0, 12), run(1, 12, 10)], 10),
    ] {
        assert!(read(runs, documents).is_err(), "{runs:?} for {documents} documents");
    }
}

#[test]
fn a_block_round_trips_and_its_places_are_checked() {
    let payloads = b"one, two, three".repeat(20);
    let (block, bytes) = Block::compress(16, &payloads).unwrap();
    let (offset, length) = block.extent(16 + bytes.len() as u64).unwrap();
    assert_eq!((offset, length), (16, bytes.len()));
    let expanded = block.expand(&bytes).unwrap();
    assert_eq!(expanded, payloads);
    assert_eq!(Place::new(0, 5, 3).slice(&expanded), Ok(&b"two"[..]));
    assert_eq!(Place::EMPTY.block(), None);
    for (start, length) in [(300, 1), (299, 2), (0, 301), (u32::MAX, 1), (1, u32::MAX)] {
        assert!(Place::new(0, start, length).slice(&expanded).is_err(), "{length} from {start}");
    }
}

#[test]
fn blocks_that_lie_about_their_size_are_refused() {
    let payloads = vec![0; 1 << 20];
    let (block, bytes) = Block::compress(16, &payloads).unwrap();
    let raw = zerocopy::IntoBytes::as_bytes(&block);
    // offset u64, compressed u32, expanded u32, checksum u64
    let with = |position: usize, value: &[u8]| {
        let mut raw = raw.to_vec();
        raw.splice(position..position + value.len(), value.iter().copied());
        <Block as zerocopy::FromBytes>::read_from_bytes(&raw).unwrap()
    };
    let file_length = 16 + bytes.len() as u64;
    assert!(block.extent(file_length).is_ok());
    assert!(block.extent(file_length - 1).is_err());
    for lie in [
        with(0, &0u64.to_le_bytes()),
        with(0, &u64::MAX.to_le_bytes()),
        with(8, &u32::MAX.to_le_bytes()),
        with(12, &(MAX_PAYLOAD_BYTES as u32 + 1).to_le_bytes()),
        with(12, &u32::MAX.to_le_bytes()),
    ] {
        assert!(lie.extent(file_length).is_err(), "{lie:?}");
    }
    // A block larger than it says, which is how a bomb begins, and a smaller one.
    for size in [0, 1, (1 << 20) - 1, (1 << 20) + 1] {
        assert!(with(12, &u32::to_le_bytes(size)).expand(&bytes).is_err(), "{size}");
    }
    assert!(with(16, &0u64.to_le_bytes()).expand(&bytes).is_err());
    assert!(block.expand(&bytes[1..]).is_err());
}

#[test]
fn the_header_of_a_payload_file_is_checked() {
    let bytes = payload::encode_header();
    assert_eq!(payload::check_header(&bytes), Ok(()));
    let mut newer = bytes;
    newer[8] = FORMAT_VERSION as u8 + 1;
    assert_eq!(payload::check_header(&newer), Err(Flaw::Version(FORMAT_VERSION + 1)));
    let mut foreign = bytes;
    foreign[0] = b'X';
    assert!(matches!(payload::check_header(&foreign), Err(Flaw::Damaged(_))));
}

fn manifest() -> Manifest {
    let segment = |number, live, deleted: u32| SegmentRecord {
        files: SegmentFiles {
            number,
            documents: live + deleted,
            segment: FileRecord { length: 1_000, checksum: u64::MAX },
            payload: FileRecord { length: 16, checksum: 0 },
        },
        live,
        deletions: (deleted > 0).then_some(DeletionRecord {
            generation: 2,
            deleted,
            file: FileRecord { length: 40, checksum: 5 },
        }),
    };
    Manifest {
        generation: 3,
        dimension: 384,
        metric: Metric::Cosine,
        quantization: Quantization::Int4,
        originals: Precision::Half,
        hnsw: HnswConfig::default(),
        attributes: [("name".to_owned(), "\"}\u{1F642}".to_owned())].into(),
        next_segment: 9,
        segments: vec![segment(1, 10, 0), segment(4, 1, 5), segment(8, 3, 1)],
    }
}

#[test]
fn a_manifest_round_trips() {
    let round_trips = |manifest: Manifest| {
        let (bytes, checksum) = manifest.encode();
        assert_eq!(Manifest::decode(&bytes), Ok((manifest, checksum)));
        assert!(Manifest::is_recognized(&bytes));
    };
    for metric in [Metric::Cosine, Metric::InnerProduct, Metric::Euclidean] {
        round_trips(Manifest { metric, ..manifest() });
    }
    for quantization in [
        Quantization::F32,
        Quantization::F16,
        Quantization::Int8,
        Quantization::Int4,
        Quantization::Binary,
    ] {
        for originals in [Precision::Half, Precision::Single] {
            round_trips(Manifest { quantization, originals, ..manifest() });
        }
    }
    for (m, ef_construction) in [(4, 4), (64, 4096), (16, 200)] {
        round_trips(Manifest { hnsw: HnswConfig { m, ef_construction }, ..manifest() });
    }
}

#[test]
fn manifests_that_contradict_themselves_are_refused() {
    let lies: [fn(&mut Manifest); 14] = [
        |manifest| manifest.dimension = 0,
        |manifest| manifest.dimension = 65_537,
        |manifest| manifest.generation = u64::MAX,
        |manifest| manifest.hnsw.m = 3,
        |manifest| manifest.hnsw.m = usize::MAX,
        |manifest| manifest.hnsw.ef_construction = 15,
        |manifest| manifest.hnsw.ef_construction = 4097,
        |manifest| manifest.next_segment = 8,
        |manifest| manifest.segments.swap(0, 1),
        |manifest| manifest.segments[1].files.number = 1,
        |manifest| manifest.segments[0].live = 9,
        |manifest| manifest.segments[1].live = u32::MAX,
        |manifest| manifest.segments[1].deletions = None,
        |manifest| (manifest.segments[0].live, manifest.segments[0].files.documents) = (0, 0),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let mut manifest = manifest();
        lie(&mut manifest);
        let outcome = Manifest::decode(&manifest.encode().0);
        assert!(matches!(outcome, Err(Flaw::Damaged(_))), "lie {number}: {outcome:?}");
    }
}

#[test]
fn a_manifest_that_was_edited_by_hand_is_refused() {
    let text = String::from_utf8(manifest().encode().0).unwrap();
    for (from, to) in [
        ("384", "385"),
        ("cosine", "euclidean"),
        ("\"generation\": 3", "\"generation\": 4"),
        ("  \"dimension\"", " \"dimension\""),
        ("\"commit\"", "\"new\": 1, \"commit\""),
        ("\"checksum\": \"", "\"checksum\": \"0"),
    ] {
        assert!(text.contains(from), "{from}");
        let edited = text.replacen(from, to, 1);
        let outcome = Manifest::decode(edited.as_bytes());
        assert!(matches!(outcome, Err(Flaw::Damaged(_))), "{from}: {outcome:?}");
    }
}

#[test]
fn a_segment_has_vectors_of_one_precision_and_a_graph_and_codes_or_not() {
    // By place in the table: vectors, halves, codec, codes, links, levels, label moments.
    let without = |left_out: &[usize]| {
        let mut header = header(100);
        for &place in left_out {
            header.sections[place].kind = 1_000 + place as u32;
        }
        Layout::new(&header, SHAPE)
    };
    assert!(without(&[1]).is_ok());
    assert!(without(&[6]).is_ok());
    assert!(without(&[1, 6]).is_err());
    assert!(without(&[7, 8]).unwrap().codes().is_none());
    assert!(without(&[9, 10]).unwrap().links().is_none());
    assert!(without(&[11]).unwrap().moments(&[]).is_none());
    assert!(Layout::new(&header(100), None).unwrap().codes().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn headers_of_noise_are_errors(mut bytes in prop::collection::vec(any::<u8>(), 0..600), sections in 0..20u8) {
        let _ = SegmentHeader::decode(&bytes);
        // Noise whose magic, version and checksum are right.
        if bytes.len() > 24 {
            bytes[..16].copy_from_slice(&[&b"mlsSEGMT"[..], &[1, 0, 0, 0], &[sections, 0, 0, 0]].concat());
            let covered = SegmentHeader::length(sections.into()) as usize - 8;
            if covered + 8 <= bytes.len() {
                let length = bytes.len() as u64;
                bytes[16..24].copy_from_slice(&length.to_le_bytes());
                let sum = checksum(&bytes[..covered]).to_le_bytes();
                bytes[covered..covered + 8].copy_from_slice(&sum);
                if let Ok((header, _)) = SegmentHeader::decode(&bytes) {
                    let _ = Layout::new(&header, SHAPE);
                    let _ = Layout::new(&header, None);
                }
            }
        }
    }

    #[test]
    fn bitmaps_of_noise_are_errors(bitmap in prop::collection::vec(any::<u8>(), 0..200), cookie in any::<bool>()) {
        let mut bitmap = bitmap;
        if cookie && bitmap.len() > 8 {
            // One container without runs, as the roaring format has it.
            bitmap[..8].copy_from_slice(&[0x3A, 0x30, 0, 0, 1, 0, 0, 0]);
        }
        let header = [&b"mlsDELET"[..], &[1, 0, 0, 0, 0, 0, 0, 0], &checksum(&bitmap).to_le_bytes()].concat();
        if let Ok(deleted) = deletions::decode(&[header, bitmap].concat(), 1_000) {
            prop_assert!(deleted.iter().all(|slot| slot < 1_000));
            prop_assert_eq!(deleted.iter().count() as u64, deleted.len());
        }
    }

    #[test]
    fn manifests_of_noise_are_errors(text in "\\PC{0,200}") {
        let _ = Manifest::decode(text.as_bytes());
        let _ = Manifest::is_recognized(text.as_bytes());
    }
}
