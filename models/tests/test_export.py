import json
import random
import sys

import numpy as np
import pytest
from conftest import TEXTS, keep

from mlsearch_models import calibrate, encoder, export, retrieval

LETTERS = "abcdefghijklmnopqrstuvwxyz"
RECORD = {
    "config": {"pairs": {"alpha": 0.5, "sources": {"quiz": 1.0}}, "parallel": {"sources": {"tatoeba": 1.0}}},
    "step": 40,
    "seconds": 7200,
    "device": "cpu, 2 threads",
    "torch": "0",
}


def words(drawn: random.Random) -> str:
    return " ".join("".join(drawn.choices(LETTERS, k=3)) for _ in range(3))


@pytest.fixture
def prepared(tmp_path):
    """Two languages, of which `yy` has few held-out texts."""
    data = tmp_path / "prepared"
    data.mkdir()
    drawn = random.Random(3)
    rows = []
    for number in range(60):
        texts = {"en": words(drawn), "xx": words(drawn)} | ({"yy": words(drawn)} if number % 6 == 0 else {})
        rows.append({"source": "tatoeba", "split": "dev" if number % 2 else "train", "group": str(number), "texts": texts})
    rows[1]["texts"]["yy"] = words(drawn)
    (data / "parallel.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    kept = [
        {"file": f"{file}.jsonl", "source": source, "split": "train", "licence": licence, "records": 30}
        | {"texts_by_language": {"en": 30, "xx": 30}}
        for file, source, licence in [
            ("parallel", "tatoeba", "CC BY 2.0 FR"),
            ("pairs", "quiz", "MIT"),
            ("pairs", "never-drawn", "none"),
        ]
    ]
    (data / "report.json").write_text(json.dumps({"kept": kept}), encoding="utf-8")
    return data


@pytest.fixture
def run(prepared, tiny_checkpoint, tmp_path, monkeypatch):
    """Runs the command; returns its exit status and the folder it should write."""
    description = encoder.Description(str(tiny_checkpoint), "trained", matryoshka_dimensions=(64, 32))
    encoder.load(tiny_checkpoint, description=description).save(tmp_path / "best", RECORD)
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps(vars(text)) + "\n" for text in TEXTS), encoding="utf-8")
    result = {"name": "trained", "tasks": {"XQuAD": {"figures": {"none": {"mrr": {"mean": 0.5}}}}}}
    (tmp_path / "result.json").write_text(json.dumps(result), encoding="utf-8")
    output = tmp_path / "trained"

    def command(*more: str):
        options = ["--checkpoint", tmp_path / "best", "--output", output, "--data", prepared, "--texts", texts]
        options += ["--calibration", prepared / "parallel.jsonl", "--results", tmp_path / "result.json"]
        options += ["--enough", "20", *more]
        monkeypatch.setattr(sys, "argv", ["export", *map(str, options)])
        return export.main(), output

    return command


def test_a_checkpoint_becomes_a_folder_that_says_where_it_is_from(run, tiny_folder):
    status, output = run("--accept-loss")
    assert status == 0
    assert (output / "embeddings.bin").read_bytes() == (tiny_folder[0] / "embeddings.bin").read_bytes()
    config = json.loads((output / "config.json").read_text(encoding="utf-8"))
    assert config["name"] == "trained" and config["matryoshka_dimensions"] == [32]
    assert config["provenance"]["training"] == RECORD
    assert {"what": "training data", "licence": "MIT", "source": "quiz"} in config["licences"]
    card = (output / "README.md").read_text(encoding="utf-8")
    for part in (
        "| tatoeba | parallel | CC BY 2.0 FR | 30 | 2 |",
        "2.0 hours of training on cpu, 2 threads",
        "MTEB's Tatoeba are not zero-shot",
        "| XQuAD, mrr, centering none | 0.5000 |",
        "Judged together, with the number of texts: yy 1.",
    ):
        assert part in card
    assert "never-drawn" not in card
    keep(output)


def test_a_loss_names_the_language_and_fails(run, monkeypatch, capsys):
    monkeypatch.setattr(retrieval, "missed", lambda differences: differences[:1])
    status, output = run()
    assert status == 1 and not output.exists()
    message = capsys.readouterr().err
    assert "retrieval falls by more than 0.005" in message and "recall@1" in message


def questions() -> retrieval.Questions:
    gold = np.arange(10)
    part = retrieval.Part("xx", [f"q{at}" for at in gold], gold)
    return retrieval.Questions([part], [f"c{at}" for at in gold], {})


def test_figures_are_those_of_a_loop_over_ranks():
    random_ = np.random.default_rng(1)
    vectors = {f"{kind}{at}": random_.normal(size=4) for kind in "qc" for at in range(10)}
    measured = retrieval.measure(questions(), lambda texts, _: np.array([vectors[text] for text in texts]))["xx"]
    ranks = []
    for at in range(10):
        scores = [vectors[f"q{at}"] @ vectors[f"c{other}"] for other in range(10)]
        ranks.append(sorted(scores, reverse=True).index(scores[at]) + 1)
    assert measured.recall == np.mean([rank == 1 for rank in ranks])
    assert measured.reciprocal_rank == pytest.approx(np.mean([1 / rank for rank in ranks]))


def test_a_text_that_is_no_longer_found_is_a_loss():
    def encode(lost: bool):
        def vectors(texts: list[str], role: str) -> np.ndarray:
            rows = np.eye(10)[[int(text[1:]) for text in texts]]
            if lost and role == "query":
                rows[0] = np.eye(10)[1]
            return rows

        return vectors

    (difference,) = retrieval.compare(questions(), encode(False), encode(True))
    assert difference.loss == pytest.approx(0.1)
    assert retrieval.missed([difference]) == [difference]
    assert retrieval.missed(retrieval.compare(questions(), encode(True), encode(False))) == []


def test_calibration_takes_the_training_split_of_every_language(prepared, tmp_path):
    plain = tmp_path / "plain.jsonl"
    plain.write_text('{"text": "one", "lang": "zz"}\n{"text": "two", "lang": "zz"}\n', encoding="utf-8")
    texts, languages = calibrate.read_texts([plain, prepared / "parallel.jsonl"])
    assert languages == {"en", "xx", "yy", "zz"}
    assert texts[:3] == ["one", "two", "one two"]
    rows = [json.loads(line) for line in (prepared / "parallel.jsonl").read_text(encoding="utf-8").splitlines()]
    held_out = {text for row in rows if row["split"] == "dev" for text in row["texts"].values()}
    assert not held_out & set(texts)
    trained = [row["texts"]["yy"] for row in rows if row["split"] == "train" and "yy" in row["texts"]]
    assert len(set(trained) & set(texts)) == calibrate.EACH_LANGUAGE
