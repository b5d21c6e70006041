//! A query's ranking of the whole pool, reduced to what the measures need.

use super::Collection;
use crate::eval::blocks::Scores;
use crate::eval::metrics::{JudgedRanking, Relevant};
use crate::eval::top::{order, top};

/// The documents of a ranking that are kept.
pub(super) const DEPTH: usize = 100;

/// Beyond so many relevant documents, sorting the pool costs less than counting for each.
const MANY: usize = 12;

/// Where the relevant documents of a query stand.
pub(super) struct Judged<'c> {
    /// Among all documents.
    pub(super) pooled: JudgedRanking,
    /// The same with languages, and with those that the collection lacks.
    pub(super) all: Vec<Relevant<'c>>,
    /// Their languages, ranks among all documents and numbers, best first.
    pub(super) relevant: Vec<(u16, usize, usize)>,
    /// By language: among the documents of that language. The query's own is ranked uncorrected.
    pub(super) by_language: Vec<(u16, JudgedRanking)>,
    /// The first documents and their scores.
    pub(super) first: Vec<(usize, f32)>,
}

impl<'c> Judged<'c> {
    /// `labels` are the languages of the documents, `own` is the document that has the query's id.
    pub(super) fn of(
        collection: &'c Collection,
        labels: &[u16],
        query: usize,
        own: Option<usize>,
        scores: Scores<'_>,
    ) -> Self {
        let relevant = &collection.relevant[query];
        let (mut corrected, mut plain) =
            (Excluding::from(scores.corrected), Excluding::from(scores.plain));
        if let Some(own) = own {
            corrected.exclude(own);
            plain.exclude(own);
        }
        let language = collection.queries[query].language;
        let grade = |place: usize| {
            relevant
                .binary_search_by_key(&place, |(place, _)| *place)
                .map_or(0, |at| relevant[at].1)
        };
        let targets: Vec<usize> = relevant.iter().map(|(place, _)| *place).collect();
        let ranks = ranks(&targets, corrected.scores(), labels);
        let in_own: Vec<usize> =
            targets.iter().copied().filter(|place| labels[*place] == language).collect();
        let own_ranks = self::ranks(&in_own, plain.scores(), labels);

        let mut by_language: Vec<(u16, Vec<(usize, u32)>)> = Vec::new();
        let others = ranks.iter().filter(|of| labels[of.place] != language);
        for of in others.chain(&own_ranks) {
            let label = labels[of.place];
            let found = (of.in_language, grade(of.place));
            match by_language.iter_mut().find(|(known, _)| *known == label) {
                Some((_, all)) => all.push(found),
                None => by_language.push((label, vec![found])),
            }
        }
        by_language.sort_unstable_by_key(|(label, _)| *label);
        let found = ranks.iter().map(|of| Relevant {
            rank: Some(of.pooled),
            grade: grade(of.place),
            language: Some(&collection.languages[usize::from(labels[of.place])]),
        });
        let missing = collection.missing[query].iter();
        let missing = missing.map(|grade| Relevant { rank: None, grade: *grade, language: None });
        let pooled: Vec<Relevant<'c>> = found.chain(missing).collect();
        let mut places: Vec<(u16, usize, usize)> =
            ranks.iter().map(|of| (labels[of.place], of.pooled, of.place)).collect();
        places.sort_unstable_by_key(|(_, rank, _)| *rank);
        let mut first = top(corrected.scores(), DEPTH + usize::from(own.is_some()));
        first.retain(|place| Some(*place) != own);
        first.truncate(DEPTH);
        Self {
            pooled: JudgedRanking::from_relevant(&pooled),
            all: pooled,
            relevant: places,
            by_language: by_language
                .into_iter()
                .map(|(label, found)| (label, judged(&found)))
                .collect(),
            first: first.into_iter().map(|place| (place, scores.corrected[place])).collect(),
        }
    }
}

/// From ranks and grades.
fn judged(found: &[(usize, u32)]) -> JudgedRanking {
    let relevant = |(rank, grade): &(usize, u32)| Relevant {
        rank: Some(*rank),
        grade: *grade,
        language: None,
    };
    JudgedRanking::from_relevant(&found.iter().map(relevant).collect::<Vec<_>>())
}

/// Scores of which one may count as less than all.
enum Excluding<'s> {
    As(&'s [f32]),
    Changed(Vec<f32>),
}

impl<'s> From<&'s [f32]> for Excluding<'s> {
    fn from(scores: &'s [f32]) -> Self {
        Self::As(scores)
    }
}

impl Excluding<'_> {
    fn exclude(&mut self, place: usize) {
        let mut changed = self.scores().to_vec();
        changed[place] = f32::NEG_INFINITY;
        *self = Self::Changed(changed);
    }

    fn scores(&self) -> &[f32] {
        match self {
            Self::As(scores) => scores,
            Self::Changed(scores) => scores,
        }
    }
}

/// The ranks of one document, from 1 on.
struct Rank {
    place: usize,
    pooled: usize,
    in_language: usize,
}

/// The ranks of `targets`, equal scores in the order of the data.
fn ranks(targets: &[usize], scores: &[f32], labels: &[u16]) -> Vec<Rank> {
    if targets.len() <= MANY {
        return targets.iter().map(|place| count(*place, scores, labels)).collect();
    }
    let mut seen = vec![0usize; usize::from(labels.iter().copied().max().unwrap_or(0)) + 1];
    let mut ranks = Vec::with_capacity(targets.len());
    for (place, pooled) in order(scores).into_iter().zip(1..) {
        let in_language = &mut seen[usize::from(labels[place])];
        *in_language += 1;
        if targets.binary_search(&place).is_ok() {
            ranks.push(Rank { place, pooled, in_language: *in_language });
            if ranks.len() == targets.len() {
                break;
            }
        }
    }
    ranks
}

/// By counting what is before it.
fn count(place: usize, scores: &[f32], labels: &[u16]) -> Rank {
    let (score, label) = (scores[place], labels[place]);
    let (mut pooled, mut in_language) = (1, 1);
    for (other, (&of, &known)) in scores.iter().zip(labels).enumerate() {
        let before = of > score || (of == score && other < place);
        pooled += usize::from(before);
        in_language += usize::from(before && known == label);
    }
    Rank { place, pooled, in_language }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_same_by_counting_and_by_sorting() {
        let scores: Vec<f32> = (0..200u32).map(|at| ((at * 7919) % 41) as f32).collect();
        let labels: Vec<u16> = (0..200).map(|at| at % 7).collect();
        let targets: Vec<usize> = (0..200).step_by(9).collect();
        assert!(targets.len() > MANY);
        let mut sorted: Vec<_> = ranks(&targets, &scores, &labels)
            .into_iter()
            .map(|of| (of.place, of.pooled, of.in_language))
            .collect();
        sorted.sort_unstable();
        let counted: Vec<_> = targets
            .iter()
            .map(|place| count(*place, &scores, &labels))
            .map(|of| (of.place, of.pooled, of.in_language))
            .collect();
        assert_eq!(sorted, counted);
    }
}
