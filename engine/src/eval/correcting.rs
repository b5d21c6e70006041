//! The corrections of searches, done to the scores of an evaluation that compares everything.

use mlsearch_index::Label;
use ndarray::Array2;

use super::top::order;
use crate::bias::{Corrected, Correction, Method, Offsets, Profile, Profiles, QueryMeans, correct};
use crate::{Language, Result};

/// How an evaluation corrects its rankings: as the engine does with documents of the languages
/// that a task searches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Correcting<'a> {
    /// The correction.
    pub correction: Correction,
    /// What queries of a language have in common, where it is known.
    pub query_means: Option<&'a QueryMeans>,
}

/// The documents of a pool, for correcting queries that search them.
pub(super) struct Corrector<'a> {
    correcting: Correcting<'a>,
    profiles: Profiles,
    /// The label of each document: its place in the languages.
    labels: &'a [u16],
}

impl<'a> Corrector<'a> {
    /// For documents with these labels and vectors.
    ///
    /// # Errors
    /// [`Error::InvalidStrength`](crate::Error::InvalidStrength).
    pub(super) fn new(
        correcting: Correcting<'a>,
        languages: &[Language],
        labels: &'a [u16],
        vectors: &Array2<f32>,
    ) -> Result<Self> {
        correcting.correction.check()?;
        let profiles = match correcting.correction.is_none() {
            true => Profiles::default(),
            false => Profiles::from(profiles(languages, labels, vectors)),
        };
        Ok(Self { correcting, profiles, labels })
    }

    /// Whether nothing is changed.
    pub(super) fn is_none(&self) -> bool {
        self.correcting.correction.is_none()
    }

    /// What is changed for a query in a language.
    pub(super) fn of(&self, query: &[f32], language: &Language) -> Corrected {
        let offsets = Offsets::of(query, &self.profiles, |_| true);
        let mean = self.correcting.query_means.and_then(|means| means.get(language));
        correct(query, self.correcting.correction, &offsets, &self.profiles, mean)
    }

    /// Changes the scores of all documents, whose order is then that of the correction.
    pub(super) fn apply(&self, corrected: &Corrected, scores: &mut [f32]) {
        if self.correcting.correction.method == Method::Balanced && !self.is_none() {
            return self.take_turns(scores);
        }
        let Some(adjustments) = &corrected.adjustments else { return };
        let last = adjustments.keys().map(|label| usize::from(label.0)).max().unwrap_or(0);
        let mut table = vec![(1.0, 0.0); last + 1];
        for (Label(label), adjustment) in adjustments {
            // Of distances, which are 1 - score.
            let scale = adjustment.scale;
            table[usize::from(*label)] = (scale, 1.0 - scale - adjustment.shift);
        }
        for (score, label) in scores.iter_mut().zip(self.labels) {
            let (scale, shift) = table[usize::from(*label)];
            *score = scale * *score + shift;
        }
    }

    /// The first of each language, then the second of each: scores become minus the places in
    /// that order.
    fn take_turns(&self, scores: &mut [f32]) {
        let mut turns = vec![0u32; scores.len()];
        let last = self.labels.iter().max().map_or(0, |last| usize::from(*last));
        let mut taken = vec![0u32; last + 1];
        let best_first = order(scores);
        for place in &best_first {
            let of_language = &mut taken[usize::from(self.labels[*place])];
            turns[*place] = *of_language;
            *of_language += 1;
        }
        let mut in_turn = best_first;
        // Stable: within a turn the better score stays first.
        in_turn.sort_by_key(|place| turns[*place]);
        for (rank, place) in in_turn.into_iter().enumerate() {
            scores[place] = -(rank as f32);
        }
    }
}

/// How the vectors of each language that has some lie.
fn profiles(languages: &[Language], labels: &[u16], vectors: &Array2<f32>) -> Vec<Profile> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); languages.len()];
    for (row, label) in labels.iter().enumerate() {
        rows[usize::from(*label)].push(row);
    }
    let vector = |row: &usize| {
        vectors.row(*row).to_slice().expect("rows of an array in standard layout are contiguous")
    };
    (0..)
        .zip(languages.iter().zip(&rows))
        .filter(|(_, (_, rows))| !rows.is_empty())
        .map(|(label, (language, rows))| {
            Profile::of(Label(label), language.clone(), rows.iter().map(vector))
        })
        .collect()
}
