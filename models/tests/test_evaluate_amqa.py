"""Amharic passages of our own."""

import numpy as np
import pytest

from mlsearch_models.evaluate import amqa, questions

PASSAGE = "ቤቱ ትልቅ ነው። በሩ ቀይ ነው! ድመቷ የት ናት? ድመቷ ከቤት ውጭ ናት።"
OTHER = "ዛሬ ዝናብ ዘነበ።"


def question(text: str, start: int, context: str = PASSAGE) -> dict:
    return {"question": text, "answers": [{"answer_start": start, "text": context[start : start + 3]}]}


def document() -> dict:
    red, outside = PASSAGE.index("ቀይ"), PASSAGE.index("ከቤት")
    first = {"context": PASSAGE, "qas": [question("በሩ ምን ዓይነት ነው?", red), question("ድመቷ የት ናት?", outside)]}
    moved = question("ምን ዘነበ?", OTHER.index("ዝናብ"), OTHER)
    moved["answers"][0]["answer_start"] += 2
    second = {"context": OTHER, "qas": [moved, {"question": "ማን?", "answers": []}]}
    again = {"context": PASSAGE, "qas": [question("ቤቱ ምን ነው?", PASSAGE.index("ትልቅ"))]}
    return {"data": [{"paragraphs": [first, second]}, {"paragraphs": [again]}]}


@pytest.fixture
def dataset() -> amqa.Dataset:
    return amqa.parse(document())


def test_sentences_end_at_ethiopic_and_other_stops(dataset):
    assert dataset.sentences == ["ቤቱ ትልቅ ነው።", "በሩ ቀይ ነው!", "ድመቷ የት ናት?", "ድመቷ ከቤት ውጭ ናት።", OTHER]


def test_a_passage_that_comes_twice_is_one_document(dataset):
    assert dataset.passages == [PASSAGE, OTHER]
    assert dataset.passage_of == [0, 0, 1, 0]


def test_answers_are_found_where_the_offset_is_off_and_counted_where_there_is_none(dataset):
    assert dataset.sentence_of == [1, 3, 4, 0]
    assert dataset.unanswered == 1


def test_figures_are_those_of_a_full_sort(dataset, monkeypatch):
    monkeypatch.setattr(questions, "CUT_OFF", 2)
    random = np.random.default_rng(3)
    asked = random.normal(size=(4, 5)).astype(np.float32)
    pools = {"passage": random.normal(size=(2, 5)).astype(np.float32), "sentence": random.normal(size=(5, 5)).astype(np.float32)}
    found = questions.score(dataset, asked, pools)
    for kind in ("none", "documents", "both"):
        taken = asked - asked.mean(0) if kind == "both" else asked
        for name, gold in (("passage", dataset.passage_of), ("sentence", dataset.sentence_of)):
            documents = pools[name] if kind == "none" else pools[name] - pools[name].mean(0)
            ranks = [1 + sorted(-(documents @ q)).index(-(documents @ q)[place]) for q, place in zip(taken, gold)]
            assert found[kind][f"{name}_recall"].mean() == pytest.approx(np.mean([rank == 1 for rank in ranks]))
            expected = np.mean([1 / rank if rank <= 2 else 0 for rank in ranks])
            assert found[kind][f"{name}_mrr"].mean() == pytest.approx(expected, rel=1e-5)
