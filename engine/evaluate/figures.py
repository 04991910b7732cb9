"""Figures: how they are taken, and how one stands beside what is promised."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from host_bridge.protocol import (
    BenchRow,
)


def row(
    name: str, value: float, unit: str, bound: float | None = None, *, least: bool = False
) -> BenchRow:
    """A figure beside what is promised: at most `bound`, or at least."""
    value = float(value)
    holds = None if bound is None else (value >= bound if least else value <= bound)
    return BenchRow(name=name, value=round(value, 4), unit=unit, bound=bound, holds=holds)


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
