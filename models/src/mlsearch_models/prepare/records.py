"""The three kinds of training records, as every reader yields them.

`split` is the source's own ("train" or "dev") or None, to be decided by the hash of `split_key`. Records that must
stay together share a `split_key`; those that mean the same share a `group`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Pair:
    """A question (or heading) and the passage that answers it; `sentence` is the part of the passage that does."""

    source: str
    split: str | None
    language: str
    group: str
    question: str
    passage: str
    sentence: str | None = None
    split_key: str = ""

    def texts(self) -> Iterator[str]:
        yield self.question
        yield self.passage

    def document(self) -> dict[str, object]:
        return {
            "source": self.source,
            "split": self.split,
            "language": self.language,
            "group": self.group,
            "question": self.question,
            "passage": self.passage,
            "sentence": self.sentence,
        }


@dataclass(slots=True)
class Parallel:
    """Texts of one meaning by language tag."""

    source: str
    split: str | None
    group: str
    by_language: dict[str, str]
    split_key: str = ""

    def texts(self) -> Iterator[str]:
        yield from self.by_language.values()

    def document(self) -> dict[str, object]:
        return {"source": self.source, "split": self.split, "group": self.group, "texts": self.by_language}


@dataclass(slots=True)
class Passage:
    """A text in one language, without a question or a translation."""

    source: str
    split: str | None
    language: str
    group: str
    text: str
    split_key: str = ""

    def texts(self) -> Iterator[str]:
        yield self.text

    def document(self) -> dict[str, object]:
        return {
            "source": self.source,
            "split": self.split,
            "language": self.language,
            "group": self.group,
            "text": self.text,
        }


Record = Pair | Parallel | Passage
FILES = {Pair: "pairs.jsonl", Parallel: "parallel.jsonl", Passage: "passages.jsonl"}
