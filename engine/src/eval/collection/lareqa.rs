//! A LAReQA data set as a collection, so that what is told of collections is told of it, too.

use super::texts::Texts;
use super::{Collection, Entry, LanguageTable, Vectors};
use crate::Result;
use crate::eval::lareqa;

impl Collection {
    /// The candidates and the questions of a LAReQA data set: a question is relevant to its gold
    /// sentences, and questions of one id are a group. The tasks are the same, so mono, cross and
    /// multi mAP are those of [`lareqa::score`].
    ///
    /// # Errors
    /// [`Error::TooManyLanguages`](crate::Error::TooManyLanguages).
    pub fn of_lareqa(dataset: &lareqa::Dataset) -> Result<Self> {
        let mut table = LanguageTable::default();
        let (mut documents, mut queries) = (Vec::new(), Vec::new());
        for part in dataset.parts() {
            let language = table.number(part.language.clone())?;
            for candidate in &dataset.candidates()[part.candidates.clone()] {
                documents.push(Entry { id: candidate.id.clone(), group: None, language });
            }
            for question in &dataset.questions()[part.questions.clone()] {
                // A slash is in no candidate's id.
                let id = format!("{}/{}", part.language, question.id);
                queries.push(Entry { id, group: Some(question.id.clone()), language });
            }
        }
        let numbers = 0..dataset.questions().len();
        let gold = |query| dataset.gold(query).iter().map(|gold| (*gold, 1)).collect();
        let texts = (0..documents.len()).map(|number| dataset.text(number).into_owned());
        Ok(Self {
            name: dataset.name().to_owned(),
            languages: table.languages,
            document_texts: Texts::Memory(texts.collect()),
            query_texts: Texts::Memory(
                dataset.questions().iter().map(|question| question.text.clone()).collect(),
            ),
            relevant: numbers.clone().map(gold).collect(),
            missing: vec![Vec::new(); numbers.len()],
            documents,
            queries,
        })
    }
}

impl From<lareqa::Vectors> for Vectors {
    /// The vectors of a LAReQA data set as those of [`Collection::of_lareqa`].
    fn from(vectors: lareqa::Vectors) -> Self {
        Self { queries: vectors.queries, documents: vectors.candidates }
    }
}
