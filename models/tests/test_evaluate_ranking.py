"""Ranks and figures against full sorts and explicit loops."""

import math

import numpy as np
import pytest

from mlsearch_models.evaluate import measure, ranking


def full_sort(scores: np.ndarray) -> list[int]:
    """Places from best to worst, equal scores in order."""
    return sorted(range(len(scores)), key=lambda place: (-scores[place], place))


def precision_by_hand(scores: np.ndarray, relevant: set[int]) -> float:
    found, total = 0, 0.0
    for rank, place in enumerate(full_sort(scores), 1):
        if place in relevant:
            found += 1
            total += found / rank
    return total / len(relevant)


@pytest.mark.parametrize("levels", [3, 20, 100_000])
def test_ranks_are_those_of_a_full_sort_whatever_the_ties(levels):
    random = np.random.default_rng(levels)
    scores = random.integers(0, levels, (40, 50)).astype(np.float32)
    gold = np.stack([random.choice(50, 4, replace=False) for _ in scores])
    gold[::3, 2] = -1
    found = ranking.ranks(scores, gold)
    for row, places in enumerate(gold):
        order = full_sort(scores[row])
        assert list(found[row]) == [0 if place < 0 else order.index(place) + 1 for place in places]
    precision, distance = ranking.average_precision(found), ranking.rank_distance(found)
    for row, places in enumerate(gold):
        relevant = {int(place) for place in places if place >= 0}
        ranks = [full_sort(scores[row]).index(place) + 1 for place in relevant]
        assert precision[row] == pytest.approx(precision_by_hand(scores[row], relevant))
        assert distance[row] == max(ranks) - min(ranks)


def test_one_relevant_document_has_no_rank_distance():
    assert math.isnan(ranking.rank_distance(np.array([[7, 0, 0]]))[0])


def test_the_top_breaks_ties_at_its_end_by_the_order_of_the_data():
    random = np.random.default_rng(5)
    scores = random.integers(0, 4, (30, 25)).astype(np.float32)
    for row, places in zip(scores, ranking.top(scores, 6)):
        assert sorted(places) == sorted(full_sort(row)[:6])
    assert sorted(ranking.top(scores[:1], 99)[0]) == list(range(25))


def test_blocks_cover_all_queries(monkeypatch):
    monkeypatch.setattr(ranking, "CHUNK_SCORES", 20)
    random = np.random.default_rng(6)
    queries, documents = random.normal(size=(13, 4)), random.normal(size=(9, 4))
    blocks = list(ranking.score_blocks(queries, documents))
    assert len(blocks) == 7
    np.testing.assert_allclose(np.concatenate([scores for _, scores in blocks]), queries @ documents.T)


def test_a_figure_is_a_mean_over_cells_of_means_within_them():
    values = np.array([1, 0, 0, 0.5, np.nan])
    figure = measure.of(values, np.arange(5), np.array([0, 0, 0, 1, 2]), ["x", "y", "z"])
    assert figure.by_cell() == pytest.approx({"x": 1 / 3, "y": 0.5})
    assert figure.mean() == pytest.approx((1 / 3 + 0.5) / 2)
    assert figure.mean({"y"}) == figure.only({"y"}).mean() == 0.5
    assert figure.mean({"z"}) is None
