"""Mines hard negatives: python -m mlsearch_models.train.mine --encoder FOLDER --data DIR --out FILE.npy

For each training pair the passages of its source and language that the encoder ranks highest for
the question, without those that answer it as well. A passage that scores nearly as high as the
answer is probably another answer, so only those below a share of its score are taken
(positive-aware mining, arXiv 2407.15831). The file holds numbers of texts, int32 (pairs, k), -1
where fewer were found; it belongs to the prepared folder it was mined from. An exported folder of the
same vocabulary (--exported) encodes several times faster than its checkpoint.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from .. import encoder
from ..evaluate.encoders import ExportedEncoder
from . import corpus
from .batches import TRAIN

CHUNK = 1024

Encode = Callable[[list[list[int]]], torch.Tensor]  # token ids -> vectors float32 (texts, dim)


def main() -> int:
    arguments = parse_arguments()
    try:
        model = encoder.load(arguments.encoder, arguments.cache)
        prepared = corpus.load(arguments.data, model)
        encode = through_graph(arguments.exported) if arguments.exported else through_torch(model, arguments.precision)
        negatives = mine(encode, prepared, arguments)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    np.save(arguments.out, negatives)
    print(f"{arguments.out}: {(negatives[:, 0] >= 0).sum():,} of {len(negatives):,} pairs have hard negatives")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.train.mine", description="Mines hard negatives.")
    parser.add_argument("--encoder", required=True, help="the encoder that mines: a checkpoint folder or a base")
    parser.add_argument("--exported", type=Path, help="a model folder of the same vocabulary that encodes in its place")
    parser.add_argument("--data", type=Path, required=True, help="the folder that mlsearch_models.prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="the .npy file to write")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the base weights are kept")
    parser.add_argument("--count", type=int, default=4, help="negatives of a pair")
    parser.add_argument("--below", type=float, default=0.97, help="of the answer's score, at most (e5 scores are narrow)")
    parser.add_argument("--most", type=int, default=5000, help="pairs of each source and language, at most")
    parser.add_argument("--passage-tokens", type=int, default=96)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="bfloat16")
    return parser.parse_args()


def through_torch(model: encoder.Encoder, precision: str) -> Encode:
    def encode(ids: list[list[int]]) -> torch.Tensor:
        with torch.autocast(model.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
            return model.encode_ids(ids).float()

    return encode


def through_graph(folder: Path) -> Encode:
    exported = ExportedEncoder(folder, threads=0)
    return lambda ids: torch.from_numpy(exported.encode_ids(ids))


def mine(encode: Encode, prepared: corpus.Corpus, arguments: argparse.Namespace) -> np.ndarray:
    """Negatives int32 (pairs, count)."""
    pairs = prepared.pairs
    negatives = np.full((len(pairs.question), arguments.count), -1, np.int32)
    train = np.flatnonzero(np.array(pairs.split) == TRAIN)
    parts = np.unique(np.stack([pairs.source[train], pairs.language[train]], axis=1), axis=0)
    began = time.monotonic()
    for done, (source, language) in enumerate(parts, 1):
        rows = train[(pairs.source[train] == source) & (pairs.language[train] == language)][: arguments.most]
        negatives[rows] = mine_part(encode, prepared, rows, arguments)
        print(
            f"\r{done} of {len(parts)} parts, {time.monotonic() - began:.0f} s "
            f"({prepared.sources[source]} {prepared.languages[language]})   ",
            end="",
            file=sys.stderr,
        )
    print(file=sys.stderr)
    return negatives


@torch.inference_mode()
def mine_part(encode: Encode, prepared: corpus.Corpus, rows: np.ndarray, arguments: argparse.Namespace) -> np.ndarray:
    pairs, texts = prepared.pairs, prepared.texts
    answers = np.where(pairs.sentence[rows] >= 0, pairs.sentence[rows], pairs.passage[rows])
    candidates, places = np.unique(answers, return_inverse=True)

    def vectors(numbers: np.ndarray, role: str) -> torch.Tensor:
        return encode([texts.ids(int(number), role, arguments.passage_tokens) for number in numbers])

    questions, passages = vectors(pairs.question[rows], "query"), vectors(candidates, "passage")
    found = np.full((len(rows), arguments.count), -1, np.int32)
    for start in range(0, len(rows), CHUNK):
        scores = questions[start : start + CHUNK] @ passages.T  # (chunk, candidates)
        own = torch.from_numpy(places[start : start + CHUNK]).to(scores.device)
        limit = scores.gather(1, own[:, None]) * arguments.below
        scores = scores.masked_fill(scores > limit, -1.0)
        scores.scatter_(1, own[:, None], -1.0)
        values, best = scores.topk(min(arguments.count, scores.shape[1]), dim=1)
        chosen = np.where(values.cpu().numpy() > -1, candidates[best.cpu().numpy()], -1)
        found[start : start + len(chosen), : chosen.shape[1]] = chosen
    return found


if __name__ == "__main__":
    sys.exit(main())
