"""Computes the mean query of each language for a model folder:

    python -m mlsearch_models.query_means MODEL --data PREPARED

Writes MODEL/query_means.json, which the engine takes off queries when it corrects a ranking by
centering. The texts are the training part of the prepared data: questions, and of translated sentences
those that ask, encoded as queries; all sentences only of a language that has too few. How much of a mean
is taken off is chosen by what the held-out questions find then.
The means are not part of the model: its fingerprint does not change.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from . import folder, validation
from .evaluate.encoders import ExportedEncoder

FILE = "query_means.json"
FORMAT = 1
SCALE = 1000  # components are written as whole thousandths: together the rounding is a hundredth of a mean
LEAST = 50  # texts of a language; with fewer, chance moves the mean by more than languages differ
UNLIKE_QUERIES = ("debian-descriptions",)  # long descriptions of programs, names and versions
LONGEST = 300  # characters: queries are short
QUESTION_MARKS = ("?", "？", "؟", "፧")
GREEK_QUESTION_MARK = ";"
SEED = 1
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)

Texts = dict[str, dict[str, list[str]]]  # language -> source -> texts


def main() -> int:
    arguments = parse_arguments()
    try:
        texts = gather(arguments.data, arguments.most)
        encoder = ExportedEncoder(arguments.model, arguments.threads)
        means = {}
        for number, (language, sources) in enumerate(texts.items(), 1):
            print(f"\r{number} of {len(texts)} languages", end="", file=sys.stderr, flush=True)
            means[language] = mean(encoder.encode([text for texts in sources.values() for text in texts], "query"))
        print(file=sys.stderr)
        weight, told = choose_weight(validation.read_help(arguments.data), encoder, means)
        print(told, file=sys.stderr)
        write(arguments.model, means, weight, describe(texts))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.model / FILE}: {len(means)} languages")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mlsearch_models.query_means", description="Computes the mean query of each language for a model folder."
    )
    parser.add_argument("model", type=Path, help="a model folder that export or convert wrote")
    parser.add_argument("--data", type=Path, required=True, help="the folder that mlsearch_models.prepare wrote")
    parser.add_argument("--most", type=int, default=100, help="texts of each language and source, 100 by default")
    parser.add_argument("--threads", type=int, default=2, help="for encoding")
    return parser.parse_args()


def gather(data: Path, most: int) -> Texts:
    """A sample of each language and source; every text is as likely as another to be in it."""
    chance = random.Random(SEED)
    samples: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    seen: dict[tuple[str, str, bool], int] = defaultdict(int)
    for source, language, text, question in training_texts(data):
        key = (language, source, question)
        seen[key] += 1
        if len(samples[key]) < most:
            samples[key].append(text)
        elif (place := chance.randrange(seen[key])) < most:
            samples[key][place] = text
    asked: dict[str, int] = defaultdict(int)
    for (language, _, question), sample in samples.items():
        asked[language] += len(sample) * question
    texts: Texts = defaultdict(dict)
    for (language, source, question), sample in sorted(samples.items()):
        if question or asked[language] < LEAST:
            texts[language][source] = texts[language].get(source, []) + sample
    enough = {name: sources for name, sources in texts.items() if sum(map(len, sources.values())) >= LEAST}
    if not enough:
        raise ValueError(f"{data} has no language with {LEAST} texts to train on")
    return enough


def training_texts(data: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Source, language and text of each question and of each translated text, and whether it asks."""
    for record in records(data / "pairs.jsonl"):
        yield record["source"], record["language"], record["question"][:LONGEST], True
    for record in records(data / "parallel.jsonl"):
        for language, text in record["texts"].items():
            yield record["source"], language, text[:LONGEST], asks(text, language)


def asks(text: str, language: str) -> bool:
    marks = (*QUESTION_MARKS, GREEK_QUESTION_MARK) if language == "el" else QUESTION_MARKS
    return text.rstrip().endswith(marks)


def records(path: Path) -> Iterator[dict]:
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["split"] == "train" and record["source"] not in UNLIKE_QUERIES:
                yield record


def mean(vectors: np.ndarray) -> list[int]:
    return [round(float(value) * SCALE) for value in vectors.astype(np.float64).mean(axis=0)]


def choose_weight(held_out: validation.Pool, encoder: ExportedEncoder, means: dict[str, list[int]]) -> tuple[float, str]:
    """How much of the means to take off, by what held-out questions find; and a table of it."""
    questions = encoder.encode(held_out.questions, "query")
    passages = encoder.encode(held_out.passages, "passage")
    overall = np.mean(list(means.values()), axis=0)
    off = np.stack([means.get(language, overall) for language in held_out.question_languages]) / SCALE
    scores = {}
    lines = ["weight  mono  cross  multi"]
    for weight in WEIGHTS:
        asked = questions - weight * off
        asked /= np.linalg.norm(asked, axis=1, keepdims=True)
        found = validation.measure(held_out, asked, passages)
        scores[weight] = sum(found) / len(found)
        lines.append(f"{weight:6}  " + "  ".join(f"{value:.4f}" for value in found))
    return max(WEIGHTS, key=lambda weight: scores[weight]), "\n".join(lines)


def describe(texts: Texts) -> str:
    sources = sorted({source for sources in texts.values() for source in sources})
    count = sum(len(sample) for sources in texts.values() for sample in sources.values())
    return (
        f"The mean vector of each language's queries: {count:,} questions of the training data, and sentences of "
        f"languages with few ({', '.join(sources)}), encoded as queries"
    )


def write(model: Path, means: dict[str, list[int]], weight: float, description: str) -> None:
    """A language a line. Whole or not at all."""
    document = json.loads((model / "config.json").read_text(encoding="utf-8"))
    head = {
        "format": FORMAT,
        "fingerprint": folder.fingerprint(document),
        "description": description,
        "dimension": document["dimension"],
        "scale": SCALE,
        "weight": weight,
    }
    lines = [f"{json.dumps(language)}: {json.dumps(values, separators=(',', ':'))}" for language, values in means.items()]
    text = json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "languages": {\n' + ",\n".join(lines) + "\n}}\n"
    json.loads(text)
    partial = model / f".{FILE}.{os.getpid()}"
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, model / FILE)


if __name__ == "__main__":
    sys.exit(main())
