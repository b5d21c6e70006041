"""An exported graph under ONNX Runtime, as applications run it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from .encoder import length_batches


class Graph:
    """Token ids to unit vectors. Attention is told what is padding, so any id serves for it."""

    def __init__(self, path: Path, padding_id: int = 0):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.padding_id = padding_id

    def encode_ids(self, ids: list[list[int]], batch_tokens: int = 4096) -> np.ndarray:
        """Vectors float32 (texts, dimension), in batches of texts that are about as long as each other."""
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        rows: list[np.ndarray | None] = [None] * len(ids)
        for batch in length_batches([len(ids[at]) for at in order], batch_tokens):
            places = [order[at] for at in batch]
            for place, vector in zip(places, self.run([ids[place] for place in places])):
                rows[place] = vector
        return np.stack(rows)

    def encode_alone(self, ids: list[list[int]]) -> np.ndarray:
        """The same, one text at a time."""
        return np.concatenate([self.run([row]) for row in ids])

    def run(self, ids: list[list[int]]) -> np.ndarray:
        longest = max(map(len, ids))
        batch = np.full((len(ids), longest), self.padding_id, np.int64)
        mask = np.zeros_like(batch)
        for at, row in enumerate(ids):
            batch[at, : len(row)] = row
            mask[at, : len(row)] = 1
        return self.session.run(["embedding"], {"input_ids": batch, "attention_mask": mask})[0]
