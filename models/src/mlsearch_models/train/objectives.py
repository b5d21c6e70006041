"""Losses over unit vectors. Every function takes float32 tensors and returns a scalar.

`Matryoshka` shortens the vectors first, so that a prefix of a vector serves by itself.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, mse_loss, normalize

MASKED = -1e4


def info_nce(
    questions: torch.Tensor,
    candidates: torch.Tensor,
    allowed: torch.Tensor,
    temperature: float,
) -> torch.Tensor:
    """InfoNCE: candidate i answers question i, all other allowed ones are wrong.

    questions (n, dim), candidates (m, dim) with m >= n, allowed bool (n, m).
    """
    scores = (questions @ candidates.T / temperature).masked_fill(~allowed, MASKED)  # (n, m)
    return cross_entropy(scores, torch.arange(len(questions), device=scores.device))


def translation_ranking(
    left: torch.Tensor,
    right: torch.Tensor,
    margin: float,
    temperature: float,
    both_sides: bool,
) -> torch.Tensor:
    """Translation ranking with additive margin in both directions (LaBSE, arXiv 2007.01852, equation 3).

    left and right (n, dim). With `both_sides` the other texts of the anchor's own side compete, too: among
    them are those in its own language, which a biased encoder ranks too high.
    """
    return (
        one_direction(left, right, margin, temperature, both_sides)
        + one_direction(right, left, margin, temperature, both_sides)
    ) / 2


def one_direction(anchors, targets, margin, temperature, both_sides) -> torch.Tensor:
    count = len(anchors)
    own = torch.eye(count, dtype=torch.bool, device=anchors.device)
    scores = (anchors @ targets.T - margin * own) / temperature
    if both_sides:
        siblings = (anchors @ anchors.T / temperature).masked_fill(own, MASKED)
        scores = torch.cat([scores, siblings], dim=1)  # (n, 2n)
    return cross_entropy(scores, torch.arange(count, device=scores.device))


def distillation(students: torch.Tensor, teacher: torch.Tensor, kind: str) -> torch.Tensor:
    """Distance to the teacher's vectors (Reimers and Gurevych, arXiv 2004.09813).

    students and teacher (n, dim). cosine: 1 - cos. mse: the squared distance of a pair, summed over components.
    """
    if kind == "cosine":
        return (1 - (students * teacher).sum(-1)).mean()
    return mse_loss(students, teacher) * students.shape[-1]


def divergence(
    left: torch.Tensor,
    right: torch.Tensor,
    candidates: torch.Tensor,
    temperature: float,
    kind: str,
) -> torch.Tensor:
    """How far a text and its translation rank the same candidates apart, in nats.

    left and right (n, dim), candidates (m, dim). jsd: Jensen-Shannon; kl: Kullback-Leibler, both ways, halved.
    """
    first = log_softmax(left @ candidates.T / temperature, dim=-1)
    second = log_softmax(right @ candidates.T / temperature, dim=-1)
    if kind == "kl":
        middle_first, middle_second = second, first
    else:
        middle = torch.logaddexp(first, second) - torch.log(torch.tensor(2.0))
        middle_first = middle_second = middle
    forwards = kl_div(middle_first, first, reduction="batchmean", log_target=True)
    backwards = kl_div(middle_second, second, reduction="batchmean", log_target=True)
    return (forwards + backwards) / 2


class Matryoshka:
    """The mean of a loss over shortened vectors (Kusupati et al., arXiv 2205.13147)."""

    def __init__(self, dimensions: tuple[int, ...]):
        self.dimensions = dimensions

    def __call__(self, loss: Callable[..., torch.Tensor], *vectors: torch.Tensor) -> torch.Tensor:
        whole = vectors[0].shape[-1]
        sizes = [size for size in self.dimensions if size < whole] + [whole]
        return sum(loss(*(shorten(values, size) for values in vectors)) for size in sizes) / len(sizes)


def shorten(vectors: torch.Tensor, size: int) -> torch.Tensor:
    """The first `size` components, of unit length again."""
    return vectors if size == vectors.shape[-1] else normalize(vectors[:, :size], dim=-1)
