"""parity.json: texts with the token ids and vectors that any faithful encoder must reproduce.

    {"format": 1, "texts": [{"text", "language", "script", "role", "token_ids", "vector"}]}

`text` is without its prompt; `token_ids` are those of prompt and text; `vector` is the float32
reference's. The quantised graph is judged by the cosine between its vector and this one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .encoder import Encoder
from .runtime import Graph

FORMAT = 1
DECIMALS = 5  # of a vector's components: their rounding moves a cosine by about 3e-6


@dataclass(frozen=True)
class ParityText:
    """A line of the texts file."""

    language: str
    script: str
    role: str
    text: str


@dataclass(frozen=True)
class Agreement:
    """Cosine of the graph's vectors to the reference's."""

    texts: list[ParityText]
    cosines: np.ndarray  # (texts,)

    @property
    def mean(self) -> float:
        return float(self.cosines.mean())

    @property
    def worst(self) -> float:
        return float(self.cosines.min())

    def by_language(self) -> dict[str, float]:
        """Mean cosine of each language, lowest first."""
        groups: dict[str, list[float]] = {}
        for text, cosine in zip(self.texts, self.cosines):
            groups.setdefault(text.language, []).append(float(cosine))
        means = {language: float(np.mean(values)) for language, values in groups.items()}
        return dict(sorted(means.items(), key=lambda entry: entry[1]))


def read_texts(path: Path) -> list[ParityText]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [ParityText(**json.loads(line)) for line in lines if line.strip()]


def write(texts: list[ParityText], encoder: Encoder, path: Path) -> None:
    """Encodes the texts that the encoder takes whole, one at a time, and writes the file."""
    ids = [encoder.token_ids([text.text], text.role, None)[0] for text in texts]
    whole = [at for at, text in enumerate(texts) if len(ids[at]) < encoder.description.max_tokens]
    texts, token_ids = [texts[at] for at in whole], [ids[at] for at in whole]
    vectors = encoder.encode_alone(token_ids)
    entries = [
        {
            "text": text.text,
            "language": text.language,
            "script": text.script,
            "role": text.role,
            "token_ids": ids,
            "vector": [round(float(value), DECIMALS) for value in vector],
        }
        for text, ids, vector in zip(texts, token_ids, vectors)
    ]
    document = {"format": FORMAT, "texts": entries}
    path.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def measure(folder: Path) -> Agreement:
    """Runs the folder's graph over its own parity.json, one text at a time."""
    document = json.loads((folder / "parity.json").read_text(encoding="utf-8"))
    keys = ("language", "script", "role", "text")
    texts = [ParityText(**{key: entry[key] for key in keys}) for entry in document["texts"]]
    expected = np.array([entry["vector"] for entry in document["texts"]])  # (texts, dimension)
    vectors = Graph(folder / "model.onnx").encode_alone([entry["token_ids"] for entry in document["texts"]])
    return Agreement(texts, (expected * vectors).sum(1))
