#!/usr/bin/env python3
"""Measures language detection beside other detectors, on sentences, cuts of three words and mixed texts.

    python3 benches/language_detection.py --data ../shared/data

Sentences come from NTREX-128 (eval/ntrex-128.tar.gz) and Tatoeba (parallel/tatoeba.tar.gz); cuts are three
neighbouring words of them, or six characters where words are not set apart. Mixed texts begin in one
language and end in another: halves of parallel sentences of NTREX-128, or four words of each. Tags are
brought into one set first (benches/language/tags.py). Ours is asked as queries are: for all languages,
and the chief one counts where a text has one; `mlsearch-document` is what documents are given.

A text counts as right where exactly its language, or languages, are named; of a text in one
language, what is named besides the chief one is not counted as wrong but shown as `several`. "Others
named" are texts in languages that the detector does not know and names a language for all the same.

Where a detector may abstain, it is told to answer; ours abstains when it is not sure. Times are processor
time, one text at a time: the median of a language's texts, and of those medians.

The first run makes the virtual environment .venv-language (some 300 MB) and builds the worker of the
detectors in Rust. What cannot be installed is reported as missing. Writes
benches/results/language_detection.csv; rows in it of what was not asked this time stay and are shown.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from language.rivals import RIVALS, work
from language.tags import UNDETERMINED, normal
from language.texts import NTREX, PAIRS, TATOEBA, Text, gather

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = CHECKOUT / ".venv-language"
REQUIREMENTS = CHECKOUT / "benches" / "requirements-language.txt"
WORKER = CHECKOUT / "target" / "release" / "language-worker"
RESULTS = CHECKOUT / "benches" / "results" / "language_detection.csv"

RUST = ("mlsearch", "mlsearch-document", "lingua", "whatlang", "whichlang")
DETECTORS = (*RUST, *RIVALS)
# Those that can name several languages of a text.
SEVERAL = {"mlsearch", "lingua", "cld2", "cld3"}
# Know so few languages that they are left out of what all have in common, in one of the columns.
FEW = {"whichlang"}
COLUMNS = "source kind detector language known n accuracy first undetermined several microseconds_p50".split()


class BenchError(Exception):
    """Says in a sentence what is wrong and what to do."""


@dataclass(frozen=True)
class Answer:
    """What a detector said of a text."""

    languages: tuple[str, ...]
    microseconds: float

    def is_right(self, text: Text) -> bool:
        if len(text.languages) > 1:
            return sorted(self.languages) == sorted(text.languages)
        return self.languages[:1] == text.languages


@dataclass
class Detector:
    """A detector's languages and its answers, in the order of the texts."""

    name: str
    known: set[str]
    answers: list[Answer]


def main() -> int:
    arguments = parse_arguments()
    try:
        if arguments.worker:
            work(arguments.worker, arguments.mixed, arguments.languages)
            return 0
        for archive in [arguments.data / NTREX, arguments.data / TATOEBA]:
            if not archive.is_file():
                print(f"SKIPPED: {archive} is not there; see README \"Evaluation\"")
                return 0
        compare(arguments)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of public data")
    parser.add_argument("--count", type=int, default=100, help="texts a source, kind and language (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="which texts are drawn (default: 1)")
    parser.add_argument("--detectors", nargs="+", choices=DETECTORS, default=DETECTORS, help="only these")
    parser.add_argument(
        "--sources", nargs="+", choices=("ntrex", "tatoeba"), default=("ntrex", "tatoeba"),
        help="only these; mixed texts come with ntrex",
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="the CSV (default: benches/results/...)")
    parser.add_argument("--binary", type=Path, help="take this language-worker and build none")
    parser.add_argument("--worker", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    parser.add_argument("--mixed", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--languages", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.worker and not arguments.data:
        parser.error("--data is needed")
    if arguments.count < 1:
        parser.error("--count must be at least 1")
    return arguments


def compare(arguments: argparse.Namespace) -> None:
    texts = list(gather(arguments.data, arguments.count, arguments.seed, list(arguments.sources)))
    kinds = defaultdict(int)
    for text in texts:
        kinds[text.source, text.kind] += 1
    print("texts: " + ", ".join(f"{count} {source} {kind}" for (source, kind), count in kinds.items()))
    if not arguments.binary and any(name in RUST for name in arguments.detectors):
        build()
    python = ensure_environment() if any(name in RIVALS for name in arguments.detectors) else Path(sys.executable)
    detectors = []
    for name in arguments.detectors:
        command = (
            rust_command(arguments.binary or WORKER, name)
            if name in RUST
            else [str(python), __file__, "--worker", name]
        )
        print(f"{name} …", file=sys.stderr)
        try:
            detectors.append(ask(name, command, texts))
        except BenchError as error:
            print(f"missing: {name}: {error}")
    rows = merge(arguments.out, [row for detector in detectors for row in tabulate(detector, texts)])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    print_summary(rows)


# The detectors


def build() -> None:
    command = ["cargo", "build", "--release", "--locked", "-p", "mlsearch-benches", "--features", "language-rivals"]
    command += ["--bin", "language-worker", "--target-dir", str(CHECKOUT / "target")]
    if subprocess.run(command, cwd=CHECKOUT).returncode != 0:
        raise BenchError("the worker could not be built; what cargo said stands above.")


def ensure_environment() -> Path:
    """The Python of .venv-language, made or brought up to date with the requirements first."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    ready = ENVIRONMENT / "ready"
    if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
        return python
    if subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)]).returncode != 0:
        raise BenchError("the virtual environment could not be made; is Python's venv module installed?")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--requirement", str(REQUIREMENTS)]).returncode != 0:
        for line in wanted.splitlines():
            if line and not line.startswith("#") and subprocess.run([*pip, line]).returncode != 0:
                print(f"{line} could not be installed", file=sys.stderr)
    ready.write_text(wanted, encoding="utf-8")
    return python


def rust_command(binary: Path, name: str) -> list[str]:
    return [str(binary), name.removesuffix("-document")]


def ask(name: str, command: list[str], texts: list[Text]) -> Detector:
    """All answers of one detector. Texts in one language are asked for one where that can be chosen."""
    known = {normal(tag) for tag in run([*command, "--languages"], "").splitlines()} - {UNDETERMINED}
    answers: list[Answer | None] = [None] * len(texts)
    for mixed in (False, True):
        places = [place for place, text in enumerate(texts) if (len(text.languages) > 1) == mixed]
        if not places:
            continue
        several = name == "mlsearch" or (mixed and name in SEVERAL)
        lines = run(command + ["--mixed"] * several, "".join(f"{texts[place].text}\n" for place in places))
        said = lines.splitlines()
        if len(said) != len(places):
            raise BenchError(f"{len(said)} answers to {len(places)} texts")
        for place, line in zip(places, said):
            tags, microseconds = line.split("\t")
            named = dict.fromkeys(normal(tag) for tag in tags.split("+") if tag)
            named.pop(UNDETERMINED, None)
            answers[place] = Answer(tuple(named), float(microseconds))
    return Detector(name, known, answers)


def run(command: list[str], text: str) -> str:
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise BenchError(lines[-1] if lines else f"ended with status {done.returncode}")
    return done.stdout.decode()


# The report


def tabulate(detector: Detector, texts: list[Text]) -> list[dict]:
    """A row for every source, kind and language."""
    groups: dict[tuple[str, str, str], list[tuple[Text, Answer]]] = defaultdict(list)
    for text, answer in zip(texts, detector.answers):
        groups[text.source, text.kind, "+".join(text.languages)].append((text, answer))
    rows = []
    for (source, kind, language), pairs in groups.items():
        shares = {
            "accuracy": [answer.is_right(text) for text, answer in pairs],
            "first": [bool(set(answer.languages[:1]) & set(text.languages)) for text, answer in pairs],
            "undetermined": [not answer.languages for _, answer in pairs],
            "several": [len(answer.languages) > 1 for _, answer in pairs],
        }
        row = {"source": source, "kind": kind, "detector": detector.name, "language": language}
        row |= {"known": int(detector.known.issuperset(language.split("+"))), "n": len(pairs)}
        row |= {name: f"{statistics.mean(values):.3f}" for name, values in shares.items()}
        row["microseconds_p50"] = f"{statistics.median(answer.microseconds for _, answer in pairs):.1f}"
        rows.append(row)
    return rows


def merge(path: Path, rows: list[dict]) -> list[dict]:
    """The rows, with those of the file before them that are of other detectors, sources or kinds."""
    if not path.is_file():
        return rows
    measured = {(row["source"], row["kind"], row["detector"]) for row in rows}
    with path.open(encoding="utf-8", newline="") as file:
        kept = [row for row in csv.DictReader(file)]
    rows = rows + [row for row in kept if (row["source"], row["kind"], row["detector"]) not in measured]
    return sorted(rows, key=lambda row: (row["source"], row["kind"], DETECTORS.index(row["detector"])))


def print_summary(rows: list[dict]) -> None:
    """Means over languages, so that each counts alike, and over pairs; the time is a median of medians."""
    detectors = [name for name in DETECTORS if any(row["detector"] == name for row in rows)]
    for source, kind in dict.fromkeys((row["source"], row["kind"]) for row in rows):
        tables = {
            name: [row for row in rows if (row["source"], row["kind"], row["detector"]) == (source, kind, name)]
            for name in detectors
        }
        tables = {name: table for name, table in tables.items() if table}
        if kind.startswith("mixed"):
            print(f"\n{source}, {kind}: per cent of the texts, mean of {len(PAIRS)} pairs of languages")
            print("| detector | both named | first is one of both | undetermined | p50 µs |")
            print("|---|---|---|---|---|")
            for name, table in tables.items():
                both = mean(table, "accuracy") if name in SEVERAL else "–"
                print(f"| {name} | {both} | {mean(table, 'first')} | {mean(table, 'undetermined')} | {time(table)} |")
            continue
        known = {name: {row["language"] for row in table if int(row["known"])} for name, table in tables.items()}
        common = set.intersection(*(languages for name, languages in known.items() if name not in FEW))
        fewest = set.intersection(*known.values())
        ours = known.get("mlsearch", common)
        print(f"\n{source}, {kind}: per cent of the texts, mean of languages")
        print(
            f"| detector | of its own languages | of {len(common)} common | of {len(fewest)} common to all "
            f"| of mlsearch's {len(ours)} | undetermined | several | others named | p50 µs |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for name, table in tables.items():
            own = [row for row in table if row["language"] in known[name]]
            cells = [f"{mean(own, 'accuracy')} of {len(own)}"]
            for some in (common, fewest, ours):
                cells.append(mean([row for row in table if row["language"] in some], "accuracy"))
            cells += [mean(own, "undetermined"), mean(own, "several")]
            others = [row for row in table if row["language"] not in known[name]]
            cells.append(f"{100 - float(mean(others, 'undetermined')):.1f}" if others else "–")
            print(f"| {name} | {' | '.join(cells)} | {time(table)} |")


def mean(rows: list[dict], column: str) -> str:
    return f"{100 * statistics.mean(float(row[column]) for row in rows):.1f}" if rows else "–"


def time(rows: list[dict]) -> str:
    return f"{statistics.median(float(row['microseconds_p50']) for row in rows):.0f}"


if __name__ == "__main__":
    sys.exit(main())
