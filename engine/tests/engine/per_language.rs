//! The best of each language, language by language.

use std::collections::BTreeMap;

use mlsearch::bias::{Correction, Method};
use mlsearch::{Answer, Error, Language, Mode, Query};

use crate::samples::{samples, tag};

const ASKED: &str = "warum tanzen Bienen?";

fn ask(query: Query) -> Answer {
    samples().search(Query { per_language: true, ..query }).expect("answered")
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.id.as_str()).collect()
}

#[test]
fn each_language_has_the_hits_that_a_search_of_it_alone_finds() {
    let answer = ask(Query { k: 3, ..Query::new(ASKED) });
    assert!(answer.query.per_language);
    let languages = answer.by_language();
    assert_eq!(languages.len(), 22);
    assert!(languages.is_sorted_by(|a, b| a.1[0].score >= b.1[0].score));
    for (language, hits) in &languages {
        assert!(hits.iter().map(|hit| hit.rank).eq(1..=3), "{language}");
        let alone = Query { k: 3, targets: vec![(*language).clone()], ..Query::new(ASKED) };
        let alone = samples().search(alone).expect("answered");
        let found = |hits: &[&mlsearch::Hit]| -> Vec<(String, f32)> {
            hits.iter().map(|hit| (hit.id.clone(), hit.score)).collect()
        };
        assert_eq!(found(hits), found(&alone.hits.iter().collect::<Vec<_>>()), "{language}");
    }
    // One after the other, none of them torn apart.
    assert_eq!(answer.hits.chunk_by(|a, b| a.language == b.language).count(), 22);
}

#[test]
fn modes_targets_and_filters_say_which_languages_there_are() {
    let of = |query: Query| -> Vec<String> {
        let answer = ask(query);
        let mut languages: Vec<String> =
            answer.by_language().iter().map(|(language, _)| language.to_string()).collect();
        languages.sort();
        languages
    };
    let query = || Query { k: 1, language: Some(tag("de")), ..Query::new(ASKED) };
    assert_eq!(of(Query { mode: Mode::Monolingual, ..query() }), ["de"]);
    assert_eq!(of(Query { mode: Mode::CrossLingual, ..query() }).len(), 21);
    assert_eq!(of(Query { targets: vec![tag("sw"), tag("am")], ..query() }), ["am", "sw"]);
    let filter = mlsearch::Filter::parse("id in [\"bees-th\", \"bees-el\"]").expect("a filter");
    assert_eq!(of(Query { filter: Some(filter), ..query() }), ["el", "th"]);
    let absent = Query { targets: vec![tag("cy")], per_language: true, ..query() };
    assert!(matches!(samples().search(absent), Err(Error::LanguageNotInIndex { .. })));
}

#[test]
fn corrections_of_scores_keep_the_order_within_languages() {
    let within = |answer: &Answer| -> BTreeMap<Language, Vec<String>> {
        let languages = answer.by_language().into_iter();
        languages
            .map(|(language, hits)| {
                (language.clone(), hits.iter().map(|hit| hit.id.clone()).collect())
            })
            .collect()
    };
    let query = |method| Query { k: 4, correction: Correction::new(method), ..Query::new(ASKED) };
    let plain = ask(query(Method::None));
    for method in [Method::Standardize, Method::Balanced] {
        let corrected = ask(query(method));
        assert_eq!(within(&corrected), within(&plain), "{method}");
        for hit in &corrected.hits {
            let there = plain.hits.iter().find(|other| other.id == hit.id).expect("the same hits");
            assert!((hit.score - there.score).abs() < 1e-6, "{method}: scores are cosines");
        }
    }
    assert_eq!(ids(&ask(query(Method::Balanced))), ids(&plain));
}

#[test]
fn the_report_is_of_the_ranking_that_the_hits_would_make() {
    let answer = ask(Query { k: 2, ..Query::new(ASKED) });
    let report = answer.bias.expect("a report");
    assert!(report.languages.iter().all(|language| language.hits == 2));
    let groups = report.groups.expect("groups");
    // 22 translations lead it one after the other, if all are found.
    assert!(groups.worst_rank.is_some_and(|rank| (22..=44).contains(&rank)), "{groups:?}");
    let all = samples().search(ASKED).expect("answered").bias.expect("a report");
    assert_eq!((report.bias, report.towards), (all.bias, all.towards));
}
