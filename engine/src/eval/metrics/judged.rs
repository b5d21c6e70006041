//! Measures of a ranking, from the places that its relevant documents took.
//!
//! Those that name a measure of `trec_eval` agree with it to 1e-6 as long as both see the same order:
//! `trec_eval` ignores the rank column of a run and orders documents of equal score by descending id.

use std::collections::HashMap;
use std::hash::Hash;

use super::Relevant;

/// A ranking reduced to what the measures need: where the relevant documents stand in it, and
/// how relevant each is.
///
/// Ranks count from 1. A document of grade 0 is not relevant; neither is one without a grade.
/// Measures without a cut-off take in the whole ranking. Those that divide by the relevant
/// documents count the ones that the ranking lacks too, and are 0 when there are none.
///
/// ```
/// use mlsearch::eval::metrics::JudgedRanking;
///
/// let grades = [("b", 1), ("d", 1), ("e", 1)].into();
/// let judged = JudgedRanking::new(&["a", "b", "c", "d"], &grades);
/// assert_eq!(judged.reciprocal_rank(), 1.0 / 2.0);
/// assert_eq!(judged.average_precision(), (1.0 / 2.0 + 2.0 / 4.0) / 3.0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedRanking {
    /// Rank and grade of each relevant document of the ranking, best rank first.
    found: Vec<(usize, u32)>,
    /// The grades of all relevant documents, greatest first.
    grades: Vec<u32>,
}

impl JudgedRanking {
    /// Judges `ranking`, best document first, by the grades of the documents. A document that
    /// stands in it twice counts where it stands first.
    pub fn new<D: Eq + Hash>(ranking: &[D], grades: &HashMap<D, u32>) -> Self {
        let mut missing: HashMap<&D, u32> = grades
            .iter()
            .filter(|(_, grade)| **grade > 0)
            .map(|(id, grade)| (id, *grade))
            .collect();
        let mut all: Vec<u32> = missing.values().copied().collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        let places = ranking.iter().zip(1..);
        let found =
            places.filter_map(|(document, rank)| Some((rank, missing.remove(document)?))).collect();
        Self { found, grades: all }
    }

    /// From the ranks of the relevant documents, all of which are in the ranking and of grade 1.
    ///
    /// # Panics
    /// When a rank is 0.
    pub fn from_ranks(ranks: impl IntoIterator<Item = usize>) -> Self {
        let mut found: Vec<(usize, u32)> = ranks.into_iter().map(|rank| (rank, 1)).collect();
        assert!(found.iter().all(|(rank, _)| *rank > 0), "ranks count from 1");
        found.sort_unstable();
        let grades = vec![1; found.len()];
        Self { found, grades }
    }

    /// From the relevant documents of a query, found or not. Those of grade 0 do not count.
    ///
    /// # Panics
    /// When a rank is 0.
    pub fn from_relevant(relevant: &[Relevant]) -> Self {
        let relevant = || relevant.iter().filter(|document| document.grade > 0);
        let mut found: Vec<(usize, u32)> =
            relevant().filter_map(|document| Some((document.rank?, document.grade))).collect();
        assert!(found.iter().all(|(rank, _)| *rank > 0), "ranks count from 1");
        found.sort_unstable();
        let mut grades: Vec<u32> = relevant().map(|document| document.grade).collect();
        grades.sort_unstable_by(|a, b| b.cmp(a));
        Self { found, grades }
    }

    /// Average precision (`map` of one query): the mean over the relevant documents of the
    /// precision at the rank of each, where one that the ranking lacks counts 0. Source:
    /// Buckley & Voorhees, SIGIR 2000.
    pub fn average_precision(&self) -> f64 {
        let precisions = self.found.iter().zip(1..).map(|((rank, _), hits)| ratio(hits, *rank));
        share(precisions.sum(), self.grades.len())
    }

    /// nDCG of the first `k` documents (`ndcg_cut_k`; `ndcg` with [`usize::MAX`]): the sum of
    /// grade / log2(rank + 1), divided by that sum for the best order of all relevant documents.
    /// Source: Järvelin & Kekäläinen, TOIS 2002, with the discount that `trec_eval` uses.
    pub fn ndcg(&self, k: usize) -> f64 {
        let ideal: f64 =
            self.grades.iter().zip(1..=k).map(|(grade, rank)| gain(rank, *grade)).sum();
        let found = self.found.iter().take_while(|(rank, _)| *rank <= k);
        let reached: f64 = found.map(|(rank, grade)| gain(*rank, *grade)).sum();
        if ideal > 0.0 { reached / ideal } else { 0.0 }
    }

    /// Recall of the first `k` documents (`recall_k`): the share of the relevant documents that
    /// is among them.
    pub fn recall(&self, k: usize) -> f64 {
        let found = self.found.iter().take_while(|(rank, _)| *rank <= k).count();
        share(found as f64, self.grades.len())
    }

    /// Reciprocal rank (`recip_rank`): 1 / rank of the first relevant document, 0 without one.
    pub fn reciprocal_rank(&self) -> f64 {
        self.found.first().map_or(0.0, |(rank, _)| ratio(1, *rank))
    }

    /// Whether the first document is relevant (`success_1`), as 1 or 0.
    pub fn hit_at_1(&self) -> f64 {
        f64::from(u8::from(self.found.first().is_some_and(|(rank, _)| *rank == 1)))
    }

    /// Rank distance: greatest minus smallest rank of the relevant documents. None when there
    /// are fewer than two, or the ranking lacks one, for then it is not known. Source:
    /// arXiv 2408.10536.
    pub fn rank_distance(&self) -> Option<usize> {
        if self.grades.len() < 2 || self.found.len() < self.grades.len() {
            return None;
        }
        let (first, last) = (self.found.first()?, self.found.last()?);
        Some(last.0 - first.0)
    }

    /// Max@R: the greatest rank of the relevant documents, so many must be read to see them all.
    /// None when there are none, or the ranking lacks one, for then it is not known.
    pub fn max_rank(&self) -> Option<usize> {
        if self.found.len() < self.grades.len() {
            return None;
        }
        self.found.last().map(|(rank, _)| *rank)
    }

    /// Complete@k: whether all relevant documents are among the first `k`, as 1 or 0; 0 without
    /// any.
    pub fn complete_at(&self, k: usize) -> f64 {
        f64::from(u8::from(self.max_rank().is_some_and(|rank| rank <= k)))
    }
}

fn ratio(hits: usize, rank: usize) -> f64 {
    hits as f64 / rank as f64
}

fn share(part: f64, relevant: usize) -> f64 {
    if relevant == 0 { 0.0 } else { part / relevant as f64 }
}

fn gain(rank: usize, grade: u32) -> f64 {
    f64::from(grade) / (rank as f64 + 1.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    fn judged(ranking: &[&'static str], grades: &[(&'static str, u32)]) -> JudgedRanking {
        JudgedRanking::new(ranking, &grades.iter().copied().collect())
    }

    #[test]
    fn measures_have_the_values_computed_by_hand() {
        // Relevant at ranks 1, 3 and 4, a fourth one missing; b is judged and not relevant.
        let judged = judged(
            &["a", "b", "c", "d", "x"],
            &[("a", 1), ("b", 0), ("c", 3), ("d", 2), ("missing", 1)],
        );
        assert!(close(judged.average_precision(), (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 4.0));
        let log2_3 = 3f64.log2();
        let log2_5 = 5f64.log2();
        let ideal = 3.0 + 2.0 / log2_3 + 1.0 / 2.0 + 1.0 / log2_5;
        let reached = 1.0 + 3.0 / 2.0 + 2.0 / log2_5;
        assert!(close(judged.ndcg(10), reached / ideal));
        assert!(close(judged.ndcg(3), (1.0 + 3.0 / 2.0) / (3.0 + 2.0 / log2_3 + 1.0 / 2.0)));
        assert!(close(judged.ndcg(1), 1.0 / 3.0));
        assert!(close(judged.recall(3), 2.0 / 4.0));
        assert!(close(judged.recall(100), 3.0 / 4.0));
        assert!(close(judged.reciprocal_rank(), 1.0));
        assert!(close(judged.hit_at_1(), 1.0));
        assert_eq!(judged.rank_distance(), None, "one relevant document was not ranked");
        assert_eq!((judged.max_rank(), judged.complete_at(usize::MAX)), (None, 0.0));
    }

    #[test]
    fn rank_distance_is_the_spread_of_the_relevant_documents() {
        assert_eq!(JudgedRanking::from_ranks([7, 3, 12]).rank_distance(), Some(9));
        assert_eq!(JudgedRanking::from_ranks([7]).rank_distance(), None);
        assert_eq!(judged(&["a", "b", "c"], &[("c", 1), ("a", 2)]).rank_distance(), Some(2));
    }

    #[test]
    fn translations_are_complete_at_the_rank_of_the_last() {
        let judged = JudgedRanking::from_ranks([7, 3, 12]);
        assert_eq!(judged.max_rank(), Some(12));
        assert_eq!((judged.complete_at(11), judged.complete_at(12)), (0.0, 1.0));
    }

    #[test]
    fn relevant_documents_give_the_ranking_that_they_are_of() {
        let of = |rank, grade| Relevant { rank, grade, language: None };
        let relevant = [of(Some(4), 2), of(None, 3), of(Some(2), 1), of(Some(1), 0)];
        let ranking = ["x", "a", "y", "b"];
        let grades = [("a", 1), ("b", 2), ("c", 3), ("x", 0)];
        assert_eq!(JudgedRanking::from_relevant(&relevant), judged(&ranking, &grades));
    }

    #[test]
    fn without_relevant_documents_all_measures_are_zero() {
        for judged in [judged(&["a", "b"], &[("a", 0)]), judged(&[], &[("a", 1)]), judged(&[], &[])]
        {
            assert_eq!(judged.average_precision(), 0.0);
            assert_eq!(judged.ndcg(10), 0.0);
            assert_eq!(judged.recall(10), 0.0);
            assert_eq!(judged.reciprocal_rank(), 0.0);
            assert_eq!(judged.hit_at_1(), 0.0);
            assert_eq!(judged.rank_distance(), None);
            assert_eq!((judged.max_rank(), judged.complete_at(10)), (None, 0.0));
        }
    }

    #[test]
    fn a_repeated_document_counts_where_it_stands_first() {
        let judged = judged(&["x", "a", "a", "b"], &[("a", 1), ("b", 1)]);
        assert_eq!(judged, JudgedRanking::from_ranks([2, 4]));
    }

    #[test]
    fn a_cut_off_of_zero_and_of_the_largest_number_are_fine() {
        let judged = JudgedRanking::from_ranks([1, 2]);
        assert_eq!((judged.ndcg(0), judged.recall(0)), (0.0, 0.0));
        assert!(close(judged.ndcg(usize::MAX), 1.0) && close(judged.recall(usize::MAX), 1.0));
    }

    /// The definitions read off position by position, as a textbook writes them.
    #[test]
    fn measures_equal_the_position_by_position_definitions() {
        let mut state = 7u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for _ in 0..500 {
            let pool = 1 + random(40);
            let grades: HashMap<u64, u32> = (0..pool + 5)
                .map(|document| (document, random(9).saturating_sub(5) as u32))
                .collect();
            let mut ranking: Vec<u64> = (0..pool).collect();
            for i in (1..ranking.len()).rev() {
                ranking.swap(i, random(i as u64 + 1) as usize);
            }
            let judged = JudgedRanking::new(&ranking, &grades);
            let gains: Vec<u32> = ranking.iter().map(|document| grades[document]).collect();
            let relevant = grades.values().filter(|grade| **grade > 0).count().max(1) as f64;

            let precision =
                |k: usize| gains[..k].iter().filter(|grade| **grade > 0).count() as f64 / k as f64;
            let relevant_places = || (1..=gains.len()).filter(|rank| gains[rank - 1] > 0);
            let average: f64 = relevant_places().map(precision).sum::<f64>() / relevant;
            assert!(close(judged.average_precision(), average));
            let first = relevant_places().next().map_or(0.0, |rank| 1.0 / rank as f64);
            assert!(close(judged.reciprocal_rank(), first));
            for k in [1, 5, 10, 100] {
                let within = relevant_places().filter(|rank| *rank <= k).count() as f64;
                assert!(close(judged.recall(k), within / relevant));
                let dcg = |gains: &[u32]| -> f64 {
                    let discounted = gains.iter().take(k).enumerate();
                    discounted.map(|(i, grade)| f64::from(*grade) / (i as f64 + 2.0).log2()).sum()
                };
                let mut best: Vec<u32> = grades.values().copied().collect();
                best.sort_unstable_by(|a, b| b.cmp(a));
                let ideal = dcg(&best);
                let expected = if ideal > 0.0 { dcg(&gains) / ideal } else { 0.0 };
                assert!(close(judged.ndcg(k), expected));
            }
        }
    }
}
