"""Installs what models/pyproject.toml pins into the environment that runs this:

    python install.py

PyTorch's wheel for Linux on x86-64 asks for four gigabytes of CUDA packages and a GPU compiler; it is installed
without them, see `cpu_torch`.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOR_GPUS = re.compile(r"(nvidia|cuda|triton)")


def main() -> None:
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # The extra for tests names that for training.
    tests = [pin for pin in extras["test"] if not pin.startswith(project["name"])]
    pins = project["dependencies"] + extras["train"] + tests
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pip(*pins)
        return
    torch = next(pin for pin in pins if pin.startswith("torch=="))
    pip("--no-deps", torch)
    asked = [need for need in importlib.metadata.requires("torch") or [] if "extra ==" not in need]
    pip(*[pin for pin in pins if pin != torch], *[need for need in asked if not FOR_GPUS.match(need)])
    subprocess.run([sys.executable, str(HERE / "cpu_torch.py")], check=True)


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-cache-dir"]
    # What PyTorch asks for and does not get is left out on purpose.
    command += ["--disable-pip-version-check", "--no-warn-conflicts"]
    subprocess.run([*command, *arguments], check=True)


if __name__ == "__main__":
    main()
