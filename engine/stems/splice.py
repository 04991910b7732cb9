"""Splicing: new sound into a stem, so that outside the region every sample stays."""

from __future__ import annotations

import numpy as np

from engine.stems.level import CEILING_DBTP, Spool, true_peak_dbtp

FADE_SAMPLES = 480  # 10 ms, inside the region's edges
_AROUND = 64


class Splice:
    """Samples [start, stop) of a stem, which may be filled again and again.

    New sound is cross-faded with the old inside the region's edges; at the stem's own ends nothing
    fades. Old and new are strangers to each other, so the fade keeps their power; where that would
    go above the true peak's ceiling it keeps their sum instead.
    """

    def __init__(self, stem: Spool, start: int, stop: int) -> None:
        self._stem, self._start, self._stop = stem, start, stop
        width = min(FADE_SAMPLES, (stop - start) // 3)
        self._head = stem.read(start, start + (width if start > 0 else 0))
        self._tail = stem.read(stop - (width if stop < len(stem) else 0), stop)

    def fill(self, new: Spool) -> None:
        """Put new sound [stop - start] in."""
        at = self._start
        for block in new.blocks():
            self._stem.put(at, block)
            at += len(block)
        for keeps_power in (True, False):
            self._fade(new, keeps_power)
            first, last = max(0, self._start - _AROUND), min(len(self._stem), self._stop + _AROUND)
            if true_peak_dbtp(self._stem, first, last) <= CEILING_DBTP:
                return

    def _fade(self, new: Spool, keeps_power: bool) -> None:
        into, out = _weights(len(self._head), keeps_power)
        self._stem.put(self._start, new.read(0, len(into)) * into + self._head * out)
        out, into = _weights(len(self._tail), keeps_power)
        begin = len(new) - len(into)
        self._stem.put(self._start + begin, new.read(begin, len(new)) * into + self._tail * out)


def _weights(width: int, keeps_power: bool) -> tuple[np.ndarray, np.ndarray]:
    """What rises and what falls over so many samples: the window of Vorbis, smooth at its ends."""
    rise = np.sin(np.pi / 2 * np.square(np.sin(np.linspace(0, np.pi / 2, width + 2)[1:-1])))
    return (rise, rise[::-1]) if keeps_power else (rise**2, 1 - rise**2)
