"""Level of a stem: loudness, true peak, and the limiter that keeps true peak in its place.

Everything works on a Spool, a stem's samples in a file of their own, block by block, so that
memory does not grow with the range. Sources: ITU-R BS.1770-4 (loudness; true peak, annex 2),
EBU Tech 3341 (momentary, short-term), EBU Tech 3342 (loudness range).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

RATE = 48_000
CEILING_DBTP = -1.0
_BLOCK = RATE * 10
_OVERSAMPLE = 4
_STEP = RATE // 10  # loudness is gathered every 100 ms
_HOLD = 240  # samples the limiter looks ahead and back: 5 ms
_EDGE = 4 * _HOLD
_SAFETY_DB = 0.15  # the limiter's own bends move peaks by a little


class Loudness(NamedTuple):
    """EBU R128 figures; None where the sound is too short or too soft to have one."""

    integrated_lufs: float | None
    range_lu: float | None
    momentary_lufs: float | None
    short_term_lufs: float | None
    true_peak_dbtp: float | None


class Spool:
    """A mono stem's samples as float32 in a file: written in order, then read by blocks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.write_bytes(b"")

    def append(self, sound: np.ndarray) -> None:
        """Add float samples [n] at the end."""
        with self.path.open("ab") as file:
            file.write(np.ascontiguousarray(sound, dtype="<f4").tobytes())

    def put(self, start: int, sound: np.ndarray) -> None:
        """Write samples [n] over those from `start` on."""
        with self.path.open("r+b") as file:
            file.seek(4 * start)
            file.write(np.ascontiguousarray(sound, dtype="<f4").tobytes())

    def copy(self) -> Spool:
        """A spool of its own with the same samples."""
        copied = Spool(self.path.with_name(f"{self.path.stem}-copy{self.path.suffix}"))
        for block in self.blocks():
            copied.append(block)
        return copied

    def __len__(self) -> int:
        return self.path.stat().st_size // 4

    def read(self, start: int, stop: int) -> np.ndarray:
        """Samples [start, stop), zeros where they lie outside."""
        begin, end = max(0, start), min(len(self), stop)
        with self.path.open("rb") as file:
            file.seek(4 * begin)
            inside = np.frombuffer(file.read(4 * max(0, end - begin)), "<f4")
        return np.pad(inside, (begin - start, stop - max(end, begin)))

    def blocks(self) -> Iterator[np.ndarray]:
        """All samples in order, about 10 s at a time."""
        for start in range(0, len(self), _BLOCK):
            yield self.read(start, min(start + _BLOCK, len(self)))


def decibels(amplitude: float) -> float:
    """20 log10, with silence at -200."""
    return 20 * float(np.log10(max(amplitude, 1e-10)))


def true_peak_dbtp(spool: Spool, first: int = 0, last: int | None = None) -> float:
    """Highest true peak in dBTP of samples [first, last), by fourfold oversampling."""
    edge = 64
    peak = 0.0
    last = len(spool) if last is None else last
    for start in range(first, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        fine = _oversampled(spool.read(start - edge, stop + edge))
        fine = fine[_OVERSAMPLE * edge : -_OVERSAMPLE * edge]
        peak = max(peak, float(fine.max()), -float(fine.min()))
    return decibels(peak)


def limit_true_peak(spool: Spool) -> None:
    """Keep the spool below CEILING_DBTP by a smooth gain around each peak; else leave it alone.

    Gain is what every peak within 5 ms needs, smoothed over 5 ms: below the ceiling nothing
    changes further than 10 ms from a peak.
    """
    if true_peak_dbtp(spool) <= CEILING_DBTP:
        return
    ceiling = 10 ** ((CEILING_DBTP - _SAFETY_DB) / 20)
    part = Spool(spool.path.with_suffix(".limited"))
    for start in range(0, len(spool), _BLOCK):
        stop = min(start + _BLOCK, len(spool))
        sound = spool.read(start - _EDGE, stop + _EDGE)
        part.append((sound * _limiting_gain(sound, ceiling))[_EDGE : _EDGE + stop - start])
    part.path.replace(spool.path)


def loudness(spool: Spool) -> Loudness:
    """EBU R128 loudness of a mono spool."""
    power = _step_powers(spool)
    momentary, short = _moving_mean(power, 4), _moving_mean(power, 30)
    return Loudness(
        integrated_lufs=_integrated(momentary),
        range_lu=_range(short),
        momentary_lufs=_highest(momentary),
        short_term_lufs=_highest(short),
        true_peak_dbtp=true_peak_dbtp(spool),
    )


def _oversampled(sound: np.ndarray) -> np.ndarray:
    from scipy.signal import resample_poly

    return resample_poly(sound.astype(np.float64), _OVERSAMPLE, 1)


def _peaks(sound: np.ndarray) -> np.ndarray:
    """Magnitude at each sample: the largest of its four oversampled values."""
    return np.abs(_oversampled(sound)).reshape(-1, _OVERSAMPLE).max(axis=1)


def _limiting_gain(sound: np.ndarray, ceiling: float) -> np.ndarray:
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    peaks = maximum_filter1d(_peaks(sound), 3)  # a peak between two samples counts for both
    held = maximum_filter1d(peaks, 2 * _HOLD + 1)
    needed = np.minimum(1.0, ceiling / np.maximum(held, 1e-9))
    return uniform_filter1d(uniform_filter1d(needed, _HOLD), _HOLD)


@cache
def _k_weighting() -> list[tuple[np.ndarray, np.ndarray]]:
    from pyloudnorm import IIRfilter

    shelf = IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, RATE, "high_shelf")
    high_pass = IIRfilter(0.0, 0.5, 38.0, RATE, "high_pass")
    return [(part.b, part.a) for part in (shelf, high_pass)]


def _step_powers(spool: Spool) -> np.ndarray:
    """K-weighted mean squares of every whole 100 ms."""
    from scipy.signal import lfilter

    filters = _k_weighting()
    states = [np.zeros(2) for _ in filters]
    powers: list[np.ndarray] = []
    for block in spool.blocks():
        sound = block.astype(np.float64)
        for number, (b, a) in enumerate(filters):
            sound, states[number] = lfilter(b, a, sound, zi=states[number])
        whole = len(sound) // _STEP * _STEP
        powers.append(np.square(sound[:whole]).reshape(-1, _STEP).mean(axis=1))
    return np.concatenate(powers) if powers else np.zeros(0)


def _moving_mean(power: np.ndarray, steps: int) -> np.ndarray:
    if len(power) < steps:
        return np.zeros(0)
    return np.convolve(power, np.full(steps, 1 / steps), "valid")


def _lufs(power: np.ndarray) -> np.ndarray:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _integrated(momentary: np.ndarray) -> float | None:
    """BS.1770-4: absolute gate at -70, relative gate 10 below the mean that is left."""
    loud = momentary[_lufs(momentary) > -70.0]
    if not len(loud):
        return None
    gate = float(_lufs(loud.mean())) - 10
    return float(_lufs(loud[_lufs(loud) > gate].mean()))


def _range(short: np.ndarray) -> float | None:
    """EBU Tech 3342: spread from the 10th to the 95th percentile above the gates."""
    loud = short[_lufs(short) > -70.0]
    if not len(loud):
        return None
    levels = _lufs(loud)
    low, high = np.percentile(levels[levels > float(_lufs(loud.mean())) - 20], [10, 95])
    return float(high - low)


def _highest(power: np.ndarray) -> float | None:
    return float(_lufs(power.max())) if len(power) and power.max() > 1e-12 else None
