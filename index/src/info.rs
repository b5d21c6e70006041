//! What an index consists of, and how many bytes of it.

use crate::config::Quantization;
use crate::format::names;
use crate::format::segment::SectionKind;
use crate::metric::Metric;
use crate::snapshot::{LiveSegment, Snapshot};

/// What a snapshot consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexInfo {
    /// Counts the commits.
    pub generation: u64,
    /// The number of components of every vector.
    pub dimension: usize,
    /// The distance between vectors.
    pub metric: Metric,
    /// How vectors are kept.
    pub quantization: Quantization,
    /// Documents that are not deleted.
    pub documents: u64,
    /// Deleted documents that still take space.
    pub deleted: u64,
    /// The bytes of all files of the commit.
    pub bytes: u64,
    /// The bytes of the manifest.
    pub manifest_bytes: u64,
    /// In order of number.
    pub segments: Vec<SegmentInfo>,
}

/// What a segment consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentInfo {
    /// Its number, as in its file names.
    pub number: u32,
    /// Its documents, with those deleted.
    pub documents: u32,
    /// Its documents that are not deleted.
    pub live: u32,
    /// The sections of its segment file.
    pub sections: Vec<SectionInfo>,
    /// Its files.
    pub files: Vec<FileInfo>,
}

/// A section of a segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionInfo {
    /// What it holds.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// A file of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name within the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

impl SegmentInfo {
    /// The share of its documents that are deleted, 0 to 1.
    pub fn deleted_share(&self) -> f64 {
        f64::from(self.documents - self.live) / f64::from(self.documents)
    }

    /// The bytes of its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl Snapshot {
    /// What the snapshot consists of.
    pub fn info(&self) -> IndexInfo {
        let segments: Vec<SegmentInfo> = self.segments().iter().map(LiveSegment::info).collect();
        let manifest_bytes = self.manifest().encode().0.len() as u64;
        IndexInfo {
            generation: self.generation(),
            dimension: self.dimension(),
            metric: self.metric(),
            quantization: self.config().quantization,
            documents: self.len(),
            deleted: segments
                .iter()
                .map(|segment| u64::from(segment.documents - segment.live))
                .sum(),
            bytes: manifest_bytes + segments.iter().map(SegmentInfo::bytes).sum::<u64>(),
            manifest_bytes,
            segments,
        }
    }
}

impl LiveSegment {
    fn info(&self) -> SegmentInfo {
        let files = self.segment.files();
        let mut listed = vec![
            FileInfo { name: names::segment(files.number), bytes: files.segment.length },
            FileInfo { name: names::payload(files.number), bytes: files.payload.length },
        ];
        listed.extend(self.deletions.as_ref().map(|record| FileInfo {
            name: names::deleted(files.number, record.generation),
            bytes: record.file.length,
        }));
        SegmentInfo {
            number: files.number,
            documents: files.documents,
            live: files.documents - self.deletions.as_ref().map_or(0, |record| record.deleted),
            sections: self
                .segment
                .sections()
                .iter()
                .map(|section| SectionInfo {
                    name: SectionKind::name_of(section.kind),
                    bytes: section.length,
                })
                .collect(),
            files: listed,
        }
    }
}
