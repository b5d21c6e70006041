"""Draws batches: hybrid question-passage batches and batches of translations.

A batch follows from the seed and the number of its step alone, so a run that was stopped goes on
with the batches it would have had.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import config
from .corpus import SPLITS, Corpus

TRAIN = SPLITS.index("train")
ATTEMPTS = 50


@dataclass(frozen=True)
class PairBatch:
    """Questions, the passages that answer them, and wrong passages; numbers of texts."""

    kind: str  # monolingual or cross-lingual
    questions: np.ndarray  # (n,)
    keywords: np.ndarray  # bool (n,) only a few words of that text are asked
    passages: np.ndarray  # (n,)
    negatives: np.ndarray  # (m,)
    candidates: np.ndarray  # (n + m,) what each passage and each negative means, see `meanings`
    answers: np.ndarray  # (n, 2) the meanings that answer the question: of a sentence (-1: not known), of a passage


@dataclass(frozen=True)
class ParallelBatch:
    """Texts and their translations; numbers of texts."""

    left: np.ndarray  # (n,)
    keywords: np.ndarray  # bool (n,) only a few words of the left text
    right: np.ndarray  # (n,)
    groups: np.ndarray  # (n,)
    pivot: np.ndarray  # (n,) the text of the pivot language, -1 where the group has none
    role: str  # of the left side; the right side is passages


class Batches:
    """`pairs(step)` and `parallel(step)`."""

    def __init__(self, corpus: Corpus, settings: config.Config, mined: np.ndarray | None = None):
        self.corpus = corpus
        self.settings = settings
        self.mined = mined  # (pairs, k) texts, -1 where there are fewer
        self.meaning = meanings(corpus)
        usable = np.array(corpus.pairs.split) == TRAIN
        if mined is not None:
            # A sample may have been mined, and nothing is learned faster than from what was.
            usable &= (mined >= 0).any(1)
        self.mono = MonolingualPairs(corpus, settings.pairs, usable)
        self.cross = CrossPairs(corpus, settings.pairs, usable) if settings.pairs.alpha < 1 else None
        self.translations = Translations(corpus, settings.parallel) if settings.parallel.active else None

    def random(self, step: int, stream: int) -> np.random.Generator:
        return np.random.default_rng((self.settings.run.seed, step, stream))

    def pairs(self, step: int) -> PairBatch:
        random, settings = self.random(step, 0), self.settings.pairs
        if self.cross is None or random.random() < settings.alpha:
            rows = self.mono.draw(random, settings.size)
            return self.batch("monolingual", rows, rows, random)
        asked, answers = self.cross.draw(random, settings.size)
        return self.batch("cross-lingual", asked, answers, random)

    def parallel(self, step: int) -> ParallelBatch:
        return self.translations.draw(self.random(step, 1), self.settings.parallel.size)

    def batch(self, kind: str, asked: np.ndarray, answers: np.ndarray, random: np.random.Generator) -> PairBatch:
        """A batch out of rows of the pair table: the question of one, the passage of the other."""
        pairs, settings = self.corpus.pairs, self.settings.pairs
        short = (pairs.sentence[answers] >= 0) & (random.random(len(answers)) < settings.sentence_share)
        passages = np.where(short, pairs.sentence[answers], pairs.passage[answers])
        negatives = [
            text
            for question, answer, is_short in zip(asked, answers, short)
            for text in self.wrong_answers(int(question), int(answer), bool(is_short), random)
        ]
        negatives = np.array(negatives, np.int64)
        keywords = random.random(len(asked)) < settings.keywords
        questions = np.array(pairs.question[asked])
        if keywords.any():
            answered = np.where(pairs.sentence[asked] >= 0, pairs.sentence[asked], pairs.passage[asked])
            questions = np.where(keywords & (random.random(len(asked)) < 0.5), answered, questions)
        return PairBatch(
            kind,
            questions,
            keywords,
            passages,
            negatives,
            self.meaning[np.concatenate([passages, negatives])],
            np.stack([self.meanings_of(pairs.sentence[answers]), self.meanings_of(pairs.passage[answers])], axis=1),
        )

    def meanings_of(self, texts: np.ndarray) -> np.ndarray:
        return np.where(texts >= 0, self.meaning[texts], -1)

    def wrong_answers(self, question: int, answer: int, is_sentence: bool, random: np.random.Generator) -> np.ndarray:
        """Other sentences of the right passage, in the answer's language and in the question's, and mined texts.

        Mined texts are in the question's language, whatever the answer's.
        """
        settings, pairs = self.settings.pairs, self.corpus.pairs
        chosen = np.zeros(0, np.int64)
        if is_sentence:
            rows = dict.fromkeys((answer, question))
            others = np.concatenate([pairs.others[pairs.others_start[row] : pairs.others_start[row + 1]] for row in rows])
            chosen = random.choice(others, min(settings.negatives, len(others)), replace=False)
        if self.mined is not None:
            near = self.mined[question][self.mined[question] >= 0]
            chosen = np.append(chosen, random.choice(near, min(settings.mined, len(near)), replace=False))
        return chosen


def meanings(corpus: Corpus) -> np.ndarray:
    """(texts,) a number for each text, alike for the answers of one group: texts that mean the same.

    The sentences of a group are alike, and its passages; so are the translations of a passage that answers several
    questions.
    """
    parent = list(range(len(corpus.texts)))

    def root(text: int) -> int:
        while parent[text] != text:
            parent[text] = text = parent[parent[text]]
        return text

    for column in (corpus.pairs.sentence, corpus.pairs.passage):
        first: dict[int, int] = {}
        for group, text in zip(corpus.pairs.group.tolist(), column.tolist()):
            if text >= 0:
                parent[root(text)] = root(first.setdefault(group, text))
    return np.array([root(text) for text in range(len(parent))])


class MonolingualPairs:
    """Rows of one source in one language."""

    def __init__(self, corpus: Corpus, settings: config.Pairs, usable: np.ndarray):
        pairs = corpus.pairs
        weights = named_weights(settings.sources, corpus.sources, np.unique(pairs.source))
        self.choices: list[tuple[float, np.ndarray]] = []
        for source, weight in weights.items():
            chosen = np.flatnonzero((pairs.source == source) & usable)
            languages, counts = np.unique(pairs.language[chosen], return_counts=True)
            enough = counts >= settings.size
            share = tempered(counts[enough], settings.language_temperature)
            for language, part in zip(languages[enough], share):
                self.choices.append((weight * part, chosen[pairs.language[chosen] == language]))
        if not self.choices:
            raise ValueError(f"no source has {settings.size} training pairs in one language: lower pairs.size")
        self.weights = normalized([weight for weight, _ in self.choices])

    def draw(self, random: np.random.Generator, size: int) -> np.ndarray:
        rows = self.choices[random.choice(len(self.choices), p=self.weights)][1]
        return random.choice(rows, size, replace=False)


class CrossPairs:
    """Question and passage of the same group in different languages."""

    def __init__(self, corpus: Corpus, settings: config.Pairs, usable: np.ndarray):
        self.settings = settings
        self.table = corpus.pairs
        pairs = corpus.pairs
        weights = named_weights(settings.cross_sources, corpus.sources, np.unique(pairs.source))
        self.sources: list[dict[int, dict[int, int]]] = []  # language -> group -> row
        kept = []
        for source, weight in weights.items():
            languages: dict[int, dict[int, int]] = {}
            for row in np.flatnonzero((pairs.source == source) & usable):
                languages.setdefault(int(pairs.language[row]), {})[int(pairs.group[row])] = int(row)
            groups = [set(rows) for rows in languages.values()]
            if len(groups) > 1 and len(set().union(*groups)) < sum(map(len, groups)):
                self.sources.append(languages)
                kept.append(weight)
        if not self.sources:
            raise ValueError("no source has translated training pairs: set pairs.alpha = 1 or prepare one")
        self.weights = normalized(kept)
        self.orders = [
            {language: np.array(sorted(groups)) for language, groups in source.items()} for source in self.sources
        ]

    def draw(self, random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the questions and of the passages."""
        source = random.choice(len(self.sources), p=self.weights)
        if self.settings.cross == "exact":
            return self.exact(random, self.sources[source], self.orders[source], size)
        return self.mixed(random, self.sources[source], self.orders[source], size)

    def exact(self, random, rows, orders, size) -> tuple[np.ndarray, np.ndarray]:
        languages = np.array(sorted(rows))
        for _ in range(ATTEMPTS):
            asked, answer = (int(language) for language in random.choice(languages, 2, replace=False))
            shared = np.intersect1d(orders[asked], orders[answer], assume_unique=True)
            if len(shared) >= size:
                groups = random.choice(shared, size, replace=False)
                return column(rows[asked], groups), column(rows[answer], groups)
        raise ValueError(f"no two languages share {size} training pairs: lower pairs.size")

    def mixed(self, random, rows, orders, size) -> tuple[np.ndarray, np.ndarray]:
        languages = np.array(sorted(rows))
        sizes = np.array([len(orders[int(language)]) for language in languages])
        uneven = self.settings.language_temperature != 0
        shares = tempered(sizes, self.settings.language_temperature) if uneven else None
        most = min(self.settings.mixed_languages, len(languages))
        few = [int(language) for language in random.choice(languages, most, replace=False, p=shares)]
        asked, answers, used = [], [], set()
        for _ in range(size * ATTEMPTS):
            question = few[random.integers(len(few))]
            group = int(orders[question][random.integers(len(orders[question]))])
            others = [language for language in few if language != question and group in rows[language]]
            if group in used or not others:
                continue
            used.add(group)
            asked.append(rows[question][group])
            answers.append(rows[others[random.integers(len(others))]][group])
            if len(asked) == size:
                break
        if len(asked) < 2:
            return self.mixed(random, rows, orders, size)
        return np.array(asked), np.array(answers)


class Translations:
    """Rows of one group in two languages, sources and languages in the configured proportions."""

    def __init__(self, corpus: Corpus, settings: config.Parallel):
        self.settings = settings
        table = corpus.parallel
        self.table = table
        weights = named_weights(settings.sources, corpus.sources, np.unique(table.source))
        self.pivot = corpus.languages.index(settings.pivot) if settings.pivot in corpus.languages else -1
        train = np.flatnonzero(np.array(table.split) == TRAIN)
        # Rows of a group lie together.
        order = train[np.argsort(table.group[train], kind="stable")]
        groups, starts, counts = np.unique(table.group[order], return_index=True, return_counts=True)
        self.order, self.starts, self.counts = order, starts, counts
        place = np.repeat(np.arange(len(groups)), counts)  # of each row in `order`
        usable = counts[place] > 1
        self.choices: list[tuple[float, np.ndarray]] = []  # places in `order`
        for source, weight in weights.items():
            chosen = np.flatnonzero(usable & (table.source[order] == source) & (table.language[order] != self.pivot))
            languages, sizes = np.unique(table.language[order[chosen]], return_counts=True)
            for language, part in zip(languages, tempered(sizes, settings.language_temperature)):
                self.choices.append((weight * part, chosen[table.language[order[chosen]] == language]))
        if not self.choices:
            raise ValueError("no source has training translations: set the parallel weights to 0 or prepare one")
        self.weights = normalized([weight for weight, _ in self.choices])
        self.place = place

    def draw(self, random: np.random.Generator, size: int) -> ParallelBatch:
        left, right, groups, pivots, used = [], [], [], [], set()
        for choice in random.choice(len(self.choices), size * 2, p=self.weights):
            rows = self.choices[choice][1]
            at = int(rows[random.integers(len(rows))])
            group = int(self.place[at])
            if group in used:
                continue
            used.add(group)
            members = self.order[self.starts[group] : self.starts[group] + self.counts[group]]
            others = members[self.table.language[members] != self.table.language[self.order[at]]]
            if len(others) == 0:
                continue
            pivot = others[self.table.language[others] == self.pivot]
            other = others[random.integers(len(others))]
            if len(pivot) and random.random() < self.settings.pivot_share:
                other = pivot[0]
            sides = [int(self.table.text[self.order[at]]), int(self.table.text[other])]
            random.shuffle(sides)
            left.append(sides[0])
            right.append(sides[1])
            groups.append(group)
            pivots.append(int(self.table.text[pivot[0]]) if len(pivot) else -1)
            if len(left) == size:
                break
        role = "query" if random.random() < 0.5 else "passage"
        keywords = np.zeros(len(left), bool)
        if role == "query" and self.settings.keywords > 0:
            keywords = random.random(len(left)) < self.settings.keywords
        return ParallelBatch(np.array(left), keywords, np.array(right), np.array(groups), np.array(pivots), role)


def column(rows: dict[int, int], groups: np.ndarray) -> np.ndarray:
    return np.array([rows[int(group)] for group in groups])


def named_weights(wanted: dict[str, float], names: list[str], present: np.ndarray) -> dict[int, float]:
    """Weights by source number; all present sources alike where none is named."""
    if not wanted:
        return {int(source): 1.0 for source in present}
    numbers = {names.index(name): weight for name, weight in wanted.items() if name in names}
    found = {source: weight for source, weight in numbers.items() if source in present and weight > 0}
    if not found:
        raise ValueError(f"none of the sources {', '.join(wanted)} was prepared")
    return found


def tempered(counts: np.ndarray, temperature: float) -> np.ndarray:
    """Shares in proportion to counts ** temperature."""
    shares = counts.astype(np.float64) ** temperature
    return shares / shares.sum() if len(shares) else shares


def normalized(weights: list[float]) -> np.ndarray:
    values = np.array(weights, np.float64)
    return values / values.sum()
