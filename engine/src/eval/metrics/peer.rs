//! PEER: do relevant documents rank alike whatever their language?

use std::collections::BTreeMap;

use statrs::function::gamma::checked_gamma_ur;

use super::Relevant;
use crate::Language;

/// PEER@k, the probability of equal expected rank (Yang et al., SIGIR 2024, arXiv 2405.00978):
/// whether relevant documents of one grade stand alike in the first `k`, whatever their language;
/// 0 to 1, greater is fairer.
///
/// For the `N` documents of a grade with ranks `r_i`, of which `n_l` are in the language `l`, it is
/// the p-value of the Kruskal-Wallis test
/// `H = (N - 1) * sum_l n_l (mean_l r - mean r)^2 / sum_i (r_i - mean r)^2` by the chi-square
/// distribution with as many degrees of freedom as there are languages, less one. The result is
/// the mean over the grades that the query has, each weighted by `weight`, of which grades that
/// get 0 or less are left out.
///
/// - Relevant documents that are not among the first `k` tie on the places behind: `u` of them have
///   the rank `k + (u + 1) / 2`, the mean of `k + 1` to `k + u`. Give a `k` that the ranking reaches.
/// - A grade whose documents are in one language only, or of which none is found, has the value 1,
///   as published: no language is behind another.
/// - With one document a language, all found, `H` is `N - 1` in whatever order, and the value says
///   nothing.
/// - Documents whose language is not known are left out. `None` if no others are relevant.
///
/// The authors' program, `peer_measure`, gives the same where all relevant documents are found.
/// Where some are not, it ties them behind rank `N`, which may be before documents that were found,
/// and so gives something else. It can weigh documents that are not relevant as well.
pub fn peer(relevant: &[Relevant], k: usize, weight: impl Fn(u32) -> f64) -> Option<f64> {
    let mut grades: BTreeMap<u32, Vec<(&Language, Option<usize>)>> = BTreeMap::new();
    for document in relevant.iter().filter(|document| document.grade > 0) {
        if let Some(language) = document.language {
            let rank = document.rank.filter(|_| document.is_within(k));
            grades.entry(document.grade).or_default().push((language, rank));
        }
    }
    let (mut sum, mut weights) = (0.0, 0.0);
    for (grade, documents) in &grades {
        let weight = weight(*grade);
        if weight > 0.0 {
            sum += weight * equal_rank_probability(documents, k);
            weights += weight;
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

/// The p-value of one grade, whose documents are given by language and rank.
fn equal_rank_probability(documents: &[(&Language, Option<usize>)], k: usize) -> f64 {
    let missing = documents.iter().filter(|(_, rank)| rank.is_none()).count();
    if missing == documents.len() {
        return 1.0;
    }
    let behind = k as f64 + (missing as f64 + 1.0) / 2.0;
    let ranks =
        || documents.iter().map(|(language, rank)| (*language, rank.map_or(behind, |r| r as f64)));
    let number = documents.len() as f64;
    let mean = ranks().map(|(_, rank)| rank).sum::<f64>() / number;
    let mut languages: BTreeMap<&Language, (f64, f64)> = BTreeMap::new();
    for (language, rank) in ranks() {
        let (sum, count) = languages.entry(language).or_default();
        *sum += rank - mean;
        *count += 1.0;
    }
    if languages.len() < 2 {
        return 1.0;
    }
    let between: f64 = languages.values().map(|(sum, count)| sum * sum / count).sum();
    let all: f64 = ranks().map(|(_, rank)| (rank - mean).powi(2)).sum();
    let statistic = (number - 1.0) * between / all;
    chi_square_above(statistic, languages.len() - 1)
}

/// The probability that a chi-square distributed value is above `statistic`.
fn chi_square_above(statistic: f64, degrees: usize) -> f64 {
    if statistic <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(degrees as f64 / 2.0, statistic / 2.0)
        .expect("both are positive and finite: the ranks differ, so their deviations are above 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    /// Relevant documents, given by language and rank, all of grade 1.
    fn peer_of(documents: &[(&str, Option<usize>)], k: usize) -> Option<f64> {
        let languages: Vec<Language> =
            documents.iter().map(|(tag, _)| Language::parse(tag).expect("a tag")).collect();
        let documents = documents.iter().zip(&languages);
        let relevant: Vec<Relevant> = documents
            .map(|((_, rank), language)| Relevant {
                rank: *rank,
                grade: 1,
                language: Some(language),
            })
            .collect();
        peer(&relevant, k, |_| 1.0)
    }

    #[test]
    fn two_languages_have_the_value_computed_by_hand() {
        // Ranks 1, 2 and 3, 4: mean 2.5, deviations of the means 1, H = 3 * 4 / 5, erfc(sqrt(H/2)).
        let apart = [("de", Some(1)), ("de", Some(2)), ("en", Some(3)), ("en", Some(4))];
        assert!(near(peer_of(&apart, 10), libm::erfc(1.2f64.sqrt())));
        let even = [("de", Some(1)), ("en", Some(2)), ("en", Some(3)), ("de", Some(4))];
        assert!(near(peer_of(&even, 10), 1.0));
        // One is not found and stands at 5 + 1: ranks 1, 3 and 2, 6 with the mean 3, 14 the sum of
        // squares, H = 3 * (2 * 1 + 2 * 1) / 14.
        let missing = [("de", Some(1)), ("de", Some(3)), ("en", Some(2)), ("en", None)];
        assert!(near(peer_of(&missing, 5), libm::erfc((6.0f64 / 14.0).sqrt())));
        assert_eq!(
            peer_of(&[("de", Some(1)), ("de", Some(3)), ("en", Some(2)), ("en", Some(9))], 5),
            peer_of(&missing, 5),
            "behind the cut-off is not found"
        );
    }

    #[test]
    fn one_document_a_language_is_a_constant() {
        let tags = ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"];
        let documents: Vec<_> = tags
            .iter()
            .zip([5, 90, 2, 7, 1, 33, 12, 8, 3, 4, 6])
            .map(|(t, r)| (*t, Some(r)))
            .collect();
        // H = 10 with 10 degrees of freedom.
        assert!(near(peer_of(&documents, 100), 0.440_493_285_065_212_4));
    }

    #[test]
    fn nothing_to_compare_is_fair() {
        assert_eq!(peer_of(&[("de", Some(1)), ("de", Some(9))], 10), Some(1.0));
        assert_eq!(peer_of(&[("de", None), ("en", Some(11))], 10), Some(1.0), "none is found");
        assert_eq!(peer_of(&[("de", None), ("en", Some(1))], 0), Some(1.0));
        assert_eq!(peer_of(&[], 10), None);
    }

    #[test]
    fn grades_are_compared_apart_and_weighted() {
        let [de, en] = ["de", "en"].map(|tag| Language::parse(tag).expect("a tag"));
        let of = |grade, rank, language| Relevant { rank: Some(rank), grade, language };
        let (de, en) = (Some(&de), Some(&en));
        let fair = [of(2, 5, de), of(2, 6, en), of(2, 7, en), of(2, 8, de)];
        let unfair = [of(1, 1, de), of(1, 2, de), of(1, 3, en), of(1, 4, en)];
        let both: Vec<Relevant> = fair.into_iter().chain(unfair).collect();
        let low = libm::erfc(1.2f64.sqrt());
        assert!(near(peer(&both, 10, |_| 1.0), (low + 1.0) / 2.0));
        assert!(near(peer(&both, 10, f64::from), (low + 2.0) / 3.0));
        assert!(near(peer(&both, 10, |grade| f64::from(grade) - 1.0), 1.0));
        assert_eq!(peer(&both, 10, |_| 0.0), None);
        assert_eq!(
            peer(&[Relevant { rank: Some(1), grade: 1, language: None }], 10, |_| 1.0),
            None
        );
    }
}
