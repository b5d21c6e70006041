"""Reads the archives of the data folder, without unpacking them to disk."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath


class Missing(Exception):
    """Data that is not there: the task is skipped, and its reader told where to get it."""


def read(path: Path, suffix: str, source: str) -> dict[str, str]:
    """Text of every file of an archive whose name ends in `suffix`, by its path; `source` names where it is published."""
    if not path.is_file():
        raise Missing(f"{path} is not there; it is published as {source}")
    texts = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(suffix):
                data = archive.extractfile(member).read()
                texts[str(PurePosixPath(member.name))] = data.decode("utf-8-sig")
    return texts
