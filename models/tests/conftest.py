"""Tiny random encoders with vocabularies of single letters, as checkpoints and as model folders."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from mlsearch_models import assemble, checkpoint, convert, encoder, parity, tokenizer
from mlsearch_models.weights import EncoderConfig, Weights, layer_norm_names, linear_names

TEXTS = [
    parity.ParityText("en", "Latn", "query", "a bad cab"),
    parity.ParityText("de", "Latn", "passage", "hedge  fade bead"),
    parity.ParityText("fr", "Latn", "passage", "cafe"),
]
CALIBRATION = ["a bad cab", "hedge fade bead", "cafe", "abcdefghijklmnopqrstuvwxyz"]


@pytest.fixture(scope="session")
def tiny_weights() -> Weights:
    random = np.random.default_rng(7)
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", *"abcdefghijklmnopqrstuvwxyz:", "<mask>"]
    config = EncoderConfig(64, 2, 2, 128, len(pieces), 40, 2, 1e-12)

    def normal(*shape: int) -> np.ndarray:
        return random.normal(0, 0.1, shape).astype(np.float32)

    tensors = {
        "emb.word": normal(config.vocabulary, config.hidden),
        "emb.pos": normal(config.positions, config.hidden),
        "emb.type": normal(config.token_types, config.hidden),
    }
    for name in layer_norm_names(config):
        tensors[f"{name}.w"] = 1 + normal(config.hidden)
        tensors[f"{name}.b"] = normal(config.hidden)
    for layer in range(config.layers):
        for name in linear_names(layer):
            rows = config.feed_forward if name.endswith("fi") else config.hidden
            columns = config.feed_forward if name.endswith("fo") else config.hidden
            tensors[f"{name}.w"], tensors[f"{name}.b"] = normal(rows, columns), normal(rows)
    scores = np.array([0.0] * 4 + [-2.0 - i / 10 for i in range(len(pieces) - 5)] + [0.0], np.float32)
    provenance = {"base": "random", "source": "a test", "source_precision": "float32"}
    return Weights(config, tensors, tokenizer.unigram(tokenizer.Pieces(pieces, scores)), None, provenance)


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    checkpoint.save(tiny_weights, folder)
    return folder


def keep(folder: Path) -> None:
    """Copies a model folder to where the Rust encoder's tests look for such, see `make train-smoke`."""
    if "MLSEARCH_TINY_MODELS" in os.environ:
        shutil.copytree(folder, Path(os.environ["MLSEARCH_TINY_MODELS"]) / folder.name, dirs_exist_ok=True)


def request(name: str) -> assemble.Request:
    return assemble.Request(name, "1", TEXTS, CALIBRATION)


@pytest.fixture(scope="session")
def tiny_folder(tiny_checkpoint, tmp_path_factory):
    output = tmp_path_factory.mktemp("folder") / "tiny"
    agreement = convert.convert(encoder.load(tiny_checkpoint), request("tiny"), output, 3)
    keep(output)
    return output, agreement
