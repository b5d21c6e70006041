"""Vectors of a set of texts, kept on disk so that measuring again costs nothing.

A set is kept under the encoder's fingerprint and the digest of its role and texts, as float16: its
rounding is a hundred times finer than the int8 graph's own. Vectors are rounded before their first
use too, so a second evaluation gives the same figures.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from blake3 import blake3

from .encoders import Role, TextEncoder
from .progress import Progress

GROUP = 256  # texts between two words of progress


class VectorStore:
    """Encodes what it does not have."""

    def __init__(self, encoder: TextEncoder, cache: Path | None):
        self.encoder = encoder
        self.folder = cache / "vectors" / encoder.fingerprint if cache else None

    def get(self, sets: dict[str, list[str]], role: Role, what: str) -> dict[str, np.ndarray]:
        """Vectors float32 (texts, dim) of each named set. `what` names the task in words of progress."""
        paths = {name: self.path(texts, role) for name, texts in sets.items()}
        missing = {name: texts for name, texts in sets.items() if not (paths[name] and paths[name].exists())}
        progress = Progress(what, sum(map(len, missing.values())), characters(missing))
        vectors = {}
        for name, texts in sets.items():
            if name in missing:
                vectors[name] = self.encode(texts, role, progress).astype(np.float16)
                if paths[name]:
                    write(paths[name], vectors[name])
            else:
                vectors[name] = np.load(paths[name])
        return {name: values.astype(np.float32) for name, values in vectors.items()}

    def encode(self, texts: list[str], role: Role, progress: Progress) -> np.ndarray:
        """In groups of similar length, longest first: too little memory shows at once."""
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        parts = []
        for start in range(0, len(order), GROUP):
            group = [texts[at] for at in order[start : start + GROUP]]
            parts.append(self.encoder.encode(group, role))
            progress.add(len(group), sum(map(len, group)))
        vectors = np.concatenate(parts)
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return vectors[places]

    def path(self, texts: list[str], role: Role) -> Path | None:
        if self.folder is None:
            return None
        hasher = blake3(role.encode())
        for text in texts:
            data = text.encode()
            hasher.update(len(data).to_bytes(8, "little"))
            hasher.update(data)
        return self.folder / f"{hasher.hexdigest()[:24]}.npy"


def write(path: Path, vectors: np.ndarray) -> None:
    """Whole or not at all, also beside another process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with open(partial, "wb") as file:
        np.save(file, vectors)
    os.replace(partial, path)


def characters(sets: dict[str, list[str]]) -> int:
    return sum(len(text) for texts in sets.values() for text in texts)
