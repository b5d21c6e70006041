"""Cosine of a model folder's graph to the float32 encoder, language by language, on parallel data.

    python -m mlsearch_models.languages --folder DIR --data DIR [--encoder NAME] [--only LANGUAGE …]

`--data` holds the archives tatoeba.tar.gz and bible-nt.tar.gz. The texts are only measured on.
"""

from __future__ import annotations

import argparse
import re
import tarfile
from pathlib import Path

import numpy as np

from . import encoder
from .parity import Agreement, ParityText
from .runtime import Graph

TEXTS = 20
MIN_LENGTH = 20  # characters
VERSE = re.compile(r"<seg[^>]*>\s*(.*?)\s*</seg>", re.DOTALL)


def main() -> None:
    arguments = parse_arguments()
    original = encoder.load(arguments.encoder, arguments.cache)
    texts = read_tatoeba(arguments.data / "tatoeba.tar.gz") + read_bible(arguments.data / "bible-nt.tar.gz")
    if arguments.only:
        texts = [text for text in texts if text.language in arguments.only]
    token_ids = original.token_ids([text.text for text in texts], "passage")
    vectors = Graph(arguments.folder / "model.onnx").encode_alone(token_ids)
    agreement = Agreement(texts, (original.encode_alone(token_ids) * vectors).sum(1))
    means = agreement.by_language()
    print(f"{len(texts)} texts, {len(means)} languages: mean {agreement.mean:.4f}, worst text {agreement.worst:.4f}")
    for language, cosine in means.items():
        print(f"{language}\t{cosine:.4f}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.languages", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", default=encoder.WHEEL, help="what the folder was made from: a base or a checkpoint")
    parser.add_argument("--only", nargs="+", help="languages as printed; all by default")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    return parser.parse_args()


def read_tatoeba(path: Path) -> list[ParityText]:
    """Evenly spaced sentences of every language, by the files' suffixes."""
    lines: dict[str, list[str]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            found = re.search(r"/tatoeba-test[^/]*\.([a-z_A-Z]+)$", member.name)
            if member.isfile() and found:
                text = archive.extractfile(member).read().decode("utf-8", errors="replace")
                lines.setdefault(found[1], []).extend(text.splitlines())
    return [text for language in sorted(lines) for text in sample(language, lines[language])]


def read_bible(path: Path) -> list[ParityText]:
    """Evenly spaced verses of every translation."""
    texts = []
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".xml"):
                verses = VERSE.findall(archive.extractfile(member).read().decode("utf-8", errors="replace"))
                texts += sample(f"bible {Path(member.name).stem}", verses)
    return texts


def sample(language: str, lines: list[str]) -> list[ParityText]:
    kept = sorted({line.strip() for line in lines if len(line.strip()) >= MIN_LENGTH})
    places = np.linspace(0, len(kept) - 1, min(TEXTS, len(kept))).astype(int)
    return [ParityText(language, "", "passage", kept[place]) for place in places]


if __name__ == "__main__":
    main()
