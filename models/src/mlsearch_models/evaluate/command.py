"""The command: measures one encoder, or compares two that were measured."""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from . import compare, results, table
from .archives import Missing
from .encoders import TextEncoder, open_encoder
from .results import Result
from .tasks import TASKS, Settings
from .vectors import VectorStore

VERSIONS = ("torch", "transformers", "onnxruntime", "tokenizers", "numpy")
EXPLANATION = """\
Tasks: lareqa (XQuAD-R questions to sentences in 11 languages), codeswitch (questions that change
language half way), amqa (Amharic questions) and ntrex (translations among 127 tags). Each is measured
as it is, with every language's mean vector taken off the documents, and off documents and queries.

The figures are for reporting: never choose a checkpoint or a setting by them.

`compare A.json B.json` tells whether two results differ by more than chance; see compare --help.
"""


def main() -> None:
    try:
        if sys.argv[1:2] == ["compare"]:
            compare.main(sys.argv[2:])
        else:
            evaluate(parse_arguments(sys.argv[1:]))
    except (ValueError, OSError) as error:
        sys.exit(f"evaluate: {error}")


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mlsearch_models.evaluate",
        description="Measures an encoder's retrieval across languages.",
        epilog=EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("encoder", help="a folder with model.onnx, or what training and mlsearch_models.encoder read")
    parser.add_argument("--data", type=Path, required=True, help="the data folder, with eval/ and qa/")
    parser.add_argument("--output", type=Path, required=True, help="folder for NAME.json and NAME.npz")
    parser.add_argument("--name", help="name of the result; the encoder's own by default")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), help="all by default")
    parser.add_argument("--sample", type=positive, metavar="N", help="only the first N question ids of XQuAD-R")
    parser.add_argument("--lines", type=positive, metavar="N", help="only the first N lines of NTREX-128, in the pool too")
    parser.add_argument("--row", help="row of a report that this is a run of; runs of several seeds share one")
    parser.add_argument("--seed", type=int, help="of the training run; taken from the encoder's record where it has one")
    parser.add_argument("--alpha", type=float, help="share of monolingual batches in training, likewise")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of PyTorch's arithmetic")
    parser.add_argument("--device", default="cpu", help="of PyTorch, such as cuda")
    parser.add_argument("--threads", type=positive, default=1, help="for encoding, 1 by default; OMP_NUM_THREADS limits the scoring")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="folder for vectors and base weights")
    parser.add_argument("--languages", action="store_true", help="also print the figures of every language")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)


def evaluate(arguments: argparse.Namespace) -> None:
    encoder = open_encoder(arguments.encoder, arguments.cache, arguments.threads, arguments.precision, arguments.device)
    store = VectorStore(encoder, arguments.cache)
    settings = Settings(arguments.data, arguments.sample, arguments.lines)
    result = Result(
        arguments.name or encoder.name,
        {**encoder.description, "fingerprint": encoder.fingerprint},
        experiment(arguments, encoder),
        {name: version(name) for name in VERSIONS},
    )
    for name in arguments.tasks:
        start = time.monotonic()
        try:
            result.tasks[name] = TASKS[name](store, settings)
        except Missing as missing:
            result.skipped[name] = str(missing)
            print(f"SKIPPED {name}: {missing}", file=sys.stderr)
            continue
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
        results.write(result, arguments.output)
    if not result.tasks:
        raise ValueError(f"nothing was measured: {arguments.data} has none of the data")
    path = results.write(result, arguments.output)
    if arguments.json:
        print(json.dumps(result.document(), indent=2, ensure_ascii=False))
    else:
        print(f"{table.render(result, arguments.languages)}\n\nwritten to {path}")


def experiment(arguments: argparse.Namespace, encoder: TextEncoder) -> dict[str, object]:
    """Which row, seed and alpha this is, from the arguments first and the training's record then."""
    config = encoder.description["training"].get("config", {})
    seed = arguments.seed if arguments.seed is not None else config.get("run", {}).get("seed")
    alpha = arguments.alpha if arguments.alpha is not None else config.get("pairs", {}).get("alpha")
    return {"row": arguments.row or arguments.name or encoder.name, "seed": seed, "alpha": alpha}
