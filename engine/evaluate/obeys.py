"""Obeys: does the sound do what its curves say, when they say it?

The wanted sound is the recording itself, whose true curves were followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from engine.evaluate import odf, sync
from engine.evaluate.figures import absent, measured
from engine.evaluate.hearing import Heard
from engine.evaluate.interval import mean
from engine.evaluate.pairs import GENERATED, Pairs
from engine.generate.project import energy_error_db
from host_bridge.protocol import EvaluateRow

NAME = "obeys"
_STRICT = 2  # real onsets that a clip must have to be judged by onset F1


def _f1(tolerance: float) -> Callable[[Heard, Heard], float]:
    def score(real: Heard, other: Heard) -> float:
        if len(real.onsets) < _STRICT:
            return np.nan
        return sync.onset_f1(real.onsets, other.onsets, tolerance)

    return score


def _lift(tolerance: float) -> Callable[[Heard, Heard], float]:
    def score(real: Heard, other: Heard) -> float:
        if len(real.onsets) < _STRICT:
            return np.nan
        return sync.onset_lift(real.onsets, other.onsets, real.seconds, tolerance)

    return score


def _correlation(real: Heard, other: Heard) -> float:
    return sync.energy_correlation(real.level, other.level) if real.level.std() else np.nan


def _precision(real: Heard, other: Heard) -> float:
    return sync.onset_precision(real.onsets, other.flux, 0.05)


def _offset_ms(real: Heard, other: Heard) -> float:
    return 1000 * abs(sync.offset_seconds(real.level, other.level))


def _energy_db(real: Heard, other: Heard) -> float:
    return energy_error_db(real.energy, other.energy)[0]


#: Name, unit, score of a pair, bound for the generated with true curves, whether it is a least.
_SCORES: tuple[tuple[str, str, Callable[[Heard, Heard], float], float | None, bool], ...] = (
    ("energy correlation", "", _correlation, 0.97, True),
    ("onset F1, 50 ms", "", _f1(0.05), 0.90, True),
    ("onset F1, 100 ms", "", _f1(0.1), None, True),
    ("onset lift, 50 ms", "", _lift(0.05), None, True),
    ("onset lift, 100 ms", "", _lift(0.1), None, True),
    ("onset AP, 50 ms", "", _precision, None, True),
    (
        "Onset ACC",
        "",
        lambda real, other: odf.onset_accuracy(real.peaks, other.thinned),
        0.7147,  # the paper's with true curves, table 2
        True,
    ),
    (
        "JS-Div of onset functions",
        "nat",
        lambda real, other: odf.onset_divergence(real.function, other.function),
        None,
        False,
    ),
    (
        "W-Dis of onset values",
        "",
        lambda real, other: odf.value_distance(real.function, other.function),
        None,
        False,
    ),
    (
        "W-Dis over time",
        "s",
        lambda real, other: odf.time_distance(real.function, other.function),
        None,
        False,
    ),
    ("offset, absolute", "ms", _offset_ms, None, False),
    ("energy error", "dB", _energy_db, None, False),
)


def rows(pairs: Pairs, seed: int, *, promised: bool) -> Iterator[EvaluateRow]:
    """Every score of every kind of sound; promised: whether the bounds are for these curves."""
    for name, unit, score, bound, least in _SCORES:
        for of, heard in pairs.heard.items():
            found = mean(_scored(score, pairs.real, heard), pairs.groups, seed)
            stands = bound if promised and of == GENERATED else None
            yield measured(NAME, name, of, found, unit, stands, least=least)
    yield absent(NAME, "DeSync", "Synchformer's weights (24-01-04T16-39-21)")


def _scored(
    score: Callable[[Heard, Heard], float], real: Sequence[Heard], other: Sequence[Heard]
) -> list[float]:
    return [score(a, b) for a, b in zip(real, other, strict=True)]
