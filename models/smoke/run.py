"""The whole way from texts to a model folder, in miniature:

    python run.py --out DIR

A random base is trained with hybrid batches on made-up languages, its loss must fall, it must find answers
across languages that its start did not find, and the exported folder must agree with it. The folder is
left in DIR/models, for the Rust encoder to compare with.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import toy

from mlsearch_models import checkpoint, encoder, q4, tokenizer
from mlsearch_models.weights import EncoderConfig, Weights, layer_norm_names, linear_names

HERE = Path(__file__).resolve().parent
LEAST_GAIN = 0.1  # of the mean reciprocal rank, far above what the seed moves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    base, data, run = out / "base", out / "data", out / "run"
    checkpoint.save(random_base(), base)
    write_data(data)
    source = f'base.source="{base}"'
    command("train", "--config", HERE / "smoke.toml", "--data", data, "--out", run, "--set", source)
    losses = [row["loss"] for row in read_lines(run / "log.jsonl") if "loss" in row]
    first, last = np.mean(losses[:10]), np.mean(losses[-10:])
    print(f"loss {first:.3f} to {last:.3f} over {len(losses)} steps")
    assert last < 0.8 * first, "the loss does not fall"
    before, after = (cross_lingual_rank(encoder.load(folder)) for folder in (base, run / "best"))
    print(f"mean reciprocal rank of answers in other languages: {before:.3f} before training, {after:.3f} after")
    assert after > before + LEAST_GAIN, "training did not bring the languages together"
    command(
        *("export", "--checkpoint", run / "best", "--output", out / "models" / "smoke", "--data", data),
        *("--texts", data / "parity.jsonl", "--calibration", data / "parallel.jsonl"),
        *("--pivot", toy.LANGUAGES[0]),
    )


def command(module: str, *arguments: object) -> None:
    subprocess.run([sys.executable, "-m", f"mlsearch_models.{module}", *map(str, arguments)], check=True)


def random_base() -> Weights:
    """A network of two layers whose vocabulary is the toy languages' words."""
    words = [f"\u2581{word}" for language in toy.LANGUAGES for word in toy.WORDS[language]]
    prompts = ["\u2581query:", "\u2581passage:", "\u2581"]
    letters = sorted(set("".join(words + prompts)) | set(".?") - {"\u2581"})
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *dict.fromkeys([*words, *prompts, *letters]), "<mask>"]
    scores = np.array([0.0] * 4 + [-3.0 if len(piece) > 1 else -9.0 for piece in pieces[4:-1]] + [0.0], np.float32)
    config = EncoderConfig(64, 2, 4, 256, len(pieces), 40, 1, 1e-12)
    random = np.random.default_rng(1)

    def normal(*shape: int) -> np.ndarray:
        return random.normal(0, 0.1, shape).astype(np.float32)

    tensors = {
        # As the weights of a base of four bits: the export loses nothing of them.
        "emb.word": q4.quantize(normal(len(pieces), config.hidden)).dequantize(),
        "emb.pos": 0.1 * normal(config.positions, config.hidden),
        "emb.type": np.zeros((1, config.hidden), np.float32),
    }
    for name in layer_norm_names(config):
        tensors[f"{name}.w"] = np.ones(config.hidden, np.float32)
        tensors[f"{name}.b"] = np.zeros(config.hidden, np.float32)
    for layer in range(config.layers):
        for name in linear_names(layer):
            rows = config.feed_forward if name.endswith("fi") else config.hidden
            columns = config.feed_forward if name.endswith("fo") else config.hidden
            tensors[f"{name}.w"], tensors[f"{name}.b"] = normal(rows, columns), np.zeros(rows, np.float32)
    provenance = {"base": "random", "source": "models/smoke", "source_precision": "float32"}
    return Weights(config, tensors, tokenizer.unigram(tokenizer.Pieces(pieces, scores)), None, provenance)


def write_data(folder: Path) -> None:
    """What `mlsearch_models.prepare` would write, and parity texts."""
    folder.mkdir(parents=True)
    train, held_out = toy.facts(1, 300), toy.facts(2, 250)
    write_lines(folder / "pairs.jsonl", toy.pairs(train, "train", 0) + toy.pairs(held_out[:60], "dev", 1000))
    write_lines(folder / "parallel.jsonl", toy.parallel(train, "train", 0) + toy.parallel(held_out, "dev", 1000))
    texts = [
        {"language": row["language"], "script": "Latn", "role": role, "text": row[field]}
        for row in toy.pairs(toy.facts(4, 4), "dev", 0)
        for role, field in (("query", "question"), ("passage", "passage"))
    ]
    write_lines(folder / "parity.jsonl", texts)


def write_lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def read_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def cross_lingual_rank(model: encoder.Encoder) -> float:
    """Mean reciprocal rank of the answer in the next language, among those of facts never trained on."""
    groups = toy.facts(3, 100)
    ranks = []
    for at, language in enumerate(toy.LANGUAGES):
        other = toy.LANGUAGES[(at + 1) % len(toy.LANGUAGES)]
        questions = model.encode([toy.question(group[0], language) for group in groups], "query")
        answers = model.encode([toy.sentence(group[0], other) for group in groups], "passage")
        scores = questions @ answers.T
        ranks += list(1 + (scores > np.diag(scores)[:, None]).sum(1))
    return float(np.mean(1 / np.array(ranks)))


if __name__ == "__main__":
    main()
