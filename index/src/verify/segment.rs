//! Verifying the files of one segment.

use xxhash_rust::xxh3::Xxh3;

use super::VerifyReport;
use crate::error::Result;
use crate::format::checksum;
use crate::format::segment::{SectionKind, SegmentHeader};
use crate::id::{Key, Slot};
use crate::metric::Metric;
use crate::segment::Segment;
use crate::snapshot::LiveSegment;

/// Reads a segment's files whole, and reports what is wrong.
pub(super) fn verify(live: &LiveSegment, metric: Metric, report: &mut VerifyReport) -> Result<()> {
    let segment = &*live.segment;
    check_sections(segment, report);
    check_vectors(segment, metric, report);
    check_key_order(segment, report);
    check_fields(segment, report)?;
    check_payload_file(segment, report)?;
    check_payloads(segment, report)
}

/// The keys of the live documents, in the order that the segment claims.
pub(super) fn live_keys(live: &LiveSegment) -> impl Iterator<Item = Key> {
    let segment = &*live.segment;
    let order = segment.layout().key_order(segment.bytes()).iter().map(|slot| slot.get());
    order
        .filter(|&slot| slot < segment.documents() && !live.deleted.contains(slot))
        .map(|slot| segment.key(Slot(slot)))
}

/// Checks the checksum of every section, and that there is nothing between them.
fn check_sections(segment: &Segment, report: &mut VerifyReport) {
    let bytes = segment.bytes();
    let mut end = SegmentHeader::length(segment.sections().len()) as usize;
    for section in segment.sections() {
        let start = section.offset as usize;
        if bytes[end..start].iter().any(|&byte| byte != 0) {
            report.add(segment.path(), "there are bytes between its sections");
        }
        end = start + section.length as usize;
        if checksum(&bytes[start..end]) != section.checksum {
            let name = SectionKind::name_of(section.kind);
            report.add(
                segment.path(),
                format!("the checksum of its section of {name} does not match"),
            );
        }
    }
    if end != bytes.len() {
        report.add(segment.path(), "there are bytes after its last section");
    }
}

fn check_vectors(segment: &Segment, metric: Metric, report: &mut VerifyReport) {
    let mut vector = vec![0.0; segment.dimension()];
    for slot in (0..segment.documents()).map(Slot) {
        segment.copy_vector(slot, &mut vector);
        if let Some(flaw) = metric.flaw(vector.len(), &vector) {
            report.add(segment.path(), format!("at slot {slot}, {flaw}"));
            return;
        }
    }
}

/// Checks that the key order is one of strictly ascending keys; then it has every slot once.
fn check_key_order(segment: &Segment, report: &mut VerifyReport) {
    let mut last = None;
    for slot in segment.layout().key_order(segment.bytes()) {
        let slot = Slot(slot.get());
        if slot.0 >= segment.documents() {
            report.add(segment.path(), "its order of keys has a slot it does not have");
            return;
        }
        let key = segment.key(slot);
        if last.is_some_and(|last| last >= key) {
            report.add(segment.path(), format!("its order of keys is not ascending at key {key}"));
            return;
        }
        last = Some(key);
    }
}

/// Checks that the values of every field are in order, and the slots of every value.
fn check_fields(segment: &Segment, report: &mut VerifyReport) -> Result<()> {
    for field in segment.fields() {
        let outcome = field.check(segment.documents()).map_err(|flaw| flaw.at(segment.path()));
        report.note(outcome)?;
    }
    Ok(())
}

/// Checks the checksum of the whole payload file.
fn check_payload_file(segment: &Segment, report: &mut VerifyReport) -> Result<()> {
    let payloads = segment.payloads();
    let mut hasher = Xxh3::new();
    let mut chunk = vec![0; 1 << 20];
    let mut position = 0;
    while position < payloads.length() {
        let left = usize::try_from(payloads.length() - position).unwrap_or(usize::MAX);
        let chunk_length = chunk.len().min(left);
        let chunk = &mut chunk[..chunk_length];
        if report.note(payloads.read_at(position, chunk))?.is_none() {
            return Ok(());
        }
        hasher.update(chunk);
        position += chunk.len() as u64;
    }
    if hasher.digest() != segment.files().payload.checksum {
        report.add(payloads.path(), "its checksum does not match");
    }
    Ok(())
}

/// Expands every block, and finds every payload in its block.
fn check_payloads(segment: &Segment, report: &mut VerifyReport) -> Result<()> {
    let mut expanded = None;
    for slot in (0..segment.documents()).map(Slot) {
        let payload = segment.payload_through(slot, &mut expanded);
        if report.note(payload)?.is_none() {
            return Ok(());
        }
    }
    Ok(())
}
