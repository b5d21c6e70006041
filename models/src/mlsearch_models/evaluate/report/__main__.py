"""`python -m mlsearch_models.evaluate.report`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import markdown, plots
from .rows import Row, read_rows


def main() -> None:
    arguments = parse_arguments()
    try:
        rows = read_rows(arguments.results, arguments.rows)
        text = markdown.render(rows)
        text += write_plots(rows, arguments)
        if arguments.into:
            changed = markdown.put(arguments.into.read_text(encoding="utf-8"), text, arguments.into.name)
            arguments.into.write_text(changed, encoding="utf-8")
        else:
            print(text)
    except (ValueError, OSError) as error:
        sys.exit(f"report: {error}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mlsearch_models.evaluate.report",
        description="Writes tables and plots of evaluated encoders into a Markdown file, between "
        f"the lines `{markdown.BEGIN}` and `{markdown.END}`.",
    )
    parser.add_argument("results", type=Path, help="folder of NAME.json and NAME.npz")
    parser.add_argument("--into", type=Path, metavar="FILE", help="the Markdown file; printed without it")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="rows to show, in this order; all by default")
    parser.add_argument("--alpha-rows", nargs="+", metavar="ROW", help="rows of the plot over alpha; all that have one by default")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="folder for the plots; `plots` beside FILE by default")
    return parser.parse_args()


def write_plots(rows: list[Row], arguments: argparse.Namespace) -> str:
    """Draws what the rows allow, and returns the Markdown that shows it."""
    folder = arguments.plots or (arguments.into.parent / "plots" if arguments.into else None)
    if folder is None:
        return ""
    chosen = [row for row in rows if not arguments.alpha_rows or row.name in arguments.alpha_rows]
    drawn = {"alpha.svg": plots.over_alpha(chosen), "mono_multi.svg": plots.mono_against_multi(rows)}
    shown = []
    for name, image in drawn.items():
        if image is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(image.text, encoding="utf-8")
            seen_from = arguments.into.parent if arguments.into else Path()
            path = Path(os.path.relpath(folder / name, seen_from)).as_posix()
            shown.append(f"![{image.title}]({path})")
    return "".join(f"\n{line}\n" for line in shown)


if __name__ == "__main__":
    main()
