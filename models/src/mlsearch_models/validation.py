"""Held-out questions and passages in many languages, to choose settings of searches by:

    python -m mlsearch_models.validation --data PREPARED --output DIR [--set encyclopedia]

writes them in the form that `mlsearch eval beir` reads. `help` is the development part of
LibreOffice's help: headings ask for their sections, in the heading's language and in all others.
`encyclopedia` is that of this project's own texts: questions ask for their sentences in all languages;
`held-out` is those of them that no training reads (--data encyclopedia/held-out).
`tico-19` is that of TICO-19: every sentence asks for its translations.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .prepare import encyclopedia
from .prepare.archives import AbsentError, DamagedError
from .prepare.records import Pair

HELP = "libreoffice-help"
TRANSLATIONS = "tico-19"
LEAST = 40  # passages of a language; fewer make no pool


@dataclass
class Pool:
    """Questions and passages; those of one group belong together."""

    questions: list[str]
    question_languages: list[str]
    question_groups: list[str]
    passages: list[str]
    passage_languages: list[str]
    passage_groups: list[str]
    same: bool = False  # whether questions are the passages, and do not ask for themselves


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="mlsearch_models.validation", description="Writes held-out questions for `mlsearch eval beir`."
    )
    parser.add_argument("--data", type=Path, required=True, help="the prepared texts, or the folder of held-out ones")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    parser.add_argument("--set", choices=SETS, default="help", help="which questions; help by default")
    arguments = parser.parse_args()
    try:
        pool = SETS[arguments.set](arguments.data)
        write(pool, arguments.output)
    except (AbsentError, DamagedError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.output}: {len(pool.questions)} questions, {len(pool.passages)} passages")
    return 0


def read_help(data: Path) -> Pool:
    """Headings and sections; raises ValueError where `pairs.jsonl` holds out none."""
    return read_pairs(data, HELP, "passage")


def read_encyclopedia(data: Path) -> Pool:
    """Questions and sentences; raises ValueError where `pairs.jsonl` holds out none."""
    return read_pairs(data, encyclopedia.SOURCE, "sentence")


def read_held_out(folder: Path) -> Pool:
    """Questions and sentences of a folder of the project's own texts; raises AbsentError or DamagedError."""
    pairs = [record for record in encyclopedia.read(folder) if isinstance(record, Pair)]
    columns = [pair.language for pair in pairs], [pair.group for pair in pairs]
    return Pool([pair.question for pair in pairs], *columns, [pair.sentence for pair in pairs], *columns)


def read_pairs(data: Path, source: str, answer: str) -> Pool:
    """From `pairs.jsonl`; `answer` is the field that is looked for."""
    rows = [row for row in records(data / "pairs.jsonl") if row["split"] == "dev" and row["source"] == source]
    counts = Counter(row["language"] for row in rows)
    rows = [row for row in rows if counts[row["language"]] >= LEAST]
    if not rows:
        raise ValueError(f"{data / 'pairs.jsonl'} holds out no language with {LEAST} pairs of {source}")
    passages = {(row["language"], row[answer]): row for row in rows}
    return Pool(
        [row["question"] for row in rows],
        [row["language"] for row in rows],
        [row["group"] for row in rows],
        [row[answer] for row in passages.values()],
        [row["language"] for row in passages.values()],
        [row["group"] for row in passages.values()],
    )


def read_translations(data: Path) -> Pool:
    """From `parallel.jsonl`; raises ValueError where it holds out none."""
    rows = [row for row in records(data / "parallel.jsonl") if row["split"] == "dev" and row["source"] == TRANSLATIONS]
    counts = Counter(language for row in rows for language in row["texts"])
    texts = [
        (text, language, row["group"])
        for row in rows
        for language, text in row["texts"].items()
        if counts[language] >= LEAST
    ]
    if not texts:
        raise ValueError(f"{data / 'parallel.jsonl'} holds out no language with {LEAST} texts of {TRANSLATIONS}")
    columns = [list(column) for column in zip(*texts)]
    return Pool(*columns, *columns, same=True)


SETS = {
    "help": read_help,
    encyclopedia.SOURCE: read_encyclopedia,
    "held-out": read_held_out,
    TRANSLATIONS: read_translations,
}


def records(path: Path) -> Iterator[dict]:
    with open(path, encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def measure(pool: Pool, questions: np.ndarray, passages: np.ndarray) -> tuple[float, float, float]:
    """Mean average precision in the question's language, in one other, and over all passages."""
    languages = np.array(pool.passage_languages)
    groups = np.array(pool.passage_groups)
    mono, cross, multi = [], [], []
    for vector, language, group in zip(questions, pool.question_languages, pool.question_groups):
        scores = passages @ vector
        right = np.flatnonzero(groups == group)
        ranks = np.sort([1 + np.count_nonzero(scores > scores[place]) for place in right])
        multi.append(float(np.mean(np.arange(1, len(ranks) + 1) / ranks)))
        for place in right:
            rank = 1 + np.count_nonzero(scores[languages == languages[place]] > scores[place])
            (mono if languages[place] == language else cross).append(1 / rank)
    return float(np.mean(mono)), float(np.mean(cross)) if cross else 0.0, float(np.mean(multi))


def write(pool: Pool, folder: Path) -> None:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    passages = list(zip(pool.passages, pool.passage_languages, pool.passage_groups))
    questions = list(zip(pool.questions, pool.question_languages, pool.question_groups))
    # A question that is a passage has its id: so it is not in its own ranking.
    names = {"corpus": "c", "queries": "c" if pool.same else "q"}
    for name, rows in (("corpus", passages), ("queries", questions)):
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for number, (text, language, group) in enumerate(rows):
                line = {"_id": f"{names[name]}{number}", "text": text, "lang": language, "group": group}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    with open(folder / "qrels" / "dev.tsv", "w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        for question, (_, _, group) in enumerate(questions):
            for passage, (_, _, other) in enumerate(passages):
                if group == other and not (pool.same and question == passage):
                    file.write(f"{names['queries']}{question}\tc{passage}\t1\n")


if __name__ == "__main__":
    sys.exit(main())
