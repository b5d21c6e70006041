//! One language's file: SQuAD JSON with the sentence breaks of each paragraph.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

use crate::{Error, Result};

/// What a file holds.
pub(super) struct LanguageFile {
    pub(super) paragraphs: Vec<Paragraph>,
}

pub(super) struct Paragraph {
    pub(super) text: String,
    /// Where each sentence is, in bytes of `text`.
    pub(super) sentences: Vec<Range<usize>>,
    pub(super) questions: Vec<FileQuestion>,
}

pub(super) struct FileQuestion {
    pub(super) id: String,
    pub(super) text: String,
    /// Which sentence of the paragraph answers it; none where the file names no answer, or one
    /// outside of all sentences.
    pub(super) gold: Option<usize>,
}

#[derive(Deserialize)]
struct Squad {
    data: Vec<SquadArticle>,
}

#[derive(Deserialize)]
struct SquadArticle {
    paragraphs: Vec<SquadParagraph>,
}

#[derive(Deserialize)]
struct SquadParagraph {
    context: String,
    /// Begin and end of each sentence in code points; the end is the first one behind it.
    sentence_breaks: Vec<(usize, usize)>,
    qas: Vec<SquadQuestion>,
}

#[derive(Deserialize)]
struct SquadQuestion {
    id: String,
    question: String,
    #[serde(default)]
    answers: Vec<SquadAnswer>,
}

#[derive(Deserialize)]
struct SquadAnswer {
    /// In code points; -1 in some data sets for a question without answer.
    answer_start: i64,
}

impl LanguageFile {
    /// Reads the file `path`.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Input`] for a file that is not of this form.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(|source| Error::Io {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
        let squad: Squad = serde_json::from_slice(&bytes).map_err(|error| Error::Input {
            path: path.to_owned(),
            line: Some(error.line() as u64),
            reason: format!("this is not SQuAD JSON with sentence_breaks: {error}"),
        })?;
        let paragraphs = squad.data.into_iter().flat_map(|article| article.paragraphs);
        let paragraphs = paragraphs.enumerate().map(|(number, paragraph)| {
            paragraph.check().map_err(|what| Error::Input {
                path: path.to_owned(),
                line: None,
                reason: format!("paragraph {}: {what}", number + 1),
            })
        });
        Ok(Self { paragraphs: paragraphs.collect::<Result<_>>()? })
    }
}

impl SquadParagraph {
    /// Turns code points into bytes and finds the gold sentences. An `Err` says what is wrong.
    fn check(self) -> std::result::Result<Paragraph, String> {
        let mut offsets: Vec<usize> = self.context.char_indices().map(|(byte, _)| byte).collect();
        offsets.push(self.context.len());
        let mut sentences = Vec::with_capacity(self.sentence_breaks.len());
        for (number, (start, end)) in self.sentence_breaks.iter().enumerate() {
            match (offsets.get(*start), offsets.get(*end)) {
                (Some(first), Some(behind)) if start <= end => sentences.push(*first..*behind),
                _ => {
                    return Err(format!(
                        "sentence {} is said to go from character {start} to {end}, and the paragraph has {}",
                        number + 1,
                        offsets.len() - 1
                    ));
                }
            }
        }
        let mut questions = Vec::with_capacity(self.qas.len());
        for question in self.qas {
            if question.id.is_empty()
                || question.id.contains(|c: char| c.is_whitespace() || c.is_control())
            {
                return Err(format!(
                    "a question has the id {:?}: ids are words without white space",
                    question.id
                ));
            }
            let start = question
                .answers
                .first()
                .and_then(|answer| usize::try_from(answer.answer_start).ok());
            let gold = start.and_then(|start| {
                self.sentence_breaks
                    .iter()
                    .position(|(first, last)| *first <= start && start <= *last)
            });
            questions.push(FileQuestion { id: question.id, text: question.question, gold });
        }
        Ok(Paragraph { text: self.context, sentences, questions })
    }
}
