"""Figures: how they are taken, and how one stands beside what is promised."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from engine.evaluate.interval import Interval
from host_bridge.protocol import BenchRow, EvaluateRow


def row(
    name: str, value: float, unit: str, bound: float | None = None, *, least: bool = False
) -> BenchRow:
    """A figure beside what is promised: at most `bound`, or at least."""
    value = float(value)
    holds = keeps(value, bound, least=least)
    return BenchRow(name=name, value=round(value, 4), unit=unit, bound=bound, holds=holds)


def keeps(value: float, bound: float | None, *, least: bool) -> bool | None:
    """Whether a figure keeps what is promised, None where nothing is."""
    return None if bound is None else value >= bound if least else value <= bound


def measured(
    measure: str,
    name: str,
    of: str,
    found: Interval,
    unit: str = "",
    bound: float | None = None,
    *,
    least: bool = True,
) -> EvaluateRow:
    """An interval beside what is promised; a figure that no recording gave says so."""
    if not found.recordings:
        return absent(measure, name, "recordings for which it is defined", of)
    return EvaluateRow(
        measure=measure,
        name=name,
        of=of,
        value=round(found.value, 4),
        low=round(found.low, 4),
        high=round(found.high, 4),
        count=found.recordings,
        unit=unit,
        bound=bound,
        least=least,
        holds=keeps(found.value, bound, least=least),
    )


def absent(measure: str, name: str, needs: str, of: str = "generated") -> EvaluateRow:
    """A figure that cannot be had here, and what it needs."""
    return EvaluateRow(measure=measure, name=name, of=of, value=None, needs=needs)


def seconds_of(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def paced(seconds: float, pause: float, measure: Callable[[], float]) -> Iterator[float]:
    """Measure again and again for so long, with pauses in seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield measure()
        time.sleep(pause)


def percentile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share))
