"""Strict onsets of a sound: what sync is measured by, and what captured sound is learned by."""

from __future__ import annotations

import numpy as np

RATE = 16_000  # samples a second that onsets are found at


def strict_onsets(sound: np.ndarray) -> np.ndarray:
    """Onsets in seconds of mono sound at 16 kHz.

    Log-mel flux: 40 bands 50 Hz-7.6 kHz, hop 10 ms, log10(1 + 1000 m) of the peak-normalised
    sound, rectified, summed, over its maximum; picked by `pick`.
    """
    peak = np.abs(sound).max(initial=0)
    if peak == 0:
        return np.zeros(0)
    size, hop = 512, 160
    padded = np.pad(sound / peak, (size // 2, size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))
    mel = np.log10(1 + 1000 * spectrum @ _bank(size).T)
    flux = np.maximum(0, np.diff(mel, axis=0, prepend=mel[:1])).sum(axis=1)
    return pick(flux / max(flux.max(), 1e-9)) * hop / RATE


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


def _bank(size: int) -> np.ndarray:
    """40 triangular HTK-mel bands, peak one."""
    low, high = 2595 * np.log10(1 + np.array([50.0, 7600.0]) / 700)
    edges_mel = np.linspace(low, high, 42)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    bins = np.arange(size // 2 + 1) * RATE / size
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))
