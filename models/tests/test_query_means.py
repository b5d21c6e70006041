"""The mean queries of a model folder, and the held-out questions that choose their weight."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlsearch_models import folder, query_means, validation


def write_lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def pair(language: str, number: int, split: str, source: str = validation.HELP) -> dict:
    text = f"{language} {number}"
    names = {"source": source, "split": split, "language": language, "group": f"g{number}"}
    return {**names, "question": f"ask {text}", "passage": f"say {text}"}


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    pairs = [pair(language, number, "dev") for language in ("de", "sw") for number in range(40)]
    pairs += [pair("de", number, "train") for number in range(200)]
    pairs += [pair("fr", number, "dev") for number in range(3)]
    pairs += [pair("de", number, "train", "debian-descriptions") for number in range(10)]
    write_lines(tmp_path / "pairs.jsonl", pairs)
    parallel = [
        {"source": "talk", "split": split, "group": str(number), "texts": {"sw": f"sw {number}", "yo": f"yo {number}"}}
        for split in ("train", "dev")
        for number in range(60)
    ]
    write_lines(tmp_path / "parallel.jsonl", parallel[:100])
    return tmp_path


def test_texts_are_a_sample_of_the_training_part(prepared: Path):
    texts = query_means.gather(prepared, 50)
    assert {language: {source: len(of) for source, of in sources.items()} for language, sources in texts.items()} == {
        "de": {validation.HELP: 50},
        "sw": {"talk": 50},
        "yo": {"talk": 50},
    }
    assert query_means.gather(prepared, 50) == texts
    with pytest.raises(ValueError, match="no language"):
        query_means.gather(prepared, 10)


def test_of_translations_those_that_ask_are_taken_where_there_are_enough(tmp_path: Path):
    ends = {"el": (";", "."), "sw": ("?", ";"), "yo": (".", ".")}
    parallel = [
        {
            "source": "talk",
            "split": "train",
            "group": str(number),
            "texts": {language: f"{language} {number}{end[number % 2]}" for language, end in ends.items()},
        }
        for number in range(2 * query_means.LEAST)
    ]
    write_lines(tmp_path / "parallel.jsonl", parallel)
    write_lines(tmp_path / "pairs.jsonl", [])
    texts = query_means.gather(tmp_path, 1000)
    assert {language: len(sources["talk"]) for language, sources in texts.items()} == {
        "el": query_means.LEAST,
        "sw": query_means.LEAST,
        "yo": 2 * query_means.LEAST,
    }
    assert all(text.endswith(ends[language][0]) for language in ("el", "sw") for text in texts[language]["talk"])


def test_held_out_questions_are_of_languages_with_enough(prepared: Path, tmp_path: Path):
    pool = validation.read_help(prepared)
    assert set(pool.question_languages) == {"de", "sw"}
    assert len(pool.questions) == len(pool.passages) == 80
    validation.write(pool, tmp_path / "beir")
    judgements = (tmp_path / "beir/qrels/dev.tsv").read_text(encoding="utf-8").splitlines()
    assert len(judgements) == 1 + 80 * 2


def test_questions_of_the_encyclopedia_ask_for_their_sentences(tmp_path: Path):
    rows = [pair(language, number, "dev", "encyclopedia") for language in ("de", "sw") for number in range(40)]
    write_lines(tmp_path / "pairs.jsonl", [row | {"sentence": f"{row['passage']} alone"} for row in rows])
    pool = validation.read_encyclopedia(tmp_path)
    assert pool.passages[0] == "say de 0 alone"
    assert pool.question_groups == pool.passage_groups
    with pytest.raises(ValueError, match="holds out no language"):
        validation.read_help(tmp_path)


def test_of_held_out_texts_all_are_taken(tmp_path: Path):
    lines = ["## bees", "en", "Who dances? || Bees dance.", "de", "Wer tanzt? || Bienen tanzen."]
    (tmp_path / "life.txt").write_text("\n".join(lines), encoding="utf-8")
    pool = validation.read_held_out(tmp_path)
    assert pool.questions == ["Who dances?", "Wer tanzt?"]
    assert pool.passages == ["Bees dance.", "Bienen tanzen."]
    assert pool.question_languages == pool.passage_languages == ["en", "de"]
    assert len(set(pool.question_groups)) == 1


def test_translations_ask_for_each_other_and_not_for_themselves(prepared: Path, tmp_path: Path):
    parallel = [
        {"source": "tico-19", "split": "dev", "group": str(number), "texts": {"sw": f"sw {number}", "yo": f"yo {number}"}}
        for number in range(40)
    ]
    write_lines(prepared / "parallel.jsonl", parallel)
    pool = validation.read_translations(prepared)
    assert len(pool.questions) == 80
    validation.write(pool, tmp_path / "beir")
    judgements = (tmp_path / "beir/qrels/dev.tsv").read_text(encoding="utf-8").splitlines()
    assert judgements[1] == "c0\tc1\t1"
    assert len(judgements) == 1 + 80


def test_measures_are_those_computed_by_hand():
    pool = validation.Pool(["q"], ["de"], ["g"], ["a", "b", "c", "d"], ["de", "de", "sw", "sw"], ["g", "h", "h", "g"])
    passages = np.array([[0.5], [0.9], [0.1], [0.3]], np.float32)
    mono, cross, multi = validation.measure(pool, np.array([[1.0]], np.float32), passages)
    assert (mono, cross) == (0.5, 1.0)
    assert multi == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_the_weight_is_that_which_finds_most():
    # All questions lean to the first axis, which the wrong passages share.
    class Encoder:
        def encode(self, texts: list[str], role: str) -> np.ndarray:
            rows = []
            for text in texts:
                kind, _, number = text.split()
                row = np.zeros(41)
                row[0] = 0.8 if kind == "ask" else 0.7 * (int(number) % 2)
                row[1 + int(number)] = 0.6
                rows.append(row / np.linalg.norm(row))
            return np.array(rows, np.float32)

    rows = [pair("de", number, "dev") for number in range(40)]
    pool = validation.Pool(
        [row["question"] for row in rows],
        ["de"] * 40,
        [row["group"] for row in rows],
        [row["passage"] for row in rows],
        ["de"] * 40,
        [row["group"] for row in rows],
    )
    mean = [round(0.8 * query_means.SCALE)] + [0] * 40
    weight, told = query_means.choose_weight(pool, Encoder(), {"de": mean})
    assert weight > 0, told
    assert len(told.splitlines()) == 1 + len(query_means.WEIGHTS)


def test_the_file_names_its_model_and_weight(tmp_path: Path):
    document = {
        "dimension": 2,
        "max_tokens": 8,
        "prompts": {"query": "q ", "passage": "p "},
        "pooling": "mean",
        "files": {"model.onnx": {"blake3": "ab"}, "parity.json": {"blake3": "cd"}},
    }
    (tmp_path / "config.json").write_text(json.dumps(document), encoding="utf-8")
    query_means.write(tmp_path, {"de": [1, -2], "sw": [0, 3]}, 0.25, "made for a test")
    written = json.loads((tmp_path / query_means.FILE).read_text(encoding="utf-8"))
    assert written["languages"] == {"de": [1, -2], "sw": [0, 3]}
    assert (written["weight"], written["scale"], written["dimension"]) == (0.25, 1000, 2)
    assert written["fingerprint"] == folder.fingerprint(document)
    document["files"]["parity.json"]["blake3"] = "ef"
    assert written["fingerprint"] == folder.fingerprint(document), "parity decides no vector"
    document["prompts"]["query"] = "ask: "
    assert written["fingerprint"] != folder.fingerprint(document)
