"""Bootstrap intervals: groups of recordings are drawn again, never single recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

ROUNDS = 400
_COVERED = 0.95


class Interval(NamedTuple):
    """A figure with its 95 % interval, and over how many recordings it was taken."""

    value: float
    low: float
    high: float
    recordings: int


def interval(
    statistic: Callable[[np.ndarray], float],
    groups: Sequence[str],
    *,
    seed: int = 0,
    rounds: int = ROUNDS,
) -> Interval:
    """A statistic of weighted recordings, with the percentile interval of the cluster bootstrap.

    statistic: takes how often each recording was drawn [n] and gives the figure; ones are the
    sample itself. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), 13.3.

    >>> values = np.array([0.0, 1.0, 1.0])
    >>> interval(lambda w: float(w @ values / w.sum()), ["a", "b", "b"]).value.__round__(2)
    0.67
    """
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    many = int(member.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = [
        statistic(np.bincount(rng.integers(0, many, many), minlength=many)[member].astype(float))
        for _ in range(rounds)
    ]
    tail = 100 * (1 - _COVERED) / 2
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return Interval(statistic(np.ones(len(member))), float(low), float(high), len(member))


def mean(values: Sequence[float] | np.ndarray, groups: Sequence[str], seed: int = 0) -> Interval:
    """The mean over recordings; those whose value is no number do not count."""
    found = np.asarray(values, float)
    counted = np.isfinite(found)
    if not counted.any():
        return Interval(np.nan, np.nan, np.nan, 0)
    found = found[counted]
    kept = [group for group, used in zip(groups, counted, strict=True) if used]
    return interval(lambda w: float(w @ found / w.sum()) if w.sum() else np.nan, kept, seed=seed)
