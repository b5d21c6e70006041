//! From the measures of queries to figures: over all of them, by language and by pair of languages.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Measure, QueryScores};
use crate::Language;

/// What was searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pool {
    /// Its documents.
    pub documents: usize,
    /// How many of them are in each language; empty if that is not known.
    pub languages: BTreeMap<Language, usize>,
}

impl Pool {
    /// A pool whose documents are all in a language that is known.
    pub fn new(languages: BTreeMap<Language, usize>) -> Self {
        Self { documents: languages.values().sum(), languages }
    }
}

/// A mean, and of how many values. Queries that do not have a measure are not in its mean, so
/// measures may be of different queries: rank distance is of those with all relevant documents found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// How many values it is of.
    pub of: usize,
}

impl Mean {
    /// The mean of some values, if there are any.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut sum, mut of) = (0.0, 0);
        for value in values {
            sum += value;
            of += 1;
        }
        (of > 0).then(|| Self { mean: sum / of as f64, of })
    }
}

/// Means by measure; a measure that no query has is not there.
pub type Means = BTreeMap<Measure, Mean>;

/// The figures of many queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many queries.
    pub queries: usize,
    /// Means over queries, each counting alike.
    pub micro: Means,
    /// Means over the means of each query language, each language counting alike. Queries without
    /// language are not in it.
    #[serde(rename = "macro")]
    pub by_language: Means,
    /// Means over languages: queries against documents of their own language.
    pub mono: Means,
    /// Means over ordered pairs of two languages: queries against documents of one other language.
    pub cross: Means,
    /// The figures of each query language.
    pub languages: BTreeMap<Language, LanguageSummary>,
    /// Means of each ordered pair: the language of queries, then that of documents (for the
    /// correlation, of the other query).
    pub pairs: BTreeMap<Language, BTreeMap<Language, Means>>,
}

/// The figures of the queries in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LanguageSummary {
    /// How many queries.
    pub queries: usize,
    /// Means over them.
    pub means: Means,
}

impl Summary {
    /// Sums up the measures of queries.
    pub fn of(queries: &[QueryScores]) -> Self {
        let mut by_language: BTreeMap<&Language, Vec<&QueryScores>> = BTreeMap::new();
        for query in queries {
            if let Some(language) = &query.language {
                by_language.entry(language).or_default().push(query);
            }
        }
        let languages: BTreeMap<Language, LanguageSummary> = by_language
            .iter()
            .map(|(language, queries)| {
                let means = means(|measure| values(queries.iter().copied(), measure));
                ((*language).clone(), LanguageSummary { queries: queries.len(), means })
            })
            .collect();
        let pairs: BTreeMap<Language, BTreeMap<Language, Means>> = by_language
            .iter()
            .map(|(language, queries)| ((*language).clone(), against_languages(queries)))
            .filter(|(_, others)| !others.is_empty())
            .collect();
        let over_pairs = |own: bool| {
            means(|measure| {
                let pairs = pairs.iter().flat_map(|(query, others)| {
                    others.iter().filter(move |(other, _)| (query == *other) == own)
                });
                pairs.filter_map(|(_, means)| Some(means.get(&measure)?.mean)).collect()
            })
        };
        Self {
            queries: queries.len(),
            micro: means(|measure| values(queries, measure)),
            by_language: means(|measure| {
                let means = languages.values().filter_map(|of| of.means.get(&measure));
                means.map(|mean| mean.mean).collect()
            }),
            mono: over_pairs(true),
            cross: over_pairs(false),
            languages,
            pairs,
        }
    }
}

/// Means of queries in one language with each other language.
fn against_languages(queries: &[&QueryScores]) -> BTreeMap<Language, Means> {
    let mut sums: BTreeMap<&Language, BTreeMap<Measure, Vec<f64>>> = BTreeMap::new();
    for query in queries {
        for (language, values) in &query.by_language {
            for (measure, value) in values {
                sums.entry(language).or_default().entry(*measure).or_default().push(*value);
            }
        }
    }
    let mean_of = |values: BTreeMap<Measure, Vec<f64>>| -> Means {
        values.into_iter().filter_map(|(measure, of)| Some((measure, Mean::of(of)?))).collect()
    };
    sums.into_iter().map(|(language, values)| (language.clone(), mean_of(values))).collect()
}

fn values<'a>(queries: impl IntoIterator<Item = &'a QueryScores>, measure: Measure) -> Vec<f64> {
    queries.into_iter().filter_map(|query| query.values.get(&measure).copied()).collect()
}

fn means(values: impl Fn(Measure) -> Vec<f64>) -> Means {
    Measure::ALL
        .into_iter()
        .filter_map(|measure| Some((measure, Mean::of(values(measure))?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::RankedQuery;
    use crate::eval::metrics::Relevant;

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    /// A query whose one relevant document is at `rank`.
    fn query(own: Option<&Language>, rank: Option<usize>) -> QueryScores {
        let relevant = [Relevant { rank, grade: 1, language: None }];
        QueryScores::of(&RankedQuery {
            id: "q",
            language: own,
            group: None,
            relevant: &relevant,
            top: &[],
            pool: None,
        })
    }

    #[test]
    fn micro_counts_queries_and_macro_languages() {
        let (de, en) = (language("de"), language("en"));
        let queries = [
            query(Some(&de), Some(1)),
            query(Some(&de), Some(1)),
            query(Some(&de), Some(2)),
            query(Some(&en), None),
            query(None, Some(4)),
        ];
        let summary = Summary::of(&queries);
        let mean = |means: &Means, measure| means[&measure];
        assert_eq!(summary.queries, 5);
        assert_eq!(mean(&summary.micro, Measure::Mrr), Mean { mean: 2.75 / 5.0, of: 5 });
        let german = 2.5 / 3.0;
        assert_eq!(mean(&summary.languages[&de].means, Measure::Mrr), Mean { mean: german, of: 3 });
        assert_eq!(mean(&summary.by_language, Measure::Mrr), Mean { mean: german / 2.0, of: 2 });
        // The query whose document was not found has no greatest rank.
        assert_eq!(mean(&summary.micro, Measure::MaxRank), Mean { mean: 2.0, of: 4 });
        assert_eq!(mean(&summary.by_language, Measure::MaxRank).of, 1);
        assert!(!summary.micro.contains_key(&Measure::RankDistance));
        assert!(summary.pairs.is_empty() && summary.mono.is_empty());
    }

    #[test]
    fn pairs_are_by_query_and_document_language() {
        let (de, en) = (language("de"), language("en"));
        let at = |rank| [Relevant { rank: Some(rank), grade: 1, language: None }];
        let mut first = query(Some(&de), Some(1));
        first.add_language(&de, &at(1));
        first.add_language(&en, &at(2));
        let mut second = query(Some(&en), Some(1));
        second.add_language(&de, &at(4));
        second.add_language(&en, &[]);
        let summary = Summary::of(&[first, second]);
        assert_eq!(summary.pairs[&de][&en][&Measure::Mrr], Mean { mean: 0.5, of: 1 });
        assert_eq!(summary.pairs[&en].get(&en), None);
        assert_eq!(summary.mono[&Measure::Mrr], Mean { mean: 1.0, of: 1 });
        assert_eq!(summary.cross[&Measure::Mrr], Mean { mean: 0.375, of: 2 });
    }

    #[test]
    fn json_has_the_names_of_the_measures() {
        let json = serde_json::to_value(Summary::of(&[query(None, Some(1))])).expect("JSON");
        assert_eq!(json["micro"]["ndcg_at_10"], serde_json::json!({"mean": 1.0, "of": 1}));
        assert_eq!(json["macro"], serde_json::json!({}));
    }
}
