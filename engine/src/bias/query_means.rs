//! The mean query of each language, which the model folder brings along: computed when the model
//! was made, from texts that are no documents of any index.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use mlsearch_encoder::Fingerprint;
use serde::Deserialize;

use crate::{Error, Language, LanguageShare, Result};

/// The file of a model folder that holds them.
const FILE: &str = "query_means.json";
/// Larger files are refused before they are read: a thousand languages take a tenth of this.
const MAX_BYTES: u64 = 64 << 20;

/// The mean vector of the queries of each language.
///
/// Taken off a query, it takes with it what all queries of a language have in common: the language
/// itself, and what makes some documents near to every query. How much of it to take off differs
/// from model to model; what was best on held-out data is part of the vectors here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryMeans {
    means: BTreeMap<Language, Vec<f32>>,
    /// The mean over the languages, for queries of any other; empty if there are none.
    overall: Vec<f32>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    /// Of the model that made them.
    fingerprint: String,
    /// How they were computed, for people.
    #[serde(rename = "description")]
    _description: String,
    dimension: usize,
    /// What the components are multiplied by.
    scale: f32,
    /// How much of them is taken off queries.
    weight: f32,
    languages: BTreeMap<Language, Vec<i16>>,
}

impl QueryMeans {
    /// Reads those of the model folder `model`, whose fingerprint is given; none where the folder
    /// brings none.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Input`] for a file that is damaged or was made for another
    /// model.
    pub fn read(model: impl AsRef<Path>, fingerprint: Fingerprint) -> Result<Self> {
        let path = model.as_ref().join(FILE);
        let io_error = |source| Error::Io { path: path.clone(), action: "read", source };
        let invalid = |reason: String| Error::Input { path: path.clone(), line: None, reason };
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            opened => opened.map_err(io_error)?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io_error)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(invalid(format!("it is larger than {MAX_BYTES} bytes")));
        }
        let content: Content = serde_json::from_slice(&bytes)
            .map_err(|error| invalid(format!("these are no mean queries: {error}")))?;
        content.check(fingerprint).map_err(invalid)?;
        let scaled = |mean: Vec<i16>| {
            mean.into_iter().map(|x| f32::from(x) * content.weight / content.scale).collect()
        };
        Ok(Self::new(
            content.languages.into_iter().map(|(tag, mean)| (tag, scaled(mean))).collect(),
        ))
    }

    /// From vectors of one length.
    fn new(means: BTreeMap<Language, Vec<f32>>) -> Self {
        let mut overall = vec![0.0; means.values().next().map_or(0, Vec::len)];
        for mean in means.values() {
            overall.iter_mut().zip(mean).for_each(|(sum, x)| *sum += x / means.len() as f32);
        }
        Self { means, overall }
    }

    /// The same for vectors that are cut to fewer components: an estimate, for a mean says
    /// nothing of the lengths that single vectors have then. It keeps the length that the mean has
    /// beside a query.
    pub(crate) fn cut(self, dimension: usize) -> Self {
        if self.overall.len() <= dimension {
            return self;
        }
        let cut = |mean: &Vec<f32>| {
            let length = |part: &[f32]| super::dot(part, part).sqrt();
            let mut part = mean[..dimension.min(mean.len())].to_vec();
            let scale = length(mean) / length(&part);
            if scale.is_finite() {
                part.iter_mut().for_each(|x| *x *= scale);
            }
            part
        };
        Self::new(self.means.iter().map(|(language, mean)| (language.clone(), cut(mean))).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.means.is_empty()
    }

    /// The languages, and the vector of each.
    pub fn languages(&self) -> impl Iterator<Item = (&Language, &[f32])> {
        self.means.iter().map(|(language, mean)| (language, mean.as_slice()))
    }

    /// The vector of a language: its own, else that of the language it is a variety of, else that
    /// of a variety of it, else the mean over the languages. `None` if there are none.
    pub fn get(&self, language: &Language) -> Option<&[f32]> {
        let first = |fits: fn(&Language, &Language) -> bool| {
            self.means.iter().find(|(known, _)| fits(known, language)).map(|(_, mean)| mean)
        };
        let overall = (!self.means.is_empty()).then_some(&self.overall);
        let own = self.means.get(language);
        own.or_else(|| first(Language::includes))
            .or_else(|| first(Language::same_language))
            .or(overall)
            .map(Vec::as_slice)
    }

    /// The vector of a query in one or several languages, by their shares.
    pub fn of(&self, languages: &[LanguageShare]) -> Option<Vec<f32>> {
        if languages.is_empty() {
            return self.get(&Language::undetermined()).map(<[f32]>::to_vec);
        }
        let mut sum: Option<Vec<f32>> = None;
        for share in languages {
            let mean = self.get(&share.language)?;
            let sum = sum.get_or_insert_with(|| vec![0.0; mean.len()]);
            sum.iter_mut().zip(mean).for_each(|(sum, x)| *sum += share.share * x);
        }
        sum
    }
}

impl Content {
    fn check(&self, fingerprint: Fingerprint) -> Result<(), String> {
        if self.format != 1 {
            return Err(format!("it has the layout {}, and this version reads 1", self.format));
        }
        if self.fingerprint != fingerprint.to_string() {
            return Err("it was made for another model; make it again, or remove it".to_owned());
        }
        if !(1.0..=1e6).contains(&self.scale) {
            return Err(format!("its scale is {}, and should be 1 to 1,000,000", self.scale));
        }
        if !(0.0..=1.0).contains(&self.weight) {
            return Err(format!("its weight is {}, and should be 0 to 1", self.weight));
        }
        let whole = |mean: &[i16]| {
            mean.len() == self.dimension && mean.iter().all(|x| f32::from(*x).abs() <= self.scale)
        };
        match self.languages.iter().find(|(_, mean)| !whole(mean)) {
            Some((language, _)) => Err(format!(
                "the mean of {language} is not {} components from -1 to 1",
                self.dimension
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::str::FromStr;

    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    fn means() -> QueryMeans {
        let means = [("de", [0.5, 0.0]), ("zh-Hant", [0.0, 0.5])];
        QueryMeans::new(means.map(|(tag, mean)| (language(tag), mean.to_vec())).into())
    }

    #[test]
    fn a_language_without_a_mean_has_that_of_a_relative_or_of_all() {
        let means = means();
        assert_eq!(means.get(&language("de")), Some(&[0.5, 0.0][..]));
        assert_eq!(means.get(&language("de-AT")), Some(&[0.5, 0.0][..]));
        assert_eq!(means.get(&language("zh")), Some(&[0.0, 0.5][..]));
        assert_eq!(means.get(&language("sw")), Some(&[0.25, 0.25][..]));
        assert_eq!(QueryMeans::default().get(&language("de")), None);
    }

    #[test]
    fn a_query_of_two_languages_has_a_mean_between_theirs() {
        let share = |tag, share| LanguageShare { language: language(tag), share };
        assert_eq!(means().of(&[share("de", 0.75), share("zh", 0.25)]), Some(vec![0.375, 0.125]));
        assert_eq!(means().of(&[]), Some(vec![0.25, 0.25]));
        assert_eq!(QueryMeans::default().of(&[share("de", 1.0)]), None);
    }

    #[test]
    fn a_cut_mean_keeps_its_length() {
        let means = QueryMeans::new([(language("de"), vec![0.3, 0.0, 0.4])].into());
        assert_eq!(means.cut(2).get(&language("de")), Some(&[0.5, 0.0][..]));
    }

    #[test]
    fn files_of_another_model_and_damaged_ones_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fingerprint = Fingerprint::from_str(&"ab".repeat(32)).expect("a fingerprint");
        let read = || QueryMeans::read(folder.path(), fingerprint);
        assert!(read().expect("no file is fine").is_empty());
        let write = |text: &str| {
            let text = text.replace("MODEL", &fingerprint.to_string());
            fs::write(folder.path().join(FILE), text).expect("written");
        };
        let good = r#"{"format":1,"fingerprint":"MODEL","description":"","dimension":2,"scale":2,"weight":0.5,"languages":{"de":[2,1]}}"#;
        write(good);
        assert_eq!(read().expect("read").get(&language("de")), Some(&[0.5, 0.25][..]));
        for (part, other, reason) in [
            ("MODEL", "00", "another model"),
            ("2,1", "2,1,1", "the mean of de"),
            ("2,1", "2,3", "the mean of de"),
            ("2,1", "2,1.5", "no mean queries"),
            ("\"scale\":2", "\"scale\":0", "its scale"),
            ("0.5", "1.5", "its weight"),
            ("\"format\":1", "\"format\":2", "the layout 2"),
            ("}}", "", "no mean queries"),
        ] {
            write(&good.replace(part, other));
            let error = read().expect_err("refused").to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
