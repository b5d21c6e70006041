//! Which labels a query searches.

use std::collections::BTreeSet;

use mlsearch_index::{Label, LabelFilter};

use crate::{Detection, Error, Language, Mode, Query, Result};

/// The labels to search for `query`, whose languages are `detected`, in an index that holds
/// documents of the languages `present`.
pub(crate) fn label_filter(
    query: &Query,
    detected: &Detection,
    present: &[(Label, Language)],
) -> Result<LabelFilter> {
    check_targets(&query.targets, present)?;
    let targeted = |language: &Language| {
        query.targets.is_empty() || query.targets.iter().any(|target| target.includes(language))
    };
    let spoken = |language: &Language| {
        detected.languages.iter().any(|share| share.language.same_language(language))
    };
    // Named targets say which other languages are meant; the query's own need not be known then.
    let needs_language = match query.mode {
        Mode::Multilingual => false,
        Mode::Monolingual => true,
        Mode::CrossLingual => query.targets.is_empty(),
    };
    if needs_language && detected.languages.iter().all(|share| share.language.is_undetermined()) {
        return Err(Error::QueryLanguageUnknown { mode: query.mode.name() });
    }
    let admitted = |language: &Language| match query.mode {
        Mode::Multilingual => targeted(language),
        Mode::Monolingual => spoken(language) && targeted(language),
        Mode::CrossLingual if query.targets.is_empty() => !spoken(language),
        Mode::CrossLingual => targeted(language),
    };
    if query.mode == Mode::Multilingual && query.targets.is_empty() {
        return Ok(LabelFilter::All);
    }
    let labels: BTreeSet<Label> = present
        .iter()
        .filter(|(_, language)| admitted(language))
        .map(|(label, _)| *label)
        .collect();
    Ok(LabelFilter::Only(labels))
}

fn check_targets(targets: &[Language], present: &[(Label, Language)]) -> Result<()> {
    let absent =
        |target: &&Language| !present.iter().any(|(_, language)| target.includes(language));
    let wanted: Vec<String> = targets.iter().filter(absent).map(Language::to_string).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut present: Vec<String> =
        present.iter().map(|(_, language)| language.to_string()).collect();
    present.sort_unstable();
    Err(Error::LanguageNotInIndex { wanted, present })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LanguageShare;

    fn tag(text: &str) -> Language {
        Language::parse(text).expect("a tag")
    }

    fn spoken(tags: &[&str]) -> Detection {
        let share = 1.0 / tags.len() as f32;
        Detection {
            languages: tags.iter().map(|t| LanguageShare { language: tag(t), share }).collect(),
        }
    }

    /// The tags searched, in an index of de, zh-Hant, zh and sw.
    fn searched(mode: Mode, detected: &[&str], targets: &[&str]) -> Result<Vec<&'static str>> {
        let tags = ["de", "zh-Hant", "zh", "sw"];
        let present: Vec<_> =
            tags.iter().zip(0..).map(|(t, label)| (Label(label), tag(t))).collect();
        let query =
            Query { mode, targets: targets.iter().map(|t| tag(t)).collect(), ..Query::new("x") };
        let filter = label_filter(&query, &spoken(detected), &present)?;
        Ok(tags
            .iter()
            .zip(0..)
            .filter(|(_, label)| filter.admits(Label(*label)))
            .map(|(t, _)| *t)
            .collect())
    }

    /// Mode, languages of the query, targets, and the languages that are searched.
    type Case = (Mode, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

    #[test]
    fn each_mode_searches_its_languages() {
        use Mode::{CrossLingual, Monolingual, Multilingual};
        let cases: [Case; 10] = [
            (Multilingual, &["de"], &[], &["de", "zh-Hant", "zh", "sw"]),
            (Multilingual, &["und"], &["sw", "zh-Hant"], &["zh-Hant", "sw"]),
            (Monolingual, &["zh"], &[], &["zh-Hant", "zh"]),
            (Monolingual, &["zh-Hant"], &[], &["zh-Hant", "zh"]),
            (Monolingual, &["zh"], &["zh-Hant"], &["zh-Hant"]),
            (Monolingual, &["de", "sw"], &[], &["de", "sw"]),
            (Monolingual, &["fr"], &[], &[]),
            (CrossLingual, &["zh"], &[], &["de", "sw"]),
            (CrossLingual, &["und"], &["sw"], &["sw"]),
            (CrossLingual, &["fr"], &[], &["de", "zh-Hant", "zh", "sw"]),
        ];
        for (mode, detected, targets, expected) in cases {
            let found = searched(mode, detected, targets).expect("a filter");
            assert_eq!(found, expected, "{mode} {detected:?} {targets:?}");
        }
    }

    #[test]
    fn modes_that_need_the_query_language_say_so() {
        for mode in [Mode::Monolingual, Mode::CrossLingual] {
            assert!(matches!(
                searched(mode, &["und"], &[]),
                Err(Error::QueryLanguageUnknown { .. })
            ));
        }
    }

    #[test]
    fn a_target_that_no_document_is_in_is_an_error() {
        let error = searched(Mode::Multilingual, &["de"], &["de", "yo"]).expect_err("no Yoruba");
        assert_eq!(
            error.to_string(),
            "no document of the index is in yo; its languages are: de, sw, zh, zh-Hant"
        );
    }
}
