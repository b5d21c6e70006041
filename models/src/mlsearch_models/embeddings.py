"""The word embedding table as it is stored: 4-bit codes and one byte a block for its scale.

The codes are the Q4_0 codes unchanged. Each block's float16 scale becomes an index into a codebook
of 256 scales fitted to the table (relative error about half a percent, far below that of four bits),
which saves a byte for every 32 weights. The file is the same for every model fine-tuned with frozen
embeddings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .q4 import BLOCK, ZERO_CODE, Q4Matrix

CODEBOOK = 256
ALIGNMENT = 4096  # a page, so that the runtime can map the parts instead of reading them
FIT_ROUNDS = 30


@dataclass(frozen=True)
class EmbeddingTable:
    """V rows of H weights."""

    codes: np.ndarray  # (V, H / 32, 16) uint8, two nibbles a byte
    scale_index: np.ndarray  # (V, H / 32) uint8
    codebook: np.ndarray  # (256,) float32

    def dequantize(self) -> np.ndarray:
        """The weights the graph sees, float32 (V, H)."""
        nibbles = np.concatenate([self.codes & 0x0F, self.codes >> 4], axis=2)
        values = nibbles.astype(np.float32) - ZERO_CODE  # (V, H / 32, 32)
        values *= self.codebook[self.scale_index][:, :, None]
        return values.reshape(len(values), -1)

    def parts(self) -> dict[str, np.ndarray]:
        """The arrays of the file, in order."""
        return {"codes": self.codes, "scale_index": self.scale_index, "codebook": self.codebook}


def compress(blocks: Q4Matrix) -> EmbeddingTable:
    """Replaces the scales of Q4_0 blocks by codebook indices."""
    scales = blocks.scales.astype(np.float32)
    codebook = fit_codebook(scales.ravel())
    return EmbeddingTable(blocks.codes, nearest(scales, codebook).astype(np.uint8), codebook)


def fit_codebook(scales: np.ndarray) -> np.ndarray:
    """256 ascending scales with little relative error: Lloyd's algorithm on the logarithms.

    Negative and positive scales get half of the codebook each.
    """
    halves = []
    for sign in (-1.0, 1.0):
        magnitudes = scales[scales * sign > 0] * sign
        logarithms = np.sort(np.log(magnitudes.astype(np.float64))) if len(magnitudes) else np.zeros(1)
        halves.append(np.sort(sign * np.exp(lloyd(logarithms, CODEBOOK // 2))))
    return np.concatenate(halves).astype(np.float32)


def lloyd(ordered: np.ndarray, count: int) -> np.ndarray:
    """`count` centres for sorted values, started half evenly spaced and half at equal shares."""
    spread = np.linspace(ordered[0], ordered[-1], count // 2)
    shares = np.quantile(ordered, np.linspace(0, 1, count - count // 2 + 2)[1:-1])
    centres = np.sort(np.concatenate([spread, shares]))
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    for _ in range(FIT_ROUNDS):
        edges = np.searchsorted(ordered, (centres[1:] + centres[:-1]) / 2)
        starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [len(ordered)]])
        members = ends - starts
        means = (sums[ends] - sums[starts]) / np.maximum(members, 1)
        centres = np.where(members > 0, means, centres)
    return centres


def nearest(values: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """Index of the nearest codebook entry for each value."""
    return np.searchsorted((ascending[1:] + ascending[:-1]) / 2, values)


def write(table: EmbeddingTable, path: Path) -> dict[str, tuple[int, int]]:
    """Writes the parts, page-aligned; returns offset and length of each."""
    places = layout(table)
    with open(path, "wb") as file:
        for name, array in table.parts().items():
            file.write(b"\0" * (places[name][0] - file.tell()))
            file.write(np.ascontiguousarray(array).tobytes())
    return places


def layout(table: EmbeddingTable) -> dict[str, tuple[int, int]]:
    """Offset and length of each part in the file."""
    places = {}
    end = 0
    for name, array in table.parts().items():
        start = -(-end // ALIGNMENT) * ALIGNMENT
        places[name] = (start, array.nbytes)
        end = start + array.nbytes
    return places


def read(path: Path, rows: int, columns: int) -> EmbeddingTable:
    """Reads a file that `write` made for a table of this shape."""
    shape = (rows, columns // BLOCK)
    empty = EmbeddingTable(
        np.empty((*shape, BLOCK // 2), np.uint8), np.empty(shape, np.uint8), np.empty(CODEBOOK, np.float32)
    )
    places = layout(empty)
    data = path.read_bytes()
    if len(data) != max(start + length for start, length in places.values()):
        raise ValueError(f"{path} does not hold a table of {rows} rows and {columns} columns")
    for name, array in empty.parts().items():
        start, length = places[name]
        array[...] = np.frombuffer(data[start : start + length], array.dtype).reshape(array.shape)
    return empty
