//! Few bytes that claim to be many.

use std::path::Path;

use mlsearch_index::{
    Error, Index, IndexConfig, Key, Label, MAX_PAYLOAD_BYTES, Metric, SearchRequest,
};

use super::bounds::{alone, bounded, measured};
use super::files::{
    self, Files, MANIFEST, blocks, commit_of, make_right, put, sections, set_commit,
};

/// Kind of the section that says where each payload is.
const PAYLOAD_PLACES: u32 = 5;

const DOCUMENTS: u64 = 8;

/// Documents whose payloads share a block, one of them deleted.
fn build() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), IndexConfig::new(2, Metric::Cosine)).unwrap();
    let mut writer = index.writer().unwrap();
    for key in 0..DOCUMENTS {
        writer.upsert(Key(key), Label(0), &[0.6, 0.8], &[key as u8; 300]).unwrap();
    }
    writer.commit().unwrap();
    writer.delete(Key(DOCUMENTS - 1)).unwrap();
    writer.commit().unwrap();
    drop(writer);
    files::read(folder.path())
}

const SEGMENT: &str = "00000001.segment";
const PAYLOAD: &str = "00000001.payload";

/// An index whose only block is this frame, which it says expands to so many bytes, all of them
/// the payload of each document.
fn with_block(frame: &[u8], stated: u32) -> tempfile::TempDir {
    let mut files = build();
    let payload = files.get_mut(PAYLOAD).unwrap();
    payload.truncate(16);
    payload.extend_from_slice(frame);
    let segment = files.get_mut(SEGMENT).unwrap();
    let (record, _) = blocks(segment)[0].clone();
    put(segment, record + 8, &(frame.len() as u32).to_le_bytes());
    put(segment, record + 12, &stated.to_le_bytes());
    let places = sections(segment).into_iter().find(|it| it.kind == PAYLOAD_PLACES).unwrap();
    for place in places.range.step_by(12) {
        put(segment, place, &[0; 8]);
        put(segment, place + 8, &stated.to_le_bytes());
    }
    make_right(&mut files);
    let folder = tempfile::tempdir().unwrap();
    files::write(folder.path(), &Files::new(), &files);
    folder
}

/// Reads the payload of a document that a search finds.
fn payload(folder: &Path) -> mlsearch_index::Result<Vec<u8>> {
    let snapshot = Index::open(folder)?.snapshot();
    let found = snapshot.search(&SearchRequest::new(&[0.6, 0.8]))?;
    snapshot.payload(found[0].address)
}

#[track_caller]
fn refused(folder: &Path, memory_bound: usize, expected: &str) {
    let (outcome, memory) = measured(|| payload(folder));
    match outcome {
        Err(Error::Corrupt { path, what }) => {
            assert!(path.starts_with(folder) && what.contains(expected), "{what}");
        }
        other => panic!("{:?}", other.map(|payload| payload.len())),
    }
    assert!(memory <= memory_bound, "{memory} bytes");
    let report = bounded(10_000, || Index::verify(folder)).unwrap();
    assert!(report.problems.iter().any(|it| it.what.contains(expected)), "{:?}", report.problems);
    let mut writer = Index::open(folder).unwrap().writer().unwrap();
    assert!(bounded(10_000, || writer.compact()).is_err());
}

#[test]
fn a_block_that_expands_beyond_its_size_is_refused_with_the_memory_of_its_size() {
    let _alone = alone();
    let bomb = zstd::bulk::compress(&vec![0; 256 << 20], 3).unwrap();
    assert!(bomb.len() < 32_000, "{}", bomb.len());
    refused(with_block(&bomb, 100_000).path(), 1 << 20, "does not expand to its size");
    // The same bytes as two frames, of which the first is as long as is said.
    let small = zstd::bulk::compress(&vec![0; 100_000], 3).unwrap();
    let both = [&small[..], &bomb].concat();
    refused(with_block(&both, 100_000).path(), 1 << 20, "does not expand to its size");
}

#[test]
fn a_block_that_expands_to_less_than_its_size_is_refused() {
    let _alone = alone();
    let small = zstd::bulk::compress(&vec![0; 100_000], 3).unwrap();
    refused(with_block(&small, 100_001).path(), 1 << 20, "does not expand to its size");
    refused(with_block(b"no frame", 1_000).path(), 1 << 20, "does not expand to its size");
    refused(with_block(b"", 1_000).path(), 1 << 20, "does not expand to its size");
}

#[test]
fn a_block_larger_than_any_that_is_written_is_refused_before_it_is_read() {
    let _alone = alone();
    let beyond = MAX_PAYLOAD_BYTES as u32 + 1;
    let frame = zstd::bulk::compress(&vec![0; beyond as usize], 3).unwrap();
    for stated in [beyond, 1 << 31, u32::MAX] {
        refused(with_block(&frame, stated).path(), 1 << 20, "larger than any that is written");
    }
    // Larger than zstd makes of what it says.
    refused(with_block(&[0; 5_000], 100).path(), 1 << 20, "larger than any that is written");
}

#[test]
fn the_largest_block_takes_its_size_however_many_payloads_are_in_it() {
    let _alone = alone();
    let largest = vec![7; MAX_PAYLOAD_BYTES];
    let folder = with_block(&zstd::bulk::compress(&largest, 3).unwrap(), largest.len() as u32);
    // Expanded, and copied.
    let room = 2 * MAX_PAYLOAD_BYTES + (1 << 20);
    let (read, memory) = measured(|| payload(folder.path()).unwrap());
    assert!(read == largest && memory <= room, "{memory} bytes");
    drop(read);
    let (report, memory) = measured(|| Index::verify(folder.path()).unwrap());
    assert!(report.is_sound() && memory <= room, "{memory} bytes, {:?}", report.problems);
    let snapshot = Index::open(folder.path()).unwrap().snapshot();
    let (count, memory) = measured(|| {
        snapshot.documents().map(|document| document.unwrap().payload.len()).sum::<usize>()
    });
    assert_eq!(count, (DOCUMENTS as usize - 1) * MAX_PAYLOAD_BYTES);
    assert!(memory <= room, "{memory} bytes");
}

#[test]
fn a_bitmap_that_deletes_everything_there_could_be_is_refused() {
    let _alone = alone();
    // As the roaring format has it: 65,536 containers of one run each, that of every value.
    let containers = 1 << 16;
    let mut bitmap = (12_347_u32 | (containers - 1) << 16).to_le_bytes().to_vec();
    bitmap.resize(bitmap.len() + containers as usize / 8, 0xFF);
    for container in 0..containers {
        bitmap.extend_from_slice(&(container as u16).to_le_bytes());
        bitmap.extend_from_slice(&u16::MAX.to_le_bytes());
    }
    let runs = bitmap.len() as u32 + 4 * containers;
    bitmap.extend((0..containers).flat_map(|container| (runs + 6 * container).to_le_bytes()));
    bitmap.extend((0..containers).flat_map(|_| [1, 0, 0, 0, 0xFF, 0xFF]));
    let read = roaring::RoaringBitmap::deserialize_from(&bitmap[..]).unwrap();
    assert_eq!(read.len(), 1 << 32);
    drop(read);

    let mut files = build();
    let name = files.keys().find(|name| name.ends_with(".deleted")).unwrap().clone();
    let file = files.get_mut(&name).unwrap();
    file.truncate(24);
    file.extend_from_slice(&bitmap);
    make_right(&mut files);
    // A count that the manifest can say.
    let (_, commit) = commit_of(&files[MANIFEST]).unwrap();
    let mut commit: serde_json::Value = serde_json::from_str(&commit).unwrap();
    commit["segments"][0]["deletions"]["deleted"] = 1.into();
    commit["segments"][0]["live"] = (DOCUMENTS - 1).into();
    set_commit(&mut files, &commit.to_string());
    let folder = tempfile::tempdir().unwrap();
    files::write(folder.path(), &Files::new(), &files);
    let bytes = files.values().map(Vec::len).sum();
    match bounded(bytes, || Index::open(folder.path())) {
        Err(Error::Corrupt { path, what }) => {
            assert_eq!(path, folder.path().join(name));
            assert!(what.contains("slots that the segment does not have"), "{what}");
        }
        other => panic!("{other:?}"),
    }
}
