//! The relevant documents of a query with their languages.

use crate::Language;

/// A relevant document of a query: where it stands, and in which language it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relevant<'a> {
    /// Its rank, from 1 on; `None` if the ranking lacks it.
    pub rank: Option<usize>,
    /// How relevant it is; at 0 it is not, and no measure counts it.
    pub grade: u32,
    /// Its language, if known.
    pub language: Option<&'a Language>,
}

impl Relevant<'_> {
    /// Whether it is among the first `k`.
    pub(super) fn is_within(&self, k: usize) -> bool {
        self.rank.is_some_and(|rank| rank <= k)
    }
}

/// TLR@k, translated recall: the share of the relevant documents in other languages than the
/// query's, `query`, that is among the first `k`; 0 to 1. Varieties of a language are one language
/// here, and documents whose language is not known are left out. `None` without any in another
/// language.
pub fn tlr(relevant: &[Relevant], query: &Language, k: usize) -> Option<f64> {
    let (mut found, mut all) = (0, 0);
    for document in relevant.iter().filter(|document| document.grade > 0) {
        if document.language.is_some_and(|language| !language.same_language(query)) {
            all += 1;
            found += usize::from(document.is_within(k));
        }
    }
    (all > 0).then(|| found as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translated_recall_looks_at_other_languages_only() {
        let [en, de, zh, hant] =
            ["en", "de", "zh", "zh-Hant"].map(|tag| Language::parse(tag).expect("a tag"));
        let document = |rank, grade, language| Relevant { rank, grade, language };
        let relevant = [
            document(Some(1), 1, Some(&en)),
            document(Some(2), 2, Some(&de)),
            document(Some(11), 1, Some(&zh)),
            document(None, 1, Some(&hant)),
            document(Some(3), 0, Some(&de)),
            document(Some(4), 1, None),
        ];
        assert_eq!(tlr(&relevant, &en, 10), Some(1.0 / 3.0));
        assert_eq!(tlr(&relevant, &en, 11), Some(2.0 / 3.0));
        assert_eq!(tlr(&relevant, &hant, 10), Some(1.0), "zh is a variety of zh-Hant's language");
        assert_eq!(tlr(&relevant[..1], &en, 10), None);
    }
}
