"""Writes a model folder from an encoder: quantised graph, embeddings, tokenizer, parity texts, config.

The folder appears whole or not at all. `convert` and `export` are the commands.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import bases, calibrate, embeddings, folder, graph, parity, q4, tokenizer
from .embeddings import EmbeddingTable
from .encoder import Encoder
from .weights import Weights

EMBEDDINGS = "embeddings.bin"
CONVERSION = (
    "ONNX graph built operator by operator: attention scale folded into the query weights, type "
    "embedding added to the positions, {pooling} and unit length inside the graph"
)
POOLING = {"mean": "mean pooling", "cls": "the first token's vector"}
QUANTISATION = (
    "linear layers int8, symmetric, one scale for each output channel; activations 8-bit with fixed "
    "scales, smoothed channel by channel (SmoothQuant); word embeddings 4-bit in blocks of 32 with scales from a codebook of 256; positions float16"
)
MIN_MEAN_COSINE = 0.99
MIN_LANGUAGE_COSINE = 0.97


@dataclass(frozen=True)
class Request:
    """What a folder is made with, beside the encoder."""

    name: str
    version: str
    texts: list[parity.ParityText]
    calibration: list[str]
    table: EmbeddingTable | None = None
    most_bytes: int = folder.SIZE_LIMIT
    licences: tuple[dict[str, str], ...] = ()
    provenance: dict[str, object] | None = None


# Gets the finished files, and writes README.md or refuses the folder with a ValueError.
Finish = Callable[[Path, folder.Settings, parity.Agreement], None]


def write(encoder: Encoder, request: Request, output: Path, finish: Finish) -> parity.Agreement:
    """Writes the folder `output`, and returns how the graph agrees with float32."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=output.parent) as scratch:
        staged = Path(scratch) / "model"
        staged.mkdir()
        settings, agreement = write_files(encoder, request, staged)
        check(agreement)
        finish(staged, settings, agreement)
        check_size(staged, request.most_bytes)
        folder.verify(staged)
        staged.chmod(0o755)
        if output.exists():
            output.rename(Path(scratch) / "replaced")
        staged.rename(output)
    return agreement


def write_files(encoder: Encoder, request: Request, staged: Path) -> tuple[folder.Settings, parity.Agreement]:
    weights, description = encoder.current_weights(), encoder.description
    table = request.table
    if table is None:
        table = embeddings.compress(weights.word_blocks or q4.quantize(weights.tensors["emb.word"]))
    places = embeddings.write(table, staged / EMBEDDINGS)
    tokenizer.write(weights.vocabulary, staged / tokenizer.TOKENIZER)
    ranges = calibrate.collect(encoder, calibrate.token_ids(request.calibration, encoder))
    built = graph.build(weights, ranges, table, EMBEDDINGS, places, description.pooling)
    graph.write(built, staged / "model.onnx")
    parity.write(request.texts, encoder, staged / "parity.json")
    agreement = parity.measure(staged)
    conversion = CONVERSION.format(pooling=POOLING[description.pooling])
    settings = folder.Settings(
        name=request.name,
        version=request.version,
        dimension=encoder.dimension,
        max_tokens=description.max_tokens,
        padding_id=weights.vocabulary.pad,
        provenance={
            **weights.provenance,
            "conversion": conversion,
            "quantisation": QUANTISATION,
            **(request.provenance or {}),
        },
        licences=[*bases.of(description.base).licences, *request.licences],
        prompts=description.prompts,
        pooling=description.pooling,
        matryoshka_dimensions=[size for size in description.matryoshka_dimensions if size < encoder.dimension],
    )
    folder.write_config(staged, settings)
    return settings, agreement


def shared_table(path: Path, weights: Weights) -> EmbeddingTable:
    """Reads an embedding file and makes sure that the weights' own embeddings are those."""
    config = weights.config
    table = embeddings.read(path, config.vocabulary, config.hidden)
    ours, theirs = weights.tensors["emb.word"], table.dequantize()
    error = np.sqrt(np.mean((ours - theirs) ** 2)) / np.sqrt(np.mean(ours**2))
    if error > 0.01:
        raise ValueError(
            f"{path} is not this checkpoint's embedding table: it differs by {error:.1%} (root mean square); "
            "leave --embeddings out to write a table of its own"
        )
    return table


def check(agreement: parity.Agreement) -> None:
    """Refuses a graph that is not accurate enough."""
    language, cosine = next(iter(agreement.by_language().items()))
    if agreement.mean < MIN_MEAN_COSINE or cosine < MIN_LANGUAGE_COSINE:
        raise ValueError(
            f"cosine to float32: mean {agreement.mean:.4f} (at least {MIN_MEAN_COSINE} is wanted), "
            f"{language} {cosine:.4f} (at least {MIN_LANGUAGE_COSINE})"
        )


def check_size(staged: Path, most: int) -> None:
    size = folder.total_bytes(staged)
    if size >= most:
        raise ValueError(f"the model folder takes {size:,} bytes, the limit is {most:,}: see --most-bytes")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that `convert` and `export` share."""
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    parser.add_argument("--version", default="1")
    parser.add_argument("--texts", type=Path, required=True, help="JSON lines of parity texts")
    parser.add_argument(
        "--calibration",
        type=Path,
        nargs="+",
        required=True,
        help="JSON lines of texts that set the activations' scales; of prepared training data, a sample is taken",
    )
    parser.add_argument("--embeddings", type=Path, help="an embeddings.bin to share instead of making one")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the base weights are kept")
    parser.add_argument("--most-bytes", type=int, default=folder.SIZE_LIMIT, help="a larger folder is refused")


def request(arguments: argparse.Namespace, encoder: Encoder, name: str) -> tuple[Request, int]:
    """What those options ask for, and in how many languages the calibration texts are."""
    calibration, languages = calibrate.read_texts(arguments.calibration)
    table = None
    if arguments.embeddings:
        table = shared_table(arguments.embeddings, encoder.weights)
    texts = parity.read_texts(arguments.texts)
    asked = Request(name, arguments.version, texts, calibration, table, arguments.most_bytes)
    return asked, len(languages)


def summary(output: Path, agreement: parity.Agreement) -> str:
    language, cosine = next(iter(agreement.by_language().items()))
    return (
        f"{output}: {folder.total_bytes(output):,} bytes; cosine to float32: mean {agreement.mean:.4f}, "
        f"worst text {agreement.worst:.4f}, worst language {language} {cosine:.4f}"
    )
