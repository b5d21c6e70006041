"""Amharic questions to the passages and sentences of AmQA's test split.

- `passage_recall`, `passage_mrr`: is the question's passage first; reciprocal rank, 0 beyond ten,
- `sentence_recall`, `sentence_mrr`: the same with the sentences of all passages as the pool, the one
  in which the answer begins being right.

The test split has few passages, so the first pool is easy; the second is the one to look at.
"""

from __future__ import annotations

import numpy as np

from . import centering, measure, ranking
from .amqa import Dataset
from .measure import Measure
from .vectors import VectorStore

NAME = "amqa"
CUT_OFF = 10
LANGUAGE = "am"
Measures = dict[str, dict[str, Measure]]  # centering -> name -> values


def evaluate(store: VectorStore, dataset: Dataset) -> Measures:
    questions = store.get({"questions": dataset.questions}, "query", "AmQA questions")["questions"]
    pools = {"passage": dataset.passages, "sentence": dataset.sentences}
    return score(dataset, questions, store.get(pools, "passage", "AmQA passages"))


def score(dataset: Dataset, questions: np.ndarray, pools: dict[str, np.ndarray]) -> Measures:
    """From vectors of the questions (questions, dim) and of the pools `passage` and `sentence`."""
    gold = {"passage": np.array(dataset.passage_of), "sentence": np.array(dataset.sentence_of)}
    found: Measures = {}
    for kind in centering.KINDS:
        queries = questions - questions.mean(0) if kind == "both" else questions
        found[kind] = {}
        for name, vectors in pools.items():
            documents = vectors if kind == "none" else vectors - vectors.mean(0)
            ranks = ranking.ranks(queries @ documents.T, gold[name][:, None])[:, 0]
            found[kind][f"{name}_recall"] = one_cell(ranks == 1)
            found[kind][f"{name}_mrr"] = one_cell(np.where(ranks <= CUT_OFF, 1 / ranks, 0))
    return found


def one_cell(values: np.ndarray) -> Measure:
    return measure.of(values, np.arange(len(values)), np.zeros(len(values)), [LANGUAGE])
