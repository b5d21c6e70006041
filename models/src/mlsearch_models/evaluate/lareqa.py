"""LAReQA (arXiv 2004.05484): does a question find its answer in every language?

Candidates are single sentences, without the paragraph around them. Mean average precision takes in
the whole ranking.

- `mono`: against the candidates of the question's language,
- `cross`: against those of one other language; a figure is a mean over ordered pairs,
- `multi`: against all candidates, the parallel gold sentences of all languages being relevant,
- `rank_distance`: worst less best rank of those in the pool; smaller is better,
- `own_share`: share of the question's language among the first ten of the pool.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import centering, measure, ranking
from .measure import Measure
from .vectors import VectorStore
from .xquad import Dataset

NAME = "lareqa"
TOP = 10
Measures = dict[str, dict[str, Measure]]  # centering -> name -> values


@dataclass
class Pool:
    """The candidates of all languages with their vectors."""

    vectors: np.ndarray  # (candidates, dim)
    languages: np.ndarray  # (candidates,)
    blocks: list[slice]  # of each language
    means: np.ndarray  # (languages, dim)

    def centered(self) -> np.ndarray:
        return centering.centered(self.vectors, self.means, self.languages)


def evaluate(store: VectorStore, dataset: Dataset, sample: int | None = None) -> Measures:
    """All measures under each kind of centering, of the first `sample` question ids."""
    dataset = dataset.first(sample)
    pool = encode_pool(store, dataset)
    queries = store.get({"questions": dataset.questions}, "query", "XQuAD-R questions")["questions"]
    return score(dataset, pool, queries)


def encode_pool(store: VectorStore, dataset: Dataset) -> Pool:
    vectors = store.get({"sentences": dataset.candidates}, "passage", "XQuAD-R sentences")["sentences"]
    return make_pool(dataset, vectors)


def make_pool(dataset: Dataset, vectors: np.ndarray) -> Pool:
    languages = np.array(dataset.candidate_languages)
    edges = np.searchsorted(languages, np.arange(len(dataset.languages) + 1))
    blocks = [slice(int(low), int(high)) for low, high in zip(edges, edges[1:])]
    return Pool(vectors, languages, blocks, centering.language_means(vectors, languages, len(blocks)))


def score(dataset: Dataset, pool: Pool, queries: np.ndarray) -> Measures:
    """From vectors: those of the questions are float32 (questions, dim)."""
    own = np.array(dataset.question_languages)
    gold = dataset.gold_table()
    means = centering.language_means(queries, own, len(dataset.languages))
    centered = centering.centered(queries, means, own)
    sides = {
        "none": (queries, pool.vectors),
        "documents": (queries, pool.centered()),
        "both": (centered, pool.centered()),
    }
    return {
        kind: measures(dataset, own, *rank_all(q, d, gold, own, pool))
        for kind, (q, d) in sides.items()
    }


def rank_all(queries: np.ndarray, documents: np.ndarray, gold: np.ndarray, own: np.ndarray, pool: Pool):
    """Ranks (queries, languages) within the gold sentence's language and in the pool, and the share of `own`."""
    within, pooled = np.zeros_like(gold), np.zeros_like(gold)
    share = np.empty(len(queries))
    for block, scores in ranking.score_blocks(queries, documents):
        pooled[block] = ranking.ranks(scores, gold[block])
        for language, part in enumerate(pool.blocks):
            targets = gold[block, language : language + 1]
            targets = np.where(targets >= 0, targets - part.start, -1)
            within[block, language] = ranking.ranks(scores[:, part], targets)[:, 0]
        best = pool.languages[ranking.top(scores, TOP)]
        share[block] = (best == own[block][:, None]).mean(1)
    return within, pooled, share


def measures(
    dataset: Dataset, own: np.ndarray, within: np.ndarray, pooled: np.ndarray, share: np.ndarray
) -> dict[str, Measure]:
    """From ranks (questions, languages), 0 where a language has no gold sentence."""
    groups, names = dataset.groups(), dataset.languages
    rows = np.arange(len(own))
    reciprocal = np.where(within > 0, 1 / np.maximum(within, 1), np.nan)  # one gold sentence: its average precision
    pairs = [f"{query}>{answer}" for query in names for answer in names]
    others = reciprocal.copy()
    others[rows, own] = np.nan
    cells = own[:, None] * len(names) + np.arange(len(names))
    present = ~np.isnan(others)
    return {
        "mono": measure.of(reciprocal[rows, own], groups, own, names),
        "cross": measure.of(others[present], np.broadcast_to(groups[:, None], others.shape)[present], cells[present], pairs),
        "multi": measure.of(ranking.average_precision(pooled), groups, own, names),
        "rank_distance": measure.of(ranking.rank_distance(pooled), groups, own, names),
        "own_share": measure.of(share, groups, own, names),
    }
