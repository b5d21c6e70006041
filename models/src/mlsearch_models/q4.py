"""Q4_0 blocks: 32 weights as one float16 scale and 32 four-bit codes, value = (code - 8) * scale.

Within a block the low nibbles of the 16 bytes hold weights 0..15, the high nibbles 16..31.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
ZERO_CODE = 8


@dataclass(frozen=True)
class Q4Matrix:
    """A matrix (rows, columns) in Q4_0 blocks along its columns."""

    codes: np.ndarray  # (rows, blocks, 16) uint8, two nibbles a byte
    scales: np.ndarray  # (rows, blocks) float16

    @property
    def shape(self) -> tuple[int, int]:
        rows, blocks = self.scales.shape
        return rows, blocks * BLOCK

    def dequantize(self) -> np.ndarray:
        """The weights, float32 (rows, columns)."""
        nibbles = np.concatenate([self.codes & 0x0F, self.codes >> 4], axis=2)  # (rows, blocks, 32)
        values = nibbles.astype(np.float32) - ZERO_CODE
        values *= self.scales.astype(np.float32)[:, :, None]
        return values.reshape(self.shape)


def from_bytes(data: bytes | memoryview, rows: int, columns: int) -> Q4Matrix:
    """Reads rows * columns / 32 consecutive blocks."""
    blocks = columns // BLOCK
    record = np.dtype([("scale", "<f2"), ("codes", "u1", BLOCK // 2)])
    table = np.frombuffer(data, dtype=record, count=rows * blocks)
    return Q4Matrix(
        codes=table["codes"].reshape(rows, blocks, BLOCK // 2).copy(),
        scales=table["scale"].reshape(rows, blocks).copy(),
    )


def quantize(weights: np.ndarray) -> Q4Matrix:
    """Nearest Q4_0 blocks of float32 weights (rows, columns).

    The entry of greatest magnitude of a block becomes code 0, so weights that already lie on a Q4_0
    grid made this way come back with the same codes and scales.
    """
    rows, columns = weights.shape
    if columns % BLOCK != 0:
        raise ValueError(f"a row of {columns} weights does not divide into blocks of {BLOCK}")
    values = weights.astype(np.float32).reshape(rows, columns // BLOCK, BLOCK)
    peak = np.take_along_axis(values, np.abs(values).argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    scales = (peak / -ZERO_CODE).astype(np.float16)  # (rows, blocks)
    divisor = scales.astype(np.float32)
    inverse = np.divide(1.0, divisor, out=np.zeros_like(divisor), where=divisor != 0)
    nibbles = np.clip(np.rint(values * inverse[:, :, None]) + ZERO_CODE, 0, 15).astype(np.uint8)
    half = BLOCK // 2
    return Q4Matrix(codes=nibbles[:, :, :half] | (nibbles[:, :, half:] << 4), scales=scales)
