"""The project's own texts: paragraphs on single subjects, a question for each sentence, in many languages.

A file opens each subject with a line `## name`. Then follow its languages, each a line with the tag and below it one
line for each sentence of the paragraph: `question || sentence`, the same ones in the same order in every language.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .archives import AbsentError, DamagedError
from .records import Pair, Parallel

SOURCE = "encyclopedia"
FOLDER = Path(__file__).resolve().parents[3] / "encyclopedia"
BETWEEN = " || "
HEADING = "## "
WITHOUT_SPACES = {"zh-Hans"}  # between sentences

Lines = list[tuple[str, str]]  # question, sentence


def read(folder: Path = FOLDER) -> Iterator[Pair | Parallel]:
    """Pairs of every question and its sentence; translations of the questions and of the sentences.

    Raises AbsentError where the folder has no texts, DamagedError for a line or a subject that is not as it should be.
    """
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise AbsentError(f"{SOURCE}: {folder} holds no texts (*.txt)")
    names: set[str] = set()
    for file in files:
        for name, languages in subjects(file):
            if name in names:
                raise DamagedError(f"{file}: {name} is there twice")
            names.add(name)
            yield from records(name, languages)


def subjects(file: Path) -> Iterator[tuple[str, dict[str, Lines]]]:
    """The name of each subject, and its lines by language tag."""
    name, languages, lines = "", {}, []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if line.startswith(HEADING):
            if name:
                yield name, alike(file, name, languages)
            name, languages = line.removeprefix(HEADING), {}
        elif BETWEEN in line and languages:
            question, _, sentence = line.partition(BETWEEN)
            lines.append((question.strip(), sentence.strip()))
        elif name and line.replace("-", "").isalpha() and line.isascii() and line not in languages:
            lines = languages[line] = []
        elif line:
            raise DamagedError(f"{file}, line {number}: neither a subject, a language nor a question{BETWEEN}sentence")
    if name:
        yield name, alike(file, name, languages)


def alike(file: Path, name: str, languages: dict[str, Lines]) -> dict[str, Lines]:
    counts = {tag: len(lines) for tag, lines in languages.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise DamagedError(f"{file}: {name} has not the same lines in every language: {counts}")
    return languages


def records(name: str, languages: dict[str, Lines]) -> Iterator[Pair | Parallel]:
    key = f"{SOURCE}:{name}"
    for tag, lines in languages.items():
        paragraph = ("" if tag in WITHOUT_SPACES else " ").join(sentence for _, sentence in lines)
        for number, (question, sentence) in enumerate(lines):
            yield Pair(SOURCE, None, tag, f"{key}-{number}", question, paragraph, sentence, key)
    for number in range(len(next(iter(languages.values())))):
        for part, kind in enumerate(("question", "sentence")):
            texts = {tag: lines[number][part] for tag, lines in languages.items()}
            yield Parallel(SOURCE, None, f"{key}-{number}-{kind}", texts, key)
