"""What an evaluation leaves: NAME.json with the figures and NAME.npz with the value of every query.

    {"format", "name", "experiment": {"row", "seed", …}, "encoder": {…}, "versions": {…},
     "tasks": {task: {"facts": {…}, "figures": {centering: {measure: {"mean", "by": {cell: mean}, …}}}}},
     "skipped": {task: why}}

The arrays are `task/centering/measure/values`, `…/groups`, `…/cells` and `…/names`, see `measure`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import bitext, levels
from .measure import Measure

FORMAT = 1
PARTS = ("values", "groups", "cells", "names")


@dataclass
class Outcome:
    """Of one task: what it was run on, and its measures under each kind of centering."""

    facts: dict[str, object]
    measures: dict[str, dict[str, Measure]]


@dataclass
class Result:
    """Of one encoder."""

    name: str
    encoder: dict[str, object]
    experiment: dict[str, object] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Outcome] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """The content of the JSON file."""
        tasks = {
            name: {
                "facts": outcome.facts,
                "figures": {
                    kind: {measure: figures(name, values) for measure, values in named.items()}
                    for kind, named in outcome.measures.items()
                },
            }
            for name, outcome in self.tasks.items()
        }
        return {
            "format": FORMAT,
            "name": self.name,
            "experiment": self.experiment,
            "encoder": self.encoder,
            "versions": self.versions,
            "tasks": tasks,
            "skipped": self.skipped,
        }

    def mean(self, task: str, kind: str, measure: str, only: set[str] | None = None) -> float | None:
        """A figure, or None where it was not measured."""
        outcome = self.tasks.get(task)
        values = outcome.measures.get(kind, {}).get(measure) if outcome else None
        return values.mean(only) if values else None


def figures(task: str, values: Measure) -> dict[str, object]:
    by = values.by_cell()
    found: dict[str, object] = {"mean": values.mean(), "by": by}
    if any(">" in name for name in by):
        starts = dict.fromkeys(name.partition(">")[0] for name in by)
        found["by_query_language"] = {start: values.mean({n for n in by if n.startswith(f"{start}>")}) for start in starts}
    if task == bitext.NAME:
        found["by_level"] = {name: values.mean(tags) for name, tags in levels.members(list(by)).items()}
    return found


def write(result: Result, folder: Path) -> Path:
    """Writes both files; tasks that an earlier run measured of the same encoder stay."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    if path.exists():
        earlier = read(path)
        if earlier.encoder["fingerprint"] == result.encoder["fingerprint"]:
            result.tasks = {**earlier.tasks, **result.tasks}
    arrays = {}
    for task, outcome in result.tasks.items():
        for kind, named in outcome.measures.items():
            for measure, values in named.items():
                for part in PARTS:
                    arrays[f"{task}/{kind}/{measure}/{part}"] = np.asarray(getattr(values, part))
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(partial, path.with_suffix(".npz"))
    partial.write_text(json.dumps(result.document(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(partial, path)
    return path


def read(path: Path) -> Result:
    """A result from its JSON file, with the values beside it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a result of an evaluation: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path} is not a result of an evaluation in format {FORMAT}")
    values = path.with_suffix(".npz")
    if not values.exists():
        raise ValueError(f"{values}, the value of every query, is missing beside {path.name}")
    tasks = {name: Outcome(task["facts"], {}) for name, task in document["tasks"].items()}
    with np.load(values) as arrays:
        for key in arrays.files:
            task, kind, measure, part = key.split("/")
            if part == "values":
                stem = key.removesuffix("values")
                parts = [arrays[stem + name] for name in PARTS]
                read_back = Measure(*parts[:3], [str(name) for name in parts[3]])
                tasks[task].measures.setdefault(kind, {})[measure] = read_back
    return Result(
        document["name"],
        document["encoder"],
        document["experiment"],
        document["versions"],
        tasks,
        document["skipped"],
    )
