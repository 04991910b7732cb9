"""Sync measures, from sound alone: energy correlation, onset F1 and lift.

Onsets are strict (engine.melqcd.onsets) and lift subtracts what the same onsets reach at wrong
moments, because F1 alone rewards dense guesses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.melqcd.onsets import HOP, RATE

_ROTATIONS = 24
_LONGEST_LAG = 10  # frames of the level: 0.2 s


def log_energy(sound: np.ndarray) -> np.ndarray:
    """Level in dB of 40-ms Hann windows, hop 20 ms, floored 60 dB under the peak.

    sound: mono at 16 kHz. Returns float [frames].
    """
    size, hop = RATE * 40 // 1000, RATE * 20 // 1000
    padded = np.pad(sound, (0, max(0, size - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    power = np.square(frames * np.hanning(size)).mean(axis=1)
    level = 10 * np.log10(power + 1e-12)
    return np.maximum(level, level.max() - 60)


def energy_correlation(real: np.ndarray, other: np.ndarray) -> float:
    """Pearson correlation of two log-energy curves, 0 where one does not move."""
    frames = min(len(real), len(other))
    a, b = real[:frames], other[:frames]
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def onset_f1(real: Sequence[float] | np.ndarray, other: np.ndarray, tolerance: float) -> float:
    """F1 of onsets in seconds, matched one to one in the order of time."""
    left = sorted(other)
    hits = 0
    for onset in sorted(real):
        near = [o for o in left if abs(o - onset) <= tolerance]
        if near:
            left.remove(near[0])
            hits += 1
    return 2 * hits / (len(real) + len(other)) if len(real) + len(other) else 0.0


def onset_lift(real: np.ndarray, other: np.ndarray, seconds: float, tolerance: float) -> float:
    """F1 less the mean F1 of the same onsets turned round the clip by 24 offsets."""
    offsets = np.linspace(0.3, seconds - 0.3, _ROTATIONS)
    turned = [onset_f1(real, (other + offset) % seconds, tolerance) for offset in offsets]
    return onset_f1(real, other, tolerance) - float(np.mean(turned))


def onset_precision(real: np.ndarray, flux: np.ndarray, tolerance: float) -> float:
    """Average precision of a sound's flux [frames] against real onsets in seconds.

    Every local maximum is a guess, as sure as it is high; a guess is right when it claims a real
    onset that is free. nan where there is no real onset.
    """
    if not len(real):
        return float("nan")
    wide = np.pad(flux, 5, constant_values=-1)
    highest = np.lib.stride_tricks.sliding_window_view(wide, 11).max(axis=1) if len(flux) else flux
    guesses = np.flatnonzero((flux >= highest) & (flux > 0))
    free, right, precision = list(real), 0, 0.0
    for rank, guess in enumerate(guesses[np.argsort(-flux[guesses], kind="stable")], 1):
        near = [o for o in free if abs(o - guess * HOP / RATE) <= tolerance]
        if near:
            free.remove(min(near, key=lambda o: abs(o - guess * HOP / RATE)))
            right += 1
            precision += right / rank
    return precision / len(real)


def offset_seconds(real: np.ndarray, other: np.ndarray) -> float:
    """How late another log-energy curve is (20-ms frames), by their best correlation.

    Within 0.2 s to both sides; nan where one does not move.
    """
    frames = min(len(real), len(other))
    a, b = (curve[:frames] - curve[:frames].mean() for curve in (real, other))
    if not a.any() or not b.any() or frames <= 2 * _LONGEST_LAG:
        return float("nan")
    lags = np.arange(-_LONGEST_LAG, _LONGEST_LAG + 1)
    inner = a[_LONGEST_LAG : frames - _LONGEST_LAG]
    moved = [
        np.corrcoef(inner, b[_LONGEST_LAG + lag : frames - _LONGEST_LAG + lag])[0, 1]
        for lag in lags
    ]
    if not np.isfinite(moved).any():
        return float("nan")
    return float(lags[int(np.nanargmax(moved))] * 0.02)
