"""python -m mlsearch_models.train --config FILE --data DIR --out DIR"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from .. import encoder
from . import config, corpus
from .trainer import Trainer


def main() -> int:
    arguments = parse_arguments()
    try:
        settings = config.read(arguments.config, arguments.set)
        if settings.run.threads:
            torch.set_num_threads(settings.run.threads)
        model = load_base(settings, arguments.cache)
        mined = np.load(arguments.negatives) if arguments.negatives else None
        prepared = corpus.load(arguments.data, model)
        start = encoder.load(settings.base.start, arguments.cache) if settings.base.start else None
        best = Trainer(model, prepared, settings, arguments.out, mined, start).run()
    except (ValueError, FileNotFoundError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.out / 'best'}: step {best['step']}, validation {best['score']:.4f}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.train", description="Fine-tunes an encoder.")
    parser.add_argument("--config", type=Path, required=True, help="a TOML file, see models/configs")
    parser.add_argument("--data", type=Path, required=True, help="the folder that mlsearch_models.prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints and log go; an unfinished run goes on")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the base weights are kept")
    parser.add_argument("--negatives", type=Path, help="hard negatives that mlsearch_models.train.mine wrote")
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="replaces a value of the file"
    )
    return parser.parse_args()


def load_base(settings: config.Config, cache: Path) -> encoder.Encoder:
    base = settings.base
    description = encoder.Description(
        base=base.source,
        name=base.name,
        prompts={"query": base.query_prompt, "passage": base.passage_prompt},
        pooling=base.pooling,
        max_tokens=base.max_tokens,
        matryoshka_dimensions=settings.run.matryoshka,
        romanize=base.romanize,
    )
    return encoder.load(base.source, cache, description).to(settings.run.device)


if __name__ == "__main__":
    sys.exit(main())
