//! From a query's ranking to its measures.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use serde::Serialize;

use super::metrics::{JudgedRanking, Relevant, peer, rank_correlation, tlr};
use super::{Measure, Pool};
use crate::Language;
use crate::bias::measures::{discounted_exposure, exposure, jensen_shannon};

/// Where shares of languages and correlations are cut off.
pub const CUT_OFF: usize = 10;
const PEER_CUT_OFF: usize = 20;

/// Measures of a query; one that is not known is not there.
pub type Values = BTreeMap<Measure, f64>;

/// A query's ranking, as far as measures need it.
#[derive(Debug, Clone, Copy)]
pub struct RankedQuery<'a> {
    /// The query's id.
    pub id: &'a str,
    /// Its language, if known.
    pub language: Option<&'a Language>,
    /// What it shares with its translations, if it has any.
    pub group: Option<&'a str>,
    /// All documents that are relevant to it, found or not.
    pub relevant: &'a [Relevant<'a>],
    /// The languages of the first [`CUT_OFF`] documents or more, best first.
    pub top: &'a [Option<&'a Language>],
    /// What was searched, if known.
    pub pool: Option<&'a Pool>,
}

/// What the ranking of a query is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct QueryScores {
    /// The query's id.
    pub id: String,
    /// Its language, if known.
    #[serde(rename = "lang", skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What it shares with its translations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its measures.
    pub values: Values,
    /// Its measures with one other language: the ranking of the documents in this language among
    /// themselves, their exposure, and the correlation with the same query in this language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_language: BTreeMap<Language, Values>,
}

impl QueryScores {
    /// Measures a ranking. What depends on something that is not known is left out: measures that
    /// need languages, or the pool, or that all relevant documents were found. A query to which
    /// nothing is relevant has no measures but those of exposure.
    ///
    /// Correlations need the rankings of other queries ([`correlate`]), and the ranking of one
    /// language's documents is given by [`add_language`](Self::add_language).
    ///
    /// # Panics
    /// When a rank is 0.
    pub fn of(query: &RankedQuery) -> Self {
        let mut scores = Self {
            id: query.id.to_owned(),
            language: query.language.cloned(),
            group: query.group.map(str::to_owned),
            values: retrieval(query.relevant),
            by_language: BTreeMap::new(),
        };
        scores.add_translations(query);
        scores.add_exposure(query);
        scores
    }

    /// Adds what the ranking is worth that has only the documents in `language`, with the ranks that
    /// they have among themselves. Nothing if none of them is relevant.
    ///
    /// # Panics
    /// When a rank is 0.
    pub fn add_language(&mut self, language: &Language, relevant: &[Relevant]) {
        let values = retrieval(relevant);
        if !values.is_empty() {
            self.by_language.entry(language.clone()).or_default().extend(values);
        }
    }

    /// Measures of where the relevant documents are, as translations of each other.
    fn add_translations(&mut self, query: &RankedQuery) {
        let judged = JudgedRanking::from_relevant(query.relevant);
        let values = &mut self.values;
        if !values.is_empty() {
            values.insert(Measure::CompleteAt10, judged.complete_at(10));
            values.insert(Measure::CompleteAt100, judged.complete_at(100));
        }
        values.extend(judged.max_rank().map(|rank| (Measure::MaxRank, rank as f64)));
        if let Some(distance) = judged.rank_distance() {
            values.insert(Measure::RankDistance, distance as f64);
            if let Some(pool) = query.pool.filter(|pool| pool.documents > 0) {
                let share = distance as f64 / pool.documents as f64;
                values.insert(Measure::RankDistanceShare, share);
            }
        }
        if let Some(language) = query.language {
            let tlr = tlr(query.relevant, language, CUT_OFF);
            values.extend(tlr.map(|value| (Measure::TlrAt10, value)));
        }
        let mut languages =
            query.relevant.iter().filter(|document| document.grade > 0).filter_map(|d| d.language);
        let first = languages.next();
        // With one language there is none that could be behind.
        if languages.any(|language| Some(language) != first) {
            let peer = peer(query.relevant, PEER_CUT_OFF, |_| 1.0);
            values.extend(peer.map(|value| (Measure::PeerAt20, value)));
        }
    }

    /// Measures of the languages of the first documents, those of unknown language left out.
    fn add_exposure(&mut self, query: &RankedQuery) {
        let top: Vec<&Language> = query.top.iter().take(CUT_OFF).copied().flatten().collect();
        if top.is_empty() {
            return;
        }
        let own = |other: &Language| query.language.is_some_and(|own| own.same_language(other));
        let own_share =
            top.iter().filter(|language| own(language)).count() as f64 / top.len() as f64;
        if query.language.is_some() {
            self.values.insert(Measure::OwnShareAt10, own_share);
        }
        let Some(pool) = query.pool.filter(|pool| !pool.languages.is_empty()) else { return };
        // A language that the pool does not list has a share of 0.
        let mut languages: Vec<&Language> =
            pool.languages.keys().chain(top.iter().copied()).collect();
        languages.sort_unstable();
        languages.dedup();
        let of_known = pool.languages.values().sum::<usize>().max(1) as f64;
        let share = |language: &&Language| {
            pool.languages.get(*language).copied().unwrap_or(0) as f64 / of_known
        };
        let shares: Vec<f64> = languages.iter().map(share).collect();
        let places: Vec<usize> = top
            .iter()
            .map(|language| languages.binary_search(language).expect("all of them are there"))
            .collect();
        let plain = exposure(&places, languages.len());
        let discounted = discounted_exposure(&places, languages.len());
        self.values.insert(Measure::DivergenceAt10, jensen_shannon(&discounted, &shares));
        let expected: f64 = languages
            .iter()
            .zip(&shares)
            .filter(|(language, _)| own(language))
            .map(|(_, s)| s)
            .sum();
        if expected > 0.0 {
            self.values.insert(Measure::OwnLiftAt10, own_share / expected);
        }
        for ((language, plain), discounted) in languages.iter().zip(&plain).zip(&discounted) {
            let values = self.by_language.entry((*language).clone()).or_default();
            values.insert(Measure::ExposureAt10, *plain);
            values.insert(Measure::DiscountedExposureAt10, *discounted);
        }
    }
}

/// The measures of [`Measure::RETRIEVAL`]; none if nothing is relevant.
fn retrieval(relevant: &[Relevant]) -> Values {
    if relevant.iter().all(|document| document.grade == 0) {
        return Values::new();
    }
    let judged = JudgedRanking::from_relevant(relevant);
    let value = |measure| match measure {
        Measure::Map => judged.average_precision(),
        Measure::NdcgAt10 => judged.ndcg(10),
        Measure::RecallAt10 => judged.recall(10),
        Measure::RecallAt100 => judged.recall(100),
        Measure::Mrr => judged.reciprocal_rank(),
        _ => judged.hit_at_1(),
    };
    Measure::RETRIEVAL.map(|measure| (measure, value(measure))).into()
}

/// Adds [`Measure::MrcAt10`]: for each query the mean of its [`rank_correlation`] with the queries of
/// its group in other languages, which together are the mean rank correlation of the paper. Queries
/// without language, group or such others get none. `tops` has the first [`CUT_OFF`] documents of each
/// query or more, in the order of `queries`; a query beyond its end has none.
pub fn correlate<D: Eq + Hash>(queries: &mut [QueryScores], tops: &[Vec<D>]) {
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, query) in queries.iter().enumerate().take(tops.len()) {
        if let (Some(group), Some(_)) = (&query.group, &query.language) {
            groups.entry(group.clone()).or_default().push(at);
        }
    }
    for members in groups.values() {
        for &at in members {
            let mut pairs: BTreeMap<Language, (f64, usize)> = BTreeMap::new();
            for &other in members {
                let languages = (queries[at].language.as_ref(), queries[other].language.as_ref());
                let (Some(own), Some(language)) = languages else { continue };
                if own.same_language(language) {
                    continue;
                }
                let top = |of: usize| &tops[of][..tops[of].len().min(CUT_OFF)];
                if let Some(value) = rank_correlation(top(at), top(other)) {
                    let (sum, count) = pairs.entry(language.clone()).or_default();
                    *sum += value;
                    *count += 1;
                }
            }
            let query = &mut queries[at];
            let (mut all, number) = (0.0, pairs.len());
            for (language, (sum, count)) in pairs {
                let value = sum / count as f64;
                all += value;
                query.by_language.entry(language).or_default().insert(Measure::MrcAt10, value);
            }
            if number > 0 {
                query.values.insert(Measure::MrcAt10, all / number as f64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    fn pool(of: &[(&str, usize)]) -> Pool {
        Pool::new(of.iter().map(|(tag, count)| (language(tag), *count)).collect())
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let relevant = [Relevant { rank: Some(2), grade: 1, language: None }];
        let query = RankedQuery {
            id: "q",
            language: None,
            group: None,
            relevant: &relevant,
            top: &[None, None],
            pool: None,
        };
        let scores = QueryScores::of(&query);
        let measures: Vec<Measure> = scores.values.keys().copied().collect();
        let mut expected = Measure::RETRIEVAL.to_vec();
        expected.extend([Measure::MaxRank, Measure::CompleteAt10, Measure::CompleteAt100]);
        assert_eq!(measures, expected);
        assert!(scores.by_language.is_empty());
        let nothing = QueryScores::of(&RankedQuery { relevant: &[], ..query });
        assert!(nothing.values.is_empty());
    }

    #[test]
    fn languages_give_exposure_lift_and_divergence() {
        let [de, en, fr] = ["de", "en", "fr"].map(language);
        let relevant = [
            Relevant { rank: Some(1), grade: 1, language: Some(&de) },
            Relevant { rank: Some(11), grade: 1, language: Some(&en) },
        ];
        let mut top = vec![Some(&de), Some(&de), None, Some(&en), Some(&de)];
        top.extend(vec![None; 5]);
        top.push(Some(&fr));
        let pool = pool(&[("de", 25), ("en", 50), ("fr", 25)]);
        let scores = QueryScores::of(&RankedQuery {
            id: "q",
            language: Some(&de),
            group: None,
            relevant: &relevant,
            top: &top,
            pool: Some(&pool),
        });
        let value = |measure| scores.values.get(&measure).copied();
        assert_eq!(value(Measure::OwnShareAt10), Some(0.75));
        assert_eq!(value(Measure::OwnLiftAt10), Some(3.0));
        assert_eq!(value(Measure::RankDistance), Some(10.0));
        assert_eq!(value(Measure::RankDistanceShare), Some(0.1));
        assert_eq!(
            (value(Measure::CompleteAt10), value(Measure::CompleteAt100)),
            (Some(0.0), Some(1.0))
        );
        assert_eq!(value(Measure::TlrAt10), Some(0.0));
        assert!(value(Measure::PeerAt20).is_some());
        let shares = discounted_exposure(&[0, 0, 1, 0], 3);
        let divergence = jensen_shannon(&shares, &[0.25, 0.5, 0.25]);
        assert_eq!(value(Measure::DivergenceAt10), Some(divergence));
        assert_eq!(scores.by_language[&fr][&Measure::ExposureAt10], 0.0);
        assert_eq!(scores.by_language[&en][&Measure::ExposureAt10], 0.25);
        assert_eq!(scores.by_language[&en][&Measure::DiscountedExposureAt10], shares[1]);
    }

    #[test]
    fn parallel_queries_correlate_across_languages() {
        let tags = ["de", "en", "fr", "en"].map(language);
        let groups = [Some("g"), Some("g"), Some("g"), None];
        let mut queries: Vec<QueryScores> = tags
            .iter()
            .zip(groups)
            .map(|(language, group)| {
                QueryScores::of(&RankedQuery {
                    id: "q",
                    language: Some(language),
                    group,
                    relevant: &[],
                    top: &[],
                    pool: None,
                })
            })
            .collect();
        let tops = [vec![1, 2, 3], vec![1, 2, 3], vec![3, 2, 1], vec![1, 2, 3]];
        correlate(&mut queries, &tops);
        let of = |at: usize| queries[at].values.get(&Measure::MrcAt10).copied();
        assert_eq!((of(0), of(1), of(2), of(3)), (Some(0.0), Some(0.0), Some(-1.0), None));
        assert_eq!(queries[0].by_language[&tags[2]][&Measure::MrcAt10], -1.0);
        assert_eq!(queries[0].by_language.get(&tags[0]), None);
    }
}
