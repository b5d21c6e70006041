"""Averages the weights of the base and of what training made of it, and keeps the mix that does best on the dev splits:

    python -m mlsearch_models.train.average --trained DIR [DIR ...] --config FILE --data DIR --out DIR

Of several runs from one base the mean is taken first: what they do not have in common is mostly chance
(Wortsman et al., arXiv 2203.05482). Between base and trained lie encoders that keep more of what the
base could do with texts unlike the training texts (Wortsman et al., arXiv 2109.01903). What training does
not see is therefore measured as well: retrieval within prepared passages that no training reads.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from .. import encoder
from ..prepare.sentences import split as split_sentences
from . import config, corpus
from .__main__ import load_base
from .validation import Validation, reciprocal_rank

SENTENCE_LENGTHS = range(40, 400)  # characters
SENTENCES = 120  # of each language
AS_GOOD = 0.001  # scores that differ by less are alike
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def main() -> int:
    arguments = parse_arguments()
    try:
        settings = config.read(arguments.config)
        base = load_base(settings, arguments.cache)
        trained = mean(arguments.trained, arguments.cache)
        prepared = corpus.load(arguments.data, base)
        validation, unseen = Validation(prepared, settings), Unseen(arguments.data / "passages.jsonl", prepared)
        mixes, tried = Mixes(base, trained), {}
        for share in arguments.shares:
            mixes.put(share, trained)
            tried[share] = measured(trained, validation, unseen)
            print(f"share of the trained weights {share}: {json.dumps(tried[share])}", flush=True)
        best = choose({share: figures["score"] for share, figures in tried.items()})
        mixes.put(best, trained)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    told = {"share_of_trained_weights": best, "validation": tried[best]}
    trained.save(arguments.out, trained.description.training | told)
    print(f"{arguments.out}: share {best}, score {tried[best]['score']:.4f}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlsearch_models.train.average", description="Averages base and trained weights.")
    parser.add_argument("--trained", type=Path, nargs="+", required=True, help="checkpoints, such as RUN/best")
    parser.add_argument("--config", type=Path, required=True, help="the configuration of its run")
    parser.add_argument("--data", type=Path, required=True, help="the folder that mlsearch_models.prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="where the chosen mix goes")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the base weights are kept")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES, help="of the trained weights, to be tried")
    return parser.parse_args()


def mean(checkpoints: list[Path], cache: Path) -> encoder.Encoder:
    """The encoder of the first checkpoint with the mean weights of all; its description tells of the others."""
    models = [encoder.load(checkpoint, cache) for checkpoint in checkpoints]
    first, *others = models
    weights = copied(first)
    for other in map(copied, others):
        if not alike(other, weights):
            raise ValueError("the checkpoints are not of one architecture")
        for name, value in other.items():
            if value.is_floating_point():
                weights[name] += value
    first.load_state_dict(
        {name: value / len(models) if value.is_floating_point() else value for name, value in weights.items()}
    )
    if others:
        told = first.description.training | {"averaged_with": [other.description.training for other in others]}
        first.description = replace(first.description, training=told)
    return first


def choose(scores: dict[float, float]) -> float:
    """The greatest share whose score is as good as the best: it has least of the base's language bias."""
    most = max(scores.values())
    return max(share for share, score in scores.items() if score >= most - AS_GOOD)


class Mixes:
    """`put` gives an encoder the weights base + share * (trained - base)."""

    def __init__(self, base: encoder.Encoder, trained: encoder.Encoder):
        self.base = copied(base)
        self.trained = copied(trained)
        if not alike(self.base, self.trained):
            raise ValueError("the trained encoder is not one of this configuration's base")

    def put(self, share: float, into: encoder.Encoder) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"a share of the trained weights lies between 0 and 1, not at {share}")
        into.load_state_dict(
            {
                name: torch.lerp(self.base[name], value, share) if value.is_floating_point() else value
                for name, value in self.trained.items()
            }
        )


def alike(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return {name: value.shape for name, value in one.items()} == {name: value.shape for name, value in other.items()}


def copied(model: encoder.Encoder) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def measured(model: encoder.Encoder, validation: Validation, unseen: Unseen) -> dict[str, float]:
    """Means of the dev splits and of unseen passages; `score` is the mean of the four."""
    dev = validation.measure(model)
    found = {"monolingual": dev["monolingual"], "multilingual": dev["multilingual"], **unseen.measure(model)}
    found["score"] = float(np.mean(list(found.values())))
    return {name: round(value, 4) for name, value in found.items()}


class Unseen:
    """Sentences of held-out passages that no training reads, by language.

    keywords: a few words of a sentence ask for it among all sentences of the language.
    context: a sentence asks for another one of its passage.
    """

    def __init__(self, path: Path, prepared: corpus.Corpus):
        random = np.random.default_rng(0)
        self.words = prepared.texts.keywords
        self.languages: dict[str, list[tuple[str, str]]] = {}  # a sentence and another of its passage
        for row in corpus.json_lines(path):
            if row["split"] != "dev":
                continue
            sentences = [text.strip() for text in split_sentences(row["text"])]
            sentences = [text for text in sentences if len(text) in SENTENCE_LENGTHS]
            if len(sentences) > 1:
                self.languages.setdefault(row["language"], []).append((sentences[0], sentences[1]))
        if not self.languages:
            raise ValueError(f"{path} has no held-out passages; run mlsearch_models.prepare")
        for language, rows in self.languages.items():
            chosen = random.permutation(len(rows))[:SENTENCES]
            self.languages[language] = [rows[at] for at in chosen]

    def measure(self, model: encoder.Encoder) -> dict[str, float]:
        """Mean reciprocal ranks, the mean over the languages."""
        short, context = [], []
        for rows in self.languages.values():
            sentences = [first for first, _ in rows]
            others = [second for _, second in rows]
            passages = model.encode(sentences + others, "passage", precision="bfloat16")
            asked = [self.keywords(model, sentence, number) for number, sentence in enumerate(sentences)]
            few = model.encode(asked, "query", precision="bfloat16")
            whole = model.encode(sentences, "query", precision="bfloat16")
            places = np.arange(len(rows))
            short.append(reciprocal_rank(few @ passages.T, places))
            context.append(reciprocal_rank(whole @ passages[len(rows) :].T, places))
        return {"keywords": float(np.mean(short)), "context": float(np.mean(context))}

    def keywords(self, model: encoder.Encoder, sentence: str, number: int) -> str:
        ids = model.tokenizer.encode(sentence, add_special_tokens=False).ids
        return model.tokenizer.decode(self.words.of(ids, np.random.default_rng(number)))


if __name__ == "__main__":
    sys.exit(main())
