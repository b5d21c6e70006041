//! The measures that evaluations report, and the names that they have everywhere.

use std::fmt;

use serde::{Serialize, Serializer};

/// A measure of a query's ranking. A figure of a report is its mean over queries.
///
/// Terminal, JSON and other reports take the names from here. The order is that of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Measure {
    /// Average precision.
    Map,
    /// nDCG of the first 10.
    NdcgAt10,
    /// Recall of the first 10.
    RecallAt10,
    /// Recall of the first 100.
    RecallAt100,
    /// Reciprocal rank of the first relevant document.
    Mrr,
    /// Whether the first document is relevant.
    HitAt1,
    /// Rank distance of the relevant documents.
    RankDistance,
    /// Rank distance divided by the documents of the pool.
    RankDistanceShare,
    /// Max@R.
    MaxRank,
    /// Complete@10.
    CompleteAt10,
    /// Complete@100.
    CompleteAt100,
    /// TLR@10.
    TlrAt10,
    /// PEER@20, all grades alike.
    PeerAt20,
    /// Mean rank correlation with the same query in other languages, of the first 10.
    MrcAt10,
    /// Share of the query's language in the first 10.
    OwnShareAt10,
    /// This share divided by the language's share of the pool.
    OwnLiftAt10,
    /// Jensen-Shannon divergence of the first 10, discounted, and the pool.
    DivergenceAt10,
    /// Share of one language in the first 10; only for pairs of languages.
    ExposureAt10,
    /// The same, discounted by rank; only for pairs of languages.
    DiscountedExposureAt10,
}

impl Measure {
    /// All measures, in the order of reports.
    pub const ALL: [Self; 19] = [
        Self::Map,
        Self::NdcgAt10,
        Self::RecallAt10,
        Self::RecallAt100,
        Self::Mrr,
        Self::HitAt1,
        Self::RankDistance,
        Self::RankDistanceShare,
        Self::MaxRank,
        Self::CompleteAt10,
        Self::CompleteAt100,
        Self::TlrAt10,
        Self::PeerAt20,
        Self::MrcAt10,
        Self::OwnShareAt10,
        Self::OwnLiftAt10,
        Self::DivergenceAt10,
        Self::ExposureAt10,
        Self::DiscountedExposureAt10,
    ];

    /// Those that ask only whether relevant documents are found, in whatever language.
    pub const RETRIEVAL: [Self; 6] =
        [Self::Map, Self::NdcgAt10, Self::RecallAt10, Self::RecallAt100, Self::Mrr, Self::HitAt1];

    /// Its name in JSON.
    pub fn key(self) -> &'static str {
        self.texts().0
    }

    /// Its name in tables.
    pub fn label(self) -> &'static str {
        self.texts().1
    }

    /// What it is, in a sentence for people.
    pub fn description(self) -> &'static str {
        self.texts().2
    }

    /// Which way is better; `None` where neither is.
    pub fn better(self) -> Option<Better> {
        match self {
            Self::RankDistance | Self::RankDistanceShare | Self::MaxRank | Self::DivergenceAt10 => {
                Some(Better::Lower)
            }
            Self::OwnShareAt10
            | Self::OwnLiftAt10
            | Self::ExposureAt10
            | Self::DiscountedExposureAt10 => None,
            _ => Some(Better::Higher),
        }
    }

    fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Map => {
                ("map", "mAP", "mean average precision: relevant documents rank high, all of them")
            }
            Self::NdcgAt10 => (
                "ndcg_at_10",
                "nDCG@10",
                "gain of the first 10, discounted by rank, of the best that there could be",
            ),
            Self::RecallAt10 => {
                ("recall_at_10", "Recall@10", "share of the relevant documents in the first 10")
            }
            Self::RecallAt100 => {
                ("recall_at_100", "Recall@100", "share of the relevant documents in the first 100")
            }
            Self::Mrr => ("mrr", "MRR", "1 / rank of the first relevant document"),
            Self::HitAt1 => ("hit_at_1", "Hit@1", "queries whose first document is relevant"),
            Self::RankDistance => (
                "rank_distance",
                "rank distance",
                "ranks between the first and the last relevant document",
            ),
            Self::RankDistanceShare => (
                "rank_distance_share",
                "rank distance / pool",
                "rank distance divided by the documents of the pool",
            ),
            Self::MaxRank => ("max_rank", "Max@R", "documents to read until the last relevant one"),
            Self::CompleteAt10 => (
                "complete_at_10",
                "Complete@10",
                "queries with all relevant documents in the first 10",
            ),
            Self::CompleteAt100 => (
                "complete_at_100",
                "Complete@100",
                "queries with all relevant documents in the first 100",
            ),
            Self::TlrAt10 => (
                "tlr_at_10",
                "TLR@10",
                "share of the relevant documents in other languages in the first 10",
            ),
            Self::PeerAt20 => (
                "peer_at_20",
                "PEER@20",
                "probability that relevant documents rank alike in all languages",
            ),
            Self::MrcAt10 => (
                "mrc_at_10",
                "MRC@10",
                "correlation of the first 10 with those of the same query in other languages",
            ),
            Self::OwnShareAt10 => (
                "query_language_share_at_10",
                "own@10",
                "share of the query's language in the first 10",
            ),
            Self::OwnLiftAt10 => (
                "query_language_lift_at_10",
                "lift@10",
                "share of the query's language in the first 10 over its share of the pool",
            ),
            Self::DivergenceAt10 => (
                "divergence_at_10",
                "JSD@10",
                "bits between the languages of the first 10 and those of the pool",
            ),
            Self::ExposureAt10 => {
                ("exposure_at_10", "exposure@10", "share of the language in the first 10")
            }
            Self::DiscountedExposureAt10 => (
                "discounted_exposure_at_10",
                "discounted exposure@10",
                "share of the language in the first 10, discounted by rank",
            ),
        }
    }
}

/// Which values of a measure are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Great ones.
    Higher,
    /// Small ones.
    Lower,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_in_order() {
        assert!(Measure::ALL.is_sorted());
        for name in [Measure::key, Measure::label, Measure::description] {
            assert_eq!(Measure::ALL.map(name).iter().collect::<HashSet<_>>().len(), 19);
        }
    }
}
