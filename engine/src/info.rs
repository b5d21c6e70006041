//! What an index holds, for people and programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mlsearch_index::{FORMAT_VERSION, HnswConfig, LabelStatistics, Snapshot};
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
    /// What vectors are compared by on the way to the nearest: `int8`, `int4`, `binary`, `f16` or
    /// `f32`.
    pub quantization: String,
    /// The precision in which the vectors themselves are kept: `half` or `single`.
    pub originals: String,
    /// The shape of the graphs.
    pub hnsw: HnswConfig,
    /// Version of the files' format.
    pub format_version: u32,
    /// Commits so far.
    pub generation: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes of all files by kind: `segment`, `payload`, `deleted` and `manifest`.
    pub files: BTreeMap<String, u64>,
    /// Bytes of the sections of all segment files.
    pub sections: BTreeMap<String, u64>,
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
    /// Their share of the documents in it, 0 to 1.
    pub deleted_share: f64,
    /// Bytes of its files.
    pub bytes: u64,
    /// Bytes of each section of its segment file.
    pub sections: BTreeMap<String, u64>,
    /// Bytes of each of its files.
    pub files: BTreeMap<String, u64>,
}

/// How the vectors of a language lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LanguageStatistics {
    /// Documents in the language.
    pub documents: u64,
    /// The root of their mean squared distance from their mean, 0 to 1: near 0 if they are all
    /// alike.
    pub spread: f32,
}

/// What the graph of a segment is like.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GraphStatistics {
    /// The segment's number.
    pub segment: u32,
    /// Documents of each level, from the lowest up, which has all: deleted ones, too.
    pub levels: Vec<u64>,
    /// Fewest links of a document on the lowest level.
    pub least_degree: u32,
    /// Mean number of them.
    pub mean_degree: f64,
    /// Most of them.
    pub greatest_degree: u32,
    /// Documents that a walk can come to; all, unless something is wrong.
    pub reachable: u64,
}

impl LanguageStatistics {
    pub(crate) fn of(statistics: &LabelStatistics) -> Self {
        Self { documents: statistics.documents, spread: statistics.spread }
    }
}

impl GraphStatistics {
    pub(crate) fn of(statistics: mlsearch_index::GraphStatistics) -> Self {
        Self {
            segment: statistics.segment,
            levels: statistics.levels,
            least_degree: statistics.least_degree,
            mean_degree: statistics.mean_degree,
            greatest_degree: statistics.greatest_degree,
            reachable: statistics.reachable,
        }
    }
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
        let mut files = BTreeMap::from([("manifest".to_owned(), info.manifest_bytes)]);
        let mut sections = BTreeMap::new();
        for segment in &info.segments {
            for file in &segment.files {
                let kind = file.name.rsplit('.').next().unwrap_or_default();
                *files.entry(kind.to_owned()).or_default() += file.bytes;
            }
            for section in &segment.sections {
                *sections.entry(section.name.clone()).or_default() += section.bytes;
            }
        }
        let config = snapshot.config();
        let segments = info.segments.into_iter().map(|segment| SegmentInfo {
            number: segment.number,
            documents: u64::from(segment.live),
            deleted: u64::from(segment.documents - segment.live),
            deleted_share: segment.deleted_share(),
            bytes: segment.bytes(),
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
            originals: format!("{:?}", config.kept_precision()).to_lowercase(),
            hnsw: config.hnsw,
            format_version: FORMAT_VERSION,
            generation: info.generation,
            bytes: info.bytes,
            files,
            sections,
            segments: segments.collect(),
        }
    }
}
