"""Intervals against loops over drawn questions."""

import numpy as np
import pytest

from mlsearch_models.evaluate import bootstrap, measure


def parallel(seed: int, groups: int = 60, shift: float = 0.0) -> measure.Measure:
    """Two languages that agree on which questions are hard."""
    random = np.random.default_rng(seed)
    hard = random.normal(size=groups)
    values = np.concatenate([hard, hard + 0.1 * random.normal(size=groups)]) + shift
    return measure.of(values, np.tile(np.arange(groups), 2), np.repeat([0, 1], groups), ["x", "y"])


def test_resamples_are_those_of_a_loop():
    figure = parallel(1, groups=8)
    figure.values[3] = np.nan
    drawn = bootstrap.weights(8, 50)
    for counts, value in zip(drawn, bootstrap.resampled(figure, drawn)):
        groups = [group for group, count in enumerate(counts) for _ in range(count)]
        cells = []
        for cell in (0, 1):
            rows = [np.flatnonzero((figure.groups == group) & (figure.cells == cell))[0] for group in groups]
            cells.append(np.nanmean(figure.values[rows]))
        assert value == pytest.approx(np.mean(cells), abs=1e-6)


def test_an_encoder_does_not_differ_from_itself():
    gap = bootstrap.difference(parallel(2), parallel(2))
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)
    assert not gap.excludes_zero


def test_a_constant_gain_is_certain_because_queries_are_paired():
    gap = bootstrap.difference(parallel(3), parallel(3, shift=0.25))
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.25, 0.25, 0.25), abs=1e-6)
    assert gap.excludes_zero


def test_noise_of_the_size_of_the_questions_spread_is_not_a_difference():
    random = np.random.default_rng(4)
    outside = 0
    for _ in range(40):
        figure = parallel(int(random.integers(1 << 30)))
        noisy = measure.of(figure.values + random.normal(size=60).repeat(2), figure.groups, figure.cells, figure.names)
        outside += bootstrap.difference(figure, noisy, 500).excludes_zero
    assert outside <= 8


def test_translations_of_a_question_are_one_observation():
    figure = parallel(5, groups=200)
    alone = measure.of(figure.values, np.arange(400), figure.cells, figure.names)
    together = bootstrap.interval(figure)
    apart = bootstrap.interval(alone)
    assert together.high - together.low > 1.25 * (apart.high - apart.low)
    expected = 2 * 1.96 * figure.values[:200].std() / np.sqrt(200)
    assert together.high - together.low == pytest.approx(expected, rel=0.1)


def test_the_seed_decides_the_resamples():
    assert (bootstrap.weights(9, 5, 1) == bootstrap.weights(9, 5, 1)).all()
    assert (bootstrap.weights(9, 5, 1) != bootstrap.weights(9, 5, 2)).any()
    assert (bootstrap.weights(9, 5).sum(1) == 9).all()


def test_other_queries_are_refused():
    with pytest.raises(ValueError, match="different queries"):
        bootstrap.difference(parallel(6), parallel(6, groups=61))


def test_seeds_are_averaged_query_by_query():
    mean = bootstrap.mean_of([parallel(7), parallel(7, shift=1.0)])
    np.testing.assert_allclose(mean.values, parallel(7, shift=0.5).values, rtol=1e-5, atol=1e-6)
