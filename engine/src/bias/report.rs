//! The report of a query: which languages its ranking favours, by how much, and what it would be
//! without.

use std::collections::BTreeMap;
use std::fmt;

use mlsearch_index::Label;
use serde::Serialize;

use super::measures::{discounted_exposure, exposure, jensen_shannon, superiority};
use super::{Correction, LanguageOffset, Offsets, Profiles};
use crate::eval::metrics::JudgedRanking;
use crate::{Detection, Language};

/// Below this a bias is called neutral; so are those that chance explains.
const NEUTRAL: f64 = 0.1;
/// From here on a bias is called moderate.
const MODERATE: f64 = 0.3;
/// From here on a bias is called strong.
const STRONG: f64 = 0.6;
/// Chance explains a lead that so many fair pools would show, as a share.
const CHANCE: f64 = 0.01;
/// Pools of fewer documents than this say little.
const FEW_DOCUMENTS: u64 = 20;

/// How the languages of the searched documents fare in a ranking.
///
/// Where a formula speaks of scores, these are cosines of query and document without correction.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BiasReport {
    /// How much the query favours a language before anything is corrected, 0 to 1. With `P` the
    /// probability that a document of the most favoured language, whatever it says, scores higher
    /// than a document of the others, it is `2 P - 1`: 0 where the two are even, 1 where every one
    /// of its documents is ahead. `P` is the common language effect size (McGraw & Wong 1992) of
    /// the mean scores and their deviations. A fair pool of thousands stays below 0.1; a small one
    /// does not, and is called neutral where chance explains it.
    pub bias: f64,
    /// The same in a word.
    pub strength: Strength,
    /// The favoured language; `None` where the bias is neutral.
    pub towards: Option<Language>,
    /// By how much the mean score of the favoured language is above the mean of the others'.
    pub lead: f64,
    /// The languages of the documents that were searched, most exposed first.
    pub languages: Vec<LanguageBias>,
    /// How far the ranking's languages are from those of the pool: the Jensen-Shannon divergence
    /// of discounted exposure and share of the pool, in bits, 0 to 1.
    pub divergence: f64,
    /// Exposure of the query's own languages over their share of the pool: 1 is neutral. `None`
    /// if the pool has none of their documents.
    pub query_language_lift: Option<f64>,
    /// The standard deviation of the languages' offsets.
    pub offset_spread: f64,
    /// What the ranking would be with a correction, or, if it is corrected, without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterfactual: Option<Counterfactual>,
    /// How documents that say the same fare, where hits carry a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupReport>,
    /// Why the figures say little, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<Uncertainty>,
}

/// A bias in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Below 0.1, or explained by chance.
    Neutral,
    /// Below 0.3.
    Slight,
    /// Below 0.6.
    Moderate,
    /// 0.6 and more.
    Strong,
}

/// One language of the pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LanguageBias {
    /// The language.
    #[serde(rename = "lang")]
    pub language: Language,
    /// Its documents among those searched.
    pub documents: u64,
    /// Their share of those searched, 0 to 1.
    pub pool_share: f64,
    /// Its hits.
    pub hits: usize,
    /// Their share of the hits, 0 to 1.
    pub exposure: f64,
    /// The same with each hit weighted by 1 / log2(rank + 1).
    pub discounted_exposure: f64,
    /// The mean score of its documents less the mean over the languages: `q . c_l - mean(q . c)`.
    pub offset: f64,
    /// The standard deviation of its documents' scores, estimated from some of them.
    pub deviation: f64,
    /// `2 P - 1` as in [`BiasReport::bias`], -1 to 1: below 0 the others are ahead.
    pub advantage: f64,
}

/// What a hit owes to its language.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HitBias {
    /// The offset of its language, which is part of its score.
    pub offset: f32,
    /// Its score once corrected: by the correction that was applied, else (and for `balanced`, which
    /// changes no score) less the offset.
    pub corrected_score: f32,
    /// Its place in the other ranking (see [`BiasReport::counterfactual`]), from 1 on; `None` if
    /// it is not among the first `k` there.
    pub other_rank: Option<usize>,
}

/// The ranking that was not given.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Counterfactual {
    /// What corrects it.
    pub correction: Correction,
    /// The share of its first `k` that are hits of this answer, too, 0 to 1.
    pub overlap: f64,
    /// The ids that it has and this answer has not, best first.
    pub entered: Vec<String>,
    /// The ids of hits that it has not, best first.
    pub left: Vec<String>,
}

/// Documents of one group among the hits: translations of each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupReport {
    /// Groups that the hits belong to.
    pub groups: usize,
    /// Groups of which more than one document was found.
    pub repeated: usize,
    /// Of these, the mean distance in rank of the first and the last found.
    pub rank_distance: Option<f64>,
    /// Of these, the greatest rank of any.
    pub worst_rank: Option<usize>,
    /// The share of a group's documents that were found, of those that were searched: completeness
    /// at `k`, as a mean over the groups. `None` in an index that does not keep documents by
    /// group, as those of earlier versions.
    pub completeness: Option<f64>,
    /// Groups of which every document that was searched was found.
    pub complete: Option<usize>,
}

/// Why a report says little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Uncertainty {
    /// Only one language was searched.
    OneLanguage,
    /// Fewer than 20 documents were searched.
    FewDocuments,
}

/// A hit, as the report sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked<'hit> {
    pub(crate) label: Label,
    pub(crate) group: Option<&'hit str>,
}

/// What was searched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'search> {
    pub(crate) offsets: &'search Offsets,
    pub(crate) profiles: &'search Profiles,
    /// The documents of each label that were searched.
    pub(crate) pool: &'search BTreeMap<Label, u64>,
    pub(crate) detected: &'search Detection,
    /// The documents of each group that were searched, where the index can tell.
    pub(crate) group_sizes: &'search BTreeMap<&'search str, usize>,
}

/// The report of a ranking, without its counterfactual.
pub(crate) fn report(scope: Scope, ranking: &[Ranked]) -> BiasReport {
    let Scope { offsets, profiles, pool, detected, group_sizes } = scope;
    let documents: u64 = pool.values().sum();
    let all = &offsets.languages;
    let places: Vec<usize> =
        ranking.iter().filter_map(|hit| all.iter().position(|of| of.label == hit.label)).collect();
    let plain = exposure(&places, all.len());
    let discounted = discounted_exposure(&places, all.len());
    let count_of = |of: &LanguageOffset| pool.get(&of.label).copied().unwrap_or(0);
    let shares: Vec<f64> =
        all.iter().map(|of| count_of(of) as f64 / documents.max(1) as f64).collect();
    let counts: Vec<u64> = all.iter().map(count_of).collect();
    let leads = Lead::of_all(offsets, &counts);

    let mut languages: Vec<LanguageBias> = all
        .iter()
        .enumerate()
        .map(|(at, of)| LanguageBias {
            language: profiles.languages[of.profile].language.clone(),
            documents: count_of(of),
            pool_share: shares[at],
            hits: places.iter().filter(|place| **place == at).count(),
            exposure: plain[at],
            discounted_exposure: discounted[at],
            offset: of.mean - offsets.center,
            deviation: of.deviation,
            advantage: leads[at].advantage,
        })
        .collect();
    let own = |language: &Language| {
        detected.languages.iter().any(|share| share.language.same_language(language))
    };
    let (mut own_exposure, mut own_share) = (0.0, 0.0);
    for language in languages.iter().filter(|of| own(&of.language)) {
        own_exposure += language.exposure;
        own_share += language.pool_share;
    }
    let favoured = leads
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.advantage.total_cmp(&b.1.advantage))
        .map(|(at, lead)| (languages[at].language.clone(), *lead));
    let uncertainty = match (all.len(), documents) {
        (0 | 1, _) => Some(Uncertainty::OneLanguage),
        (_, ..FEW_DOCUMENTS) => Some(Uncertainty::FewDocuments),
        _ => None,
    };
    let lead = favoured.as_ref().map_or(Lead::NONE, |(_, lead)| *lead);
    let bias = if all.len() < 2 { 0.0 } else { lead.advantage.max(0.0) };
    let strength = match bias {
        _ if lead.is_chance(all.len()) => Strength::Neutral,
        ..NEUTRAL => Strength::Neutral,
        ..MODERATE => Strength::Slight,
        ..STRONG => Strength::Moderate,
        _ => Strength::Strong,
    };
    languages.sort_by(|a, b| {
        b.discounted_exposure
            .total_cmp(&a.discounted_exposure)
            .then(b.documents.cmp(&a.documents))
            .then_with(|| a.language.cmp(&b.language))
    });
    BiasReport {
        bias,
        strength,
        towards: favoured.filter(|_| strength != Strength::Neutral).map(|(language, _)| language),
        lead: lead.difference,
        languages,
        divergence: if places.is_empty() { 0.0 } else { jensen_shannon(&discounted, &shares) },
        query_language_lift: (own_share > 0.0).then(|| own_exposure / own_share),
        offset_spread: offsets.spread(),
        counterfactual: None,
        groups: groups(ranking, group_sizes),
        uncertainty,
    }
}

/// How a language stands against the others.
#[derive(Debug, Clone, Copy)]
struct Lead {
    /// Of its mean over the mean of the others' means.
    difference: f64,
    /// `2 P - 1`.
    advantage: f64,
    /// The difference in standard errors that chance alone would give it.
    errors: f64,
}

impl Lead {
    const NONE: Self = Self { difference: 0.0, advantage: 0.0, errors: 0.0 };

    /// The lead of each language; `counts` are their documents.
    fn of_all(offsets: &Offsets, counts: &[u64]) -> Vec<Self> {
        let all = &offsets.languages;
        let others = all.len().saturating_sub(1) as f64;
        if others == 0.0 {
            return vec![Self::NONE; all.len()];
        }
        // About the centre, so that sums of squares lose no digits.
        let about = |of: &LanguageOffset| of.mean - offsets.center;
        let share = |count: &u64| 1.0 / (*count).max(1) as f64;
        let means: f64 = all.iter().map(about).sum();
        let squares = |of: &LanguageOffset| of.deviation.powi(2) + about(of).powi(2);
        let all_squares: f64 = all.iter().map(squares).sum();
        let all_shares: f64 = counts.iter().map(share).sum();
        let lead = |(own, count): (&LanguageOffset, &u64)| {
            let mean = (means - about(own)) / others;
            // A document of any of the others: how their means lie adds to how their scores spread.
            let variance = (all_squares - squares(own)) / others - mean.powi(2);
            let deviation = variance.max(0.0).sqrt();
            let difference = about(own) - mean;
            // What is left of equal means is rounding.
            let difference = if difference.abs() < 1e-9 { 0.0 } else { difference };
            // The deviation of all languages together is better known than any one's.
            let shares = share(count) + (all_shares - share(count)) / others.powi(2);
            let error = offsets.deviation * shares.sqrt();
            let errors = match (error > 0.0, difference == 0.0) {
                (true, _) => difference / error,
                (false, true) => 0.0,
                (false, false) => f64::INFINITY,
            };
            let advantage = 2.0 * superiority(difference, own.deviation, deviation) - 1.0;
            Self { difference, advantage, errors }
        };
        all.iter().zip(counts).map(lead).collect()
    }

    /// Whether the greatest of so many leads is as great by chance alone in one of a hundred pools.
    fn is_chance(self, languages: usize) -> bool {
        let as_great = superiority(-self.errors, 1.0, 0.0);
        as_great * languages as f64 > CHANCE
    }
}

fn groups(ranking: &[Ranked], sizes: &BTreeMap<&str, usize>) -> Option<GroupReport> {
    let mut ranks: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (hit, rank) in ranking.iter().zip(1..) {
        if let Some(group) = hit.group {
            ranks.entry(group).or_default().push(rank);
        }
    }
    if ranks.is_empty() {
        return None;
    }
    let distance_of =
        |ranks: &Vec<usize>| JudgedRanking::from_ranks(ranks.iter().copied()).rank_distance();
    let distances: Vec<usize> = ranks.values().filter_map(distance_of).collect();
    let repeated = ranks.values().filter(|ranks| ranks.len() > 1);
    let mean = distances.iter().sum::<usize>() as f64 / distances.len().max(1) as f64;
    // A group that is larger than the index says has documents from before it kept groups.
    let shares: Option<Vec<f64>> = ranks
        .iter()
        .map(|(group, ranks)| {
            let size = sizes.get(group).filter(|size| **size >= ranks.len())?;
            Some(ranks.len() as f64 / *size as f64)
        })
        .collect();
    Some(GroupReport {
        groups: ranks.len(),
        repeated: distances.len(),
        rank_distance: (!distances.is_empty()).then_some(mean),
        worst_rank: repeated.flatten().copied().max(),
        completeness: shares.as_ref().map(|of| of.iter().sum::<f64>() / of.len() as f64),
        complete: shares.map(|of| of.iter().filter(|share| **share == 1.0).count()),
    })
}

impl Counterfactual {
    /// Compares the ids of two rankings.
    pub(crate) fn of(correction: Correction, given: &[String], other: &[String]) -> Self {
        let missing = |from: &[String], ids: &[String]| {
            ids.iter().filter(|id| !from.contains(id)).cloned().collect::<Vec<_>>()
        };
        let entered = missing(given, other);
        let kept = other.len() - entered.len();
        Self {
            correction,
            overlap: if other.is_empty() { 1.0 } else { kept as f64 / other.len() as f64 },
            left: missing(other, given),
            entered,
        }
    }
}

impl BiasReport {
    /// One number and one word: `bias 0.62, strongly towards th`.
    pub fn summary(&self) -> String {
        match (self.uncertainty, &self.towards) {
            (Some(Uncertainty::OneLanguage), _) => "bias cannot be told in one language".to_owned(),
            (_, None) if self.bias >= NEUTRAL => {
                format!("bias {:.2}, which chance explains: neutral", self.bias)
            }
            (_, None) => format!("bias {:.2}, neutral", self.bias),
            (_, Some(language)) => {
                format!("bias {:.2}, {} towards {language}", self.bias, self.strength.adverb())
            }
        }
    }
}

impl Strength {
    /// As in "strongly towards Thai".
    pub fn adverb(self) -> &'static str {
        match self {
            Self::Neutral => "not",
            Self::Slight => "slightly",
            Self::Moderate => "moderately",
            Self::Strong => "strongly",
        }
    }
}

impl fmt::Display for Uncertainty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OneLanguage => "only one language was searched",
            Self::FewDocuments => "few documents were searched, so the figures say little",
        })
    }
}
