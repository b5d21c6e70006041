//! The manifest: JSON that names the files of a commit, with a checksum of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{FORMAT_VERSION, Flaw, check_version, checksum, names};
use crate::config::{HnswConfig, IndexConfig, MAX_DIMENSION, Precision, Quantization};
use crate::metric::Metric;

/// Tells a manifest from other people's JSON.
const FORMAT: &str = "mlsearch-index";

/// The largest manifest that is written or read.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

/// Everything a commit consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Counts the commits.
    pub(crate) generation: u64,
    pub(crate) dimension: u32,
    pub(crate) metric: Metric,
    pub(crate) quantization: Quantization,
    /// Since version 2.
    #[serde(default)]
    pub(crate) originals: Precision,
    /// Since version 2.
    #[serde(default)]
    pub(crate) hnsw: HnswConfig,
    pub(crate) attributes: BTreeMap<String, String>,
    /// No committed segment has this number or a greater one.
    pub(crate) next_segment: u32,
    /// In order of number.
    pub(crate) segments: Vec<SegmentRecord>,
}

/// A segment of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentRecord {
    pub(crate) files: SegmentFiles,
    /// Those of its documents that are not deleted.
    pub(crate) live: u32,
    pub(crate) deletions: Option<DeletionRecord>,
}

/// The files of a segment that never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentFiles {
    pub(crate) number: u32,
    pub(crate) documents: u32,
    /// The checksum is that of the header, which has those of the sections.
    pub(crate) segment: FileRecord,
    /// The checksum is that of the whole file.
    pub(crate) payload: FileRecord,
}

/// The deletion file of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletionRecord {
    /// The commit that wrote it.
    pub(crate) generation: u64,
    /// How many slots it deletes.
    pub(crate) deleted: u32,
    /// The checksum is that of the whole file.
    pub(crate) file: FileRecord,
}

/// What a file must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileRecord {
    pub(crate) length: u64,
    #[serde(with = "hexadecimal")]
    pub(crate) checksum: u64,
}

/// What a manifest file says before anything of it is believed.
#[derive(Deserialize)]
struct Preamble {
    format: String,
    format_version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'file> {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "format_version")]
    _format_version: u32,
    #[serde(with = "hexadecimal")]
    checksum: u64,
    #[serde(borrow)]
    commit: &'file RawValue,
}

impl SegmentRecord {
    /// The names of the segment's files.
    pub(crate) fn file_names(&self) -> impl Iterator<Item = String> {
        let number = self.files.number;
        let deleted =
            self.deletions.as_ref().map(|record| names::deleted(number, record.generation));
        [names::segment(number), names::payload(number)].into_iter().chain(deleted)
    }
}

impl Manifest {
    /// The configuration that the index was created with, and its attributes.
    pub(crate) fn config(&self) -> IndexConfig {
        IndexConfig {
            dimension: self.dimension as usize,
            metric: self.metric,
            quantization: self.quantization,
            originals: self.originals,
            hnsw: self.hnsw,
            attributes: self.attributes.clone(),
        }
    }

    /// The bytes of the manifest file, and the checksum of the commit in it.
    pub(crate) fn encode(&self) -> (Vec<u8>, u64) {
        let commit = serde_json::to_string_pretty(self).expect("a manifest has no fallible parts");
        let checksum = checksum(commit.as_bytes());
        let file = format!(
            "{{\n\"format\": \"{FORMAT}\",\n\"format_version\": {FORMAT_VERSION},\n\
             \"checksum\": \"{checksum:016x}\",\n\"commit\": {commit}\n}}\n"
        );
        (file.into_bytes(), checksum)
    }

    /// Whether a file is a manifest at all, of whatever version and in whatever state.
    pub(crate) fn is_recognized(file: &[u8]) -> bool {
        let opening = format!("{{\n\"format\": \"{FORMAT}\"");
        file.starts_with(opening.as_bytes())
            || serde_json::from_slice::<Preamble>(file)
                .is_ok_and(|preamble| preamble.format == FORMAT)
    }

    /// Reads and checks a manifest file, and returns it with the checksum of its commit.
    pub(crate) fn decode(file: &[u8]) -> Result<(Manifest, u64), Flaw> {
        let preamble: Preamble = serde_json::from_slice(file).map_err(not_parsed)?;
        if preamble.format != FORMAT {
            return Flaw::damaged("it does not name this format");
        }
        check_version(preamble.format_version)?;
        let envelope: Envelope = serde_json::from_slice(file).map_err(not_parsed)?;
        let commit = envelope.commit.get();
        if checksum(commit.as_bytes()) != envelope.checksum {
            return Flaw::damaged("its checksum does not match");
        }
        let manifest: Manifest = serde_json::from_str(commit).map_err(not_parsed)?;
        manifest.check()?;
        Ok((manifest, envelope.checksum))
    }

    fn check(&self) -> Result<(), Flaw> {
        if !(1..=MAX_DIMENSION).contains(&(self.dimension as usize)) {
            return Flaw::damaged(format!("its dimension is {}", self.dimension));
        }
        if self.generation == u64::MAX {
            return Flaw::damaged("its generation is the last there can be");
        }
        if let Err(error) = self.config().check_hnsw() {
            return Flaw::damaged(error.to_string());
        }
        let mut free_from = 0;
        for record in &self.segments {
            let number = record.files.number;
            if number < free_from || number >= self.next_segment {
                return Flaw::damaged(format!("segment {number} is out of order"));
            }
            free_from = number + 1;
            if record.files.documents == 0 {
                return Flaw::damaged(format!("segment {number} is empty"));
            }
            let deleted = record.deletions.as_ref().map_or(0, |record| record.deleted);
            if deleted.checked_add(record.live) != Some(record.files.documents) {
                return Flaw::damaged(format!("the counts of segment {number} do not add up"));
            }
            // The next commit's deletion file must not be there already.
            if record.deletions.as_ref().is_some_and(|it| it.generation > self.generation) {
                return Flaw::damaged(format!("segment {number} has deletions of a later commit"));
            }
        }
        Ok(())
    }
}

fn not_parsed(error: serde_json::Error) -> Flaw {
    Flaw::Damaged(format!("it is not a manifest ({error})"))
}

/// 64 bits as the 16 digits people see elsewhere; JSON numbers lose some on the way.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{value:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let digits = String::deserialize(deserializer)?;
        match u64::from_str_radix(&digits, 16) {
            // Only one way of writing a number is accepted, so that no flipped bit passes.
            Ok(value) if format!("{value:016x}") == digits => Ok(value),
            _ => Err(de::Error::custom("a checksum is 16 hexadecimal digits")),
        }
    }
}
