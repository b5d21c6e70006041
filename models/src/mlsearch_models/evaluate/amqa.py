"""AmQA: questions on passages of the Amharic Wikipedia. Only its test split is read here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import archives

ARCHIVE = "qa/amqa.tar.gz"
SOURCE = "semantic-systems/amharic-qa"
# Ends of sentences: the full stop, two word spaces in its place, and the signs from elsewhere.
SENTENCE = re.compile(r"[^።!?؟\n]*?(?:።|፡፡|[!?؟\n]|$)")


@dataclass
class Dataset:
    """Questions with the numbers of the passage and of the sentence that answer each."""

    passages: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    passage_of: list[int] = field(default_factory=list)
    sentence_of: list[int] = field(default_factory=list)
    unanswered: int = 0


def read(data: Path) -> Dataset:
    """The published archive in the data folder."""
    files = archives.read(data / ARCHIVE, "test_data.json", SOURCE)
    if len(files) != 1:
        raise ValueError(f"{data / ARCHIVE} holds {len(files)} files test_data.json, not one")
    (text,) = files.values()
    return parse(json.loads(text))


def parse(document: dict) -> Dataset:
    dataset = Dataset()
    first_sentence: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for paragraph in (part for article in document["data"] for part in article["paragraphs"]):
        context = paragraph["context"]
        breaks = sentence_breaks(context)
        if context not in numbers:
            numbers[context] = len(dataset.passages)
            first_sentence[context] = len(dataset.sentences)
            dataset.passages.append(context)
            dataset.sentences += [context[start:end].strip() for start, end in breaks]
        for question in paragraph["qas"]:
            sentence = answering(context, breaks, question)
            if sentence is None:
                dataset.unanswered += 1
                continue
            dataset.questions.append(question["question"])
            dataset.passage_of.append(numbers[context])
            dataset.sentence_of.append(first_sentence[context] + sentence)
    return dataset


def sentence_breaks(text: str) -> list[tuple[int, int]]:
    """Begin and end of each sentence that is not white space."""
    spans = [match.span() for match in SENTENCE.finditer(text)]
    return [(start, end) for start, end in spans if text[start:end].strip()]


def answering(context: str, breaks: list[tuple[int, int]], question: dict) -> int | None:
    """The sentence in which the first answer begins; offsets are mended where the text is elsewhere."""
    if not question.get("answers"):
        return None
    answer = question["answers"][0]
    start, text = answer["answer_start"], answer["text"].strip()
    if not context[start:].lstrip().startswith(text):
        places = [match.start() for match in re.finditer(re.escape(text), context)] if text else []
        if not places:
            return None
        start = min(places, key=lambda place: abs(place - start))
    return next((at for at, (_, end) in enumerate(breaks) if start < end), None)
