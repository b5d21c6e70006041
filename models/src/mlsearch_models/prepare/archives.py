"""Reading the files of a source, from its .tar.gz or from an unpacked folder."""

from __future__ import annotations

import io
import json
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AbsentError(Exception):
    """Neither the archive nor the folder of a source is there."""


class DamagedError(Exception):
    """A file of a source cannot be read; the message names the file and says what to do."""


def members(data: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Yields (path inside the source, bytes) of every file of the source `name`, for instance "qa/jaquad".

    Raises AbsentError or DamagedError.
    """
    folder, archive = data / name, data / f"{name}.tar.gz"
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path.read_bytes()
    elif archive.is_file():
        with damage(archive):
            yield from tar_members(archive.read_bytes())
    else:
        raise AbsentError(f"{name}: neither {archive} nor a folder {folder}")


def tar_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Files of a .tar.gz in memory."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            if member.isfile():
                yield member.name.removeprefix("./"), archive.extractfile(member).read()


def zip_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Files of a .zip in memory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith("/"):
                yield name, archive.read(name)


@contextmanager
def damage(path: Path | str) -> Iterator[None]:
    """Turns whatever a broken file raises while it is read into a DamagedError that names `path`."""
    broken = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError)
    wrong = (json.JSONDecodeError, UnicodeDecodeError, KeyError, IndexError, TypeError, AttributeError)
    try:
        yield
    except broken as error:
        raise DamagedError(f"{path} is damaged ({error}); copy or download it again") from error
    except wrong as error:
        what = f"{type(error).__name__}: {error}"
        raise DamagedError(
            f"{path} holds something this reader does not know ({what}); take the version named in models/DATA.md"
        ) from error


def lines(content: bytes) -> list[str]:
    """Lines of UTF-8 text; unlike str.splitlines, only a line feed ends one."""
    return content.decode("utf-8").removesuffix("\n").replace("\r\n", "\n").split("\n")
