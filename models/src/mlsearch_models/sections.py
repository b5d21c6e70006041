"""Sections of a trained model's card: how it was trained, what it was measured at, what the export cost."""

from __future__ import annotations

import json
from pathlib import Path

from .folder import TRAINING_DATA
from .retrieval import TOLERANCE, Difference, Questions

# What a reader should know of a source: above all what training on it does to results that others may want to report.
REMARKS = {
    "encyclopedia": "The texts called encyclopedia were written for this project by a large language model (models/DATA.md).",
    "tatoeba": "Tatoeba sentences were trained on, so results on MTEB's Tatoeba are not zero-shot.",
    "tico-19": "TICO-19 was trained on, so results on its sentences are not zero-shot.",
    "bible-nt": "New Testament verses were trained on, so bitext mining of Bible texts (MTEB's BibleNLP) is not zero-shot.",
}
LEAST_SHOWN = 5


def training(record: dict, report: dict | None) -> str:
    """`record` is what the trainer left in the checkpoint; `report` is the prepared data's."""
    config = record.get("config", {})
    lines = ["## Training"]
    steps = [record]
    while "start" in steps[0]:
        steps.insert(0, steps[0]["start"])
    words = ["First: ", *["Then: "] * (len(steps) - 1)] if len(steps) > 1 else [""]
    lines += [word + run(step) for word, step in zip(words, steps)]
    for other in record.get("averaged_with", []):
        first = f"after {run(other['start'])[:-1]}, " if "start" in other else ""
        seed = other.get("config", {}).get("run", {}).get("seed", "unknown")
        lines.append(f"Averaged with another run, seed {seed}: {first}{run(other)}")
    lines += [
        "The step was chosen by validation on held-out parts of the sources alone; texts of the evaluation sets were kept",
        "out.",
    ]
    if "share_of_trained_weights" in record:
        lines += [
            f"The weights are {record['share_of_trained_weights']:.0%} those of training and otherwise the base's, a share chosen on",
            "the same parts and on held-out passages of no source that was trained on.",
        ]
    lines.append("")
    rows = sources(report, record) if report else []
    if rows:
        lines += ["| source | used as | licence | training records | languages |", "|---|---|---|---|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        lines.append("")
    lines += ["Configuration:", "", *configuration(config), ""]
    names = {row[0] for row in rows}
    lines += [REMARKS[name] for name in REMARKS if name in names]
    lines.append("Results on other parts of these sources are not zero-shot either, nor those on data of the base.")
    return "\n".join(lines)


def run(record: dict) -> str:
    """What a run took, in a sentence."""
    if "restored" in record:
        return f"the int8 weights of {record['restored']}; models/RESULTS.md tells of their training."
    steps = record.get("config", {}).get("optimizer", {}).get("steps", record.get("step"))
    hours = record.get("seconds", 0) / 3600
    return (
        f"step {record.get('step')} of {steps}, {hours:.1f} hours of training on "
        f"{record.get('device', 'an unknown device')}, PyTorch {record.get('torch', 'of an unknown version')}."
    )


def configs(record: dict) -> list[dict]:
    """The configurations of a run, of the one that it went on from and of those it was averaged with."""
    return [run["config"] for run in runs(record) if run.get("config")]


def runs(record: dict) -> list[dict]:
    """A run's record, that of the one that it went on from, and of those it was averaged with."""
    others = [record["start"]] if "start" in record else []
    return [record] + [run for other in others + record.get("averaged_with", []) for run in runs(other)]


def sources(report: dict, record: dict) -> list[list[str]]:
    """A row for each source that any of the runs draws from; all where one names none."""
    rows = []
    drawing = configs(record) or [{}]
    for kept in report["kept"]:
        kind = kept["file"].removesuffix(".jsonl")
        if kept["split"] == "train" and any(draws(config, kind, kept["source"]) for config in drawing):
            languages = len(kept["texts_by_language"])
            rows.append([kept["source"], kind, kept["licence"] or "", f"{kept['records']:,}", str(languages)])
    return rows


def draws(config: dict, kind: str, source: str) -> bool:
    section = config.get(kind, {})
    named = {**section.get("sources", {}), **section.get("cross_sources", {})}
    return kind in ("pairs", "parallel") and (not named or named.get(source, 0) > 0)


def licences(report: dict | None, record: dict) -> tuple[dict[str, str], ...]:
    """Entries of config.json for the training data."""
    rows = sources(report, record) if report else []
    named = {entry["source"]: entry["licence"] for run in runs(record) for entry in run.get("licences", [])}
    named |= {name: licence for name, _, licence, _, _ in rows}
    return tuple({"what": TRAINING_DATA, "licence": licence, "source": name} for name, licence in named.items())


def configuration(config: dict) -> list[str]:
    """A line of Markdown code for each section."""
    return [f"    {section}: {json.dumps(values, ensure_ascii=False)}" for section, values in config.items()]


def results(paths: list[Path]) -> str:
    """A table of what mlsearch_models.evaluate measured: a column for each file."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    columns = [means(document) for document in documents]
    rows = list(dict.fromkeys(name for column in columns for name in column))
    names = [document["name"] for document in documents]
    lines = ["## Results", "Measured by `mlsearch_models.evaluate`.", ""]
    lines += ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for row in rows:
        cells = [f"{column[row]:.4f}" if row in column else "" for column in columns]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def means(document: dict) -> dict[str, float]:
    """Figures by task, centering and measure."""
    found = {}
    for task, outcome in document["tasks"].items():
        for centering, measures in outcome["figures"].items():
            for measure, figures in measures.items():
                if figures["mean"] is not None:
                    found[f"{task}, {measure}, centering {centering}"] = figures["mean"]
    return found


def export(differences: list[Difference], questions: Questions, pivot: str) -> str:
    """What quantisation does to retrieval."""
    alone = len(differences) - bool(questions.together)
    lines = [
        "## Retrieval before and after the export",
        f"A held-out text asks for its translation (`{pivot}`) among {len(questions.candidates):,}: the PyTorch checkpoint in "
        f"float32 and",
        f"this folder's graph. Greatest loss of recall@1 or MRR in a language: {max(0.0, differences[0].loss):.4f} "
        f"(at most {TOLERANCE} is wanted). Languages judged alone: {alone}.",
        "",
        "| | texts | recall@1 before | after | MRR before | after |",
        "|---|---|---|---|---|---|",
    ]
    for each in differences[:LEAST_SHOWN]:
        before, after = each.before, each.after
        cells = [before.recall, after.recall, before.reciprocal_rank, after.reciprocal_rank]
        lines.append(f"| {each.name} | {each.texts} | " + " | ".join(f"{cell:.4f}" for cell in cells) + " |")
    if questions.together:
        few = ", ".join(f"{language} {count}" for language, count in questions.together.items())
        lines += ["", f"Judged together, with the number of texts: {few}."]
    return "\n".join(lines)
