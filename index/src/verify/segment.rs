//! Verifying the files of one segment.

use xxhash_rust::xxh3::Xxh3;
use zerocopy::little_endian::U32;

use super::VerifyReport;
use crate::error::Result;
use crate::format::checksum;
use crate::format::moments::Moments;
use crate::format::segment::{SectionKind, SegmentHeader};
use crate::hnsw::{Graph, NO_NODE};
use crate::id::{Key, Slot};
use crate::metric::Metric;
use crate::segment::Segment;
use crate::snapshot::LiveSegment;

/// How far moments may be from those computed here, relative to what they are sums of.
const MOMENTS_TOLERANCE: f64 = 1e-6;

/// Reads a segment's files whole, and reports what is wrong.
pub(super) fn verify(live: &LiveSegment, metric: Metric, report: &mut VerifyReport) -> Result<()> {
    let segment = &*live.segment;
    check_sections(segment, report);
    check_vectors(segment, metric, report);
    check_moments(segment, report)?;
    check_graph(segment, report)?;
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
        if let Some(flaw) = metric.flaw_as_kept(segment.keeps_halves(), &vector) {
            report.add(segment.path(), format!("at slot {slot}, {flaw}"));
            return;
        }
    }
}

/// Checks that the moments of each label are the sums over its vectors.
fn check_moments(segment: &Segment, report: &mut VerifyReport) -> Result<()> {
    if !segment.has_moments() {
        return Ok(());
    }
    let mut vector = vec![0.0; segment.dimension()];
    let mut magnitudes = vec![0.0; segment.dimension()];
    for (position, run) in segment.labels().iter().enumerate() {
        let Some(found) = report.note(segment.moments(position))? else { return Ok(()) };
        let mut sums = Moments::new(segment.dimension());
        magnitudes.fill(0.0);
        for slot in (run.start..run.end).map(Slot) {
            segment.copy_vector(slot, &mut vector);
            sums.add(vector.iter().copied());
            magnitudes.iter_mut().zip(&vector).for_each(|(sum, x)| *sum += f64::from(x.abs()));
        }
        // Relative to what was added up: it may have cancelled out. Not a number is not near.
        let near = |found: f64, sum: f64, magnitude: f64| {
            (found - sum).abs() <= MOMENTS_TOLERANCE * magnitude
        };
        let all_near = near(found.squares, sums.squares, sums.squares)
            && found
                .sums
                .iter()
                .zip(&sums.sums)
                .zip(&magnitudes)
                .all(|((&found, &sum), &magnitude)| near(found, sum, magnitude));
        if !all_near {
            let label = run.label;
            let what = format!("the moments of label {label} are not those of its vectors");
            report.add(segment.path(), what);
            return Ok(());
        }
    }
    Ok(())
}

/// Checks that every link leads to a node of its level, and that each level is a part of the
/// one below.
fn check_graph(segment: &Segment, report: &mut VerifyReport) -> Result<()> {
    let Some(Some(graph)) = report.note(segment.graph())? else { return Ok(()) };
    if let Some(flaw) = graph_flaw(&graph) {
        report.add(segment.path(), flaw);
    }
    Ok(())
}

/// What is wrong with a graph, if anything is.
fn graph_flaw(graph: &Graph) -> Option<String> {
    let on_level_0 = links_flaw(graph.links, graph.stride, graph.nodes());
    if let Some(flaw) = on_level_0 {
        return Some(format!("in its graph, slot {flaw}"));
    }
    let mut below = None;
    for (number, level) in (1..).zip(&graph.levels) {
        let mut last = None;
        for slot in level.slots.iter().map(|slot| slot.get()) {
            if slot as usize >= graph.nodes() {
                return Some(format!("level {number} of its graph has a slot it does not have"));
            }
            if last.is_some_and(|last| last >= slot) {
                return Some(format!("the slots of level {number} of its graph do not ascend"));
            }
            let is_below =
                |below: &&[U32]| below.binary_search_by_key(&slot, |it| it.get()).is_ok();
            if !below.as_ref().is_none_or(is_below) {
                return Some(format!(
                    "level {number} of its graph has slot {slot}, and the level below has not"
                ));
            }
            last = Some(slot);
        }
        if let Some(flaw) = links_flaw(level.links, level.stride, level.slots.len()) {
            return Some(format!("on level {number} of its graph, node {flaw}"));
        }
        below = Some(level.slots);
    }
    None
}

/// What is wrong with the links of a level, if anything is: the node, and what it is like.
fn links_flaw(links: &[U32], stride: usize, nodes: usize) -> Option<String> {
    for (node, links) in links.chunks_exact(stride).enumerate() {
        let mut is_missing = false;
        for link in links.iter().map(|link| link.get()) {
            if link == NO_NODE {
                is_missing = true;
            } else if is_missing {
                return Some(format!("{node} has a link after one that is missing"));
            } else if link as usize >= nodes {
                return Some(format!("{node} is linked to {link}, which does not exist"));
            } else if link as usize == node {
                return Some(format!("{node} is linked to itself"));
            }
        }
    }
    None
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
