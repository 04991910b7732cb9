"""The clock of what is heard, read by the picture while the player winds it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from plugin_ui.transport.motion import SAMPLE_RATE

_SECOND_NS = 1_000_000_000
#: A device tells how far it is in steps of its own blocks; a sixteenth of each step is believed.
_SMOOTHING = 16
_TOO_FAR = SAMPLE_RATE // 10


class _Told(NamedTuple):
    """What the player said last: at `at_ns` sample `heard` was heard, `written` come next."""

    heard: int
    written: int
    at_ns: int
    running: bool


class SoundClock:
    """Samples heard, a straight line through what a device tells in steps; never goes back.

    One thread tells, another asks: what is told is one value, replaced whole.
    """

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._now_ns = now_ns
        self._told = _Told(0, 0, 0, running=False)
        self._latest = 0

    def now(self) -> int:
        self._latest = max(self._latest, _line(self._told, self._now_ns()))
        return self._latest

    def soon(self) -> int:
        """The first sample that is not written yet."""
        return max(self._told.written, self.now())

    def tell(self, heard: int, written: int, *, running: bool) -> None:
        """Say which sample is heard now, and which will be written next."""
        at_ns = self._now_ns()
        told = self._told
        if told.running and running:
            expected = _line(told._replace(written=written), at_ns)
            if abs(heard - expected) < _TOO_FAR:
                heard = expected + (heard - expected) // _SMOOTHING
        self._told = _Told(heard, written, at_ns, running)


def _line(told: _Told, now_ns: int) -> int:
    if not told.running:
        return told.heard
    return min(told.written, told.heard + (now_ns - told.at_ns) * SAMPLE_RATE // _SECOND_NS)
