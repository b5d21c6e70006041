"""Judges an encoder on held-out parts of the training sources; this alone chooses checkpoints.

Question answering: the questions of a source's dev split in one language against the sentences (or
passages) that answer them, mean reciprocal rank. Translations: groups of a source in several
languages, each text asks for its translations among all texts of all languages, mean average
precision, and the share of its own language in the first ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..encoder import Encoder
from . import config
from .corpus import SPLITS, Corpus

DEV = SPLITS.index("dev")


@dataclass(frozen=True)
class QuestionSet:
    name: str
    questions: np.ndarray  # (n,) texts
    passages: np.ndarray  # (n,) texts; a passage may answer several questions


@dataclass(frozen=True)
class TranslationSet:
    name: str
    texts: np.ndarray  # (n,)
    language: np.ndarray  # (n,)
    group: np.ndarray  # (n,)


@dataclass(frozen=True)
class PoolSet:
    """Questions and their answers, row by row; rows of one group answer each other."""

    name: str
    questions: np.ndarray  # (n,) texts
    answers: np.ndarray  # (n,) texts
    group: np.ndarray  # (n,)


class Validation:
    """Fixed sets, drawn once."""

    def __init__(self, corpus: Corpus, settings: config.Config):
        self.corpus = corpus
        self.settings = settings
        random = np.random.default_rng(0)
        self.questions = question_sets(corpus, settings.validation, random)
        self.translations = translation_sets(corpus, settings.validation, random)
        self.pools = pool_sets(corpus, settings.validation, random)
        if not self.questions and not self.translations:
            raise ValueError("the prepared data has no dev split to choose a checkpoint with")

    @torch.inference_mode()
    def measure(self, encoder: Encoder) -> dict[str, float]:
        """Figures by name; `score` is what chooses: higher is better."""
        figures: dict[str, float] = {}
        for part in self.questions:
            questions = self.encode(encoder, part.questions, "query")
            passages, inverse = np.unique(part.passages, return_inverse=True)
            scores = questions @ self.encode(encoder, passages, "passage").T
            figures[f"mrr {part.name}"] = reciprocal_rank(scores, inverse)
        for part in self.translations:
            vectors = self.encode(encoder, part.texts, "passage")
            figures[f"map {part.name}"], figures[f"own {part.name}"] = translation_figures(vectors, part)
        for part in self.pools:
            questions = self.encode(encoder, part.questions, "query")
            answers = self.encode(encoder, part.answers, "passage")
            figures[f"pool {part.name}"] = pool_precision(questions @ answers.T, part.group)
        answered = [value for name, value in figures.items() if name.startswith("mrr ")]
        aligned = [value for name, value in figures.items() if name.startswith(("map ", "pool "))]
        share = self.settings.validation.monolingual_weight if answered and aligned else float(bool(answered))
        figures["monolingual"] = float(np.mean(answered)) if answered else 0.0
        figures["multilingual"] = float(np.mean(aligned)) if aligned else 0.0
        figures["score"] = share * figures["monolingual"] + (1 - share) * figures["multilingual"]
        return figures

    def encode(self, encoder: Encoder, texts: np.ndarray, role: str) -> np.ndarray:
        run = self.settings.run
        most = run.query_tokens if role == "query" else run.passage_tokens
        ids = [self.corpus.texts.ids(int(text), role, most) for text in texts]
        with torch.autocast(encoder.device.type, torch.bfloat16, enabled=run.precision == "bfloat16"):
            return encoder.encode_ids(ids, run.batch_tokens).float().cpu().numpy()


def question_sets(corpus: Corpus, settings: config.Validation, random: np.random.Generator) -> list[QuestionSet]:
    pairs, sets = corpus.pairs, []
    held_out = np.flatnonzero(np.array(pairs.split) == DEV)
    for source in np.unique(pairs.source[held_out]):
        rows = held_out[pairs.source[held_out] == source]
        for language in np.unique(pairs.language[rows]):
            chosen = rows[pairs.language[rows] == language]
            if len(chosen) < min(30, settings.pairs):
                continue
            # Of a source in many languages a few questions of each will do.
            most = settings.pairs if len(np.unique(pairs.language[rows])) < 4 else settings.pairs // 3
            chosen = random.choice(chosen, min(most, len(chosen)), replace=False)
            known = np.array(pairs.sentence[chosen]) >= 0
            passages = np.where(known, pairs.sentence[chosen], pairs.passage[chosen])
            name = f"{corpus.sources[source]} {corpus.languages[language]}"
            sets.append(QuestionSet(name, np.array(pairs.question[chosen]), passages))
    return sets


def translation_sets(
    corpus: Corpus, settings: config.Validation, random: np.random.Generator
) -> list[TranslationSet]:
    table, sets = corpus.parallel, []
    held_out = np.flatnonzero(np.array(table.split) == DEV)
    for source in np.unique(table.source[held_out]):
        rows = held_out[table.source[held_out] == source]
        # The languages with most held-out texts would be the large ones: take any.
        languages, counts = np.unique(table.language[rows], return_counts=True)
        languages = languages[counts >= min(30, settings.groups)]
        if len(languages) < 2:
            continue
        few = random.choice(languages, min(settings.languages, len(languages)), replace=False)
        rows = rows[np.isin(table.language[rows], few)]
        groups, sizes = np.unique(table.group[rows], return_counts=True)
        groups = random.permutation(groups[sizes > 1])
        # Groups with most languages first: they tell most.
        held = dict(zip(*np.unique(table.group[rows], return_counts=True)))
        groups = sorted(groups, key=lambda group: -held[group])[: settings.groups]
        rows = rows[np.isin(table.group[rows], groups)]
        if len(rows):
            columns = (np.array(table.text[rows]), np.array(table.language[rows]), np.array(table.group[rows]))
            sets.append(TranslationSet(corpus.sources[source], *columns))
    return sets


def pool_sets(corpus: Corpus, settings: config.Validation, random: np.random.Generator) -> list[PoolSet]:
    pairs, sets = corpus.pairs, []
    held_out = np.flatnonzero(np.array(pairs.split) == DEV)
    held_out = held_out[np.array(pairs.sentence[held_out]) >= 0]
    for source in np.unique(pairs.source[held_out]):
        rows = held_out[pairs.source[held_out] == source]
        groups, sizes = np.unique(pairs.group[rows], return_counts=True)
        groups = groups[sizes > 1]
        if len(groups) < min(30, settings.groups):
            continue
        chosen = random.choice(groups, min(settings.groups, len(groups)), replace=False)
        rows = rows[np.isin(pairs.group[rows], chosen)]
        columns = (np.array(pairs.question[rows]), np.array(pairs.sentence[rows]), np.array(pairs.group[rows]))
        sets.append(PoolSet(corpus.sources[source], *columns))
    return sets


def pool_precision(scores: np.ndarray, group: np.ndarray) -> float:
    """Mean average precision; scores (n, n) of question i and answer j, group (n,) of both."""
    relevant = group[np.argsort(-scores, axis=1, kind="stable")] == group[:, None]
    precision = np.cumsum(relevant, axis=1) / np.arange(1, len(group) + 1)
    return float(((precision * relevant).sum(1) / relevant.sum(1)).mean())


def reciprocal_rank(scores: np.ndarray, gold: np.ndarray) -> float:
    """Mean reciprocal rank; scores (questions, passages), gold (questions,) a passage each."""
    right = scores[np.arange(len(gold)), gold]
    return float(np.mean(1 / (1 + (scores > right[:, None]).sum(1))))


def translation_figures(vectors: np.ndarray, part: TranslationSet, first: int = 10) -> tuple[float, float]:
    """Mean average precision of the translations, and the share of a text's own language in the first ten."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :-1]  # without the text itself
    relevant = part.group[order] == part.group[:, None]
    hits = np.cumsum(relevant, axis=1)
    precision = hits / np.arange(1, relevant.shape[1] + 1)
    found = relevant.sum(1)
    average = (precision * relevant).sum(1) / np.maximum(found, 1)
    own = (part.language[order[:, :first]] == part.language[:, None]).mean()
    return float(average[found > 0].mean()), float(own)
