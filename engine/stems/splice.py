"""Splicing: new sound into a stem, so that outside the region every sample stays."""

from __future__ import annotations

import numpy as np

from engine.stems.level import CEILING_DBTP, Spool, true_peak_dbtp

FADE_SAMPLES = 240  # 5 ms, inside the region's edges
_AROUND = 64


def splice(stem: Spool, start: int, new: np.ndarray) -> None:
    """Put new samples [n] in the place of [start, start + n), cross-faded inside the region.

    Old and new are strangers to each other, so the fade keeps their power; where that would go
    above the true peak's ceiling it keeps their sum instead. At the stem's own ends nothing fades.
    """
    stop = start + len(new)
    old = stem.read(start, stop)
    width = min(FADE_SAMPLES, len(new) // 8)
    for power in (True, False):
        stem.put(start, _faded(old, new, width, power, start > 0, stop < len(stem)))
        if true_peak_dbtp(stem, max(0, start - _AROUND), min(len(stem), stop + _AROUND)) <= (
            CEILING_DBTP
        ):
            return


def _faded(
    old: np.ndarray, new: np.ndarray, width: int, power: bool, at_start: bool, at_stop: bool
) -> np.ndarray:
    rise = np.sin(np.linspace(0, np.pi / 2, width + 2)[1:-1])
    into, out = (rise, rise[::-1]) if power else (rise**2, 1 - rise**2)
    made = new.copy()
    if at_start:
        made[:width] = new[:width] * into + old[:width] * out
    if at_stop and width:
        made[-width:] = new[-width:] * into[::-1] + old[-width:] * out[::-1]
    return made
