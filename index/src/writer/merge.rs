//! Merging segments: one graph in place of several, and space given back.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::draft::DraftSegment;
use super::progress::{BuildProgress, BuildStage};
use super::{IndexWriter, MAX_SEGMENT_DOCUMENTS};
use crate::error::{Error, Result};
use crate::fields::Field;
use crate::fields::rows::FieldRows;
use crate::hnsw::{Base, Graph, NO_NODE};
use crate::id::{Key, Label, Slot};
use crate::index::Shared;
use crate::segment::{Building, Segment, Source, Target, write_segment};
use crate::snapshot::Snapshot;

/// A segment joins a merge if it has at most this many times the documents that those before it
/// have: each document is then merged a number of times that grows with the logarithm of the
/// index, and so does the number of segments.
const GROWTH: u64 = 4;

/// So many segments without a graph are merged even if they are small.
const SMALL_SEGMENTS: usize = 8;

/// A segment is written anew when more than this share of its documents are deleted.
const DELETED_SHARE: f64 = 0.3;

/// A graph is extended rather than built anew if it has at least this share of the documents...
const BASE_SHARE: f64 = 0.25;

/// ... and lost at most this share of its own.
const BASE_LOSS: f64 = 0.5;

impl IndexWriter {
    /// Merges all segments into as few as memory allows, drops deleted documents, and commits.
    /// The files of the segments before are removed once no other commit needs them. Changes
    /// since the last commit are committed, too.
    ///
    /// # Errors
    /// Those of [`IndexWriter::commit`], and [`Error::Corrupt`] if a damaged file is noticed.
    pub fn compact(&mut self) -> Result<Arc<Snapshot>> {
        self.check_running()?;
        self.flush()?;
        let everything = (0..self.segments.len()).collect();
        let outcome = self.groups(everything).iter().try_for_each(|group| self.merge_group(group));
        self.drop_merged();
        outcome?;
        self.publish_changes()
    }

    /// Merges a group, unless it is one segment that would come out as it is.
    fn merge_group(&mut self, group: &[usize]) -> Result<()> {
        if let [only] = *group
            && !self.segments[only].is_due(self.options.graph_from)
            && self.segments[only].deleted.get().is_empty()
        {
            return Ok(());
        }
        self.merge(group)
    }

    /// Merges what the growth of the index calls for. A merge that fails is left for later:
    /// everything in it is in the segments that it would have replaced.
    pub(super) fn merge_as_due(&mut self) {
        for group in self.groups(self.due()) {
            if self.merge(&group).is_err() {
                break;
            }
        }
        self.drop_merged();
    }

    /// The segments that are to be merged.
    fn due(&self) -> Vec<usize> {
        let graph_from = self.options.graph_from;
        let mut due: Vec<usize> = Vec::new();
        let mut others: Vec<usize> = Vec::new();
        for (position, draft) in self.segments.iter().enumerate() {
            if draft.live() == 0 {
                continue;
            }
            if draft.is_due(graph_from) { due.push(position) } else { others.push(position) }
        }
        others.sort_by_key(|&position| self.segments[position].live());
        let must_merge = !due.is_empty();
        let mut documents: u64 = due.iter().map(|&position| self.segments[position].live()).sum();
        for position in others {
            let live = self.segments[position].live();
            if documents > 0 && live > GROWTH * documents {
                break;
            }
            documents += live;
            due.push(position);
        }
        let without_graph =
            due.iter().filter(|&&position| !self.segments[position].segment.has_graph()).count();
        let pays = documents >= u64::from(graph_from) || without_graph >= SMALL_SEGMENTS;
        if must_merge || (due.len() > 1 && pays) { due } else { Vec::new() }
    }

    /// Packs segments into groups that can be merged within the memory allowed.
    fn groups(&self, mut positions: Vec<usize>) -> Vec<Vec<usize>> {
        let most = self.most_documents();
        positions.sort_by_key(|&position| std::cmp::Reverse(self.segments[position].live()));
        let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
        for position in positions {
            let live = self.segments[position].live();
            match groups.iter_mut().find(|(documents, _)| documents + live <= most) {
                Some((documents, group)) => {
                    *documents += live;
                    group.push(position);
                }
                None => groups.push((live, vec![position])),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// The most documents that are merged into one segment.
    fn most_documents(&self) -> u64 {
        let config = self.base.config();
        let document = config.build_memory(1 << 20, self.threads()) >> 20;
        let most = self.options.memory_bytes as u64 / document.max(1);
        let largest = MAX_SEGMENT_DOCUMENTS as u64;
        most.clamp(u64::from(self.options.graph_from).min(largest), largest)
    }

    /// Merges segments into a new one and empties them; they are dropped by `drop_merged`.
    fn merge(&mut self, group: &[usize]) -> Result<()> {
        let number = self.next_segment;
        let Some(next) = number.checked_add(1) else {
            return Err(Error::invalid(
                "the index has used up its segment numbers: build it again",
            ));
        };
        let mut drafts: Vec<&DraftSegment> =
            group.iter().map(|&position| &self.segments[position]).collect();
        drafts.retain(|draft| draft.live() > 0);
        if !drafts.is_empty() {
            let merged = self.write_merged(number, &drafts);
            let segment = merged.inspect_err(|_| self.remove_segment_files(number))?;
            self.next_segment = next;
            self.segments.push(DraftSegment::uncommitted(segment));
        }
        for &position in group {
            self.segments[position].merged = true;
        }
        Ok(())
    }

    fn write_merged(&self, number: u32, drafts: &[&DraftSegment]) -> Result<Segment> {
        let Shared { folder, storage, .. } = &*self.shared;
        let config = self.base.config();
        let source = Merged::new(drafts);
        let graph = base_of(drafts)?;
        let slots = graph.as_ref().map(|(position, _)| source.moved(*position, drafts));
        let base = match (&graph, &slots) {
            (Some((_, graph)), Some(slots)) => Some(Base { graph, slots }),
            _ => None,
        };
        let total = u64::from(source.documents());
        let known = match &graph {
            Some((position, _)) => drafts[*position].live(),
            None => 0,
        };
        let progress = |linked| {
            self.report(&BuildProgress { stage: BuildStage::Linking, done: known + linked, total });
        };
        let building = Building {
            options: self.build_options(),
            graph_from: self.options.graph_from,
            base,
            builder: self.graph_builder(),
            progress: &progress,
        };
        let target = Target { storage: &**storage, folder, number };
        let files = write_segment(&target, config, &source, &building)?;
        Segment::open(folder, &files, config, self.shared.options().pinned)
    }

    /// Leaves out the segments whose documents are in another now.
    fn drop_merged(&mut self) {
        let (merged, kept) =
            std::mem::take(&mut self.segments).into_iter().partition(|draft| draft.merged);
        self.segments = kept;
        let merged: Vec<DraftSegment> = merged;
        for draft in merged {
            if draft.base.is_none() {
                self.remove_segment_files(draft.segment.number());
            }
        }
    }
}

impl DraftSegment {
    /// The documents that are not deleted.
    pub(super) fn live(&self) -> u64 {
        u64::from(self.segment.documents()) - self.deleted.get().len()
    }

    /// Whether it must be written anew: for want of a graph, or for its deleted documents.
    fn is_due(&self, graph_from: u32) -> bool {
        let documents = f64::from(self.segment.documents());
        let needs_graph = self.live() >= u64::from(graph_from) && !self.segment.has_graph();
        needs_graph || self.deleted.get().len() as f64 > DELETED_SHARE * documents
    }
}

/// The graph to begin with, and the segment that has it.
fn base_of<'draft>(drafts: &[&'draft DraftSegment]) -> Result<Option<(usize, Graph<'draft>)>> {
    let total: u64 = drafts.iter().map(|draft| draft.live()).sum();
    let largest = drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.segment.has_graph())
        .max_by_key(|(_, draft)| draft.live());
    let Some((position, draft)) = largest else { return Ok(None) };
    let live = draft.live() as f64;
    let serves = live >= BASE_SHARE * total as f64
        && live >= (1.0 - BASE_LOSS) * f64::from(draft.segment.documents());
    if !serves {
        return Ok(None);
    }
    Ok(draft.segment.graph()?.map(|graph| (position, graph)))
}

/// The live documents of some segments, in order of label.
struct Merged<'draft> {
    sources: Vec<MergedSource<'draft>>,
    /// The segment and the slot in it, by new slot.
    places: Vec<(u32, u32)>,
    /// The label of each new slot: one past its last slot.
    labels: Vec<(Label, u32)>,
}

struct MergedSource<'draft> {
    segment: &'draft Segment,
    deleted: &'draft RoaringBitmap,
}

impl<'draft> Merged<'draft> {
    fn new(drafts: &[&'draft DraftSegment]) -> Merged<'draft> {
        let sources: Vec<MergedSource> = drafts
            .iter()
            .map(|draft| MergedSource { segment: &draft.segment, deleted: draft.deleted.get() })
            .collect();
        let mut labels: Vec<Label> = sources
            .iter()
            .flat_map(|source| source.segment.labels().iter().map(|run| run.label))
            .collect();
        labels.sort_unstable();
        labels.dedup();
        let mut places = Vec::new();
        let mut ends = Vec::new();
        for label in labels {
            for (number, source) in sources.iter().enumerate() {
                let runs = source.segment.labels();
                let Ok(run) = runs.binary_search_by_key(&label, |run| run.label) else { continue };
                let slots = runs[run].start..runs[run].end;
                let live = slots.filter(|&slot| !source.deleted.contains(slot));
                places.extend(live.map(|slot| (number as u32, slot)));
            }
            let end = u32::try_from(places.len()).expect("groups are bounded");
            if ends.last().map_or(0, |&(_, end)| end) < end {
                ends.push((label, end));
            }
        }
        Merged { sources, places, labels: ends }
    }

    /// The new slot of each slot of a segment.
    fn moved(&self, position: usize, drafts: &[&DraftSegment]) -> Vec<u32> {
        let mut moved = vec![NO_NODE; drafts[position].segment.documents() as usize];
        for (slot, &(number, old)) in self.places.iter().enumerate() {
            if number as usize == position {
                moved[old as usize] = slot as u32;
            }
        }
        moved
    }

    fn place(&self, slot: u32) -> (&'draft Segment, Slot) {
        let (number, slot) = self.places[slot as usize];
        (self.sources[number as usize].segment, Slot(slot))
    }
}

impl Source for Merged<'_> {
    fn documents(&self) -> u32 {
        u32::try_from(self.places.len()).expect("groups are bounded")
    }

    fn key(&self, slot: u32) -> Key {
        let (segment, slot) = self.place(slot);
        segment.key(slot)
    }

    fn label(&self, slot: u32) -> Label {
        let run = self.labels.partition_point(|&(_, end)| end <= slot);
        self.labels[run].0
    }

    fn vector(&self, slot: u32, out: &mut [f32]) {
        let (segment, slot) = self.place(slot);
        segment.copy_vector(slot, out);
    }

    fn payloads(&self, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        // Documents of a label keep their order, so that a block is expanded once a label.
        let mut expanded: Vec<Option<(u32, Vec<u8>)>> = vec![None; self.sources.len()];
        for &(number, slot) in &self.places {
            let source = &self.sources[number as usize];
            let expanded = &mut expanded[number as usize];
            each(&source.segment.payload_through(Slot(slot), expanded)?)?;
        }
        Ok(())
    }

    fn fields(&self, each: &mut dyn FnMut(u32, Field) -> Result<()>) -> Result<()> {
        let rows: Vec<FieldRows> = self
            .sources
            .iter()
            .map(|source| FieldRows::read(source.segment, 0..source.segment.documents()))
            .collect::<Result<_>>()?;
        for (slot, &(number, old)) in self.places.iter().enumerate() {
            for field in rows[number as usize].of(old) {
                each(slot as u32, field?)?;
            }
        }
        Ok(())
    }
}
