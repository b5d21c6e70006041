//! Reports and corrections of pools whose bias is known, because it was put there.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlsearch_index::{
    Index, IndexConfig, Key, Label, Metric, Neighbor, SearchParams, SearchRequest, Snapshot,
};
use tempfile::TempDir;

use super::{
    BiasReport, Correction, Method, Offsets, Profiles, Ranked, Scope, Strength, Uncertainty,
    correct, report,
};
use crate::{Detection, Language};

const DIMENSION: usize = 40;
const TAGS: [&str; 8] = ["de", "en", "hi", "sw", "th", "tr", "yo", "zh"];
const FAVOURED: u16 = 4;
/// What queries have along the first axis, which no subject has.
const QUERY_PART: f32 = 0.5;

/// Numbers that repeat for a seed.
struct Numbers(u64);

impl Numbers {
    /// About normal, of deviation 1.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }

    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1 << 24) as f32
    }

    /// A unit vector: `part` along the first axis, the rest anywhere.
    fn vector(&mut self, part: f32) -> Vec<f32> {
        let rest: Vec<f32> = (1..DIMENSION).map(|_| self.normal()).collect();
        let length = rest.iter().map(|x| x * x).sum::<f32>().sqrt();
        let scale = (1.0 - part * part).sqrt() / length;
        std::iter::once(part).chain(rest.into_iter().map(|x| x * scale)).collect()
    }
}

struct Pool {
    _folder: TempDir,
    snapshot: Arc<Snapshot>,
    profiles: Profiles,
    numbers: Numbers,
}

impl Pool {
    /// So many documents a language; those of one have `part` along the axis of the queries.
    fn new(documents: u64, part: f32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = IndexConfig::new(DIMENSION, Metric::Cosine);
        let index = Index::create(folder.path().join("index"), config).expect("created");
        let mut writer = index.writer().expect("a writer");
        let mut numbers = Numbers(11);
        for label in 0..TAGS.len() as u16 {
            for at in 0..documents {
                let part = if label == FAVOURED { part } else { 0.0 };
                let key = Key(u64::from(label) * documents + at);
                writer.upsert(key, Label(label), &numbers.vector(part), b"").expect("added");
            }
        }
        let snapshot = writer.commit().expect("committed");
        let present: Vec<(Label, Language)> = TAGS
            .iter()
            .zip(0..)
            .map(|(tag, label)| (Label(label), Language::parse(tag).expect("a tag")))
            .collect();
        let profiles = Profiles::of(&snapshot, &present).expect("read");
        Self { _folder: folder, snapshot, profiles, numbers }
    }

    fn query(&mut self) -> Vec<f32> {
        self.numbers.vector(QUERY_PART)
    }

    fn offsets(&self, query: &[f32]) -> Offsets {
        Offsets::of(query, &self.profiles, |_| true)
    }

    fn search(&self, query: &[f32], correction: Correction) -> Vec<Neighbor> {
        let corrected = correct(query, correction, &self.offsets(query), &self.profiles, None);
        let request = SearchRequest {
            params: SearchParams { exact: true, ..SearchParams::default() },
            adjustments: corrected.adjustments.as_ref(),
            ..SearchRequest::new(corrected.vector.as_deref().unwrap_or(query))
        };
        self.snapshot.search(&request).expect("searched")
    }

    fn report(&self, query: &[f32]) -> BiasReport {
        let offsets = self.offsets(query);
        let found = self.search(query, Correction::default());
        let ranking: Vec<Ranked> =
            found.iter().map(|found| Ranked { label: found.label, group: None }).collect();
        let pool: BTreeMap<Label, u64> = self.snapshot.labels();
        let detected = Detection::single(Language::parse("de").expect("a tag"));
        let scope = Scope {
            offsets: &offsets,
            profiles: &self.profiles,
            pool: &pool,
            detected: &detected,
            group_sizes: &BTreeMap::new(),
        };
        report(scope, &ranking)
    }
}

#[test]
fn a_planted_bias_is_found_in_language_and_size() {
    for part in [0.2, 0.4, 0.7] {
        let mut pool = Pool::new(1_500, part);
        let planted = f64::from(part * QUERY_PART);
        for _ in 0..20 {
            let query = pool.query();
            let found = pool.report(&query);
            assert_eq!(found.towards.as_ref().map(Language::as_str), Some(TAGS[FAVOURED as usize]));
            assert!((found.lead - planted).abs() <= 0.1 * planted, "{} for {planted}", found.lead);
            assert_ne!(found.strength, Strength::Neutral);
            assert!(found.uncertainty.is_none());
        }
    }
}

#[test]
fn a_fair_pool_is_called_neutral() {
    for documents in [20, 200] {
        let mut pool = Pool::new(documents, 0.0);
        let rounds = 400;
        let neutral = (0..rounds)
            .filter(|_| {
                let query = pool.query();
                let found = pool.report(&query);
                assert_eq!(found.towards.is_none(), found.strength == Strength::Neutral);
                found.strength == Strength::Neutral
            })
            .count();
        assert!(neutral * 100 >= rounds * 95, "{neutral} of {rounds} with {documents} documents");
    }
}

#[test]
fn corrections_take_a_planted_bias_back() {
    let mut pool = Pool::new(400, 0.6);
    let share = |found: &[Neighbor]| {
        found.iter().filter(|found| found.label == Label(FAVOURED)).count() as f64
    };
    let rounds = 40;
    let mut hits: BTreeMap<&str, f64> = BTreeMap::new();
    for _ in 0..rounds {
        let query = pool.query();
        for method in Method::ALL {
            if method != Method::Balanced {
                let found = pool.search(&query, Correction::new(method));
                *hits.entry(method.name()).or_default() += share(&found) / f64::from(rounds);
            }
        }
    }
    // Ten hits of eight languages: a little more than one is neutral.
    assert!(hits["none"] > 8.0, "{hits:?}");
    for method in ["center", "standardize", "lsar"] {
        assert!(hits[method] < 2.5, "{hits:?}");
    }
    // What is planted leaves less of these documents for what they say: their scores spread less,
    // and only counting in deviations makes up for that.
    assert!(hits["standardize"] > 0.6, "{hits:?}");
}

#[test]
fn half_a_correction_is_between_none_and_all() {
    let mut pool = Pool::new(400, 0.6);
    let query = pool.query();
    let count = |strength| {
        let found = pool.search(&query, Correction { method: Method::Center, strength });
        found.iter().filter(|found| found.label == Label(FAVOURED)).count()
    };
    assert!(count(0.0) >= count(0.5) && count(0.5) >= count(1.0));
    assert!(count(0.0) > count(1.0));
}

#[test]
fn what_cannot_be_told_is_said() {
    let few = Pool::new(2, 0.0).report(&Numbers(3).vector(QUERY_PART));
    assert_eq!(few.uncertainty, Some(Uncertainty::FewDocuments));

    let pool = Pool::new(50, 0.3);
    let query = Numbers(3).vector(QUERY_PART);
    let offsets = Offsets::of(&query, &pool.profiles, |label| label == Label(FAVOURED));
    let counts = BTreeMap::from([(Label(FAVOURED), 50)]);
    let detected = Detection::single(Language::parse("th").expect("a tag"));
    let (offsets, profiles) = (&offsets, &pool.profiles);
    let group_sizes = &BTreeMap::new();
    let scope = Scope { offsets, profiles, pool: &counts, detected: &detected, group_sizes };
    let one = report(scope, &[Ranked { label: Label(FAVOURED), group: None }]);
    assert_eq!(
        (one.bias, one.towards, one.uncertainty),
        (0.0, None, Some(Uncertainty::OneLanguage))
    );
    assert_eq!(one.query_language_lift, Some(1.0));
}

#[test]
fn exposure_is_held_against_the_pool() {
    let pool = Pool::new(50, 0.0);
    let query = Numbers(3).vector(QUERY_PART);
    let offsets = pool.offsets(&query);
    let counts = pool.snapshot.labels();
    let detected = Detection::single(Language::parse("de").expect("a tag"));
    let scope = Scope {
        offsets: &offsets,
        profiles: &pool.profiles,
        pool: &counts,
        detected: &detected,
        group_sizes: &BTreeMap::from([("a", 6), ("b", 1)]),
    };
    let hit = |label, group| Ranked { label: Label(label), group };
    let found = report(
        scope,
        &[hit(0, Some("a")), hit(0, None), hit(3, Some("a")), hit(1, Some("b")), hit(5, Some("a"))],
    );
    let german = &found.languages[0];
    assert_eq!((german.language.as_str(), german.hits, german.documents), ("de", 2, 50));
    assert_eq!((german.exposure, german.pool_share), (0.4, 0.125));
    assert!((found.query_language_lift.expect("German documents") - 3.2).abs() < 1e-9);
    let groups = found.groups.expect("groups");
    assert_eq!((groups.groups, groups.repeated), (2, 1));
    assert_eq!((groups.rank_distance, groups.worst_rank), (Some(4.0), Some(5)));
    assert_eq!((groups.completeness, groups.complete), (Some(0.75), Some(1)));
}
