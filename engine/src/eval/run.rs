//! Measuring a run: rankings that any system has written.

use std::collections::HashMap;

use super::metrics::Relevant;
use super::scores::{CUT_OFF, QueryScores, RankedQuery, correlate};
use super::trec::{Qrels, Run};
use super::{Catalog, Pool};
use crate::Language;

/// The measures of a run's queries.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunScores {
    /// The queries to which something is relevant, in the order of their ids.
    pub queries: Vec<QueryScores>,
    /// How many of them are not in the run; they have found nothing.
    pub missing: usize,
    /// Queries with judgements, none of which is of something relevant. They are left out.
    pub without_relevant: usize,
    /// Queries of the run without judgements. They are left out.
    pub unjudged: usize,
}

/// Measures a run against judgements; `documents` and `queries` tell which languages they are in.
///
/// Measures without cut-off see as much of the ranking as the run has, and so does the ranking of
/// the documents in one language: a run should have a few hundred documents a query. Those that need
/// the ranks of all relevant documents, such as rank distance, are of the queries that found them all.
/// The pool is `documents`. Exposure is of the documents whose language is known.
pub fn score_run(run: &Run, qrels: &Qrels, documents: &Catalog, queries: &Catalog) -> RunScores {
    let pool = Some(documents.pool()).filter(|pool| pool.documents > 0);
    let relevant = |grades: &HashMap<String, u32>| grades.values().any(|grade| *grade > 0);
    let judged: Vec<_> = qrels.iter().filter(|(_, grades)| relevant(grades)).collect();
    let ranking_of = |id: &str| run.get(id).map_or(&[][..], Vec::as_slice);

    let mut scores: Vec<QueryScores> = judged
        .iter()
        .map(|(id, grades)| {
            let query = Judged { ranking: ranking_of(id), grades, documents };
            query.scores(id, queries, pool.as_ref())
        })
        .collect();
    let tops: Vec<Vec<&str>> = judged
        .iter()
        .map(|(id, _)| ranking_of(id).iter().take(CUT_OFF).map(String::as_str).collect())
        .collect();
    correlate(&mut scores, &tops);
    RunScores {
        missing: judged.iter().filter(|(id, _)| !run.contains_key(*id)).count(),
        without_relevant: qrels.len() - judged.len(),
        unjudged: run.keys().filter(|id| !qrels.contains_key(*id)).count(),
        queries: scores,
    }
}

/// A query's ranking and what is known of it.
struct Judged<'a> {
    ranking: &'a [String],
    grades: &'a HashMap<String, u32>,
    documents: &'a Catalog,
}

impl Judged<'_> {
    fn scores(&self, id: &str, queries: &Catalog, pool: Option<&Pool>) -> QueryScores {
        let ranks: HashMap<&str, usize> =
            self.ranking.iter().map(String::as_str).zip(1..).collect();
        let relevant: Vec<Relevant> = self
            .grades
            .iter()
            .filter(|(_, grade)| **grade > 0)
            .map(|(id, grade)| Relevant {
                rank: ranks.get(id.as_str()).copied(),
                grade: *grade,
                language: self.documents.language(id),
            })
            .collect();
        let languages = || self.ranking.iter().map(|id| self.documents.language(id));
        let top: Vec<Option<&Language>> = languages().take(CUT_OFF).collect();
        let entry = queries.get(id);
        let mut scores = QueryScores::of(&RankedQuery {
            id,
            language: entry.and_then(|entry| entry.language.as_ref()),
            group: entry.and_then(|entry| entry.group.as_deref()),
            relevant: &relevant,
            top: &top,
            pool,
        });
        if scores.language.is_some() {
            // The rank that each document has among those of its language.
            let mut counts: HashMap<&Language, usize> = HashMap::new();
            let own_ranks: Vec<usize> = languages()
                .map(|language| {
                    language.map_or(0, |language| {
                        let count = counts.entry(language).or_default();
                        *count += 1;
                        *count
                    })
                })
                .collect();
            let mut by_language: HashMap<&Language, Vec<Relevant>> = HashMap::new();
            for document in &relevant {
                if let Some(language) = document.language {
                    let rank = document.rank.map(|rank| own_ranks[rank - 1]);
                    by_language.entry(language).or_default().push(Relevant { rank, ..*document });
                }
            }
            for (language, relevant) in &by_language {
                scores.add_language(language, relevant);
            }
        }
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Mean, Measure, Summary};

    fn catalog(lines: &[(&str, &str, &str)]) -> Catalog {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let lines: Vec<String> = lines
            .iter()
            .map(|(id, lang, group)| {
                serde_json::json!({"_id": id, "lang": lang, "group": group}).to_string()
            })
            .collect();
        std::fs::write(file.path(), lines.join("\n")).expect("written");
        Catalog::read(file.path()).expect("read")
    }

    fn run(of: &[(&str, &[&str])]) -> Run {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        of.iter().map(|(query, documents)| ((*query).to_owned(), ids(documents))).collect()
    }

    fn qrels(of: &[(&str, &[(&str, u32)])]) -> Qrels {
        let grades = |of: &[(&str, u32)]| of.iter().map(|(id, g)| ((*id).to_owned(), *g)).collect();
        of.iter().map(|(query, documents)| ((*query).to_owned(), grades(documents))).collect()
    }

    #[test]
    fn a_run_of_two_languages_has_the_figures_computed_by_hand() {
        let documents = catalog(&[
            ("de1", "de", "1"),
            ("de2", "de", "2"),
            ("en1", "en", "1"),
            ("en2", "en", "2"),
        ]);
        let queries = catalog(&[("qde", "de", "g"), ("qen", "en", "g")]);
        let run = run(&[
            ("qde", &["de2", "de1", "en2", "en1"]),
            ("qen", &["en1", "de1", "x"]),
            ("odd", &["x"]),
        ]);
        let relevant: &[(&str, u32)] = &[("de1", 1), ("en1", 1), ("x", 0)];
        let qrels = qrels(&[("qde", relevant), ("qen", relevant), ("none", &[("de1", 0)])]);
        let scores = score_run(&run, &qrels, &documents, &queries);
        assert_eq!((scores.missing, scores.without_relevant, scores.unjudged), (0, 1, 1));
        let summary = Summary::of(&scores.queries);
        let micro = |measure| summary.micro[&measure];
        assert_eq!(micro(Measure::Map), Mean { mean: (0.5 + 1.0) / 2.0, of: 2 });
        assert_eq!(micro(Measure::RankDistance), Mean { mean: 1.5, of: 2 });
        assert_eq!(micro(Measure::RankDistanceShare).mean, 1.5 / 4.0);
        assert_eq!(micro(Measure::TlrAt10).mean, 1.0);
        assert_eq!(micro(Measure::OwnShareAt10).mean, 0.5);
        assert_eq!(micro(Measure::OwnLiftAt10).mean, 1.0);
        assert_eq!(summary.mono[&Measure::Mrr].mean, (0.5 + 1.0) / 2.0);
        assert_eq!(summary.cross[&Measure::Mrr].mean, (0.5 + 1.0) / 2.0);
        assert!(summary.micro.contains_key(&Measure::MrcAt10));
    }

    #[test]
    fn a_query_that_the_run_lacks_has_found_nothing() {
        let qrels = qrels(&[("a", &[("d", 1)]), ("b", &[("d", 2)])]);
        let empty = Catalog::default();
        let scores = score_run(&run(&[("b", &["d"])]), &qrels, &empty, &empty);
        assert_eq!(scores.missing, 1);
        let summary = Summary::of(&scores.queries);
        assert_eq!(summary.micro[&Measure::Map], Mean { mean: 0.5, of: 2 });
        assert!(summary.by_language.is_empty());
    }
}
