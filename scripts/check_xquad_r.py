#!/usr/bin/env python3
"""Runs `mlsearch eval lareqa` on XQuAD-R and checks that the figures are the default model's own.

The ranges check the protocol and the conversion of the model, not its quality: a figure above its
range is as suspicious as one below. Without the data the check is skipped, loudly.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# multilingual-e5-small-aligned, sentences without context.
RANGES = {"mono": (0.80, 0.82), "cross": (0.72, 0.74), "multi": (0.61, 0.64)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with eval/xquad-r.tar.gz")
    parser.add_argument("--command", default="mlsearch", help="the mlsearch command")
    arguments = parser.parse_args()

    archive = arguments.data / "eval" / "xquad-r.tar.gz"
    if not archive.is_file():
        print(f"SKIPPED: {archive} is not there; XQuAD-R comes from google-research-datasets/lareqa")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        command = [arguments.command, "eval", "lareqa", folder, "--json"]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result = json.loads(output)

    failed = False
    for task, (low, high) in RANGES.items():
        figure = result[task]["map"]
        inside = low <= figure <= high
        failed |= not inside
        print(f"{task:<6} mAP {figure:.4f}  {'ok' if inside else 'OUTSIDE'} {low} to {high}")
    multi = result["multi"]
    print(f"rank distance {multi['rank_distance']:.0f}, query language in the top 10: "
          f"{multi['query_language_share_at_10']:.3f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
