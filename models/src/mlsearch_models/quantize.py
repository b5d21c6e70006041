"""Eight-bit linear layers: signed weights with a scale a channel, unsigned activations with fixed scales.

A few input channels of a transformer are tens of times larger than the rest and would leave the
others a handful of levels. So each channel is scaled before it is rounded, and the weights that
meet it are scaled back (SmoothQuant, arXiv 2211.10438, equation 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .calibrate import Range

LIMIT = 127
# Room beyond the range seen in calibration; what exceeds it is clipped.
MARGIN = 1.1
# How much of a channel's range is moved from the activations to the weights, 0 to 1.
SMOOTHING = 0.7
# The same behind GELU, whose largest channel outweighs the rest even more.
SMOOTHING_GELU = 0.85
# GELU is never below this, so most levels go to the positive side.
GELU_MINIMUM = -0.1705
SYMMETRIC_ZERO = 128
GELU_ZERO = 24
SMALLEST = 1e-6


@dataclass(frozen=True)
class Int8Matrix:
    """A weight matrix laid out for x @ w."""

    values: np.ndarray  # (in, out) int8
    scales: np.ndarray  # (out,) float32

    def dequantize(self) -> np.ndarray:
        """float32 (in, out)."""
        return self.values.astype(np.float32) * self.scales


@dataclass(frozen=True)
class InputScale:
    """An activation x becomes the byte round(x * multiplier) + zero_point, saturated."""

    multiplier: np.ndarray  # (in,) float32
    zero_point: int


def per_channel(weights: np.ndarray) -> Int8Matrix:
    """Quantises float32 (out, in), torch.nn.Linear's layout, to int8 (in, out)."""
    peaks = np.abs(weights).max(axis=1)  # (out,)
    scales = np.where(peaks > 0, peaks / LIMIT, 1.0).astype(np.float32)
    values = np.clip(np.rint(weights / scales[:, None]), -LIMIT, LIMIT).astype(np.int8)
    return Int8Matrix(np.ascontiguousarray(values.T), scales)


def symmetric(seen: Range, weights: np.ndarray) -> InputScale:
    """For inputs of both signs; `weights` is (out, in)."""
    peak = np.maximum(seen.peak * MARGIN, SMALLEST)  # (in,)
    smoothing = smoothing_factors(peak, weights, SMOOTHING)
    step = (peak / smoothing).max() / LIMIT
    return InputScale((1 / (smoothing * step)).astype(np.float32), SYMMETRIC_ZERO)


def behind_gelu(seen: Range, weights: np.ndarray) -> InputScale:
    """For outputs of GELU: few levels below zero, most above; `weights` is (out, in)."""
    top = 255 - GELU_ZERO
    peak = np.maximum(seen.high * MARGIN, -GELU_MINIMUM)  # (in,)
    smoothing = smoothing_factors(peak, weights, SMOOTHING_GELU)
    step = (peak / smoothing).max() / top
    finest = np.minimum(GELU_ZERO / -GELU_MINIMUM, top / peak)
    return InputScale(np.minimum(1 / (smoothing * step), finest).astype(np.float32), GELU_ZERO)


def smoothing_factors(peak: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """What each input channel is divided by before all share one scale: (in,)."""
    strongest = np.maximum(np.abs(weights).max(axis=0), SMALLEST)  # (in,)
    return peak**share / strongest ** (1 - share)
