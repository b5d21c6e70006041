"""The tasks by name: what each reads, and what it measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import amqa, bitext, codeswitch, lareqa, ntrex, questions, xquad
from .results import Outcome
from .vectors import VectorStore


@dataclass(frozen=True)
class Settings:
    """Where the data is, and how much of it is asked."""

    data: Path
    questions: int | None = None  # question ids of XQuAD-R; all by default
    lines: int | None = None  # of NTREX-128; all by default


def run_lareqa(store: VectorStore, settings: Settings) -> Outcome:
    dataset = xquad.read(settings.data)
    return Outcome(xquad_facts(dataset, settings), lareqa.evaluate(store, dataset, settings.questions))


def run_codeswitch(store: VectorStore, settings: Settings) -> Outcome:
    dataset = xquad.read(settings.data)
    facts = {"pairs of languages": len(codeswitch.pairs_of(dataset)), **xquad_facts(dataset, settings)}
    return Outcome(facts, codeswitch.evaluate(store, dataset, settings.questions))


def run_ntrex(store: VectorStore, settings: Settings) -> Outcome:
    dataset = ntrex.read(settings.data)
    lines = len(dataset.first(settings.lines).lines[ntrex.PIVOT])
    tags = len(dataset.tags)
    facts = {"tags": tags, "languages": len(dataset.representatives()), "lines": lines, "sentences": tags * lines}
    return Outcome(facts, bitext.evaluate(store, dataset, settings.lines))


def run_amqa(store: VectorStore, settings: Settings) -> Outcome:
    dataset = amqa.read(settings.data)
    facts = {
        "questions": len(dataset.questions),
        "passages": len(dataset.passages),
        "sentences": len(dataset.sentences),
        "left out": dataset.unanswered,
    }
    return Outcome(facts, questions.evaluate(store, dataset))


def xquad_facts(dataset: xquad.Dataset, settings: Settings) -> dict[str, object]:
    ids = len(set(dataset.first(settings.questions).question_ids))
    return {"questions": ids, "languages": len(dataset.languages), "candidates": len(dataset.candidates)}


TASKS: dict[str, Callable[[VectorStore, Settings], Outcome]] = {
    lareqa.NAME: run_lareqa,
    codeswitch.NAME: run_codeswitch,
    questions.NAME: run_amqa,
    bitext.NAME: run_ntrex,
}
