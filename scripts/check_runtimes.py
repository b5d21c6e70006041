#!/usr/bin/env python3
"""Runs `mlsearch doctor` with published versions of ONNX Runtime: does the model load, and give the vectors it should?

    python3 scripts/check_runtimes.py 1.19.2 1.22.1 1.32.0

A line of each version: what doctor says, and how near the vectors are to those in parity.json. Needs
`target/release/mlsearch`, Python 3.9 or later and pip.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Optional

import fetch_onnxruntime as fetching

CHECKOUT = fetching.CHECKOUT
VERSIONS = ("1.19.2", "1.20.1", "1.22.1", "1.24.1", "1.26.0", fetching.VERSION, "1.32.0")
TAGS = ("manylinux_2_27_x86_64", "manylinux_2_28_x86_64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("versions", nargs="*", default=VERSIONS, help=f"by default {' '.join(VERSIONS)}")
    wrong = 0
    for version in parser.parse_args().versions:
        with tempfile.TemporaryDirectory() as scratch:
            library = fetch(version, Path(scratch))
            told = doctor(library) if library else "has no wheel with a library of its own for this machine"
        wrong += library is None or told.startswith("error")
        print(f"{version:8} {told}", flush=True)
    return 1 if wrong else 0


def fetch(version: str, scratch: Path) -> Optional[Path]:
    """The library out of the version's wheel."""
    machine = fetching.this_platform().rpartition("-")[2]
    command = [*fetching.pip_command(), "download", f"onnxruntime=={version}", "--no-deps", "--only-binary=:all:"]
    command += [f"--platform={tag}" for tag in TAGS if tag.endswith(machine)]
    command += [f"--python-version={fetching.PYTHON_VERSION}", f"--dest={scratch}", "--quiet"]
    if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        return None
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
        names = [name for name in wheel.namelist() if "/libonnxruntime.so" in name]
        return Path(wheel.extract(names[0], scratch)) if names else None


def doctor(library: Path) -> str:
    environment = {"MLSEARCH_MODEL": str(CHECKOUT / "models"), **os.environ, "MLSEARCH_ONNXRUNTIME": str(library)}
    command = [CHECKOUT / "target/release/mlsearch", "doctor", "--json"]
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, env=environment).stdout)
    if not report["ok"]:
        return f"error: {'; '.join(map(str, report['problems']))}"
    parity = report["encoder"]["parity"]
    mean, worst = parity["mean_cosine"], parity["worst_cosine"]
    return f"works: cosine to float32 {mean:.4f} in the mean, {worst:.4f} at worst ({parity['worst_language']})"


if __name__ == "__main__":
    sys.exit(main())
