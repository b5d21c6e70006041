#!/usr/bin/env python3
"""Measures language detection beside other detectors, on sentences, cuts of three words and mixed texts.

    python3 benches/language_detection.py --data ../shared/data

Sentences come from NTREX-128 (eval/ntrex-128.tar.gz) and Tatoeba (parallel/tatoeba.tar.gz); cuts are three
neighbouring words of them, or six characters where words are not set apart. Mixed texts begin in one
language and end in another: halves of parallel sentences of NTREX-128, or four words of each. Tags are
brought into one set first (benches/language/tags.py). Ours is asked as queries are: for all languages,
and the chief one counts where a text has one; `mlsearch-document` is what documents are given.

A text counts as right where exactly its language, or languages, are named; of a text in one
language, what is named besides the chief one is not counted as wrong but shown as `several`.

Where a detector may abstain, it is told to answer; ours abstains when it is not sure.

The first run makes the virtual environment .venv-language (some 300 MB) and builds the worker of the
detectors in Rust. What cannot be installed is reported as missing. Writes benches/results/language_detection.csv.
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
from language.texts import NTREX, TATOEBA, Text, gather

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = CHECKOUT / ".venv-language"
REQUIREMENTS = CHECKOUT / "benches" / "requirements-language.txt"
WORKER = CHECKOUT / "target" / "release" / "language-worker"
RESULTS = CHECKOUT / "benches" / "results" / "language_detection.csv"

RUST = ("mlsearch", "mlsearch-document", "lingua", "whatlang", "whichlang")
DETECTORS = (*RUST, *RIVALS)
# Those that can name several languages of a text.
SEVERAL = {"mlsearch", "lingua", "cld2", "cld3"}
# The languages that all detectors know are those that all but these know: they know very few.
FEW = {"whichlang"}
COLUMNS = "source kind detector language known n accuracy undetermined several microseconds_p50".split()


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
    rows = [row for detector in detectors for row in tabulate(detector, texts)]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    print_summary(detectors, texts)


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
        count = len(pairs)
        rows.append(
            {
                "source": source,
                "kind": kind,
                "detector": detector.name,
                "language": language,
                "known": int(detector.known.issuperset(language.split("+"))),
                "n": count,
                "accuracy": f"{share(answer.is_right(text) for text, answer in pairs):.3f}",
                "undetermined": f"{share(not answer.languages for _, answer in pairs):.3f}",
                "several": f"{share(len(answer.languages) > 1 for _, answer in pairs):.3f}",
                "microseconds_p50": f"{statistics.median(answer.microseconds for _, answer in pairs):.1f}",
            }
        )
    return rows


def share(values) -> float:
    values = list(values)
    return sum(values) / len(values)


def print_summary(detectors: list[Detector], texts: list[Text]) -> None:
    """Means over languages, so that each counts alike: of those that the detector knows, that all know, of ours."""
    present = {language for text in texts for language in text.languages}
    common = set.intersection(present, *(one.known for one in detectors if one.name not in FEW))
    ours = next((one.known for one in detectors if one.name == "mlsearch"), present)
    fewest = set.intersection(present, *(one.known for one in detectors))
    print(f"\n{len(present)} languages; all but {', '.join(FEW)} know {len(common)}: {' '.join(sorted(common))}")
    print(f"all know {len(fewest)}: {' '.join(sorted(fewest))}")
    for source, kind in dict.fromkeys((text.source, text.kind) for text in texts):
        pure = not kind.startswith("mixed")
        print(f"\n{source}, {kind}: accuracy in per cent" + (", mean of languages" if pure else ", mean of pairs"))
        if pure:
            print("| detector | its languages | accuracy | common to all but the smallest | common to all | mlsearch's "
                  "| all | undetermined | several | p50 µs |")
            print("|---|---|---|---|---|---|---|---|---|---|")
        else:
            print("| detector | both named | one of both first | undetermined | p50 µs |")
            print("|---|---|---|---|---|")
        for detector in detectors:
            pairs = [
                (text, answer)
                for text, answer in zip(texts, detector.answers)
                if (text.source, text.kind) == (source, kind)
            ]
            abstained = f"{100 * share(not answer.languages for _, answer in pairs):.1f}"
            median = f"{statistics.median(answer.microseconds for _, answer in pairs):.0f}"
            if pure:
                by_language: dict[str, list[bool]] = defaultdict(list)
                for text, answer in pairs:
                    by_language[text.languages[0]].append(answer.is_right(text))
                means = {language: 100 * share(right) for language, right in by_language.items()}
                own = [means[language] for language in means if language in detector.known]
                cells = [f"{len(own)}", mean(own)]
                cells += [mean([means[one] for one in means if one in some]) for some in (common, fewest, ours, means)]
                several = f"{100 * share(len(answer.languages) > 1 for _, answer in pairs):.1f}"
                cells += [abstained, several, median]
            else:
                both = 100 * share(answer.is_right(text) for text, answer in pairs)
                first = 100 * share(bool(set(answer.languages[:1]) & set(text.languages)) for text, answer in pairs)
                cells = [f"{both:.1f}" if detector.name in SEVERAL else "–", f"{first:.1f}", abstained, median]
            print(f"| {detector.name} | {' | '.join(cells)} |")


def mean(values: list[float]) -> str:
    return f"{statistics.mean(values):.1f}" if values else "–"


if __name__ == "__main__":
    sys.exit(main())
