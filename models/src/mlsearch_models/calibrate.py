"""What goes into the linear layers: the range of every input channel, over texts in many languages.

Activations are quantised with fixed scales, so that a text's vector does not depend on the texts
beside it and no pass over the activations is spent on finding their range.
"""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .encoder import Encoder

# Passages joined into one text, so that late positions are seen too.
JOINED = 9
# Of prepared training data.
EACH_LANGUAGE = 8
SEED = 1


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


def read_texts(paths: list[Path]) -> tuple[list[str], set[str]]:
    """The texts of JSON lines files, longer ones made of neighbours behind them, and their languages.

    A file of lines with `text` is taken whole. Of prepared training data, whose lines have a `split`
    and `text` or `texts` by language, a few of each language are taken, of the training split.
    """
    texts: list[str] = []
    languages: set[str] = set()
    for path in paths:
        whole: list[str] = []
        sample = Sample()
        with path.open(encoding="utf-8") as file:
            for line in filter(str.strip, file):
                row = json.loads(line)
                language = row.get("language") or row.get("lang") or ""
                if "split" not in row:
                    whole.append(row["text"])
                    languages.add(language)
                elif row["split"] == "train":
                    for tag, text in row.get("texts", {language: row.get("text", "")}).items():
                        sample.offer(tag, text)
        languages |= set(sample.kept)
        texts += joined(whole) + joined(sample.texts())
    return texts, languages - {"", "und"}


def joined(texts: list[str]) -> list[str]:
    """The texts, and behind them long ones."""
    # Neighbours of a file that is ordered by topic: a long text in several languages.
    strides = range(0, len(texts), JOINED)
    return texts + [" ".join(texts[start : start + JOINED]) for start in strides]


class Sample:
    """The same number of texts of each language, wherever in the file they lie; no more than that are held."""

    def __init__(self):
        self.kept: dict[str, list[str]] = {}
        self.offered: dict[str, int] = {}
        self.random = random.Random(SEED)

    def offer(self, language: str, text: str) -> None:
        kept = self.kept.setdefault(language, [])
        self.offered[language] = self.offered.get(language, 0) + 1
        if len(kept) < EACH_LANGUAGE:
            kept.append(text)
            return
        place = self.random.randrange(self.offered[language])
        if place < EACH_LANGUAGE:
            kept[place] = text

    def texts(self) -> list[str]:
        """Languages taking turns."""
        rounds = itertools.zip_longest(*(self.kept[language] for language in sorted(self.kept)))
        return [text for turn in rounds for text in turn if text is not None]


def token_ids(texts: list[str], encoder: Encoder) -> list[list[int]]:
    """Ids of the texts, prompts taking turns, cut to what the encoder takes."""
    turns = list(encoder.description.prompts.values())
    prompted = [turns[at % len(turns)] + text for at, text in enumerate(texts)]
    most = encoder.description.max_tokens
    return [encoding.ids[:most] for encoding in encoder.tokenizer.encode_batch(prompted)]


def collect(encoder: Encoder, ids: list[list[int]]) -> dict[str, Range]:
    """Ranges under `l{N}.qkv`, `l{N}.ao`, `l{N}.fi` and `l{N}.fo`."""
    ranges: dict[str, Range] = {}

    def watch(name: str, module: torch.nn.Module):
        def before(_, inputs: tuple[torch.Tensor, ...]) -> None:
            empty = np.full(inputs[0].shape[-1], np.inf, np.float32)
            ranges.setdefault(name, Range(empty, -empty)).widen(inputs[0])

        return module.register_forward_pre_hook(before)

    hooks = []
    for number, layer in enumerate(encoder.network.encoder.layer):
        hooks.append(watch(f"l{number}.qkv", layer.attention.self.query))
        hooks.append(watch(f"l{number}.ao", layer.attention.output.dense))
        hooks.append(watch(f"l{number}.fi", layer.intermediate.dense))
        hooks.append(watch(f"l{number}.fo", layer.output.dense))
    try:
        encoder.encode_alone(ids)
    finally:
        for hook in hooks:
            hook.remove()
    return ranges
