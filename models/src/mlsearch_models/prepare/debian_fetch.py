"""Fetches LibreOffice help packages, MediaWiki's messages and package descriptions with a private apt.

Nothing of the system is changed: state, cache and configuration of this apt lie in the target folder, and its sources
are the Debian archives that the system's own apt names.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from . import interface
from .progress import note

SYSTEM_APT = Path("/etc/apt")
HELP = "libreoffice-help-"
CONFIGURATION = """\
Dir::State "{root}/state";
Dir::State::status "{root}/state/status";
Dir::Cache "{root}/cache";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "{root}/sources.list.d";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
Acquire::Retries "3";
Acquire::GzipIndexes "false";
Acquire::Languages {{ {languages} }};
"""


class FetchError(Exception):
    """apt or dpkg-deb is missing or failed; the message says which command and what it printed."""


def fetch(folder: Path) -> None:
    """Fills `folder` with `help/<language>/`, `messages/` and `descriptions/Translation-XX` files.

    What is already there is kept. Raises FetchError where apt fails, for instance without network.
    """
    folder = folder.resolve()
    apt = PrivateApt(folder / "apt")
    apt.update(["en"])
    languages = apt.translation_languages()
    note(f"debian: descriptions in {len(languages)} languages")
    apt.update(languages)
    collect_descriptions(apt.root / "state" / "lists", folder / "descriptions")
    for package in apt.packages(HELP):
        target = folder / "help" / package.removeprefix(HELP)
        if not target.exists():
            found = unpack(apt.download(package), target)
            note(f"debian: {package}" if found else f"debian: {package} holds no help texts, left out")
    target = folder / interface.FOLDER
    if not target.exists():
        unpack_messages(apt.download(interface.PACKAGE), target)
        note(f"debian: {interface.PACKAGE}")


class PrivateApt:
    """apt with its own state folder and configuration under `root`."""

    def __init__(self, root: Path):
        self.root = root
        for part in ("state/lists/partial", "cache/archives/partial", "sources.list.d", "download"):
            (root / part).mkdir(parents=True, exist_ok=True)
        (root / "state" / "status").touch()
        one_line, stanzas = debian_sources(SYSTEM_APT)
        (root / "sources.list").write_text(one_line, encoding="utf-8")
        (root / "sources.list.d" / "debian.sources").write_text(stanzas, encoding="utf-8")

    def run(self, *command: str, cwd: Path | None = None) -> str:
        environment = {
            "APT_CONFIG": str(self.root / "apt.conf"),
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C",
        }
        return run([*command], environment, cwd)

    def update(self, languages: list[str]) -> None:
        quoted = " ".join(f'"{language}";' for language in languages)
        configuration = CONFIGURATION.format(root=self.root, languages=quoted)
        (self.root / "apt.conf").write_text(configuration, encoding="utf-8")
        self.run("apt-get", "update", "-q", "--error-on=any")

    def translation_languages(self) -> list[str]:
        """The languages that the archives' release files offer descriptions in."""
        found = set()
        for release in (self.root / "state" / "lists").glob("*Release"):
            text = release.read_text(encoding="utf-8", errors="replace")
            found.update(re.findall(r"/i18n/Translation-([A-Za-z_@-]+?)(?:\.[a-z0-9]+)?$", text, re.MULTILINE))
        return sorted(found)

    def packages(self, prefix: str) -> list[str]:
        names = self.run("apt-cache", "pkgnames", prefix).split()
        return sorted(name for name in names if not name.endswith("-common"))

    def download(self, package: str) -> Path:
        folder = self.root / "download"
        self.run("apt-get", "download", "-q", package, cwd=folder)
        return next(folder.glob(f"{package}_*.deb"))


def debian_sources(system: Path) -> tuple[str, str]:
    """The system's apt sources whose address ends in /debian: one-line entries, and deb822 stanzas."""
    lines, stanzas = [], []
    for path in [system / "sources.list", *sorted((system / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".sources":
            parts = re.split(r"\n\s*\n", text)
            stanzas += [part.strip() for part in parts if re.search(r"^URIs:.*/debian/?\s*$", part, re.MULTILINE)]
        elif path.suffix == ".list":
            lines += [line for line in text.splitlines() if re.match(r"deb\s.*/debian/?\s", line)]
    return "\n".join(lines) + "\n", "\n\n".join(stanzas) + "\n"


def collect_descriptions(lists: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    by_language: dict[str, list[Path]] = {}
    for path in sorted(lists.glob("*_i18n_Translation-*")):
        by_language.setdefault(path.name.rpartition("Translation-")[2], []).append(path)
    for language, paths in by_language.items():
        staged = target / f".Translation-{language}"
        staged.write_bytes(b"\n".join(path.read_bytes() for path in paths))
        staged.rename(target / f"Translation-{language}")


def unpack(package: Path, target: Path) -> bool:
    """Unpacks a package's `text` folder to `target` and removes the package; False where it has no such folder."""
    scratch = package.with_suffix(".unpacked")
    run(["dpkg-deb", "-x", str(package), str(scratch)], None, None)
    texts = next((path for path in sorted(scratch.rglob("text")) if path.is_dir()), None)
    if texts:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(texts, target)
    shutil.rmtree(scratch)
    package.unlink()
    return texts is not None


def unpack_messages(package: Path, target: Path) -> None:
    """Unpacks the folders `i18n` of a package to `target`, with the folders they are in, and removes the package."""
    scratch = package.with_suffix(".unpacked")
    run(["dpkg-deb", "-x", str(package), str(scratch)], None, None)
    staged = package.with_suffix(".messages")
    for path in scratch.rglob("i18n/**/*.json"):
        place = staged / path.relative_to(scratch)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    staged.mkdir(exist_ok=True)
    shutil.move(staged, target)
    shutil.rmtree(scratch)
    package.unlink()


def run(command: list[str], environment: dict[str, str] | None, cwd: Path | None) -> str:
    try:
        done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise FetchError(f"{command[0]} is not installed; --fetch-debian needs a Debian system") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise FetchError(f"{' '.join(command[:2])} failed: {' / '.join(said[-3:])}")
    return done.stdout
