import struct

import numpy as np

from mlsearch_models import embeddings, q4


def test_a_hand_made_block_dequantizes_low_nibbles_first():
    codes = bytes(low | (15 - low) << 4 for low in range(16))
    matrix = q4.from_bytes(struct.pack("<e", 0.5) + codes, 1, 32)
    expected = [(low - 8) * 0.5 for low in range(16)] + [(7 - low) * 0.5 for low in range(16)]
    np.testing.assert_array_equal(matrix.dequantize(), [expected])


def test_quantizing_values_on_a_grid_gives_the_same_codes_back():
    weights = np.random.default_rng(1).normal(size=(50, 96)).astype(np.float32)
    once = q4.quantize(weights)
    twice = q4.quantize(once.dequantize())
    np.testing.assert_array_equal(once.codes, twice.codes)
    np.testing.assert_array_equal(once.scales, twice.scales)


def test_the_codebook_costs_little_beside_four_bits(tmp_path):
    blocks = q4.quantize(np.random.default_rng(2).normal(size=(400, 64)).astype(np.float32))
    table = embeddings.compress(blocks)
    exact = blocks.dequantize()
    assert np.abs(table.dequantize() - exact).max() < 0.05 * np.abs(exact).max()
    embeddings.write(table, tmp_path / "embeddings.bin")
    read = embeddings.read(tmp_path / "embeddings.bin", 400, 64)
    np.testing.assert_array_equal(read.dequantize(), table.dequantize())
