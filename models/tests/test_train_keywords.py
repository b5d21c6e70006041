"""Short queries out of texts."""

import numpy as np

from mlsearch_models.train.keywords import Keywords

VOCABULARY = {"▁": 0, "▁the": 1, "▁of": 2, "▁hon": 3, "ey": 4, "▁bees": 5, "▁is": 6, "蜜": 7, "蜂": 8, "は": 9, "巣": 10}
CORPUS = np.array([1] * 100 + [2] * 90 + [6] * 80 + [9] * 50 + [3, 4, 5, 7, 8, 10])


def queries(ids: list[int], draws: int = 200) -> list[list[int]]:
    keywords = Keywords(CORPUS, VOCABULARY)
    return [keywords.of(ids, np.random.default_rng(seed)) for seed in range(draws)]


def test_words_stay_whole_and_in_order():
    text = [1, 3, 4, 2, 1, 5, 6]
    for query in queries(text):
        assert 0 < len(query) < len(text)
        assert (3 in query) == (4 in query)
        places = [text.index(piece) for piece in query if piece != 1]
        assert places == sorted(places)


def test_rare_words_are_asked_more_often_than_common_ones():
    found = queries([1, 3, 4, 2, 1, 5, 6])
    assert sum(5 in query for query in found) > 1.5 * sum(2 in query for query in found)


def test_writing_without_spaces_gives_a_run_of_pieces():
    text = [0, 7, 8, 9, 10, 9, 7]
    for query in queries(text):
        inner = query[1:] if query[0] == 0 else query
        assert any(text[start : start + len(inner)] == inner for start in range(len(text)))
        assert query[0] == 0


def test_what_cannot_be_shortened_stays():
    assert queries([3, 4], draws=1) == [[3, 4]]
    assert queries([], draws=1) == [[]]
