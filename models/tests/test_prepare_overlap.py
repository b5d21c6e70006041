import numpy as np
import pytest

from mlsearch_models.prepare import overlap
from mlsearch_models.prepare.overlap import Overlap

SENTENCE = "Seven grey herons waited beside the frozen mill pond until the miller's daughter broke the ice."
JAPANESE = "水車小屋のそばの凍った池で七羽の灰色の鷺が粉屋の娘が氷を割るのを待っていた。"
EVALUATION = [SENTENCE, JAPANESE, "What did the herons wait for?", "Ja."]


@pytest.fixture(scope="module")
def known():
    return Overlap(EVALUATION)


def test_an_exact_repeat_is_found_whatever_the_case_and_punctuation(known):
    texts = [SENTENCE, SENTENCE.upper().replace(" ", "  "), "what did the HERONS wait for", "ja!", JAPANESE]
    assert known.repeats(texts) == ["exact"] * 5


def test_a_text_with_a_few_words_changed_is_near(known):
    changed = SENTENCE.replace("grey", "white").replace("Seven", "Eight")
    assert known.repeats([changed, JAPANESE.replace("七羽", "八羽")]) == ["near", "near"]


def test_a_copied_sentence_is_found_inside_a_long_text(known):
    own = "A quite different story goes on about barges, ropes and the price of flour in spring. " * 5
    assert known.repeats([own, own + SENTENCE + own]) == [None, "near"]


def test_the_same_topic_or_a_shared_phrase_is_no_overlap(known):
    texts = [
        "The herons left the pond in spring.",
        "Beside the frozen mill pond stands an old oak that nobody has cut, for all its rotten branches.",
        "What did the miller wait for?",
        "灰色の鷺が池にいる。",
        "",
    ]
    assert known.repeats(texts) == [None] * 5


def test_many_random_texts_do_not_overlap_by_chance():
    random = np.random.default_rng(3)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     "))
    texts = ["".join(random.choice(letters, 120)) for _ in range(4000)]
    assert not any(Overlap(texts[:2000]).repeats(texts[2000:]))


def test_hashed_shingles_find_what_plain_sets_find():
    random = np.random.default_rng(4)
    texts = ["".join(random.choice(list("abc "), 30)) for _ in range(300)]
    known = Overlap(texts[:100])

    def plain(text):
        text = text.replace(" ", "")
        return {text[start : start + overlap.SHINGLE] for start in range(len(text) - overlap.SHINGLE + 1)}

    expected = set().union(*map(plain, texts[:100]))
    for text in texts:
        folded = overlap.Folded([text])
        places = folded.shingles[folded.inside] >> np.uint64(64 - known.bits)
        found = (known.filter[places >> np.uint64(3)] & overlap.one_bit(places)) != 0
        assert found.sum() >= len(plain(text) & expected)
        assert found.size == max(0, len(text.replace(" ", "")) - overlap.SHINGLE + 1)


def test_batches_do_not_change_the_answer(known, monkeypatch):
    texts = [SENTENCE, "The herons left.", JAPANESE, "", SENTENCE + " And so on."] * 3
    whole = known.repeats(texts)
    monkeypatch.setattr(overlap, "BATCH", 50)
    assert Overlap(EVALUATION).repeats(texts) == whole


def test_without_evaluation_texts_nothing_overlaps():
    assert Overlap([]).repeats([SENTENCE, ""]) == [None, None]
