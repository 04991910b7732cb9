"""Sync measures, from sound alone: energy correlation, onset F1 and lift.

Onsets are strict (engine.melqcd.onsets) and lift subtracts what the same onsets reach at wrong
moments, because F1 alone rewards dense guesses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.melqcd.onsets import RATE, strict_onsets

__all__ = [
    "RATE", "energy_correlation", "log_energy", "onset_f1", "onset_lift", "strict_onsets",
]  # fmt: skip
_ROTATIONS = 24


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
