//! One commit, open for reading.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use roaring::RoaringBitmap;

use crate::adjustment::{self, SlotAdjustments};
use crate::config::{IndexConfig, Quantization};
use crate::distance::Distance;
use crate::documents::Record;
use crate::error::{Error, Result};
use crate::fields::Selection;
use crate::flat::{self, Stretch};
use crate::format::manifest::{DeletionRecord, Manifest};
use crate::id::{Address, Key, Label, Slot};
use crate::metric::Metric;
use crate::request::{LabelFilter, Neighbor, SearchRequest};
use crate::segment::{Admission, Goal, Segment, Walk};
use crate::slot_set::SlotSet;
use crate::statistics::LabelStatistics;
use crate::top_k::{Candidate, TopK};

/// The documents of one commit. It stays as it is while writers commit more, and keeps its
/// files open even when they are removed from the folder.
#[derive(Debug)]
pub struct Snapshot {
    folder: PathBuf,
    config: IndexConfig,
    manifest: Manifest,
    /// Of the manifest; tells commits apart.
    checksum: u64,
    segments: Vec<LiveSegment>,
    /// Computed when they are first asked for.
    pub(crate) statistics: OnceLock<BTreeMap<Label, LabelStatistics>>,
}

/// A segment and which of its slots are deleted as of a commit.
#[derive(Clone, Debug)]
pub(crate) struct LiveSegment {
    pub(crate) segment: Arc<Segment>,
    pub(crate) deleted: Arc<RoaringBitmap>,
    pub(crate) deletions: Option<DeletionRecord>,
    /// The slots that are not deleted; made when the first search needs it.
    live_slots: Arc<OnceLock<SlotSet>>,
}

impl Snapshot {
    /// A snapshot of segments that are as `manifest` says.
    pub(crate) fn new(
        folder: &Path,
        manifest: Manifest,
        checksum: u64,
        segments: Vec<LiveSegment>,
    ) -> Snapshot {
        let config = manifest.config();
        Snapshot {
            folder: folder.to_owned(),
            config,
            manifest,
            checksum,
            segments,
            statistics: OnceLock::new(),
        }
    }

    /// How many documents there are.
    pub fn len(&self) -> u64 {
        self.segments.iter().map(LiveSegment::live).sum()
    }

    /// Whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of components of every vector.
    pub fn dimension(&self) -> usize {
        self.config.dimension
    }

    /// The distance between vectors.
    pub fn metric(&self) -> Metric {
        self.config.metric
    }

    /// The configuration of the index, with the attributes of this commit.
    pub fn config(&self) -> &IndexConfig {
        &self.config
    }

    /// What the caller keeps with the index.
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.config.attributes
    }

    /// Counts the commits of the index.
    pub fn generation(&self) -> u64 {
        self.manifest.generation
    }

    /// How many documents each label has; labels without any are left out.
    pub fn labels(&self) -> BTreeMap<Label, u64> {
        let mut counts = BTreeMap::new();
        for segment in &self.segments {
            for run in segment.segment.labels() {
                let deleted = segment.deleted.range_cardinality(run.start..run.end);
                let live = u64::from(run.end - run.start) - deleted;
                if live > 0 {
                    *counts.entry(run.label).or_default() += live;
                }
            }
        }
        counts
    }

    /// How many documents of a selection each label has; labels without any are left out.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a selection of another snapshot.
    pub fn labels_of(&self, selection: &Selection) -> Result<BTreeMap<Label, u64>> {
        selection.check_snapshot(self)?;
        let mut counts = BTreeMap::new();
        for (position, segment) in self.segments.iter().enumerate() {
            for run in segment.segment.labels() {
                let selected = selection.slots(position).count_range(run.start..run.end);
                if selected > 0 {
                    *counts.entry(run.label).or_default() += selected;
                }
            }
        }
        Ok(counts)
    }

    /// The documents nearest to a vector, in order of distance, then key. Distances are exact;
    /// which documents are found is as good as `params.ef` makes it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a vector that could not be a document's, and for a selection
    /// of another snapshot; [`Error::Corrupt`] if a damaged file is noticed.
    pub fn search(&self, request: &SearchRequest) -> Result<Vec<Neighbor>> {
        if let Some(flaw) = self.config.flaw(request.vector) {
            return Err(Error::invalid(flaw));
        }
        if let Some(selection) = request.selection {
            selection.check_snapshot(self)?;
        }
        if let Some(adjustments) = request.adjustments {
            if self.metric() == Metric::Euclidean {
                return Err(Error::invalid(
                    "distances are adjusted by label under the cosine and the inner product metric",
                ));
            }
            adjustment::check(adjustments)?;
        }
        let distance = Distance::new(self.metric());
        let nearest = if self.is_exact(request) {
            let stretches = self.admitted(request);
            let admitted: u64 = stretches.iter().map(Stretch::rows).sum();
            match request.params.k.min(usize::try_from(admitted).unwrap_or(usize::MAX)) {
                0 => Vec::new(),
                k => flat::search(request.vector, distance, k, &stretches, request.params.threads),
            }
        } else {
            self.walk(request, distance)?
        };
        Ok(nearest
            .into_iter()
            .filter_map(|candidate| {
                let segment = self.segment(candidate.address.segment)?;
                Some(Neighbor {
                    key: candidate.key,
                    label: segment.segment.label(candidate.address.slot),
                    distance: candidate.distance,
                    address: candidate.address,
                })
            })
            .collect())
    }

    fn walk(&self, request: &SearchRequest, distance: Distance) -> Result<Vec<Candidate>> {
        let documents = usize::try_from(self.len()).unwrap_or(usize::MAX);
        let k = request.params.k.min(documents);
        if k == 0 {
            return Ok(Vec::new());
        }
        let walk = Walk { k, ef: self.ef(request) };
        let mut nearest = TopK::new(k);
        for (position, segment) in self.segments.iter().enumerate() {
            let selected = request.selection.map(|selection| selection.slots(position));
            let admission = segment.admission(&request.labels, selected);
            let adjustments = request
                .adjustments
                .map(|adjustments| SlotAdjustments::new(segment.segment.labels(), adjustments));
            let goal = Goal { query: request.vector, distance, adjustments: adjustments.as_ref() };
            segment.segment.search_nearest(&goal, walk, &admission, &mut nearest)?;
        }
        Ok(nearest.into_sorted())
    }

    /// Whether a request is answered by comparing every admitted vector: if it says so, or asks for
    /// so many neighbours or candidates that a walk would take longer.
    pub fn is_exact(&self, request: &SearchRequest) -> bool {
        request.params.exact || self.ef(request) > LARGEST_WALK
    }

    /// How many candidates a walk for a request keeps.
    pub fn ef(&self, request: &SearchRequest) -> usize {
        let documents = usize::try_from(self.len()).unwrap_or(usize::MAX);
        let k = request.params.k.min(documents);
        let plain = request.labels == LabelFilter::All
            && request.selection.is_none()
            && request.adjustments.is_none();
        let default = || match plain {
            true => default_ef(self.config.quantization, k),
            false => FILTERED * default_ef(self.config.quantization, k),
        };
        request.params.ef.unwrap_or_else(default).clamp(k, documents)
    }

    /// The payload of a document.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if this snapshot has no document there, [`Error::Corrupt`] or
    /// [`Error::Io`] if it cannot be read.
    pub fn payload(&self, address: Address) -> Result<Vec<u8>> {
        self.live(address)?.segment.payload(address.slot)
    }

    /// The document at an address.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if this snapshot has no document there.
    pub fn record(&self, address: Address) -> Result<Record<'_>> {
        Ok(self.live(address)?.record(address.slot))
    }

    /// The document that has a key, if there is one.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a damaged file is noticed.
    pub fn get(&self, key: Key) -> Result<Option<Record<'_>>> {
        for segment in &self.segments {
            if let Some(slot) = segment.find(key)? {
                return Ok(Some(segment.record(slot)));
            }
        }
        Ok(None)
    }

    /// The folder of the index.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn checksum(&self) -> u64 {
        self.checksum
    }

    pub(crate) fn segments(&self) -> &[LiveSegment] {
        &self.segments
    }

    /// The stretches of slots that have an admitted label.
    fn admitted<'query>(&'query self, request: &SearchRequest<'query>) -> Vec<Stretch<'query>> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for (position, segment) in self.segments.iter().enumerate() {
            let selected = request.selection.map(|selection| selection.slots(position));
            let mut last_end = None;
            for run in segment.segment.labels() {
                if !request.labels.admits(run.label) {
                    continue;
                }
                let adjustment = request
                    .adjustments
                    .and_then(|adjustments| adjustments.get(&run.label).copied())
                    .unwrap_or_default();
                match stretches.last_mut() {
                    // Runs that touch are one stretch.
                    Some(last) if last_end == Some(run.start) && last.adjustment == adjustment => {
                        last.slots.end = run.end;
                    }
                    _ => {
                        let slots = run.start..run.end;
                        stretches.push(Stretch { segment, slots, selected, adjustment });
                    }
                }
                last_end = Some(run.end);
            }
        }
        stretches
    }

    fn segment(&self, number: u32) -> Option<&LiveSegment> {
        let position =
            self.segments.binary_search_by_key(&number, |segment| segment.segment.number());
        Some(&self.segments[position.ok()?])
    }

    fn live(&self, address: Address) -> Result<&LiveSegment> {
        self.segment(address.segment).filter(|segment| segment.is_live(address.slot)).ok_or_else(
            || {
                Error::invalid(format!(
                    "there is no document at {address} in this snapshot: use an address with the \
                     snapshot it came from"
                ))
            },
        )
    }
}

/// The most candidates that a walk keeps: they are in a sorted array, and the time to keep it
/// sorted grows with the square of their number.
const LARGEST_WALK: usize = 8192;

/// How many times the candidates of other searches one with a filter or adjustments keeps. What it admits may
/// lie apart from the query: measured with sets of languages that have a fifth to half of 200,000
/// passages, 128 candidates find 92 to 95 of 100 neighbours, and 256 find 97 to 98.
const FILTERED: usize = 2;

/// Candidates kept where the caller does not say.
fn default_ef(quantization: Quantization, k: usize) -> usize {
    let for_ten = match quantization {
        Quantization::F32 | Quantization::F16 | Quantization::Int8 => 128,
        Quantization::Int4 => 144,
        Quantization::Binary => 256,
    };
    // More neighbours need more candidates, and have some of them in common.
    for_ten.max(k + k / 2)
}

impl LiveSegment {
    pub(crate) fn new(
        segment: Arc<Segment>,
        deleted: Arc<RoaringBitmap>,
        deletions: Option<DeletionRecord>,
    ) -> LiveSegment {
        LiveSegment { segment, deleted, deletions, live_slots: Arc::default() }
    }

    /// The slots that are not deleted.
    fn live_slots(&self) -> &SlotSet {
        self.live_slots.get_or_init(|| {
            let mut live = SlotSet::full(self.segment.documents());
            self.deleted.iter().for_each(|slot| live.remove(slot));
            live
        })
    }

    /// Which slots a request admits.
    fn admission(&self, labels: &LabelFilter, selected: Option<&SlotSet>) -> Admission {
        let everywhere = *labels == LabelFilter::All;
        let mut slots = match (everywhere, selected) {
            (true, None) if self.deleted.is_empty() => return Admission::All,
            (true, None) => self.live_slots().clone(),
            // A selection has no slot that is deleted.
            (true, Some(selected)) => selected.clone(),
            (false, _) => SlotSet::empty(self.segment.documents()),
        };
        if !everywhere {
            for run in self.segment.labels().iter().filter(|run| labels.admits(run.label)) {
                slots.insert_range(run.start..run.end);
            }
            match selected {
                Some(selected) => slots.and(selected),
                None if !self.deleted.is_empty() => slots.and(self.live_slots()),
                None => {}
            }
        }
        let count = slots.count() as usize;
        Admission::Some(slots, count)
    }

    /// How many documents are not deleted.
    pub(crate) fn live(&self) -> u64 {
        u64::from(self.segment.documents()) - self.deleted.len()
    }

    /// The live slot that has a key.
    pub(crate) fn find(&self, key: Key) -> Result<Option<Slot>> {
        Ok(self.segment.find(key)?.filter(|slot| !self.deleted.contains(slot.0)))
    }

    pub(crate) fn is_live(&self, slot: Slot) -> bool {
        slot.0 < self.segment.documents() && !self.deleted.contains(slot.0)
    }

    pub(crate) fn record(&self, slot: Slot) -> Record<'_> {
        Record {
            key: self.segment.key(slot),
            label: self.segment.label(slot),
            vector: self.segment.vector(slot),
            address: Address { segment: self.segment.number(), slot },
        }
    }
}
