"""`python -m mlsearch_models.evaluate.mteb_run`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .. import table
from ..archives import Missing
from ..encoders import open_encoder
from ..vectors import VectorStore

if TYPE_CHECKING:
    from mteb.abstasks.abstask import AbsTask
    from mteb.results import TaskResult

# Tasks of MTEB that are worth a look where a hub can be reached.
WITH_A_HUB = (
    "BelebeleRetrieval",
    "MLQARetrieval",
    "MIRACLRetrievalHardNegatives.v2",
    "BibleNLPBitextMining",
    "FloresBitextMining",
)
NTREX_LANGUAGES = "amh_Ethi bod_Tibt deu_Latn hau_Latn khm_Khmr mya_Mymr swa_Latn yor_Latn zho_Hans zul_Latn"
NTREX_PAIRS = [f"eng_Latn-{code}" for code in NTREX_LANGUAGES.split()]


def main() -> None:
    # MTEB draws a bar for each of hundreds of small steps and warns of its own code; ours tells the progress.
    os.environ.setdefault("TQDM_DISABLE", "1")
    warnings.filterwarnings("ignore", message="To copy construct from a tensor")
    try:
        from . import local
    except ImportError as error:
        sys.exit(f"mteb_run: {error}; install the extra `evaluate` of mlsearch-models")
    arguments = parse_arguments()
    if arguments.list:
        print(f"from the data folder: {', '.join(local.LOCAL)}")
        print(f"from a hub: {', '.join(WITH_A_HUB)}, and any other of MTEB")
        return
    try:
        run(arguments)
    except (ValueError, OSError, KeyError) as error:
        sys.exit(f"mteb_run: {error}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mlsearch_models.evaluate.mteb_run",
        description="Runs tasks of MTEB on an encoder. For reporting: choose nothing by the figures.",
    )
    parser.add_argument("encoder", nargs="?", help="a folder with model.onnx, or what mlsearch_models.encoder reads")
    parser.add_argument(
        "--list", action="store_true", help="print the names of tasks, by where their data comes from, and stop"
    )
    parser.add_argument("--data", type=Path, help="the data folder, with eval/")
    parser.add_argument(
        "--parallel", type=Path, metavar="FILE", help="a prepared parallel.jsonl, for Tatoeba's held-out rows"
    )
    parser.add_argument("--output", type=Path, help="folder for NAME.mteb.json")
    parser.add_argument("--name", help="name of the result; the encoder's own by default")
    parser.add_argument(
        "--tasks", nargs="+", metavar="NAME", help="those of the data folder by default; others need a hub"
    )
    parser.add_argument(
        "--ntrex-pairs",
        nargs="+",
        default=NTREX_PAIRS,
        metavar="PAIR",
        help="of NTREXBitextMining, by default %(default)s",
    )
    parser.add_argument(
        "--least", type=int, default=20, help="sentences for a language of Tatoeba to take part, %(default)s by default"
    )
    parser.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32", help="of PyTorch's arithmetic"
    )
    parser.add_argument("--device", default="cpu", help="of PyTorch, such as cuda")
    parser.add_argument("--threads", type=int, default=1, help="for encoding, 1 by default")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="folder for vectors and base weights")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    arguments = parser.parse_args()
    if not arguments.list and not (arguments.encoder and arguments.data and arguments.output):
        parser.error("an encoder, --data and --output are needed")
    return arguments


def run(arguments: argparse.Namespace) -> None:
    import mteb

    from .local import LOCAL, Sources
    from .model import MtebEncoder

    encoder = open_encoder(arguments.encoder, arguments.cache, arguments.threads, arguments.precision, arguments.device)
    model = MtebEncoder(VectorStore(encoder, arguments.cache))
    sources = Sources(arguments.data, arguments.parallel, tuple(arguments.ntrex_pairs), arguments.least)
    tasks, skipped = {}, {}
    for name in arguments.tasks or LOCAL:
        try:
            task = LOCAL[name](sources) if name in LOCAL else mteb.get_task(name)
            found = mteb.evaluate(
                model, task, cache=None, co2_tracker=False, encode_kwargs={"batch_size": 256}, show_progress_bar=False
            )
            tasks[name] = summary(task, found.task_results[0], name in LOCAL)
        except Missing as missing:
            skipped[name] = str(missing)
        except OSError as error:  # what the loaders of data sets raise without a hub
            skipped[name] = f"its data could not be read from a hub: {str(error).splitlines()[0]}"
        if name in skipped:
            print(f"SKIPPED {name}: {skipped[name]}", file=sys.stderr)
    document = {
        "name": arguments.name or encoder.name,
        "encoder": {**encoder.description, "fingerprint": encoder.fingerprint},
        "versions": {"mteb": version("mteb")},
        "tasks": tasks,
        "skipped": skipped,
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / f"{document['name']}.mteb.json"
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(
        json.dumps(document, indent=2, ensure_ascii=False)
        if arguments.json
        else f"{rendered(tasks)}\n\nwritten to {path}"
    )


def summary(task: AbsTask, result: TaskResult, is_local: bool) -> dict[str, object]:
    """The task's main score: of each subset, and the mean over these."""
    by = {score["hf_subset"]: score["main_score"] for scores in result.scores.values() for score in scores}
    return {
        "measure": task.metadata.main_score,
        "mean": sum(by.values()) / len(by),
        "by": by,
        "data": "data folder" if is_local else "hub",
    }


def rendered(tasks: dict[str, dict]) -> str:
    rows = [["task", "measure", "subsets", "mean", "worst", ""]]
    for name, found in tasks.items():
        subset, worst = min(found["by"].items(), key=lambda entry: entry[1])
        shown = [table.shown(value, "main") for value in (found["mean"], worst)]
        rows.append([name, found["measure"], str(len(found["by"])), *shown, subset])
    return table.aligned(rows)


if __name__ == "__main__":
    main()
