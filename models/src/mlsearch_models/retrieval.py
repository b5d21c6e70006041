"""Does an exported graph find what its checkpoint finds? Translation retrieval, language by language.

The held-out translations of the prepared training data: a text asks for its translation in the pivot
language among those of all languages. Two figures, the share found first (recall@1) and the mean
reciprocal rank (MRR). Languages with few held-out texts are judged together.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TOLERANCE = 0.005
# Fewer than 1 / TOLERANCE texts cannot show a difference as small as that.
ENOUGH = 200
SEED = 1
CHUNK = 256

# Texts and their role to vectors of unit length.
Encode = Callable[[list[str], str], np.ndarray]


@dataclass(frozen=True)
class Part:
    """The texts of a language, or of several that have few."""

    name: str
    queries: list[str]
    gold: np.ndarray  # (queries,) places in `Questions.candidates`


@dataclass(frozen=True)
class Questions:
    parts: list[Part]
    candidates: list[str]
    together: dict[str, int]  # languages judged together, and how many texts each has


@dataclass(frozen=True)
class Figures:
    recall: float
    reciprocal_rank: float


@dataclass(frozen=True)
class Difference:
    """Of one part, before and after the export."""

    name: str
    texts: int
    before: Figures
    after: Figures

    @property
    def loss(self) -> float:
        """The greater of the two figures' losses; below 0 where both gained."""
        recall = self.before.recall - self.after.recall
        return max(recall, self.before.reciprocal_rank - self.after.reciprocal_rank)

    def __str__(self) -> str:
        return (
            f"{self.name}: recall@1 {self.before.recall:.4f} to {self.after.recall:.4f}, MRR "
            f"{self.before.reciprocal_rank:.4f} to {self.after.reciprocal_rank:.4f} over {self.texts} texts"
        )


def read(path: Path, pivot: str = "en", most: int = ENOUGH, enough: int = ENOUGH) -> Questions:
    """Up to `most` held-out texts of each language, from a prepared parallel.jsonl."""
    found: dict[str, dict[str, str]] = {}  # language -> text -> translation
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["split"] != "dev" or pivot not in row["texts"]:
                continue
            for language, text in row["texts"].items():
                if language != pivot:
                    found.setdefault(language, {}).setdefault(text, row["texts"][pivot])
    if not found:
        raise ValueError(f"{path} has no held-out text with a translation in {pivot}")
    drawn = random.Random(SEED)
    places: dict[str, int] = {}
    parts: list[Part] = []
    rest: list[tuple[str, str]] = []
    together: dict[str, int] = {}
    for language, pairs in sorted(found.items()):
        chosen = drawn.sample(list(pairs.items()), min(most, len(pairs)))
        for _, translation in chosen:
            places.setdefault(translation, len(places))
        if len(chosen) < enough:
            rest += chosen
            together[language] = len(chosen)
        else:
            parts.append(part(language, chosen, places))
    if rest:
        parts.append(part(f"{len(together)} languages with few texts", rest, places))
    return Questions(parts, list(places), together)


def part(name: str, pairs: list[tuple[str, str]], places: dict[str, int]) -> Part:
    gold = np.array([places[translation] for _, translation in pairs])
    return Part(name, [text for text, _ in pairs], gold)


def measure(questions: Questions, encode: Encode) -> dict[str, Figures]:
    """Figures by the name of the part."""
    candidates = encode(questions.candidates, "passage")  # (n, dimension)
    measured = {}
    for each in questions.parts:
        ranks = []
        for start in range(0, len(each.queries), CHUNK):
            scores = encode(each.queries[start : start + CHUNK], "query") @ candidates.T
            gold = each.gold[start : start + CHUNK]
            right = scores[np.arange(len(gold)), gold]
            ranks.append(1 + (scores > right[:, None]).sum(1))
        rank = np.concatenate(ranks)
        measured[each.name] = Figures(float((rank == 1).mean()), float((1 / rank).mean()))
    return measured


def compare(questions: Questions, before: Encode, after: Encode) -> list[Difference]:
    """The greatest loss first."""
    old, new = measure(questions, before), measure(questions, after)
    differences = [Difference(each.name, len(each.queries), old[each.name], new[each.name]) for each in questions.parts]
    return sorted(differences, key=lambda difference: -difference.loss)


def missed(differences: list[Difference], tolerance: float = TOLERANCE) -> list[Difference]:
    """Those that lost more than is allowed, by more than rounding."""
    return [difference for difference in differences if difference.loss > tolerance + 1e-9]
