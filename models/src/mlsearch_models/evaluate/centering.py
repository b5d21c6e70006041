"""Centering at query time: what an index can do about language bias without training.

A language's mean vector is taken off its documents, or off its documents and its queries. No vector
is scaled to unit length again: q . (d - c) = q . d - q . c, so an index that stays as it is gives the
same ranking with one number a language taken off the scores.
"""

from __future__ import annotations

import numpy as np

KINDS = ("none", "documents", "both")


def language_means(vectors: np.ndarray, languages: np.ndarray, count: int) -> np.ndarray:
    """Mean vector of each language (count, dim); zero for one without texts."""
    means = np.zeros((count, vectors.shape[1]))
    for language in range(count):
        rows = vectors[languages == language]
        if len(rows):
            means[language] = rows.mean(0, dtype=np.float64)
    return means.astype(np.float32)


def centered(vectors: np.ndarray, means: np.ndarray, languages: np.ndarray) -> np.ndarray:
    """Vectors (n, dim) less the mean of each one's language."""
    return vectors - means[languages]
