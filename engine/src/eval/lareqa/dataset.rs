//! A data set: all languages' candidates, queries and which answers which.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::file::LanguageFile;
use crate::{Error, Language, Result};

/// A data set of the LAReQA form, read from its published files.
///
/// Candidates and questions are numbered through, language by language in the order of their
/// tags, and within a language in the order of its file.
#[derive(Debug, Clone)]
pub struct Dataset {
    name: String,
    context: bool,
    parts: Vec<LanguagePart>,
    paragraphs: Vec<String>,
    candidates: Vec<Candidate>,
    questions: Vec<Question>,
    /// The gold sentences of each question id, ascending: at most one a language.
    golds: Vec<Vec<usize>>,
    unanswered: usize,
}

/// What of a data set is in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguagePart {
    /// The language.
    pub language: Language,
    /// Numbers of its candidates.
    pub candidates: Range<usize>,
    /// Numbers of its questions.
    pub questions: Range<usize>,
}

/// A sentence that may answer a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Language, paragraph and sentence, both counted from 0 in the language's file: `de-12-3`.
    pub id: String,
    paragraph: usize,
    /// In bytes of the paragraph.
    sentence: Range<usize>,
}

/// A question in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id; questions of one id in several languages are translations of each other.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Index into `Dataset::golds`.
    gold: usize,
}

impl Dataset {
    /// Reads a data set from the folder of its files, one a language and named after it
    /// (`en.json`), or from a folder that holds this folder and no other one of the kind. With
    /// `context`, a candidate's text is followed by its paragraph.
    ///
    /// Questions without an answer in any sentence take no part; see
    /// [`unanswered`](Self::unanswered).
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Input`] for files that are not of the LAReQA form.
    pub fn read(folder: impl AsRef<Path>, context: bool) -> Result<Self> {
        let folder = find_folder(folder.as_ref())?;
        let mut files = Vec::new();
        for path in json_files(&folder)? {
            files.push((file_language(&path)?, path));
        }
        files.sort();
        let mut dataset = Self {
            name: name_of(&folder),
            context,
            parts: Vec::new(),
            paragraphs: Vec::new(),
            candidates: Vec::new(),
            questions: Vec::new(),
            golds: Vec::new(),
            unanswered: 0,
        };
        let mut ids = HashMap::new();
        for (language, path) in files {
            if dataset.parts.last().is_some_and(|last| last.language == language) {
                return Err(input(
                    &path,
                    format!("there is another file for the language `{language}`"),
                ));
            }
            dataset.add(language, &path, &mut ids)?;
        }
        if dataset.questions.is_empty() {
            return Err(input(&folder, "its files hold no question with an answer".to_owned()));
        }
        Ok(dataset)
    }

    /// The name of the data set's folder, such as `xquad-r`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether candidates come with their paragraph.
    pub fn has_context(&self) -> bool {
        self.context
    }

    /// The languages and what is in each.
    pub fn parts(&self) -> &[LanguagePart] {
        &self.parts
    }

    /// All candidates.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// All questions.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The part that a question is in, as an index into [`parts`](Self::parts).
    ///
    /// # Panics
    /// When there is no question of this number.
    pub fn part_of(&self, question: usize) -> usize {
        assert!(question < self.questions.len(), "no question {question}");
        self.parts.partition_point(|part| part.questions.end <= question)
    }

    /// Numbers of the candidates that answer a question, ascending: its gold sentence in its own
    /// language and in each other that has the question.
    ///
    /// # Panics
    /// When there is no question of this number.
    pub fn gold(&self, question: usize) -> &[usize] {
        &self.golds[self.questions[question].gold]
    }

    /// The sentence of a candidate, as it stands in its paragraph.
    ///
    /// # Panics
    /// When there is no candidate of this number.
    pub fn sentence(&self, candidate: usize) -> &str {
        let candidate = &self.candidates[candidate];
        &self.paragraphs[candidate.paragraph][candidate.sentence.clone()]
    }

    /// What is encoded of a candidate: its sentence, or with context the sentence, a line break
    /// and the whole paragraph that it is from. The sentence comes first, so it is what
    /// candidates of one paragraph differ by also when a model cuts long texts.
    ///
    /// # Panics
    /// When there is no candidate of this number.
    pub fn text(&self, candidate: usize) -> Cow<'_, str> {
        let sentence = self.sentence(candidate);
        if !self.context {
            return Cow::Borrowed(sentence);
        }
        let paragraph = &self.paragraphs[self.candidates[candidate].paragraph];
        Cow::Owned(format!("{sentence}\n{paragraph}"))
    }

    /// Questions of the files that were left out, because the file names no answer to them or
    /// one that is in no sentence.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// The number of the part that each candidate is in.
    ///
    /// # Errors
    /// [`Error::TooManyLanguages`].
    pub(super) fn labels(&self) -> Result<Vec<u16>> {
        let mut labels = Vec::with_capacity(self.candidates.len());
        for (number, part) in self.parts.iter().enumerate() {
            let label = u16::try_from(number).map_err(|_| Error::TooManyLanguages {
                tag: part.language.to_string(),
                most: usize::from(u16::MAX) + 1,
            })?;
            labels.resize(part.candidates.end, label);
        }
        Ok(labels)
    }

    /// Adds the file of one language. `ids` maps the ids of questions to indices of `golds`.
    fn add(
        &mut self,
        language: Language,
        path: &Path,
        ids: &mut HashMap<String, usize>,
    ) -> Result<()> {
        let first = (self.candidates.len(), self.questions.len());
        for (number, paragraph) in LanguageFile::read(path)?.paragraphs.into_iter().enumerate() {
            let first_sentence = self.candidates.len();
            for (sentence, range) in paragraph.sentences.into_iter().enumerate() {
                self.candidates.push(Candidate {
                    id: format!("{language}-{number}-{sentence}"),
                    paragraph: self.paragraphs.len(),
                    sentence: range,
                });
            }
            self.paragraphs.push(paragraph.text);
            for question in paragraph.questions {
                let Some(sentence) = question.gold else {
                    self.unanswered += 1;
                    continue;
                };
                let next = self.golds.len();
                let gold = *ids.entry(question.id.clone()).or_insert(next);
                if gold == next {
                    self.golds.push(Vec::new());
                }
                // Sentences of this language come after those of the languages before it.
                if self.golds[gold].last().is_some_and(|last| *last >= first.0) {
                    return Err(input(
                        path,
                        format!("there are two questions of the id {}", question.id),
                    ));
                }
                self.golds[gold].push(first_sentence + sentence);
                self.questions.push(Question { id: question.id, text: question.text, gold });
            }
        }
        let candidates = first.0..self.candidates.len();
        let questions = first.1..self.questions.len();
        self.parts.push(LanguagePart { language, candidates, questions });
        Ok(())
    }
}

/// `folder`, or the one folder in it that holds JSON files.
fn find_folder(folder: &Path) -> Result<PathBuf> {
    if !json_files(folder)?.is_empty() {
        return Ok(folder.to_owned());
    }
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() && !json_files(&path)?.is_empty() {
            found.push(path);
        }
    }
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => Err(input(
            folder,
            "there are no files such as `en.json` in this folder or one below it; give the folder of an unpacked LAReQA data set"
                .to_owned(),
        )),
        [first, second, ..] => Err(input(
            folder,
            format!("several folders in it hold data, such as {} and {}; give one of them", first.display(), second.display()),
        )),
    }
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = entries(folder)?;
    files.retain(|path| {
        path.extension().is_some_and(|extension| extension == "json") && path.is_file()
    });
    Ok(files)
}

/// What is in `folder`, by name, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let error = |source| Error::Io { path: folder.to_owned(), action: "read the folder", source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let entry = entry.map_err(error)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

/// The language that a file is named after.
fn file_language(path: &Path) -> Result<Language> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Language::parse(&stem).map_err(|_| {
        input(path, "it is not named after a language, such as `en.json`, as the files of a LAReQA data set are".to_owned())
    })
}

/// The folder's own name, also of `.` and `..`.
fn name_of(folder: &Path) -> String {
    let full = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    full.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn input(path: &Path, reason: String) -> Error {
    Error::Input { path: path.to_owned(), line: None, reason }
}
