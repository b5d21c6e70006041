//! What a commit's vectors and graphs are like.

use std::collections::{BTreeMap, VecDeque};

use crate::error::Result;
use crate::format::moments::Moments;
use crate::hnsw::{Graph, NO_NODE};
use crate::id::{Label, Slot};
use crate::snapshot::{LiveSegment, Snapshot};

/// The vectors of a label, as of a commit.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelStatistics {
    /// How many documents it has.
    pub documents: u64,
    /// The mean of their vectors.
    pub mean: Vec<f32>,
    /// The root of the mean squared Euclidean distance from the mean.
    pub spread: f32,
}

/// The graph of a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphStatistics {
    /// The number of the segment.
    pub segment: u32,
    /// The documents of each level, from level 0 up; those of level 0 include deleted ones.
    pub levels: Vec<u64>,
    /// The fewest links of a document on level 0.
    pub least_degree: u32,
    /// The mean number of links of a document on level 0.
    pub mean_degree: f64,
    /// The most links of a document on level 0.
    pub greatest_degree: u32,
    /// The documents that a path leads to from the one that walks begin at.
    pub reachable: u64,
}

impl Snapshot {
    /// The statistics of each label that has documents, exact as of this commit. The first call
    /// costs a read of each deleted document's vector; later ones nothing.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a damaged file is noticed.
    pub fn label_statistics(&self) -> Result<&BTreeMap<Label, LabelStatistics>> {
        if let Some(known) = self.statistics.get() {
            return Ok(known);
        }
        let mut sums: BTreeMap<Label, (u64, Moments)> = BTreeMap::new();
        for live in self.segments() {
            live.add_moments(self.dimension(), &mut sums)?;
        }
        let statistics = sums
            .into_iter()
            .filter(|(_, (documents, _))| *documents > 0)
            .map(|(label, (documents, moments))| (label, LabelStatistics::of(documents, &moments)))
            .collect();
        Ok(self.statistics.get_or_init(|| statistics))
    }

    /// The vectors of some documents of a label, row after row, evenly spaced in the order in
    /// which they are kept: as many as `most`, or all if there are fewer.
    pub fn label_sample(&self, label: Label, most: usize) -> Vec<f32> {
        let live = |segment: &LiveSegment| -> u64 {
            let runs = segment.segment.labels().iter().filter(|run| run.label == label);
            runs.map(|run| {
                u64::from(run.end - run.start)
                    - segment.deleted.range_cardinality(run.start..run.end)
            })
            .sum()
        };
        let documents: u64 = self.segments().iter().map(live).sum();
        let wanted = documents.min(most as u64);
        let mut sample = Vec::with_capacity(wanted as usize * self.dimension());
        let mut vector = vec![0.0; self.dimension()];
        let (mut seen, mut taken) = (0, 0);
        for segment in self.segments() {
            for run in segment.segment.labels().iter().filter(|run| run.label == label) {
                for slot in run.start..run.end {
                    if taken == wanted {
                        return sample;
                    }
                    if segment.deleted.contains(slot) {
                        continue;
                    }
                    if seen == taken * documents / wanted {
                        segment.segment.copy_vector(Slot(slot), &mut vector);
                        sample.extend_from_slice(&vector);
                        taken += 1;
                    }
                    seen += 1;
                }
            }
        }
        sample
    }

    /// The statistics of each segment's graph. Reads all graphs.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a damaged file is noticed.
    pub fn graph_statistics(&self) -> Result<Vec<GraphStatistics>> {
        let mut statistics = Vec::new();
        for live in self.segments() {
            if let Some(graph) = live.segment.graph()? {
                statistics.push(GraphStatistics::of(live.segment.number(), &graph));
            }
        }
        Ok(statistics)
    }
}

impl LabelStatistics {
    fn of(documents: u64, moments: &Moments) -> LabelStatistics {
        let count = documents as f64;
        let mean: Vec<f64> = moments.sums.iter().map(|sum| sum / count).collect();
        let mean_square = mean.iter().map(|x| x * x).sum::<f64>();
        // What rounding leaves of a label whose vectors are all the same may be below zero.
        let spread = (moments.squares / count - mean_square).max(0.0).sqrt();
        LabelStatistics {
            documents,
            mean: mean.into_iter().map(|x| x as f32).collect(),
            spread: spread as f32,
        }
    }
}

impl LiveSegment {
    /// Adds the moments of the live documents of each label.
    fn add_moments(
        &self,
        dimension: usize,
        sums: &mut BTreeMap<Label, (u64, Moments)>,
    ) -> Result<()> {
        let mut vector = vec![0.0; dimension];
        for (position, run) in self.segment.labels().iter().enumerate() {
            let mut moments = self.segment.moments(position)?;
            let mut documents = u64::from(run.end - run.start);
            for slot in self.deleted.range(run.start..run.end) {
                self.segment.copy_vector(Slot(slot), &mut vector);
                moments.subtract(&vector);
                documents -= 1;
            }
            let (count, sum) =
                sums.entry(run.label).or_insert_with(|| (0, Moments::new(dimension)));
            *count += documents;
            sum.merge(&moments);
        }
        Ok(())
    }
}

impl GraphStatistics {
    fn of(segment: u32, graph: &Graph) -> GraphStatistics {
        let nodes = graph.nodes();
        let mut degrees = Vec::with_capacity(nodes);
        for links in graph.links.chunks_exact(graph.stride) {
            degrees.push(links.iter().filter(|link| link.get() != NO_NODE).count() as u32);
        }
        let total: u64 = degrees.iter().copied().map(u64::from).sum();
        let levels = graph.levels.iter().map(|level| level.slots.len() as u64);
        GraphStatistics {
            segment,
            levels: std::iter::once(nodes as u64).chain(levels).collect(),
            least_degree: degrees.iter().copied().min().unwrap_or(0),
            mean_degree: total as f64 / nodes.max(1) as f64,
            greatest_degree: degrees.iter().copied().max().unwrap_or(0),
            reachable: reachable(graph),
        }
    }
}

/// How many slots a path leads to from the first node of the highest level.
fn reachable(graph: &Graph) -> u64 {
    let nodes = graph.nodes();
    let top = graph.levels.last().and_then(|level| level.slots.first());
    let entry = top.map_or(0, |slot| slot.get());
    let mut reached = vec![false; nodes];
    let mut queue = VecDeque::new();
    let mut count = 0;
    let mut reach = |slot: u32, queue: &mut VecDeque<u32>| {
        if let Some(known) = reached.get_mut(slot as usize)
            && !*known
        {
            *known = true;
            count += 1;
            queue.push_back(slot);
        }
    };
    reach(entry, &mut queue);
    while let Some(slot) = queue.pop_front() {
        let first = slot as usize * graph.stride;
        for link in &graph.links[first..first + graph.stride] {
            reach(link.get(), &mut queue);
        }
    }
    count
}
