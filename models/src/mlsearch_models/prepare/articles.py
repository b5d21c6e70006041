"""Titles of encyclopedia articles in a set that does not give them: AmQA's passages open with the title, repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import evaluation
from .records import Record

MAX_WORDS = 4
MARKS = "፣።፡፤.,:;()«»\"'"


def title(context: str) -> str | None:
    """The words a text opens with, where the same words follow at once: "Lake Tana Lake Tana is …"."""
    words = [word.strip(MARKS) for word in context.split()[: 2 * MAX_WORDS]]
    for count in range(min(MAX_WORDS, len(words) // 2), 0, -1):
        if words[:count] == words[count : 2 * count] and all(words[:count]):
            return " ".join(words[:count])
    return None


def shared_with_test(data: Path) -> Callable[[Record], str | None]:
    """A function that gives the reason to leave a pair of AmQA out, or None; its `split_key` holds the whole context."""
    titles = {title(paragraph["context"]) for paragraph in evaluation.amqa_test_paragraphs(data)} - {None}

    def refuse(record: Record) -> str | None:
        return "evaluation article" if title(record.split_key.partition(":")[2]) in titles else None

    return refuse
