//! Reports and corrections of real answers.

use std::collections::{BTreeMap, BTreeSet};

use mlsearch::bias::{Correction, Method};
use mlsearch::{Answer, BiasDetail, Error, Filter, Mode, Query};

use crate::samples::samples;

const ASKED: &str = "warum tanzen Bienen?";

fn ask(method: Method, bias: BiasDetail) -> Answer {
    let correction = Correction::new(method);
    samples().search(Query { correction, bias, ..Query::new(ASKED) }).expect("answered")
}

fn ids(answer: &Answer) -> Vec<String> {
    answer.hits.iter().map(|hit| hit.id.clone()).collect()
}

#[test]
fn nothing_is_corrected_unless_it_is_asked_for() {
    let answer = samples().search(ASKED).expect("answered");
    assert!(answer.correction.is_none());
    assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
    let report = answer.bias.expect("a report is the default");
    assert!(report.counterfactual.is_none());
    let off = ask(Method::None, BiasDetail::Off);
    assert!(off.bias.is_none() && off.hits.iter().all(|hit| hit.bias.is_none()));
    assert_eq!(ids(&off).len(), 10);
}

#[test]
fn shares_add_up_and_hits_carry_their_offsets() {
    let answer = ask(Method::None, BiasDetail::Report);
    let report = answer.bias.as_ref().expect("a report");
    let sum =
        |of: fn(&mlsearch::bias::LanguageBias) -> f64| report.languages.iter().map(of).sum::<f64>();
    assert_eq!(report.languages.len(), 22);
    assert!((sum(|of| of.pool_share) - 1.0).abs() < 1e-9);
    assert!((sum(|of| of.exposure) - 1.0).abs() < 1e-9);
    assert!((sum(|of| of.discounted_exposure) - 1.0).abs() < 1e-9);
    assert!(sum(|of| of.offset).abs() < 1e-6);
    assert!((0.0..=1.0).contains(&report.bias) && (0.0..=1.0).contains(&report.divergence));
    for hit in &answer.hits {
        let owed = hit.bias.expect("each hit says");
        let of = report.languages.iter().find(|of| of.language == hit.language).expect("listed");
        assert!((f64::from(owed.offset) - of.offset).abs() < 1e-6);
        assert!((owed.corrected_score - (hit.score - owed.offset)).abs() < 1e-6);
    }
}

#[test]
fn completeness_is_of_the_documents_that_were_searched() {
    let found = |query: Query| {
        let answer = samples().search(query).expect("answered");
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let groups = answer.hits.iter().map(|hit| hit.group.clone().expect("samples have groups"));
        groups.for_each(|group| *found.entry(group).or_default() += 1);
        (found, answer.bias.and_then(|bias| bias.groups).expect("a report with groups"))
    };
    // Every passage is there in 22 languages.
    let (ranks, groups) = found(Query { k: 30, ..Query::new(ASKED) });
    let share: f64 = ranks.values().map(|found| *found as f64 / 22.0).sum();
    let expected = share / ranks.len() as f64;
    assert!((groups.completeness.expect("kept by group") - expected).abs() < 1e-9, "{groups:?}");
    assert_eq!(groups.complete, Some(ranks.values().filter(|found| **found == 22).count()));
    // Of those of one language there is one each.
    let (_, groups) = found(Query { mode: Mode::Monolingual, ..Query::new(ASKED) });
    assert_eq!((groups.completeness, groups.complete), (Some(1.0), Some(groups.groups)));
    // A filter narrows what is searched.
    let filter = Some(Filter::parse("language in ['de', 'en']").expect("a filter"));
    let (ranks, groups) = found(Query { filter, k: 5, ..Query::new(ASKED) });
    let share: f64 = ranks.values().map(|found| *found as f64 / 2.0).sum();
    let expected = share / ranks.len() as f64;
    assert!((groups.completeness.expect("kept by group") - expected).abs() < 1e-9, "{groups:?}");
}

#[test]
fn the_counterfactual_is_the_answer_that_the_correction_gives() {
    let plain = ask(Method::None, BiasDetail::Counterfactual);
    let corrected = ask(Method::Center, BiasDetail::Counterfactual);
    let there = plain.bias.as_ref().and_then(|bias| bias.counterfactual.as_ref()).expect("asked");
    let back =
        corrected.bias.as_ref().and_then(|bias| bias.counterfactual.as_ref()).expect("asked");
    assert_eq!((there.correction.method, back.correction.method), (Method::Center, Method::None));
    let missing = |from: &[String], ids: &[String]| -> Vec<String> {
        ids.iter().filter(|id| !from.contains(id)).cloned().collect()
    };
    let (before, after) = (ids(&plain), ids(&corrected));
    assert_eq!(
        (&there.entered, &there.left),
        (&missing(&before, &after), &missing(&after, &before))
    );
    assert_eq!((&back.entered, &back.left), (&there.left, &there.entered));
    for hit in &corrected.hits {
        let other = hit.bias.expect("each hit says").other_rank;
        assert_eq!(other, before.iter().position(|id| *id == hit.id).map(|at| at + 1));
    }
}

#[test]
fn corrected_answers_are_in_the_order_of_corrected_scores() {
    for method in [Method::Center, Method::Standardize, Method::Lsar] {
        let answer = ask(method, BiasDetail::Report);
        assert_eq!(answer.correction.method, method);
        let score = |hit: &mlsearch::Hit| hit.bias.expect("each hit says").corrected_score;
        assert!(answer.hits.is_sorted_by(|a, b| score(a) >= score(b)), "{method}");
        // What asks for bees finds bees, whatever is corrected.
        assert_eq!(answer.hits[0].group.as_deref(), Some("bees"), "{method}");
    }
    let balanced = ask(Method::Balanced, BiasDetail::Report);
    let languages: BTreeSet<_> = balanced.hits.iter().map(|hit| &hit.language).collect();
    assert_eq!(languages.len(), balanced.hits.len());
}

#[test]
fn a_strength_beyond_all_is_refused() {
    let correction = Correction { method: Method::Center, strength: 1.5 };
    let refused = samples().search(Query { correction, ..Query::new(ASKED) }).unwrap_err();
    assert!(matches!(refused, Error::InvalidStrength { .. }), "{refused}");
}

#[test]
fn every_language_has_a_ranking_of_its_own_if_that_is_asked_for() {
    let ask = |correction| {
        let query = Query { k: 2, per_language: true, correction, ..Query::new(ASKED) };
        samples().search(query).expect("answered")
    };
    let answer = ask(Correction::default());
    let languages: Vec<&str> = answer.hits.chunks(2).map(|two| two[0].language.as_str()).collect();
    assert_eq!(languages.iter().collect::<BTreeSet<_>>().len(), 22);
    for two in answer.hits.chunks(2) {
        assert_eq!((two[0].rank, two[1].rank), (1, 2));
        assert_eq!(two[0].language, two[1].language);
        assert!(two[0].score >= two[1].score);
    }
    assert!(answer.hits.chunks(2).is_sorted_by(|a, b| a[0].score >= b[0].score));
    assert!(answer.bias.as_ref().is_some_and(|bias| bias.counterfactual.is_none()));
    // A correction may change which language comes first, not the order within one.
    let mut plain = ids(&answer);
    let mut corrected = ids(&ask(Correction::new(Method::Standardize)));
    plain.sort();
    corrected.sort();
    assert_eq!(plain, corrected);
}
