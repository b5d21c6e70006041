//! Reading every byte of an index to find what is wrong with it.

mod segment;
#[cfg(test)]
mod tests;

use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::format::manifest::Manifest;
use crate::format::names;
use crate::load::{missing_is_damage, open_segment, read_manifest};
use crate::snapshot::LiveSegment;

/// How often verification starts again when commits pull the files from under it.
const ATTEMPTS: usize = 10;

/// What was read and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// What is wrong, by file; empty for a sound index.
    pub problems: Vec<Problem>,
    /// How many files were read.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The documents that are not deleted.
    pub documents: u64,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn add(&mut self, path: &Path, what: impl Into<String>) {
        self.problems.push(Problem { path: path.to_owned(), what: what.into() });
    }

    /// Turns damage into a problem; other errors are the caller's.
    fn note<T>(&mut self, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(Error::Corrupt { path, what }) => {
                self.problems.push(Problem { path, what });
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    fn count_file(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// Verifies the last commit of the index in `folder`.
pub(crate) fn verify(folder: &Path) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    for _ in 0..ATTEMPTS {
        report = VerifyReport::default();
        let Some((manifest, checksum)) = report.note(read_manifest(folder))? else {
            return Ok(report);
        };
        report.count_file(manifest.encode().0.len() as u64);
        let outcome = verify_commit(folder, &manifest, &mut report);
        if outcome.is_ok() && report.is_sound() {
            return Ok(report);
        }
        // A commit since then may have removed the files.
        if read_manifest(folder).is_ok_and(|(_, current)| current == checksum) {
            return outcome.map(|()| report);
        }
    }
    Ok(report)
}

fn verify_commit(folder: &Path, manifest: &Manifest, report: &mut VerifyReport) -> Result<()> {
    let config = manifest.config();
    let mut segments = Vec::new();
    for record in &manifest.segments {
        let opened = open_segment(folder, record, &config, false, None).map_err(missing_is_damage);
        let Some(live) = report.note(opened)? else { continue };
        report.count_file(record.files.segment.length);
        report.count_file(record.files.payload.length);
        if let Some(deletions) = &record.deletions {
            report.count_file(deletions.file.length);
        }
        report.documents += live.live();
        segment::verify(&live, manifest.metric, report)?;
        segments.push(live);
    }
    check_keys(folder, &segments, report);
    Ok(())
}

/// Checks that no two live documents have the same key, by merging the segments' key orders.
fn check_keys(folder: &Path, segments: &[LiveSegment], report: &mut VerifyReport) {
    let mut orders: Vec<_> = segments.iter().map(segment::live_keys).collect();
    let mut heads = BinaryHeap::new();
    for (number, order) in orders.iter_mut().enumerate() {
        heads.extend(order.next().map(|key| std::cmp::Reverse((key, number))));
    }
    let mut last = None;
    while let Some(std::cmp::Reverse((key, number))) = heads.pop() {
        if last == Some(key) {
            let what = format!("key {key} belongs to more than one document");
            report.add(&folder.join(names::MANIFEST), what);
            return;
        }
        last = Some(key);
        heads.extend(orders[number].next().map(|key| std::cmp::Reverse((key, number))));
    }
}
