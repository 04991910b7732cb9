"""Sync measures, from sound alone: energy correlation, strict onsets, onset lift.

The picker is strict and lift subtracts what the same onsets reach at wrong moments, because F1
alone rewards dense guesses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RATE = 16_000
_ROTATIONS = 24
_HOP = 160  # of the flux: 10 ms
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


def strict_onsets(sound: np.ndarray) -> np.ndarray:
    """Onsets in seconds of mono sound at 16 kHz: what `pick` finds in its flux."""
    return onsets_of(flux(sound))


def onsets_of(flux: np.ndarray) -> np.ndarray:
    """Onsets in seconds of a flux [frames]."""
    return pick(flux) * _HOP / RATE if len(flux) else np.zeros(0)


def flux(sound: np.ndarray) -> np.ndarray:
    """Log-mel flux [frames], 0..1, of mono sound at 16 kHz.

    40 bands 50 Hz-7.6 kHz, hop 10 ms, log10(1 + 1000 m) of the peak-normalised sound, rectified,
    summed, over its maximum.
    """
    peak = np.abs(sound).max(initial=0)
    if peak == 0:
        return np.zeros(0)
    size, hop = 512, _HOP
    padded = np.pad(sound / peak, (size // 2, size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))
    mel = np.log10(1 + 1000 * spectrum @ _bank(size).T)
    rise = np.maximum(0, np.diff(mel, axis=0, prepend=mel[:1])).sum(axis=1)
    return rise / max(rise.max(), 1e-9)


def pick(flux: np.ndarray) -> np.ndarray:
    """Frames (10 ms) of peaks: maximum within 50 ms, above the mean over 300 ms by 0.25, and at
    least 100 ms after the last."""
    wide = np.pad(flux, 5, constant_values=-1)
    highest = np.lib.stride_tricks.sliding_window_view(wide, 11).max(axis=1)
    around = np.pad(flux, 30, mode="reflect" if len(flux) > 30 else "edge")
    mean = np.lib.stride_tricks.sliding_window_view(around, 61).mean(axis=1)
    picked: list[int] = []
    for frame in np.flatnonzero((flux >= highest) & (flux > mean + 0.25)):
        if not picked or frame - picked[-1] >= 10:
            picked.append(int(frame))
    return np.array(picked, dtype=float)


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
        near = [o for o in free if abs(o - guess * _HOP / RATE) <= tolerance]
        if near:
            free.remove(min(near, key=lambda o: abs(o - guess * _HOP / RATE)))
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


def _bank(size: int) -> np.ndarray:
    """40 triangular HTK-mel bands, peak one."""
    low, high = 2595 * np.log10(1 + np.array([50.0, 7600.0]) / 700)
    edges_mel = np.linspace(low, high, 42)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    bins = np.arange(size // 2 + 1) * RATE / size
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))
