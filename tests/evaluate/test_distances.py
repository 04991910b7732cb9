"""Distances between sets: closed forms, brute force, and what must hold for every input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.spatial.distance import jensenshannon

from engine.evaluate.distances import (
    divergence,
    frechet_distance,
    inception_score,
    jensen_shannon,
    kernel_distance,
    kernels,
    softmax,
)


def points(seed: int, count: int, width: int = 5, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, width)) @ rng.standard_normal((width, width)) + shift


distributions = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(
    lambda p: np.array(p) / sum(p)
)


def test_frechet_distance_is_the_closed_form_of_gaussians() -> None:
    x, y = points(0, 40), points(1, 60, shift=1.0)
    C1, C2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    between = np.square(x.mean(0) - y.mean(0)).sum()
    wanted = between + np.trace(C1 + C2 - 2 * sqrtm(C1 @ C2).real)
    assert frechet_distance(x, y) == pytest.approx(wanted)


def test_frechet_distance_needs_no_more_points_than_dimensions() -> None:
    x, y = points(0, 4, width=9), points(1, 6, width=9)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(y, x))
    assert frechet_distance(x, y) > 0


def test_a_weight_of_two_is_the_same_as_a_point_twice_in_the_mean() -> None:
    x, y = points(0, 10), points(1, 8)
    weights = np.array([2.0, 0, 1, 1, 1, 1, 1, 1])
    drawn = np.repeat(y, weights.astype(int), axis=0)
    assert frechet_distance(x, y, weights) == pytest.approx(frechet_distance(x, drawn))


def test_kernel_distance_is_what_counting_pairs_gives() -> None:
    x, y = points(0, 7), points(1, 9)
    apart = [np.linalg.norm(a - b) for i, a in enumerate(x) for b in x[:i]]

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-np.square(a - b).sum() / (2 * np.median(apart) ** 2)))

    within = np.mean([k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
    others = np.mean([k(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
    across = np.mean([k(a, b) for a in x for b in y])
    wanted = 100 * (within + others - 2 * across)
    assert kernel_distance(kernels(x, y)) == pytest.approx(wanted)


def test_kernel_distance_of_one_distribution_is_zero_on_average_and_grows_with_distance() -> None:
    rng = np.random.default_rng(0)
    found = [
        kernel_distance(kernels(rng.standard_normal((12, 3)), rng.standard_normal((15, 3))))
        for _ in range(400)
    ]
    error = np.std(found) / len(found) ** 0.5
    assert abs(np.mean(found)) < 3 * error
    assert min(found) < 0, "an unbiased estimate of zero is below it half the time"
    x = points(0, 30)
    near, far = (kernel_distance(kernels(x, points(0, 30) + shift)) for shift in (1.0, 4.0))
    assert 0 < near < far


@given(distributions, distributions)
def test_jensen_shannon_is_symmetric_bounded_and_scipys(p: np.ndarray, q: np.ndarray) -> None:
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p))
    assert 0 <= jensen_shannon(p, q) + 1e-12 <= np.log(2) + 1e-9
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-9)
    assert jensen_shannon(p, p) == pytest.approx(0, abs=1e-12)


def test_jensen_shannon_of_what_never_meets_is_the_logarithm_of_two() -> None:
    assert jensen_shannon(np.array([1.0, 0]), np.array([0, 1.0])) == pytest.approx(np.log(2))


@given(distributions, distributions)
def test_divergence_is_zero_for_the_same_and_never_below(p: np.ndarray, q: np.ndarray) -> None:
    assert divergence(p, p) == pytest.approx(0, abs=1e-4)
    assert divergence(p, q) > -1e-4


def test_inception_score_counts_the_classes_that_are_told_apart() -> None:
    assert inception_score(np.eye(4)) == pytest.approx(4)
    assert inception_score(np.full((5, 4), 0.25)) == pytest.approx(1)
    assert inception_score(np.eye(4), np.array([1.0, 1, 0, 0])) == pytest.approx(2)


def test_softmax_of_large_logits_stays_a_distribution() -> None:
    p = softmax(np.array([[1000.0, 999.0, -1000.0]]))
    assert p.sum() == pytest.approx(1)
    assert p[0, 0] / p[0, 1] == pytest.approx(np.e)
