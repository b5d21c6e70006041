"""Lets PyTorch run on a processor without the CUDA packages that its Linux wheel asks for:

    python cpu_torch.py [FOLDER]

Those packages take three gigabytes, and the wheel links them even where no CUDA device is used. This puts
a small library of the same name beside PyTorch's own (or into FOLDER) for each that is missing; its
functions do nothing but report an error, so PyTorch finds no device. Elsewhere it has nothing to do.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# CUDA's cudaErrorNoDevice.
NO_DEVICE = 100
CUDA = re.compile(r"(cu|nccl|nv|__cu|__nv)")
# Functions that return a text, which PyTorch puts into its own message.
TEXT = re.compile(r"Get(Last)?(Error|Status)(String|Name)$")
NEEDED = re.compile(r"\(NEEDED\).*\[(lib(?:cu|nccl|nv)[^\]]*)\]")


def main() -> int:
    package = Path(importlib.util.find_spec("torch").submodule_search_locations[0])
    libraries = sorted((package / "lib").glob("*.so*"))
    needed = {name for library in libraries for name in NEEDED.findall(output("readelf", "-dW", library))}
    missing = sorted(needed - {library.name for library in libraries} - installed(package.parent))
    if not missing:
        return 0
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else package / "lib"
    # library -> version of its symbols, which often is the library's name -> symbols
    wanted: dict[str, dict[str, set[str]]] = {name: {} for name in missing}
    for library in libraries:
        owners = dict(versions(output("readelf", "-VW", library)))
        for line in output("nm", "-D", "--undefined-only", library).splitlines():
            symbol, _, version = line.split()[-1].partition("@")
            version = version.lstrip("@")
            owner = owners.get(version) if version else missing[0]
            if owner in wanted and (version or CUDA.match(symbol)):
                wanted[owner].setdefault(version or owner, set()).add(symbol)
    for name, symbols in wanted.items():
        build(folder / name, symbols)
    print(f"{len(missing)} CUDA libraries stand in for what is not installed")
    return 0


def installed(site: Path) -> set[str]:
    return {path.name for path in site.glob("nvidia/**/*.so*")}


def output(*command: object) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def versions(report: str) -> Iterator[tuple[str, str]]:
    """Version and library of each entry under "Version needs"."""
    library = ""
    for line in report.splitlines():
        if found := re.search(r"File: (\S+)", line):
            library = found[1]
        elif (found := re.search(r"Name: (\S+) .*Flags", line)) and library:
            yield found[1], library


def build(path: Path, wanted: dict[str, set[str]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source, script = Path(scratch) / "stub.c", Path(scratch) / "versions"
        symbols = sorted(set().union(*wanted.values()))
        functions = [
            f'{kind} f{at}(void) __asm__("{symbol}"); {kind} f{at}(void) {{ return {value}; }}'
            for at, symbol in enumerate(symbols)
            for kind, value in [("const char *", '"no CUDA device"') if TEXT.search(symbol) else ("int", NO_DEVICE)]
        ]
        source.write_text("".join(f"{function}\n" for function in functions), encoding="utf-8")
        parts = [f"{version} {{ global: {' '.join(f'{name};' for name in names)} }};\n" for version, names in wanted.items()]
        script.write_text("".join(parts), encoding="utf-8")
        options = ["-shared", "-fPIC", f"-Wl,-soname,{path.name}"] + ([f"-Wl,--version-script,{script}"] if parts else [])
        output("cc", *options, "-o", path, source)


if __name__ == "__main__":
    sys.exit(main())
