"""Makes short queries out of texts: a few telling words, as people type them into a search box.

Questions and translations are about as long as what they are compared with, or ask in whole
sentences; trained on them alone, an encoder takes length for meaning and answers two words with
short passages. A word is telling where its pieces are rare in the corpus.
"""

from __future__ import annotations

import numpy as np

WORD_MARKS = ("▁", "Ġ")  # begin a word in SentencePiece and byte-level vocabularies
CONTINUED = "##"  # continues one in WordPiece vocabularies
MOST_WORDS = 4
RUN = 6  # pieces at most where the writing does not part words


class Keywords:
    """`of(ids, random)`: the ids of a few of the text's words, in the text's order."""

    def __init__(self, tokens: np.ndarray, vocabulary: dict[str, int]):
        size = max(vocabulary.values()) + 1
        counts = np.bincount(np.asarray(tokens), minlength=size).astype(np.float64)
        self.surprise = np.log((counts.sum() + size) / (counts + 1))
        self.begins = word_beginnings(vocabulary, size)
        self.mark = next((vocabulary[mark] for mark in WORD_MARKS if mark in vocabulary), -1)

    def of(self, ids: list[int], random: np.random.Generator) -> list[int]:
        """The ids themselves where there is nothing to leave out."""
        if len(ids) < 3:
            return ids
        pieces = np.array(ids)
        starts = np.flatnonzero(self.begins[pieces])
        starts = starts if len(starts) and starts[0] == 0 else np.concatenate([[0], starts])
        words = np.split(pieces, starts[1:])
        if len(words) < 3 or len(pieces) > 4 * len(words):
            return self.run(ids, random)
        # A word tells as much as its rarest piece; noise, so that a text gives many queries.
        telling = [self.surprise[word].max() * random.uniform(0.5, 1.0) for word in words]
        count = random.integers(1, min(MOST_WORDS, len(words) - 1) + 1)
        chosen = np.sort(np.argsort(telling)[-count:])
        return [int(piece) for at in chosen for piece in words[at]]

    def run(self, ids: list[int], random: np.random.Generator) -> list[int]:
        """Neighbouring pieces, of a few draws the ones that tell most."""
        if len(ids) < 4:
            return ids
        length = int(random.integers(2, min(RUN, len(ids) - 1) + 1))
        starts = random.integers(0, len(ids) - length + 1, 3)
        best = max(starts, key=lambda start: self.surprise[ids[start : start + length]].mean())
        found = ids[best : best + length]
        return found if self.mark < 0 or self.begins[found[0]] else [self.mark, *found]


def word_beginnings(vocabulary: dict[str, int], size: int) -> np.ndarray:
    """bool (size,): whether a piece begins a word."""
    wordpiece = any(piece.startswith(CONTINUED) for piece in vocabulary)
    begins = np.zeros(size, bool)
    for piece, number in vocabulary.items():
        begins[number] = not piece.startswith(CONTINUED) if wordpiece else piece.startswith(WORD_MARKS)
    return begins
