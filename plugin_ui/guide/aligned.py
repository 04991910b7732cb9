"""Which sample of a recording belongs to which of the clip.

The device's samples come in blocks, some time after they were heard; the clock of what is played
runs meanwhile. Of many blocks those that came soonest tell best how far apart the two counts are.
What is left, the way out of the loudspeaker and in through the microphone, is the latency: always
the same for the same devices, and measured once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plugin_ui.transport.motion import SAMPLE_RATE

#: The clicks by which latency is measured: where each begins, and how long all of it is.
GAP = 6 * SAMPLE_RATE // 10
CLICKS = tuple(SAMPLE_RATE + number * GAP for number in range(8))
CLICKS_LENGTH = CLICKS[-1] + SAMPLE_RATE
_CLICK, _BEEP = SAMPLE_RATE // 200, SAMPLE_RATE // 12
_CLICK_HZ, _BEEP_HZ, _LOUD = 2000.0, 1000.0, 0.25
_EARLY = GAP // 3  # who taps along may be early
_ONSET = 0.25  # of what is loudest about a click
_ABOVE_FLOOR = 6.0  # times louder than what is heard all the time
_SCATTER = SAMPLE_RATE // 25
_SOON = 10  # per cent


class Anchor:
    """How a recording's samples and the readings of the clock go together."""

    def __init__(self) -> None:
        self._apart: list[int] = []

    def add(self, reading: int, count: int) -> None:
        """So many samples had come when the clock read that."""
        self._apart.append(reading - count)

    @property
    def first(self) -> int | None:
        """The reading at which the recording's first sample came; None: nothing is known.

        By blocks that came soon: the soonest of all may have met the clock while it settled.
        """
        if not self._apart:
            return None
        return round(float(np.percentile(self._apart, _SOON)))


def cut(recording: np.ndarray, first: int, samples: int) -> np.ndarray:
    """Samples [first, first + samples) of a recording, silence where there are none: float32 [n].

    >>> cut(np.ones(3, np.float32), -1, 5)
    array([0., 1., 1., 1., 0.], dtype=float32)
    """
    made = np.zeros(samples, np.float32)
    begin, end = max(0, first), min(len(recording), first + samples)
    if begin < end:
        made[begin - first : end - first] = recording[begin:end]
    return made


def latency_of(recording: np.ndarray, clicks: Sequence[int]) -> int | None:
    """Samples from the clicks to what is heard of them, or to somebody's taps; may be negative.

    clicks: where in the recording each would begin without latency. None where too few are heard,
    or they lie too far apart to believe.
    """
    floor = float(np.median(np.abs(recording))) if len(recording) else 0.0
    found: list[int] = []
    for click in clicks:
        begin = click - _EARLY
        about = np.abs(cut(recording, begin, GAP))
        loudest = float(about.max())
        if loudest > max(_ABOVE_FLOOR * floor, 1e-3):
            found.append(int(np.flatnonzero(about > _ONSET * loudest)[0]) + begin - click)
    if len(found) < len(clicks) * 3 // 4:
        return None
    middle = int(np.median(found))
    return middle if np.median(np.abs(np.array(found) - middle)) < _SCATTER else None


def clicks() -> np.ndarray:
    """What is played to measure latency: float32 [CLICKS_LENGTH]."""
    sound = np.zeros(CLICKS_LENGTH, np.float32)
    for at in CLICKS:
        sound[at : at + _CLICK] = _tone(_CLICK_HZ, _CLICK)
    return sound


def count_in(beats: Sequence[int], samples: int) -> np.ndarray:
    """A beep on each of some samples: float32 [samples]."""
    sound = np.zeros(samples, np.float32)
    for at in beats:
        part = sound[at : at + _BEEP]
        part += _tone(_BEEP_HZ, _BEEP)[: len(part)]
    return sound


def _tone(hz: float, samples: int) -> np.ndarray:
    at = np.arange(samples, dtype=np.float32)
    return (_LOUD * np.sin(2 * np.pi * hz * at / SAMPLE_RATE)).astype(np.float32)
