"""What lies beside a checkpoint's network: pooling, a dense head, prompts, in sentence-transformers' layout.

modules.json lists the steps from text to vector: a transformer, pooling, perhaps a dense layer (LaBSE
has one), scaling to unit length. A checkpoint without it is a bare network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

TRANSFORMER, POOLING, DENSE, NORMALIZE = "Transformer", "Pooling", "Dense", "Normalize"
ORDERS = (
    [TRANSFORMER, POOLING],
    [TRANSFORMER, POOLING, NORMALIZE],
    [TRANSFORMER, POOLING, DENSE],
    [TRANSFORMER, POOLING, DENSE, NORMALIZE],
)
PASSAGE_PROMPTS = ("passage", "document", "corpus")


@dataclass(frozen=True)
class Dense:
    """The layer behind pooling."""

    matrix: np.ndarray  # (out, in) float32
    offset: np.ndarray  # (out,) float32
    activation: str


@dataclass(frozen=True)
class Layout:
    """None where the checkpoint does not say."""

    network: Path
    pooling: str | None = None
    dense: Dense | None = None
    prompts: dict[str, str] | None = None
    max_tokens: int | None = None


def read(folder: Path) -> Layout:
    if not (folder / "modules.json").exists():
        return Layout(folder)
    steps = sorted(read_json(folder / "modules.json"), key=lambda step: step["idx"])
    kinds = [step["type"].rpartition(".")[2] for step in steps]
    if kinds not in ORDERS:
        raise ValueError(f"{folder}: steps {', '.join(kinds)} are not supported, only {', '.join(ORDERS[-1])}")
    paths = {kind: folder / step["path"] for kind, step in zip(kinds, steps)}
    network = paths[TRANSFORMER]
    limit = network / "sentence_bert_config.json"
    return Layout(
        network,
        read_pooling(paths[POOLING] / "config.json"),
        read_dense(paths[DENSE]) if DENSE in paths else None,
        read_prompts(folder / "config_sentence_transformers.json"),
        read_json(limit).get("max_seq_length") if limit.exists() else None,
    )


def read_pooling(path: Path) -> str:
    settings = read_json(path)
    old = [name for name in settings if name.startswith("pooling_mode_") and settings[name]]
    modes = [settings["pooling_mode"]] if "pooling_mode" in settings else old
    known = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "cls": "cls", "mean": "mean"}
    if len(modes) != 1 or modes[0] not in known:
        raise ValueError(f"{path}: pooling {', '.join(map(str, modes)) or 'of no kind'} is not supported")
    return known[modes[0]]


def read_dense(folder: Path) -> Dense:
    settings = read_json(folder / "config.json")
    if (folder / "model.safetensors").exists():
        state = load_file(folder / "model.safetensors")
    else:
        state = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    matrix = state["linear.weight"].float().numpy()
    offset = state["linear.bias"].float().numpy() if "linear.bias" in state else np.zeros(len(matrix), np.float32)
    return Dense(matrix, offset, settings["activation_function"].rpartition(".")[2].lower())


def read_prompts(path: Path) -> dict[str, str]:
    """No prompts where none are listed: the layout's encoders are trained without, unless they say so."""
    listed = read_json(path).get("prompts", {}) if path.exists() else {}
    passage = next((listed[name] for name in PASSAGE_PROMPTS if name in listed), "")
    return {"query": listed.get("query", ""), "passage": passage}


def read_json(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))
