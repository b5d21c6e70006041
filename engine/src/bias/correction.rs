//! Corrections: what a search changes so that no language is favoured.

use std::fmt;
use std::str::FromStr;

use mlsearch_index::{Adjustment, Adjustments};
use serde::{Deserialize, Serialize};

use super::{Offsets, Profiles, dot};
use crate::{Error, Result};

/// How the ranking is corrected for language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Not at all: documents are ranked by the cosine of query and document.
    #[default]
    None,
    /// The mean vector of its language is taken off every document, and off the query where the
    /// [model knows](super::QueryMeans) the mean query of its language. A score becomes
    /// `s' = q'. d - strength * (q'. c_l - mean over languages of q'. c)` with `q'` the query
    /// less `strength` times the mean query of its language, at unit length again.
    Center,
    /// Scores count in standard deviations above the mean of their language, put back on the
    /// scale of all: `s' = m + (s - m_l) * D / D_l`, with the means and the deviations of the
    /// similarities within a language and over all.
    Standardize,
    /// The directions in which the means of the languages differ are taken out of the query
    /// (LSAR, Xie et al., EMNLP 2022): the same as taking them out of every document.
    Lsar,
    /// Every language is searched by itself, and the answers are put together in turn: the first
    /// of each language, then the second of each, better scores first.
    Balanced,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 5] =
        [Self::None, Self::Center, Self::Standardize, Self::Lsar, Self::Balanced];

    /// The method's name, as in the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Center => "center",
            Self::Standardize => "standardize",
            Self::Lsar => "lsar",
            Self::Balanced => "balanced",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|method| method.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("unknown correction {text:?}; there are {names}")
        })
    }
}

/// A method and how much of it. None by default: nothing is corrected unless it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Correction {
    /// How.
    pub method: Method,
    /// How much, 0 to 1: 0 is none of it, 1 all. [`Method::Balanced`] is done whole or not at all.
    pub strength: f32,
}

impl Correction {
    /// All of a method.
    pub fn new(method: Method) -> Self {
        Self { method, strength: 1.0 }
    }

    /// What did best on held-out data with the default model: a quarter of
    /// [`Method::Standardize`]. `models/RESULTS.md` has the figures of all, and how it was chosen.
    pub fn recommended() -> Self {
        Self { method: Method::Standardize, strength: 0.25 }
    }

    /// Whether nothing is changed.
    pub fn is_none(self) -> bool {
        self.method == Method::None || self.strength == 0.0
    }

    /// # Errors
    /// [`Error::InvalidStrength`] unless the method can have the strength.
    pub(crate) fn check(self) -> Result<()> {
        let in_part = self.strength > 0.0 && self.strength < 1.0;
        let whole = self.strength == 0.0 || self.strength == 1.0;
        match self.method {
            _ if whole => Ok(()),
            Method::None | Method::Center | Method::Standardize | Method::Lsar if in_part => Ok(()),
            method => {
                Err(Error::InvalidStrength { method: method.name(), strength: self.strength })
            }
        }
    }
}

impl Default for Correction {
    fn default() -> Self {
        Self::new(Method::None)
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.method.name())?;
        if self.is_none() || self.strength == 1.0 {
            return Ok(());
        }
        write!(formatter, " {:.0} %", self.strength * 100.0)
    }
}

/// What a corrected search asks of the index.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Corrected {
    /// The query in place of the one that was asked, of unit length.
    pub(crate) vector: Option<Vec<f32>>,
    pub(crate) adjustments: Option<Adjustments>,
}

/// A correction of a query for the languages that it searches. `query_mean` is the mean query of
/// the query's language, where it is known. Of documents in one language, only a change of the query
/// changes the order.
pub(crate) fn correct(
    query: &[f32],
    correction: Correction,
    offsets: &Offsets,
    profiles: &Profiles,
    query_mean: Option<&[f32]>,
) -> Corrected {
    if correction.is_none() || offsets.languages.is_empty() {
        return Corrected::default();
    }
    let mut corrected = match correction.method {
        Method::None | Method::Balanced => Corrected::default(),
        Method::Center => center(query, correction.strength, offsets, profiles, query_mean),
        Method::Standardize => Corrected {
            vector: None,
            adjustments: Some(standardize(f64::from(correction.strength), offsets)),
        },
        Method::Lsar => Corrected {
            vector: unit(profiles.subspace().without(query, correction.strength)),
            adjustments: None,
        },
    };
    if offsets.languages.len() == 1 {
        corrected.adjustments = None;
    }
    corrected
}

fn center(
    query: &[f32],
    strength: f32,
    offsets: &Offsets,
    profiles: &Profiles,
    query_mean: Option<&[f32]>,
) -> Corrected {
    let vector = query_mean.and_then(|mean| {
        unit(query.iter().zip(mean).map(|(x, mean)| x - strength * mean).collect())
    });
    let asked = vector.as_deref().unwrap_or(query);
    let similarity = |place: usize| dot(asked, &profiles.languages[place].mean);
    let total: f32 = offsets.languages.iter().map(|of| similarity(of.profile)).sum();
    let mean = total / offsets.languages.len() as f32;
    let adjustments = offsets
        .languages
        .iter()
        .map(|of| {
            let shift = strength * (similarity(of.profile) - mean);
            (of.label, Adjustment { scale: 1.0, shift })
        })
        .collect();
    Corrected { vector, adjustments: Some(adjustments) }
}

/// In distances, which are 1 - score: `s' = m + a (s - m_l)` is `d' = a d + 1 - m - a + a m_l`.
fn standardize(strength: f64, offsets: &Offsets) -> Adjustments {
    /// Deviations are estimates: none is taken for more than so many times another.
    const MOST: f64 = 4.0;
    let center = offsets.center;
    offsets
        .languages
        .iter()
        .map(|of| {
            let relative = match offsets.deviation > 0.0 && of.deviation > 0.0 {
                true => (of.deviation / offsets.deviation).clamp(1.0 / MOST, MOST),
                false => 1.0,
            };
            let scale = 1.0 / ((1.0 - strength) + strength * relative);
            let mean = (1.0 - strength) * center + strength * of.mean;
            let shift = 1.0 - center - scale + scale * mean;
            (of.label, Adjustment { scale: scale as f32, shift: shift as f32 })
        })
        .collect()
}

/// A vector at unit length; `None` if it has hardly any.
fn unit(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = dot(&vector, &vector).sqrt();
    if length < 1e-6 {
        return None;
    }
    vector.iter_mut().for_each(|x| *x /= length);
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bias::LanguageOffset;
    use mlsearch_index::Label;

    fn offsets() -> Offsets {
        let of = |label, mean, deviation| LanguageOffset {
            label: Label(label),
            profile: usize::from(label),
            documents: 10,
            mean,
            deviation,
        };
        Offsets {
            languages: vec![of(0, 0.8, 0.1), of(1, 0.6, 0.05)],
            center: 0.7,
            deviation: 0.075,
        }
    }

    #[test]
    fn standardised_scores_count_in_deviations() {
        let adjustments = standardize(1.0, &offsets());
        let score = |label, s: f32| 1.0 - adjustments[&Label(label)].apply(1.0 - s);
        // One deviation above the mean is the same in both languages.
        assert!((score(0, 0.9) - 0.775).abs() < 1e-6);
        assert!((score(1, 0.65) - 0.775).abs() < 1e-6);
        let nothing = standardize(0.0, &offsets());
        for adjustment in nothing.values() {
            assert!((adjustment.apply(0.3) - 0.3).abs() < 1e-6);
        }
    }

    #[test]
    fn names_are_read_back() {
        for method in Method::ALL {
            assert_eq!(method.name().parse(), Ok(method));
        }
        assert!("centre".parse::<Method>().unwrap_err().contains("standardize"));
        assert_eq!(Correction { method: Method::Center, strength: 0.5 }.to_string(), "center 50 %");
        assert_eq!(Correction::default().to_string(), "none");
    }

    #[test]
    fn strengths_are_shares() {
        for strength in [-0.1, 1.1, f32::NAN] {
            assert!(Correction { method: Method::Center, strength }.check().is_err());
        }
        assert!(Correction { method: Method::Center, strength: 0.0 }.check().is_ok());
        assert!(Correction { method: Method::Center, strength: 0.3 }.check().is_ok());
        assert!(Correction::new(Method::Balanced).check().is_ok());
        assert!(Correction { method: Method::Balanced, strength: 0.3 }.check().is_err());
    }
}
