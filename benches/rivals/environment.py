"""The virtual environment of the rivals, and the machine that a run is on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = CHECKOUT / ".venv-rivals"
REQUIREMENTS = CHECKOUT / "benches" / "requirements-rivals.txt"


class SetupError(Exception):
    """Says in a sentence what is wrong and what to do."""


def run_inside(script: Path) -> int | None:
    """Runs the script again in the virtual environment; None where this is it."""
    if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return None
    python = ensure_environment()
    return subprocess.run([str(python), str(script), *sys.argv[1:]]).returncode


def ensure_environment() -> Path:
    """The Python of the environment, made or brought up to date with the requirements first."""
    python = ENVIRONMENT / "bin" / "python"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    ready = ENVIRONMENT / "ready"
    if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing {REQUIREMENTS.relative_to(CHECKOUT)} into {ENVIRONMENT.name}", file=sys.stderr)
    if subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)]).returncode != 0:
        raise SetupError("the virtual environment could not be made; is Python's venv module installed?")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--requirement", str(REQUIREMENTS)]).returncode != 0:
        for requirement in wanted.splitlines():
            wants = requirement and not requirement.startswith("#")
            if wants and subprocess.run([*pip, requirement]).returncode != 0:
                print(f"{requirement} could not be installed; its engines will be missing", file=sys.stderr)
    ready.write_text(wanted, encoding="utf-8")
    return python


def build_workers(binaries: Path | None) -> Path:
    """The folder of the Rust workers, built first unless a folder of built ones is given."""
    if binaries is not None:
        return binaries.resolve()
    target = Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target"))
    command = ["cargo", "build", "--release", "--locked", "-p", "mlsearch-benches", "--target-dir", str(target)]
    ours = [*command, "--bin", "index-worker"]
    if subprocess.run(ours, cwd=CHECKOUT).returncode != 0:
        raise SetupError("index-worker could not be built; what cargo said stands above.")
    theirs = [*command, "--bin", "hnsw-rs-worker", "--features", "hnsw-rs"]
    if subprocess.run(theirs, cwd=CHECKOUT).returncode != 0:
        print("hnsw-rs-worker could not be built; hnsw_rs will be missing", file=sys.stderr)
    return target / "release"


def machine() -> dict[str, str]:
    """What to know of the machine to read the figures."""
    facts = {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load at the start": f"{os.getloadavg()[0]:.2f}",
    }
    huge = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if huge.is_file():
        found = re.search(r"\[(\w+)\]", huge.read_text(encoding="ascii"))
        facts["huge pages"] = found[1] if found else "unknown"
    return facts


def processor() -> str:
    system = Path("/proc/cpuinfo")
    if system.is_file():
        text = system.read_text(encoding="utf-8")
        name = re.search(r"model name\s*: (.+)", text)
        flags = re.search(r"flags\s*: (.+)", text)
        if name:
            wide = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if flags and flag in flags[1].split()]
            return f"{name[1]} ({', '.join(wide)})"
    return platform.processor()
