"""What is evaluated: anything that turns texts into vectors.

Two kinds are known: an encoder of `mlsearch_models.encoder` in PyTorch, and an exported model folder
with model.onnx, as the engine loads it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import onnxruntime
import torch
from blake3 import blake3
from tokenizers import Tokenizer

from .. import encoder as pytorch
from .. import folder

Role = Literal["query", "passage"]
BATCH_TOKENS = 1024  # of a run of the exported graph: larger ones leave the caches


class TextEncoder(Protocol):
    """Texts in, vectors out."""

    name: str
    fingerprint: str  # of all that decides what a vector is
    description: dict[str, object]  # for the result: kind, source, prompts, …

    def encode(self, texts: list[str], role: Role) -> np.ndarray:
        """Vectors float32 (texts, dim) of unit length."""
        ...


def open_encoder(
    source: str, cache: Path, threads: int, precision: str = "float32", device: str = "cpu"
) -> TextEncoder:
    """An exported folder where there is a model.onnx, otherwise what `mlsearch_models.encoder.load` reads."""
    torch.set_num_threads(threads)
    if (Path(source) / "model.onnx").exists():
        return ExportedEncoder(Path(source), threads)
    if Path(source).is_dir() and not any(Path(source).glob("*.json")):
        raise ValueError(f"{source} holds neither model.onnx nor a checkpoint")
    return PytorchEncoder(source, cache, precision, device)


class PytorchEncoder:
    """An encoder in PyTorch, as it was trained."""

    def __init__(self, source: str, cache: Path, precision: str = "float32", device: str = "cpu"):
        self.model = pytorch.load(source, cache).to(device)
        self.precision = precision
        told = self.model.description
        self.name = Path(source).name
        self.fingerprint = self.digest()
        self.description = {
            "kind": "pytorch",
            "name": told.name,
            "base": told.base,
            "prompts": told.prompts,
            "pooling": told.pooling,
            "max_tokens": told.max_tokens,
            "precision": precision,
            "training": told.training,
        }

    def encode(self, texts: list[str], role: Role) -> np.ndarray:
        return self.model.encode(texts, role, precision=self.precision)

    def digest(self) -> str:
        """Of every parameter and of what is put around a text."""
        told = self.model.description
        settings = [told.prompts, told.pooling, self.model.description.max_tokens, self.precision]
        hasher = blake3(json.dumps(settings, sort_keys=True).encode())
        for name, values in sorted(self.model.network.state_dict().items()):
            hasher.update(name.encode())
            hasher.update(values.detach().cpu().contiguous().numpy().tobytes())
        return hasher.hexdigest()[:16]


class ExportedEncoder:
    """A model folder that `convert` wrote, through ONNX Runtime."""

    def __init__(self, path: Path, threads: int):
        settings = json.loads((path / "config.json").read_text(encoding="utf-8"))
        self.prompts: dict[str, str] = settings["prompts"]
        self.most: int = settings["max_tokens"]
        self.padding: int = settings["padding_id"]
        self.dimension: int = settings["dimension"]
        self.tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(path / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.name = path.resolve().name
        self.fingerprint = self.digest(path)
        self.description = {
            "kind": "exported",
            "name": settings["name"],
            "base": settings["provenance"]["base"],
            "prompts": self.prompts,
            "pooling": settings["pooling"],
            "max_tokens": self.most,
            "precision": "as exported",
            "training": settings.get("training", {}),
        }

    def encode(self, texts: list[str], role: Role) -> np.ndarray:
        encodings = self.tokenizer.encode_batch([self.prompts[role] + text for text in texts])
        return self.encode_ids([pytorch.cut(encoding.ids, self.most) for encoding in encodings])

    def encode_ids(self, ids: list[list[int]]) -> np.ndarray:
        """Vectors float32 (texts, dim) of token ids with prompt and special tokens."""
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        vectors = np.empty((len(ids), self.dimension), np.float32)
        for batch in pytorch.length_batches([len(ids[at]) for at in order], BATCH_TOKENS):
            rows = [order[at] for at in batch]
            vectors[rows] = self.run([ids[row] for row in rows])
        return vectors

    def run(self, ids: list[list[int]]) -> np.ndarray:
        """Vectors float32 (texts, dim) of texts that are about as long as each other."""
        inputs = np.full((len(ids), max(map(len, ids))), self.padding, np.int64)
        mask = np.zeros_like(inputs)
        for at, row in enumerate(ids):
            inputs[at, : len(row)] = row
            mask[at, : len(row)] = 1
        return self.session.run(["embedding"], {"input_ids": inputs, "attention_mask": mask})[0]

    def digest(self, path: Path) -> str:
        """Of every file that a vector comes from."""
        names = [name for name in ("config.json", *folder.FILES[:3]) if (path / name).exists()]
        hasher = blake3()
        for name in names:
            hasher.update(name.encode())
            hasher.update(blake3((path / name).read_bytes()).digest())
        return hasher.hexdigest()[:16]
