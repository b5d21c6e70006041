"""Questions that change language half way, as bilingual people ask, to the pool of all languages.

They are made of XQuAD-R's parallel questions while measuring: the first half of the words in one
language, the second half in the other. That is not how a bilingual writes, since grammar is cut
through, but both halves are needed to know what is asked. Nothing is drawn at random.

- `multi`, `rank_distance`: as in `lareqa`; `share`: of the two languages in the first ten,
- `multi_unmixed`, `rank_distance_unmixed`: of the same questions in one language, mean of the two.

Under centering, what is taken off a mixed question is the mean of its two languages' means.
"""

from __future__ import annotations

import unicodedata

import numpy as np

from . import centering, lareqa, measure, ranking
from .measure import Measure
from .vectors import VectorStore
from .xquad import Dataset

NAME = "codeswitch"
PAIRS = (
    ("hi", "en"),
    ("es", "en"),
    ("zh", "en"),
    ("ar", "en"),
    ("vi", "en"),
    ("th", "en"),
    ("en", "ru"),
    ("en", "el"),
    ("tr", "de"),
    ("de", "ru"),
)
WITHOUT_SPACES = ("th", "zh")
Measures = dict[str, dict[str, Measure]]  # centering -> name -> values


def evaluate(store: VectorStore, dataset: Dataset, sample: int | None = None) -> Measures:
    """All measures under each kind of centering, of the first `sample` question ids."""
    dataset = dataset.first(sample)
    pool = lareqa.encode_pool(store, dataset)
    unmixed = store.get({"questions": dataset.questions}, "query", "XQuAD-R questions")["questions"]
    sets = {f"{first}+{second}": mix_all(dataset, first, second) for first, second in pairs_of(dataset)}
    if not sets:
        raise ValueError(f"none of the pairs of languages is in the data, which has {', '.join(dataset.languages)}")
    mixed = store.get({name: list(texts.values()) for name, texts in sets.items()}, "query", "mixed questions")
    return score(dataset, pool, unmixed, {name: list(texts) for name, texts in sets.items()}, mixed)


def pairs_of(dataset: Dataset) -> list[tuple[str, str]]:
    return [pair for pair in PAIRS if set(pair) <= set(dataset.languages)]


def mix_all(dataset: Dataset, first: str, second: str) -> dict[str, str]:
    """The mixed question of every id that both languages have."""
    texts: dict[str, dict[str, str]] = {first: {}, second: {}}
    for text, language, name in zip(dataset.questions, dataset.question_languages, dataset.question_ids):
        texts.get(dataset.languages[language], {})[name] = text
    common = [name for name in texts[first] if name in texts[second]]
    return {name: mix(texts[first][name], first, texts[second][name], second) for name in common}


def mix(text: str, language: str, other_text: str, other_language: str) -> str:
    """First half of `text`, second half of `other_text`."""
    return f"{halves(text, language)[0]} {halves(other_text, other_language)[1]}".strip()


def halves(text: str, language: str) -> tuple[str, str]:
    """By words, or by characters where the script has no spaces; the middle one goes to the first half."""
    if language not in WITHOUT_SPACES:
        words = text.split()
        middle = (len(words) + 1) // 2
        return " ".join(words[:middle]), " ".join(words[middle:])
    text = text.strip()
    middle = (len(text) + 1) // 2
    while middle < len(text) and unicodedata.category(text[middle]).startswith("M"):
        middle += 1  # a mark stays with its letter
    return text[:middle].rstrip(), text[middle:].lstrip()


def score(
    dataset: Dataset,
    pool: lareqa.Pool,
    unmixed: np.ndarray,
    ids: dict[str, list[str]],
    mixed: dict[str, np.ndarray],
) -> Measures:
    """From vectors of the questions as they are and of those of each pair `a+b`, whose ids are given."""
    own = np.array(dataset.question_languages)
    means = centering.language_means(unmixed, own, len(dataset.languages))
    rows = {(dataset.languages[language], name): row for row, (language, name) in enumerate(zip(own, dataset.question_ids))}
    numbers = dict(zip(dataset.question_ids, dataset.groups()))
    gold = dataset.gold_table()
    found: Measures = {}
    for kind in centering.KINDS:
        documents = pool.vectors if kind == "none" else pool.centered()
        cells: dict[str, list[np.ndarray]] = {}
        for pair, vectors in mixed.items():
            a, b = pair.split("+")
            in_a, in_b = ([rows[tag, name] for name in ids[pair]] for tag in (a, b))
            first, second = dataset.languages.index(a), dataset.languages.index(b)
            sides = [(unmixed[in_a], means[first]), (unmixed[in_b], means[second])]
            sides.append((vectors, (means[first] + means[second]) / 2))
            taken = [side - mean if kind == "both" else side for side, mean in sides]
            values = against_pool(taken, documents, gold[in_a], pool, (first, second))
            for name, column in values.items():
                cells.setdefault(name, []).append(column)
        found[kind] = {name: gather(columns, ids, numbers) for name, columns in cells.items()}
    return found


def against_pool(
    sides: list[np.ndarray], documents: np.ndarray, gold: np.ndarray, pool: lareqa.Pool, both: tuple[int, int]
) -> dict[str, np.ndarray]:
    """Values of one pair's questions: in the first language, in the second, mixed."""
    precision, distance = [], []
    share = np.empty(len(gold))
    for side in sides:
        ranks = np.empty_like(gold)
        for block, scores in ranking.score_blocks(side, documents):
            ranks[block] = ranking.ranks(scores, gold[block])
            share[block] = np.isin(pool.languages[ranking.top(scores, lareqa.TOP)], both).mean(1)
        precision.append(ranking.average_precision(ranks))
        distance.append(ranking.rank_distance(ranks))
    return {
        "multi": precision[2],
        "rank_distance": distance[2],
        "share": share,
        "multi_unmixed": (precision[0] + precision[1]) / 2,
        "rank_distance_unmixed": (distance[0] + distance[1]) / 2,
    }


def gather(columns: list[np.ndarray], ids: dict[str, list[str]], numbers: dict[str, int]) -> Measure:
    groups = np.array([numbers[name] for names in ids.values() for name in names])
    cells = np.repeat(np.arange(len(columns)), [len(column) for column in columns])
    return measure.of(np.concatenate(columns), groups, cells, list(ids))
