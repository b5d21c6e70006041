"""Makes a model folder of a trained checkpoint:

    python -m mlsearch_models.export --checkpoint RUN/best --output DIR --data PREPARED \\
        --texts FILE --calibration FILE [FILE …] [--embeddings FILE] [--results FILE …]

The folder must find what the checkpoint finds: retrieval on the held-out part of the prepared data is
compared in every language (`retrieval`), and a loss is an error unless --accept-loss is given.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import assemble, bases, card, encoder, folder, retrieval, sections
from .runtime import Graph

COMMAND = """\
    python -m mlsearch_models.export --checkpoint RUN/best --output {folder} --data PREPARED \\
        --texts parity_texts.jsonl --calibration ../cli/samples/passages.jsonl PREPARED/parallel.jsonl

PREPARED is what `mlsearch_models.prepare` writes, RUN what `mlsearch_models.train` writes with the configuration above."""


def main() -> int:
    arguments = parse_arguments()
    try:
        differences = export(arguments)
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.output}: greatest loss of retrieval, {differences[0]}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mlsearch_models.export", description="Makes a model folder of a trained checkpoint."
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="a folder that training wrote, as RUN/best")
    parser.add_argument("--name", help="by default that of the checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="the folder that mlsearch_models.prepare wrote")
    parser.add_argument("--results", type=Path, nargs="+", default=[], help="JSON files of mlsearch_models.evaluate")
    parser.add_argument("--most-texts", type=int, default=retrieval.ENOUGH, help="of each language in the comparison")
    parser.add_argument(
        "--enough", type=int, default=retrieval.ENOUGH, help="languages with fewer held-out texts are judged together"
    )
    parser.add_argument("--pivot", default="en", help="the language that translations are looked for in")
    parser.add_argument("--accept-loss", action="store_true", help="a loss of retrieval is a warning, not an error")
    assemble.add_arguments(parser)
    return parser.parse_args()


def export(arguments: argparse.Namespace) -> list[retrieval.Difference]:
    """Writes the folder, and returns what it costs, the greatest loss first."""
    checkpoint = encoder.load(arguments.checkpoint, arguments.cache)
    described = checkpoint.description
    record = described.training
    report = read_report(arguments.data)
    texts = arguments.data / "parallel.jsonl"
    questions = retrieval.read(texts, arguments.pivot, arguments.most_texts, arguments.enough)
    request, languages = assemble.request(arguments, checkpoint, arguments.name or described.name)
    request = replace(
        request,
        licences=sections.licences(report, record),
        provenance={"training": record},
    )
    known = bases.of(described.base)
    notes = card.Notes(
        base_data=known.data,
        limits=known.limits,
        calibration_languages=languages,
        command=COMMAND.format(folder=request.name),
    )
    differences: list[retrieval.Difference] = []

    def finish(staged: Path, settings: folder.Settings, agreement) -> None:
        graph = Graph(staged / "model.onnx", settings.padding_id)

        def exported(texts: list[str], role: str) -> np.ndarray:
            return graph.encode_ids(checkpoint.token_ids(texts, role))

        differences.extend(retrieval.compare(questions, checkpoint.encode, exported))
        judge(differences, arguments.accept_loss)
        parts = [sections.training(record, report)]
        if arguments.results:
            parts.append(sections.results(arguments.results))
        parts.append(sections.export(differences, questions, arguments.pivot))
        card.write(staged, settings, agreement, replace(notes, sections=tuple(parts)))

    agreement = assemble.write(checkpoint, request, arguments.output, finish)
    print(assemble.summary(arguments.output, agreement))
    return differences


def read_report(data: Path) -> dict | None:
    path = data / "report.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def judge(differences: list[retrieval.Difference], accepted: bool) -> None:
    """Raises ValueError with the languages that lost too much."""
    worse = retrieval.missed(differences)
    if not worse:
        return
    message = f"retrieval falls by more than {retrieval.TOLERANCE} in the export\n  " + "\n  ".join(map(str, worse))
    if not accepted:
        raise ValueError(f"{message}\ncalibrate with texts of these languages, or give --accept-loss")
    print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
