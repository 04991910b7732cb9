"""The spectrogram behind a waveform: a picture for the eye, not the engine's mel.

Hann-windowed magnitudes by a plain real FFT, the greatest of each of BANDS mel-spaced bands, 100
columns a second, in dB below full scale as one byte. Nothing is measured or generated from it.
"""

from __future__ import annotations

import numpy as np

BANDS = 96
COLUMN_RATE = 100
_FLOOR_DB = -96.0
_WINDOW_SECONDS = 0.04
_LOW_HZ = 20.0


class Spectrum:
    """Columns of sound at one sample rate."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.size = 1 << round(np.log2(sample_rate * _WINDOW_SECONDS))
        self._window = np.hanning(self.size).astype(np.float32) * np.float32(4 / self.size)
        self._edges = _band_edges(sample_rate, self.size)

    def first_samples(self, columns: np.ndarray) -> np.ndarray:
        """The first samples that columns look at (they may lie before the sound)."""
        return (2 * columns + 1) * self.sample_rate // (2 * COLUMN_RATE) - self.size // 2

    def columns(self, sound: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Columns uint8 [n, BANDS] of the windows of mono float32 sound that start there."""
        frames = np.lib.stride_tricks.sliding_window_view(sound, self.size)[starts]
        magnitude = np.abs(np.fft.rfft(frames * self._window, axis=1))
        bands = np.maximum.reduceat(magnitude, self._edges, axis=1)
        db = 20 * np.log10(np.maximum(bands, 1e-6))
        return np.clip((db - _FLOOR_DB) * (255 / -_FLOOR_DB), 0, 255).astype(np.uint8)


def height_of(hz: float, sample_rate: int) -> float:
    """Where a frequency stands in the picture: 0 at its bottom, 1 at its top."""
    low, high = _mel(_LOW_HZ), _mel(sample_rate / 2)
    return (_mel(hz) - low) / (high - low)


def _mel(hz: float) -> float:
    """O'Shaughnessy's scale."""
    return 2595 * np.log10(1 + hz / 700)


def _band_edges(sample_rate: int, size: int) -> np.ndarray:
    """First bins of the bands, evenly spaced in mel."""
    mel = np.linspace(_mel(_LOW_HZ), _mel(sample_rate / 2), BANDS + 1)
    hz = 700 * (10 ** (mel / 2595) - 1)
    return np.round(hz[:-1] * size / sample_rate).astype(np.intp)
