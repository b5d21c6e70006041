"""The command:

    python -m mlsearch_models.prepare --data FOLDER --out FOLDER [--udhr FOLDER] [--debian FOLDER] [--fetch-debian]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from . import (
    articles,
    blocks,
    debian_fetch,
    declaration,
    descriptions,
    encyclopedia,
    evaluation,
    interface,
    libreoffice,
    questions,
    translations,
)
from .archives import AbsentError, DamagedError
from .overlap import Overlap
from .pipeline import Prepared
from .progress import note
from .records import Record
from .report import Report

LICENCES = {
    **{form.source: form.licence for form in questions.FORMS},
    questions.IAPP: "MIT",
    encyclopedia.SOURCE: "as this project",
    "tatoeba": "CC BY 2.0 FR",
    "tico-19": "CC0",
    "bible-nt": "CC0",
    "exams-qa": "CC BY-SA 4.0",
    declaration.SOURCE: "MIT (the package)",
    "libreoffice-help": "MPL-2.0",
    "debian-descriptions": "as the packages, see models/DATA.md",
    interface.SOURCE: "GPL-2.0-or-later",
}


def main() -> int:
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        if arguments.fetch_debian:
            fetch(arguments.debian)
        report = prepare(arguments)
    except DamagedError as error:
        print(f"prepare: {error}", file=sys.stderr)
        return 1
    report.write(arguments.out / "report.json")
    print(report.table())
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.prepare", description="Prepares training texts.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the archives, as models/DATA.md lists")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--debian", type=Path, help="the folder of the Debian texts; by default OUT/debian")
    parser.add_argument("--udhr", type=Path, help="the folder of the package udhr; by default OUT/udhr")
    parser.add_argument(
        "--encyclopedia", type=Path, default=encyclopedia.FOLDER, help="the folder of the project's own texts"
    )
    parser.add_argument("--fetch-debian", action="store_true", help="fetch the Debian texts first")
    parser.add_argument("--exams-cap", type=int, default=blocks.LANGUAGE_CAP, help="exams-qa passages for a language")
    arguments = parser.parse_args()
    arguments.udhr = arguments.udhr or arguments.out / "udhr"
    arguments.debian = arguments.debian or arguments.out / "debian"
    return arguments


def fetch(folder: Path) -> None:
    """Fetches what it can; without network the step goes on with what is there."""
    try:
        debian_fetch.fetch(folder)
    except debian_fetch.FetchError as error:
        note(f"Debian texts not fetched, going on without: {error}")


def prepare(arguments: argparse.Namespace) -> Report:
    report = Report(LICENCES)
    prepared = Prepared(Overlap(evaluation_texts(arguments.data, report)), report, [])
    for source, read in readers(arguments).items():
        try:
            refuse = articles.shared_with_test(arguments.data) if source == "amqa" else None
            prepared.add(source, read(), refuse)
        except AbsentError as error:
            note(f"absent, left out: {error}")
            report.absent.append(source)
    prepared.write(arguments.out)
    return report


def evaluation_texts(data: Path, report: Report) -> Iterator[str]:
    for name, read in evaluation.READERS.items():
        try:
            yield from read(data)
            note(f"{name}: read, to be kept out")
        except AbsentError as error:
            note(f"absent, so NOT kept out of training: {error}")
            report.absent.append(name)


def readers(arguments: argparse.Namespace) -> dict[str, Callable[[], Iterator[Record]]]:
    data = arguments.data
    return {
        **{form.source: partial(questions.read, data, form) for form in questions.FORMS},
        questions.IAPP: partial(questions.read_iapp, data),
        encyclopedia.SOURCE: partial(encyclopedia.read, arguments.encyclopedia),
        "tatoeba": partial(translations.read_tatoeba, data),
        "tico-19": partial(translations.read_tico, data),
        "bible-nt": partial(translations.read_bible, data),
        declaration.SOURCE: partial(declaration.read, arguments.udhr),
        libreoffice.SOURCE: partial(libreoffice.read, arguments.debian),
        interface.SOURCE: partial(interface.read, arguments.debian),
        descriptions.SOURCE: partial(descriptions.read, arguments.debian),
        "exams-qa": partial(blocks.read, data, arguments.exams_cap),
    }


if __name__ == "__main__":
    sys.exit(main())
