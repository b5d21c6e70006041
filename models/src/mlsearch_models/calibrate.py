"""What goes into the linear layers: the range of every input channel, over texts in many languages.

Activations are quantised with fixed scales, so that a text's vector does not depend on the texts
beside it and no pass over the activations is spent on finding their range.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .reference import Reference

# Passages joined into one text, so that late positions are seen too.
JOINED = 9


@dataclass
class Range:
    """Least and greatest value of each input channel."""

    low: np.ndarray  # (in,) float32
    high: np.ndarray  # (in,) float32

    @property
    def peak(self) -> np.ndarray:
        """Greatest magnitude of each channel."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def widen(self, values: torch.Tensor) -> None:
        """Takes in values (…, in)."""
        rows = values.reshape(-1, values.shape[-1])
        self.low = np.minimum(self.low, rows.amin(0).numpy())
        self.high = np.maximum(self.high, rows.amax(0).numpy())


def read_texts(path: Path) -> list[str]:
    """JSON lines with a `text`; neighbours are joined into long texts behind them."""
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    # Every JOINED-th of a file that is ordered by topic: a long text in several languages.
    strides = range(0, len(texts), JOINED)
    return texts + [" ".join(texts[start : start + JOINED]) for start in strides]


def token_ids(texts: list[str], prompts: dict[str, str], tokenizer: Tokenizer, most: int) -> list[list[int]]:
    """Ids of the texts, prompts taking turns, cut to `most`."""
    turns = list(prompts.values())
    return [tokenizer.encode(turns[at % len(turns)] + text).ids[:most] for at, text in enumerate(texts)]


@torch.inference_mode()
def collect(reference: Reference, ids: list[list[int]]) -> dict[str, Range]:
    """Ranges under `l{N}.qkv`, `l{N}.ao`, `l{N}.fi` and `l{N}.fo`."""
    ranges: dict[str, Range] = {}

    def watch(name: str, module: torch.nn.Module):
        def before(_, inputs: tuple[torch.Tensor, ...]) -> None:
            empty = np.full(inputs[0].shape[-1], np.inf, np.float32)
            ranges.setdefault(name, Range(empty, -empty)).widen(inputs[0])

        return module.register_forward_pre_hook(before)

    hooks = []
    for number, layer in enumerate(reference.bert.encoder.layer):
        hooks.append(watch(f"l{number}.qkv", layer.attention.self.query))
        hooks.append(watch(f"l{number}.ao", layer.attention.output.dense))
        hooks.append(watch(f"l{number}.fi", layer.intermediate.dense))
        hooks.append(watch(f"l{number}.fo", layer.output.dense))
    try:
        reference.encode(ids)
    finally:
        for hook in hooks:
            hook.remove()
    return ranges
