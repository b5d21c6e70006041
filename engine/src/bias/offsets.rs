//! How near the documents of each language are to a query on the whole.

use mlsearch_index::Label;

use super::profile::Profiles;
use super::samples::Rounded;

/// The offsets of a query, for the languages that it searches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offsets {
    pub(crate) languages: Vec<LanguageOffset>,
    /// The mean over the languages of the mean similarities.
    pub(crate) center: f64,
    /// The root mean square over the languages of the standard deviations.
    pub(crate) deviation: f64,
}

/// One language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LanguageOffset {
    pub(crate) label: Label,
    /// Its place in the profiles.
    pub(crate) profile: usize,
    pub(crate) documents: u64,
    /// The mean similarity of the query to its documents.
    pub(crate) mean: f64,
    /// The standard deviation of the similarities, estimated.
    pub(crate) deviation: f64,
}

impl Offsets {
    /// For the languages whose label is searched.
    pub(crate) fn of(query: &[f32], profiles: &Profiles, searched: impl Fn(Label) -> bool) -> Self {
        let rounded = Rounded::of(query);
        let languages: Vec<LanguageOffset> = profiles
            .languages
            .iter()
            .enumerate()
            .filter(|(_, profile)| searched(profile.label))
            .map(|(place, profile)| LanguageOffset {
                label: profile.label,
                profile: place,
                documents: profile.documents,
                mean: f64::from(dot(query, &profile.mean)),
                deviation: profile.samples.deviation(&rounded),
            })
            .collect();
        let count = languages.len().max(1) as f64;
        let center = languages.iter().map(|of| of.mean).sum::<f64>() / count;
        let squares = languages.iter().map(|of| of.deviation * of.deviation).sum::<f64>();
        Self { languages, center, deviation: (squares / count).sqrt() }
    }

    pub(crate) fn get(&self, label: Label) -> Option<&LanguageOffset> {
        self.languages.iter().find(|of| of.label == label)
    }

    /// By how much the documents of a language are nearer than those of all.
    pub(crate) fn offset(&self, label: Label) -> f64 {
        self.get(label).map_or(0.0, |of| of.mean - self.center)
    }

    /// The standard deviation of the offsets over the languages.
    pub(crate) fn spread(&self) -> f64 {
        let count = self.languages.len().max(1) as f64;
        let squares = self.languages.iter().map(|of| (of.mean - self.center).powi(2)).sum::<f64>();
        (squares / count).sqrt()
    }
}

/// The inner product, in lanes that a compiler turns into vector instructions.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (whole_a, whole_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = whole_a.remainder().iter().zip(whole_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in whole_a.zip(whole_b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_products_of_any_length() {
        for length in [0, 1, 15, 16, 17, 64, 100] {
            let a: Vec<f32> = (0..length).map(|x| x as f32).collect();
            let b: Vec<f32> = (0..length).map(|x| (x % 3) as f32).collect();
            let expected: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert_eq!(dot(&a, &b), expected);
        }
    }
}
