//! What an index holds, for people and programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mlsearch_index::{FORMAT_VERSION, Snapshot};
use serde::Serialize;

use crate::Language;
use crate::engine::{ATTRIBUTE_FINGERPRINT, ATTRIBUTE_MODEL_NAME, ATTRIBUTE_MODEL_VERSION};

/// What an index holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EngineInfo {
    /// The index folder.
    pub path: PathBuf,
    /// Documents that can be found.
    pub documents: u64,
    /// Documents that were deleted or replaced and still take space.
    pub deleted: u64,
    /// Documents of each language.
    pub languages: BTreeMap<Language, u64>,
    /// Name, version and fingerprint of the model that made the vectors.
    pub model: ModelInfo,
    /// Fields that documents can be filtered by, beside `id` and `language`.
    pub filterable: Vec<String>,
    /// Components of a vector.
    pub dimension: usize,
    /// How vectors are kept.
    pub quantization: String,
    /// Version of the files' format.
    pub format_version: u32,
    /// Commits so far.
    pub generation: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// The parts of the index, oldest first.
    pub segments: Vec<SegmentInfo>,
}

/// The model behind an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What its vectors can be compared by.
    pub fingerprint: String,
}

/// An immutable part of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SegmentInfo {
    /// Its number, as in its file names.
    pub number: u32,
    /// Documents in it that can be found.
    pub documents: u64,
    /// Documents in it that were deleted or replaced.
    pub deleted: u64,
    /// Bytes of each section of its segment file.
    pub sections: BTreeMap<String, u64>,
    /// Bytes of each of its files.
    pub files: BTreeMap<String, u64>,
}

impl EngineInfo {
    pub(crate) fn of(
        folder: &Path,
        snapshot: &Snapshot,
        languages: BTreeMap<Language, u64>,
        filterable: Vec<String>,
    ) -> Self {
        let info = snapshot.info();
        let attribute = |name: &str| snapshot.attributes().get(name).cloned().unwrap_or_default();
        let segments = info.segments.into_iter().map(|segment| SegmentInfo {
            number: segment.number,
            documents: u64::from(segment.live),
            deleted: u64::from(segment.documents - segment.live),
            sections: segment
                .sections
                .into_iter()
                .map(|section| (section.name, section.bytes))
                .collect(),
            files: segment.files.into_iter().map(|file| (file.name, file.bytes)).collect(),
        });
        Self {
            path: folder.to_owned(),
            documents: info.documents,
            deleted: info.deleted,
            languages,
            model: ModelInfo {
                name: attribute(ATTRIBUTE_MODEL_NAME),
                version: attribute(ATTRIBUTE_MODEL_VERSION),
                fingerprint: attribute(ATTRIBUTE_FINGERPRINT),
            },
            filterable,
            dimension: info.dimension,
            quantization: format!("{:?}", info.quantization).to_lowercase(),
            format_version: FORMAT_VERSION,
            generation: info.generation,
            bytes: info.bytes,
            segments: segments.collect(),
        }
    }
}
