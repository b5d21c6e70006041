//! The files of an index in memory, read by the description of the format and nothing else, and
//! their checksums made right again after they were changed.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use roaring::RoaringBitmap;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

pub(crate) const MANIFEST: &str = "manifest.json";

/// Kind of the section of payload blocks.
const PAYLOAD_BLOCKS: u32 = 6;

/// Bytes by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn read(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_name() != "lock")
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// Makes a folder hold these files, where it holds `old`.
pub(crate) fn write(folder: &Path, old: &Files, new: &Files) {
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(folder.join(name)).unwrap();
    }
    for (name, bytes) in new.iter().filter(|(name, bytes)| old.get(*name) != Some(bytes)) {
        // Made anew: truncating and writing again would be flushed to the disk.
        let _ = fs::remove_file(folder.join(name));
        fs::write(folder.join(name), bytes).unwrap();
    }
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().unwrap()))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().unwrap()))
}

pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

/// A section of a segment file, as its section table has it.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) kind: u32,
    /// Where its entry in the table is.
    pub(crate) entry: usize,
    pub(crate) range: Range<usize>,
}

/// The sections of a segment file that lie within it.
pub(crate) fn sections(segment: &[u8]) -> Vec<Section> {
    let count = u32_at(segment, 12).unwrap_or(0).min(64) as usize;
    let section = |at: usize| {
        let entry = 32 + 32 * at;
        let start = usize::try_from(u64_at(segment, entry + 8)?).ok()?;
        let end = start.checked_add(usize::try_from(u64_at(segment, entry + 16)?).ok()?)?;
        segment.get(start..end)?;
        Some(Section { kind: u32_at(segment, entry)?, entry, range: start..end })
    };
    (0..count).filter_map(section).collect()
}

/// Places of a file where one thing ends and another begins.
pub(crate) fn boundaries(name: &str, bytes: &[u8], files: &Files) -> Vec<usize> {
    let mut found = vec![0, 8, 12, 16, 24, bytes.len()];
    if name.ends_with(".segment") {
        let sections = sections(bytes);
        found.extend([28, 32, 32 + 32 * sections.len(), 40 + 32 * sections.len()]);
        for section in sections {
            found.extend([0, 4, 8, 16, 24].map(|field| section.entry + field));
            // Beginnings and ends, and the numbers that a section begins with.
            let Range { start, end } = section.range;
            found.extend([start, start + 4, start + 8, start + 16, start + 24, start + 32, end]);
        }
    } else if name.ends_with(".payload") {
        if let Some(segment) = files.get(&name.replace(".payload", ".segment")) {
            found.extend(blocks(segment).into_iter().flat_map(|(_, range)| {
                [range.start, range.start + 4, range.start + 5, range.start + 9, range.end]
            }));
        }
    } else if name == MANIFEST {
        let marks = bytes.iter().enumerate().filter(|(_, byte)| b":,{}[]".contains(byte));
        found.extend(marks.map(|(at, _)| at));
    } else {
        // The numbers that a bitmap begins with: what it is, its containers, and their places.
        found.extend([28, 32, 34, 36, 40, 42]);
    }
    found.retain(|&at| at <= bytes.len());
    found
}

/// Where the record of each payload block is in a segment file, and where the block is in the
/// payload file.
pub(crate) fn blocks(segment: &[u8]) -> Vec<(usize, Range<usize>)> {
    let Some(section) = sections(segment).into_iter().find(|it| it.kind == PAYLOAD_BLOCKS) else {
        return Vec::new();
    };
    let block = |at: usize| {
        let start = usize::try_from(u64_at(segment, at)?).ok()?;
        let end = start.checked_add(u32_at(segment, at + 8)? as usize)?;
        Some((at, start..end))
    };
    section.range.step_by(24).filter_map(block).collect()
}

/// Makes the checksums, lengths and counts right again that cover what the files hold, from the
/// inside out, as someone who means harm would.
pub(crate) fn make_right(files: &mut Files) {
    let segments: Vec<String> =
        files.keys().filter(|name| name.ends_with(".segment")).cloned().collect();
    for name in segments {
        let mut segment = files[&name].clone();
        let payload = files.get(&name.replace(".segment", ".payload"));
        make_segment_right(&mut segment, payload.map_or(&[], Vec::as_slice));
        files.insert(name, segment);
    }
    for (_, bytes) in files.iter_mut().filter(|(name, _)| name.ends_with(".deleted")) {
        if bytes.len() >= 24 {
            let checksum = xxh3_64(&bytes[24..]);
            put(bytes, 16, &checksum.to_le_bytes());
        }
    }
    let commit = files.get(MANIFEST).and_then(|manifest| commit_of(manifest)).map(|(_, text)| text);
    let Some(mut commit) = commit.and_then(|text| serde_json::from_str(&text).ok()) else { return };
    agree(&mut commit, files);
    set_commit(files, &serde_json::to_string_pretty(&commit).unwrap());
}

fn make_segment_right(segment: &mut [u8], payload: &[u8]) {
    for (record, block) in blocks(segment) {
        if let Some(block) = payload.get(block) {
            put(segment, record + 16, &xxh3_64(block).to_le_bytes());
        }
    }
    let length = segment.len() as u64;
    put(segment, 16, &length.to_le_bytes());
    for section in sections(segment) {
        let checksum = xxh3_64(&segment[section.range]);
        put(segment, section.entry + 24, &checksum.to_le_bytes());
    }
    let end = 32 + 32 * u32_at(segment, 12).unwrap_or(0).min(64) as usize;
    if let Some(header) = segment.get(..end) {
        let checksum = xxh3_64(header);
        put(segment, end, &checksum.to_le_bytes());
    }
}

/// Makes a manifest say what the files hold.
fn agree(commit: &mut Value, files: &Files) {
    let hexadecimal = |checksum: u64| json!(format!("{checksum:016x}"));
    for record in commit["segments"].as_array_mut().into_iter().flatten() {
        let number = record["files"]["number"].as_u64().unwrap_or(0);
        if let Some(segment) = files.get(&format!("{number:08}.segment")) {
            let end = 32 + 32 * u32_at(segment, 12).unwrap_or(0) as usize;
            record["files"]["documents"] = json!(u32_at(segment, 24).unwrap_or(0));
            record["files"]["segment"] = json!({
                "length": segment.len(), "checksum": hexadecimal(u64_at(segment, end).unwrap_or(0)),
            });
        }
        if let Some(payload) = files.get(&format!("{number:08}.payload")) {
            record["files"]["payload"] =
                json!({ "length": payload.len(), "checksum": hexadecimal(xxh3_64(payload)) });
        }
        let generation = record["deletions"]["generation"].as_u64().unwrap_or(0);
        let mut deleted = 0;
        if let Some(file) = files.get(&format!("{number:08}-{generation:04}.deleted")) {
            let bitmap = file.get(24..).and_then(|it| RoaringBitmap::deserialize_from(it).ok());
            deleted = bitmap.map_or(0, |bitmap| bitmap.len());
            record["deletions"]["deleted"] = json!(deleted);
            record["deletions"]["file"] =
                json!({ "length": file.len(), "checksum": hexadecimal(xxh3_64(file)) });
        }
        let documents = record["files"]["documents"].as_u64().unwrap_or(0);
        record["live"] = json!(documents.saturating_sub(deleted));
    }
}

/// The value of `commit` in a manifest, and where it begins.
pub(crate) fn commit_of(manifest: &[u8]) -> Option<(usize, String)> {
    let text = std::str::from_utf8(manifest).ok()?;
    let start = text.find("\"commit\": ")? + "\"commit\": ".len();
    Some((start, text[start..].strip_suffix("\n}\n")?.to_owned()))
}

/// Replaces the commit in the manifest, with its checksum.
pub(crate) fn set_commit(files: &mut Files, commit: &str) {
    let checksum = xxh3_64(commit.as_bytes());
    let manifest = format!(
        "{{\n\"format\": \"mlsearch-index\",\n\"format_version\": 2,\n\
         \"checksum\": \"{checksum:016x}\",\n\"commit\": {commit}\n}}\n"
    );
    files.insert(MANIFEST.to_owned(), manifest.into_bytes());
}
