import numpy as np

from mlsearch_models import quantize
from mlsearch_models.calibrate import Range


def product(inputs: np.ndarray, weights: np.ndarray, scale: quantize.InputScale) -> np.ndarray:
    """What the graph computes, in float64: inputs (n, in), weights (out, in)."""
    codes = np.clip(np.rint(inputs * scale.multiplier) + scale.zero_point, 0, 255)
    matrix = quantize.per_channel(weights / scale.multiplier)
    return (codes - scale.zero_point) @ matrix.dequantize().astype(np.float64)


def relative_error(inputs: np.ndarray, weights: np.ndarray, scale: quantize.InputScale) -> float:
    exact = inputs.astype(np.float64) @ weights.T
    return np.linalg.norm(product(inputs, weights, scale) - exact) / np.linalg.norm(exact)


def test_an_outlier_channel_does_not_blur_the_others():
    random = np.random.default_rng(3)
    weights = random.normal(size=(64, 96)).astype(np.float32)
    inputs = random.normal(size=(500, 96)).astype(np.float32)
    inputs[0, 5] = 40.0
    seen = Range(inputs.min(0), inputs.max(0))
    plain = quantize.InputScale(np.full(96, 127 / 40, np.float32), 128)
    usual = inputs[1:]
    smoothed = relative_error(usual, weights, quantize.symmetric(seen, weights))
    assert smoothed < 0.03
    assert relative_error(usual, weights, plain) > 3 * smoothed


def test_gelu_outputs_use_the_whole_byte():
    random = np.random.default_rng(4)
    weights = random.normal(size=(64, 96)).astype(np.float32)
    inputs = np.maximum(random.normal(size=(500, 96)), -0.17).astype(np.float32)
    scale = quantize.behind_gelu(Range(inputs.min(0), inputs.max(0)), weights)
    codes = np.rint(inputs * scale.multiplier) + scale.zero_point
    assert codes.min() >= 0 and 180 < codes.max() <= 255
    assert relative_error(inputs, weights, scale) < 0.02


def test_a_channel_that_was_always_zero_is_harmless():
    weights = np.ones((4, 3), np.float32)
    seen = Range(np.array([-1, 0, -2], np.float32), np.array([1, 0, 2], np.float32))
    for scale in (quantize.symmetric(seen, weights), quantize.behind_gelu(seen, weights)):
        assert np.isfinite(scale.multiplier).all() and (scale.multiplier > 0).all()
