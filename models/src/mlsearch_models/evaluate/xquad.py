"""XQuAD-R: paragraphs cut into sentences and parallel questions on them, in LAReQA's form (arXiv 2004.05484)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from . import archives

ARCHIVE = "eval/xquad-r.tar.gz"
SOURCE = "google-research-datasets/lareqa"


@dataclass
class Paragraph:
    """A paragraph of one language and the questions on it, `(id, text)`."""

    language: str
    text: str
    questions: list[tuple[str, str]]


@dataclass
class Dataset:
    """Candidates and questions, language by language in the order of their tags."""

    languages: list[str] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    candidate_languages: list[int] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    question_languages: list[int] = field(default_factory=list)
    question_ids: list[str] = field(default_factory=list)
    gold: dict[str, dict[int, int]] = field(default_factory=dict)  # id -> language -> candidate

    def groups(self) -> np.ndarray:
        """For every question the number of its id, (questions,)."""
        numbers = {name: at for at, name in enumerate(dict.fromkeys(self.question_ids))}
        return np.array([numbers[name] for name in self.question_ids])

    def gold_table(self) -> np.ndarray:
        """For every question its gold sentence in each language, -1 for none: (questions, languages)."""
        table = np.full((len(self.questions), len(self.languages)), -1)
        for row, name in enumerate(self.question_ids):
            for language, candidate in self.gold[name].items():
                table[row, language] = candidate
        return table

    def first(self, count: int | None) -> Dataset:
        """The same candidates with the first `count` question ids, in the order of the data."""
        if count is None:
            return self
        kept = set(list(dict.fromkeys(self.question_ids))[:count])
        rows = [row for row, name in enumerate(self.question_ids) if name in kept]
        return Dataset(
            self.languages,
            self.paragraphs,
            self.candidates,
            self.candidate_languages,
            [self.questions[row] for row in rows],
            [self.question_languages[row] for row in rows],
            [self.question_ids[row] for row in rows],
            self.gold,
        )


def read(data: Path) -> Dataset:
    """The published archive in the data folder."""
    files = archives.read(data / ARCHIVE, ".json", SOURCE)
    by_language = {PurePosixPath(name).stem: json.loads(text) for name, text in files.items()}
    return parse(by_language)


def parse(files: dict[str, dict]) -> Dataset:
    """From each language's SQuAD document with `sentence_breaks`."""
    dataset = Dataset(languages=sorted(files))
    for number, language in enumerate(dataset.languages):
        paragraphs = [part for article in files[language]["data"] for part in article["paragraphs"]]
        for paragraph in paragraphs:
            add_paragraph(dataset, number, paragraph)
    return dataset


def add_paragraph(dataset: Dataset, language: int, paragraph: dict) -> None:
    text, breaks = paragraph["context"], paragraph["sentence_breaks"]
    first = len(dataset.candidates)
    dataset.candidates += [text[start:end] for start, end in breaks]
    dataset.candidate_languages += [language] * len(breaks)
    kept = []
    for question in paragraph["qas"]:
        sentence = gold_sentence(question, breaks)
        if sentence is None:
            continue
        dataset.questions.append(question["question"])
        dataset.question_languages.append(language)
        dataset.question_ids.append(question["id"])
        if language in dataset.gold.setdefault(question["id"], {}):
            raise ValueError(f"there are two questions of the id {question['id']} in {dataset.languages[language]}")
        dataset.gold[question["id"]][language] = first + sentence
        kept.append((question["id"], question["question"]))
    dataset.paragraphs.append(Paragraph(dataset.languages[language], text, kept))


def gold_sentence(question: dict, breaks: list[list[int]]) -> int | None:
    """The first sentence that the first answer begins in, its end included."""
    answers = question.get("answers") or []
    if not answers:
        return None
    start = answers[0]["answer_start"]
    return next((at for at, (low, high) in enumerate(breaks) if low <= start <= high), None)
