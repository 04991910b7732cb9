"""Levels as they are heard: peak, and the mean of the last four tenths of a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from plugin_ui.transport.motion import SAMPLE_RATE

#: Levels are told so often.
PERIOD = SAMPLE_RATE // 20
_PERIODS = 8  # 400 ms, as the momentary loudness of EBU Tech 3341
SILENCE_DB = -120.0


class Level(NamedTuple):
    """Of one strip or of the mix, in dBFS: the peak of left and right, and the mean level (RMS)."""

    peak_db: tuple[float, float]
    mean_db: float


class Levels(NamedTuple):
    """strips: as they are mixed, in their order; mix: their sum."""

    strips: tuple[Level, ...]
    mix: Level


def decibels(amplitude: float) -> float:
    """
    >>> decibels(1.0), decibels(0.0)
    (0.0, -120.0)
    """
    return max(SILENCE_DB, 20 * float(np.log10(max(amplitude, 1e-9))))


class Meter:
    """Takes in what is mixed and gives levels every PERIOD samples."""

    def __init__(self) -> None:
        self._powers: deque[np.ndarray] = deque(maxlen=_PERIODS)
        self._blocks: list[np.ndarray] = []
        self._filled = self._rows = 0

    def add(self, strips: np.ndarray, mix: np.ndarray) -> Levels | None:
        """strips: [strips, n, 2], mix: [n, 2]. Returns levels when a period is full."""
        block = np.concatenate([strips, mix[None]])
        if len(block) != self._rows:
            self.clear()
            self._rows = len(block)
        self._blocks.append(block)
        self._filled += len(mix)
        if self._filled < PERIOD:
            return None
        whole = np.concatenate(self._blocks, axis=1)
        self._blocks, self._filled = [], 0
        self._powers.append(np.square(whole, dtype=np.float64).mean(axis=(1, 2)))
        means = np.sqrt(np.mean(self._powers, axis=0))
        return _levels(np.abs(whole).max(axis=1), means)

    def clear(self) -> None:
        """Forget what came before: other strips are mixed now."""
        self._powers.clear()
        self._blocks, self._filled = [], 0


def _levels(peaks: np.ndarray, means: Sequence[float] | np.ndarray) -> Levels:
    """peaks: [strips + 1, 2]; means: [strips + 1]; the mix is last."""
    every = [
        Level((decibels(float(left)), decibels(float(right))), decibels(float(mean)))
        for (left, right), mean in zip(peaks, means, strict=True)
    ]
    return Levels(tuple(every[:-1]), every[-1])
