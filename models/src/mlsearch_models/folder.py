"""config.json of a model folder: what the encoder must know, and the digest of every file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3

FORMAT = 1
FILES = ("model.onnx", "embeddings.bin", "tokenizer.json", "parity.json")
TRAINING_DATA = "training data"  # `what` of such a licence
SIZE_LIMIT = 80_000_000  # bytes, of the whole folder


@dataclass(frozen=True)
class Settings:
    """What config.json says beside the digests."""

    name: str
    version: str
    dimension: int
    max_tokens: int
    padding_id: int
    provenance: dict[str, object]
    licences: list[dict[str, str]]
    prompts: dict[str, str]
    pooling: str = "mean"
    normalize: bool = True
    matryoshka_dimensions: list[int] = field(default_factory=list)


def write_config(folder: Path, settings: Settings) -> None:
    """Writes config.json over the files already in the folder."""
    document = {
        "format": FORMAT,
        "name": settings.name,
        "version": settings.version,
        "dimension": settings.dimension,
        "max_tokens": settings.max_tokens,
        "prompts": settings.prompts,
        "pooling": settings.pooling,
        "normalize": settings.normalize,
        "matryoshka_dimensions": settings.matryoshka_dimensions,
        "padding_id": settings.padding_id,
        "provenance": settings.provenance,
        "licences": settings.licences,
        "files": {name: describe(folder / name) for name in FILES},
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")


def describe(path: Path) -> dict[str, object]:
    data = path.read_bytes()
    return {"bytes": len(data), "blake3": blake3(data).hexdigest()}


def fingerprint(document: dict) -> str:
    """Of config.json's document: what the Rust encoder knows a model by, hexadecimal."""
    hasher = blake3(derive_key_context="mlsearch encoder fingerprint 1")

    def field(data: bytes) -> None:
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)

    field(document["dimension"].to_bytes(8, "little"))
    field(document["max_tokens"].to_bytes(8, "little"))
    field(document["prompts"]["query"].encode())
    field(document["prompts"]["passage"].encode())
    field(document["pooling"].capitalize().encode())
    for name, file in sorted(document["files"].items()):
        if name != "parity.json":
            field(name.encode())
            field(file["blake3"].lower().encode())
    return hasher.hexdigest()


def verify(folder: Path) -> None:
    """Raises ValueError for the first file that is not what config.json says."""
    document = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for name, expected in document["files"].items():
        if describe(folder / name) != expected:
            raise ValueError(f"{folder / name} differs from what config.json lists")


def total_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
