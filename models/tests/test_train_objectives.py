"""Losses against loops over pairs."""

import math

import pytest
import torch
from torch.nn.functional import normalize

from mlsearch_models.train import objectives


def vectors(count: int, seed: int) -> torch.Tensor:
    return normalize(torch.randn(count, 8, generator=torch.Generator().manual_seed(seed)), dim=-1)


def softmax_loss(scores: list[float], right: int) -> float:
    return math.log(sum(math.exp(score) for score in scores)) - scores[right]


def test_info_nce_leaves_out_what_is_not_allowed():
    questions, candidates = vectors(3, 1), vectors(5, 2)
    allowed = torch.ones(3, 5, dtype=torch.bool)
    allowed[0, 4] = allowed[2, 1] = False
    expected = 0.0
    for i in range(3):
        kept = [j for j in range(5) if allowed[i, j]]
        scores = [float(questions[i] @ candidates[j]) / 0.1 for j in kept]
        expected += softmax_loss(scores, kept.index(i)) / 3
    assert float(objectives.info_nce(questions, candidates, allowed, 0.1)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("both_sides", [False, True])
def test_translation_ranking_takes_the_margin_from_the_right_pair_alone(both_sides):
    left, right = vectors(4, 3), vectors(4, 4)
    expected = 0.0
    for anchors, targets in ((left, right), (right, left)):
        for i in range(4):
            scores = [float(anchors[i] @ targets[j] - (0.3 if i == j else 0)) / 0.1 for j in range(4)]
            if both_sides:
                scores += [float(anchors[i] @ anchors[j]) / 0.1 for j in range(4) if j != i]
            expected += softmax_loss(scores, i) / 8
    loss = objectives.translation_ranking(left, right, 0.3, 0.1, both_sides)
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_distillation_is_zero_at_the_teacher_only():
    teacher, other = vectors(3, 5), vectors(3, 6)
    for kind in ("cosine", "mse"):
        assert float(objectives.distillation(teacher, teacher, kind)) == pytest.approx(0, abs=1e-6)
        assert float(objectives.distillation(other, teacher, kind)) > 0.1
    # Of unit vectors the squared distance is twice one minus the cosine.
    mse, cosine = (float(objectives.distillation(other, teacher, kind)) for kind in ("mse", "cosine"))
    assert mse == pytest.approx(2 * cosine, rel=1e-5)


@pytest.mark.parametrize("kind", ["jsd", "kl"])
def test_divergence_is_that_of_the_two_distributions(kind):
    left, right, candidates = vectors(2, 7), vectors(2, 8), vectors(6, 9)
    expected = 0.0
    for i in range(2):
        first = torch.softmax(left[i] @ candidates.T / 0.5, 0).tolist()
        second = torch.softmax(right[i] @ candidates.T / 0.5, 0).tolist()
        for p, q in zip(first, second):
            middle_p, middle_q = (q, p) if kind == "kl" else ((p + q) / 2, (p + q) / 2)
            expected += (p * math.log(p / middle_p) + q * math.log(q / middle_q)) / 4
    assert float(objectives.divergence(left, right, candidates, 0.5, kind)) == pytest.approx(expected, rel=1e-4)
    assert float(objectives.divergence(left, left, candidates, 0.5, kind)) == pytest.approx(0, abs=1e-6)


def test_matryoshka_is_the_mean_over_shortened_unit_vectors():
    left, right = vectors(3, 10), vectors(3, 11)

    def loss(first, second):
        assert torch.allclose(first.norm(dim=-1), torch.ones(3), atol=1e-6)
        return (first * second).sum()

    parts = [float((normalize(left[:, :n], dim=-1) * normalize(right[:, :n], dim=-1)).sum()) for n in (2, 4, 8)]
    assert float(objectives.Matryoshka((8, 4, 2))(loss, left, right)) == pytest.approx(sum(parts) / 3, rel=1e-5)
