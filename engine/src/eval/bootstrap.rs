//! Is one run better than another, or is it chance? The paired bootstrap over queries.
//!
//! The queries are drawn again and again, with replacement, and each time the mean difference of the
//! two runs on them is taken. How these differences scatter is how far the measured one can be trusted
//! (Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993; for retrieval: Sakai, SIGIR 2006).

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{Measure, QueryScores};
use crate::Language;

/// What a query is worth in two runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<'a> {
    /// The measure in the run of interest.
    pub value: f64,
    /// The measure in the run that it is compared with.
    pub against: f64,
    /// The query's language, if known.
    pub language: Option<&'a Language>,
    /// What queries share that are translations of each other.
    pub group: Option<&'a str>,
}

/// How runs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BootstrapOptions {
    /// What the mean is taken over.
    #[serde(rename = "mean_over")]
    pub mean: MeanOver,
    /// What is drawn.
    pub draw: Draw,
    /// How often the queries are drawn.
    pub resamples: usize,
    /// The same seed gives the same numbers on every machine.
    pub seed: u64,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        Self { mean: MeanOver::Languages, draw: Draw::Groups, resamples: 10_000, seed: 42 }
    }
}

/// Over what a mean is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MeanOver {
    /// Over all queries, each alike (micro).
    Queries,
    /// Over the queries of each language, then over languages, each alike (macro). Queries without
    /// language are left out.
    Languages,
}

/// What is drawn with replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// Queries, from all of them.
    Queries,
    /// Queries, as many of each language as there are: the languages are given, not chance.
    WithinLanguages,
    /// Groups with all their queries, since translations of a query are not independent of each
    /// other. A query without group is one by itself.
    Groups,
}

/// How two runs differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Mean of the run of interest.
    pub value: f64,
    /// Mean of the run that it is compared with.
    pub against: f64,
    /// `value - against`.
    pub difference: f64,
    /// Where the 95 % interval of the difference begins: the 2.5th percentile of those drawn, between
    /// two of them by linear interpolation.
    pub low: f64,
    /// Where it ends: the 97.5th percentile.
    pub high: f64,
    /// Two-sided p: the share of resamples whose difference is as far from the measured one as that
    /// is from 0, `(1 + #{|d* - d| >= |d|}) / (1 + resamples)`. Never 0, and 1 if the runs are alike.
    pub p: f64,
    /// Queries compared.
    pub queries: usize,
    /// How often they were drawn.
    pub resamples: usize,
}

/// Compares two runs in all their measures, each by the queries that have it in both.
pub fn compare_scores(
    run: &[QueryScores],
    against: &[QueryScores],
    options: &BootstrapOptions,
) -> BTreeMap<Measure, Comparison> {
    let others: HashMap<&str, &QueryScores> =
        against.iter().map(|query| (query.id.as_str(), query)).collect();
    let comparison = |measure: Measure| {
        let pairs: Vec<Pair> = run
            .iter()
            .filter_map(|query| {
                Some(Pair {
                    value: *query.values.get(&measure)?,
                    against: *others.get(query.id.as_str())?.values.get(&measure)?,
                    language: query.language.as_ref(),
                    group: query.group.as_deref(),
                })
            })
            .collect();
        Some((measure, compare(&pairs, options)?))
    };
    Measure::ALL.into_iter().filter_map(comparison).collect()
}

/// Compares two runs by what their queries are worth in both. `None` without queries or resamples.
/// Takes time in proportion to queries times resamples, at most.
pub fn compare(pairs: &[Pair], options: &BootstrapOptions) -> Option<Comparison> {
    let known = |pair: &&Pair| options.mean == MeanOver::Queries || pair.language.is_some();
    let pairs: Vec<Pair> = pairs.iter().filter(known).copied().collect();
    if pairs.is_empty() || options.resamples == 0 {
        return None;
    }
    let languages = numbered(pairs.iter().map(|pair| pair.language));
    let strata = match options.mean {
        MeanOver::Queries => vec![0; pairs.len()],
        MeanOver::Languages => languages.clone(),
    };
    let mean = |of: fn(&Pair) -> f64| {
        let mut tally = Tally::new(&strata);
        pairs.iter().zip(&strata).for_each(|(pair, stratum)| tally.add(*stratum, of(pair), 1.0));
        tally.mean()
    };
    let (value, against) = (mean(|pair| pair.value), mean(|pair| pair.against));
    let difference = mean(|pair| pair.value - pair.against);

    let blocks = blocks(&pairs, &strata, &languages, options.draw);
    let mut random = Random(options.seed);
    let mut tally = Tally::new(&strata);
    let mut drawn: Vec<f64> = (0..options.resamples)
        .map(|_| {
            tally.clear();
            for block in &blocks {
                for _ in 0..block.len() {
                    for part in &block[random.below(block.len())] {
                        tally.add(part.stratum, part.sum, part.queries);
                    }
                }
            }
            tally.mean()
        })
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    // Sums in another order differ in their last digits, which must not decide.
    let far = difference.abs() - 1e-12;
    let farther = drawn.iter().filter(|other| (**other - difference).abs() >= far).count();
    Some(Comparison {
        value,
        against,
        difference,
        low: quantile(&drawn, 0.025),
        high: quantile(&drawn, 0.975),
        p: (1 + farther) as f64 / (1 + options.resamples) as f64,
        queries: pairs.len(),
        resamples: options.resamples,
    })
}

/// What a drawn unit adds to a stratum.
struct Part {
    stratum: usize,
    sum: f64,
    queries: f64,
}

/// The units that are drawn, in blocks of which each is drawn as often as it has units.
fn blocks(
    pairs: &[Pair],
    strata: &[usize],
    languages: &[usize],
    draw: Draw,
) -> Vec<Vec<Vec<Part>>> {
    let part = |at: usize| Part {
        stratum: strata[at],
        sum: pairs[at].value - pairs[at].against,
        queries: 1.0,
    };
    match draw {
        Draw::Queries => vec![(0..pairs.len()).map(|at| vec![part(at)]).collect()],
        Draw::WithinLanguages => {
            let mut blocks: BTreeMap<usize, Vec<Vec<Part>>> = BTreeMap::new();
            for (at, language) in languages.iter().enumerate() {
                blocks.entry(*language).or_default().push(vec![part(at)]);
            }
            blocks.into_values().collect()
        }
        Draw::Groups => {
            let mut places: HashMap<&str, usize> = HashMap::new();
            let mut units: Vec<Vec<Part>> = Vec::new();
            for (at, pair) in pairs.iter().enumerate() {
                let next = units.len();
                let place = pair.group.map_or(next, |group| *places.entry(group).or_insert(next));
                if place == next {
                    units.push(Vec::new());
                }
                let (unit, part) = (&mut units[place], part(at));
                match unit.iter_mut().find(|other| other.stratum == part.stratum) {
                    Some(other) => {
                        other.sum += part.sum;
                        other.queries += 1.0;
                    }
                    None => unit.push(part),
                }
            }
            vec![units]
        }
    }
}

/// Sums of the strata, whose means are averaged.
struct Tally(Vec<(f64, f64)>);

impl Tally {
    fn new(strata: &[usize]) -> Self {
        Self(vec![(0.0, 0.0); strata.iter().max().map_or(0, |last| last + 1)])
    }

    fn clear(&mut self) {
        self.0.fill((0.0, 0.0));
    }

    fn add(&mut self, stratum: usize, sum: f64, queries: f64) {
        let tally = &mut self.0[stratum];
        tally.0 += sum;
        tally.1 += queries;
    }

    /// A stratum that was not drawn has no say.
    fn mean(&self) -> f64 {
        let present = || self.0.iter().filter(|(_, queries)| *queries > 0.0);
        present().map(|(sum, queries)| sum / queries).sum::<f64>() / present().count() as f64
    }
}

/// Each value as a number from 0 on, in the order in which they first appear.
fn numbered<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<usize> {
    let mut numbers = HashMap::new();
    values
        .map(|value| {
            let next = numbers.len();
            *numbers.entry(value).or_insert(next)
        })
        .collect()
}

/// The value below which the share `q` of the sorted values is.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + (above - below) * place.fract()
}

/// Numbers that look random (SplitMix64, G. L. Steele et al., 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * limit as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(value: f64, against: f64) -> Pair<'static> {
        Pair { value, against, language: None, group: None }
    }

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    const QUERIES: BootstrapOptions =
        BootstrapOptions { mean: MeanOver::Queries, draw: Draw::Queries, resamples: 4000, seed: 1 };

    #[test]
    fn runs_that_are_alike_do_not_differ() {
        let pairs = [pair(0.25, 0.25), pair(0.5, 0.5)];
        let found = compare(&pairs, &QUERIES).expect("queries");
        assert_eq!((found.difference, found.low, found.high, found.p), (0.0, 0.0, 0.0, 1.0));
        assert_eq!((found.value, found.queries), (0.375, 2));
    }

    #[test]
    fn a_difference_that_never_varies_is_certain() {
        let pairs: Vec<Pair> = (0..10).map(|at| pair(f64::from(at) + 1.0, f64::from(at))).collect();
        let found = compare(&pairs, &QUERIES).expect("queries");
        assert_eq!((found.low, found.high), (1.0, 1.0));
        assert_eq!(found.p, 1.0 / 4001.0);
    }

    #[test]
    fn the_interval_is_that_of_the_binomial_distribution() {
        // Half of the 400 differences are 1: the mean has the deviation 0.5 / 20.
        let pairs: Vec<Pair> = (0..400).map(|at| pair(f64::from(at % 2), 0.0)).collect();
        let found = compare(&pairs, &QUERIES).expect("queries");
        assert_eq!(found.difference, 0.5);
        assert!((found.low - (0.5 - 1.96 * 0.025)).abs() < 0.005, "{found:?}");
        assert!((found.high - (0.5 + 1.96 * 0.025)).abs() < 0.005, "{found:?}");
        assert_eq!(found, compare(&pairs, &QUERIES).expect("queries"), "the same at every run");
        let other = compare(&pairs, &BootstrapOptions { seed: 2, ..QUERIES }).expect("queries");
        assert_eq!(found.difference, other.difference);
    }

    #[test]
    fn the_other_way_round_is_the_same_with_another_sign() {
        let pairs: Vec<Pair> =
            (0..50).map(|at| pair(f64::from(at * 7 % 11), f64::from(at * 5 % 13))).collect();
        let turned: Vec<Pair> = pairs.iter().map(|p| pair(p.against, p.value)).collect();
        let (one, other) = (compare(&pairs, &QUERIES), compare(&turned, &QUERIES));
        let (one, other) = (one.expect("queries"), other.expect("queries"));
        assert!((one.low + other.high).abs() < 1e-9 && (one.high + other.low).abs() < 1e-9);
        assert_eq!(one.p, other.p);
    }

    #[test]
    fn languages_count_alike_in_the_macro_mean() {
        let (de, en) = (language("de"), language("en"));
        let of =
            |value, language| Pair { value, against: 0.0, language: Some(language), group: None };
        let mut pairs = vec![of(1.0, &de); 30];
        pairs.extend(vec![of(0.0, &en); 10]);
        let options =
            BootstrapOptions { mean: MeanOver::Languages, draw: Draw::WithinLanguages, ..QUERIES };
        let found = compare(&pairs, &options).expect("queries");
        assert_eq!(
            (found.difference, found.low, found.high),
            (0.5, 0.5, 0.5),
            "within a language nothing varies"
        );
        let micro = compare(&pairs, &QUERIES).expect("queries");
        assert_eq!(micro.difference, 0.75);
        assert!(micro.low < 0.7, "without strata the share of each language varies");
    }

    #[test]
    fn translations_are_drawn_together() {
        let tags = ["de", "en", "fr", "zh"].map(language);
        let names: Vec<String> = (0..100).map(|group| format!("g{group}")).collect();
        // The queries of a group are all alike: there are 100 of them, and not 400.
        let pairs: Vec<Pair> = (0..400)
            .map(|at| Pair {
                value: f64::from((at / 4) as u32 % 2),
                against: 0.0,
                language: Some(&tags[at % 4]),
                group: Some(&names[at / 4]),
            })
            .collect();
        let with = |draw| {
            let options = BootstrapOptions { mean: MeanOver::Languages, draw, ..QUERIES };
            let found = compare(&pairs, &options).expect("queries");
            found.high - found.low
        };
        let ratio = with(Draw::Groups) / with(Draw::WithinLanguages);
        assert!((ratio - 2.0).abs() < 0.2, "{ratio}");
    }

    #[test]
    fn queries_without_language_are_not_in_the_macro_mean() {
        let de = language("de");
        let with = Pair { language: Some(&de), ..pair(1.0, 0.0) };
        let options = BootstrapOptions { mean: MeanOver::Languages, ..QUERIES };
        let found = compare(&[with, pair(0.0, 0.0)], &options).expect("a query");
        assert_eq!((found.difference, found.queries), (1.0, 1));
        assert_eq!(compare(&[pair(0.0, 0.0)], &options), None);
    }

    #[test]
    fn nothing_to_compare_is_none() {
        assert_eq!(compare(&[], &QUERIES), None);
        assert_eq!(compare(&[pair(1.0, 0.0)], &BootstrapOptions { resamples: 0, ..QUERIES }), None);
        assert!(
            compare(&[pair(1.0, 0.0)], &BootstrapOptions { resamples: 1, ..QUERIES }).is_some()
        );
    }

    #[test]
    fn quantiles_are_interpolated() {
        let sorted = [0.0, 1.0, 2.0, 4.0];
        assert_eq!((quantile(&sorted, 0.5), quantile(&sorted, 1.0)), (1.5, 4.0));
    }
}
