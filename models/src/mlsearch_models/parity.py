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
import onnxruntime
from tokenizers import Tokenizer

from .reference import Reference

FORMAT = 1
DIGITS = 7


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


def tokenize(texts: list[ParityText], prompts: dict[str, str], tokenizer: Tokenizer) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch([prompts[t.role] + t.text for t in texts])]


def write(
    texts: list[ParityText], prompts: dict[str, str], tokenizer: Tokenizer, reference: Reference, path: Path
) -> None:
    """Encodes the texts with the reference and writes the file."""
    token_ids = tokenize(texts, prompts, tokenizer)
    vectors = reference.encode(token_ids)
    entries = [
        {
            "text": text.text,
            "language": text.language,
            "script": text.script,
            "role": text.role,
            "token_ids": ids,
            "vector": [float(f"{value:.{DIGITS}g}") for value in vector],
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
    expected = np.array([entry["vector"] for entry in document["texts"]])  # (texts, hidden)
    vectors = run_graph(folder / "model.onnx", [entry["token_ids"] for entry in document["texts"]])
    return Agreement(texts, (expected * vectors).sum(1))


def run_graph(path: Path, token_ids: list[list[int]]) -> np.ndarray:
    """Vectors float32 (texts, hidden) of the graph, one text at a time."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rows = []
    for ids in token_ids:
        batch = np.array([ids], dtype=np.int64)
        feed = {"input_ids": batch, "attention_mask": np.ones_like(batch)}
        rows.append(session.run(["embedding"], feed)[0][0])
    return np.stack(rows)
