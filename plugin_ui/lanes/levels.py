"""What a lane draws of sound: waveform and spectrogram in levels of detail, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from plugin_ui.lanes.pyramid import FACTOR, Levels, empty_levels, refill
from plugin_ui.lanes.spectrum import BANDS, COLUMN_RATE, Spectrum

BIN = 64  # samples of one extreme at the finest level
FULL = 32_767  # full scale of the extremes


@dataclass(frozen=True, kw_only=True, eq=False)
class SoundLevels:
    """Sound of so many samples, known before sample `known`, as pictures of any zoom.

    peaks: int16 extremes of BIN samples (all channels), and of ever longer stretches;
    columns: uint8 [n, BANDS], 100 a second, then the greatest of ever FACTOR of them.
    """

    sample_rate: int
    samples: int
    known: int
    peaks: Levels
    columns: tuple[np.ndarray, ...]


class LevelsMaker:
    """Levels of sound that comes in blocks. Its arrays are filled in place and never moved."""

    def __init__(self, samples: int, sample_rate: int) -> None:
        self._samples, self._known = samples, 0
        self._spectrum = Spectrum(sample_rate)
        self._peaks = empty_levels(max(1, -(-samples // BIN)), np.int16)
        self._columns = _empty_columns(max(1, -(-samples * COLUMN_RATE // sample_rate)))
        self._tail, self._end = np.zeros(self._spectrum.size, np.float32), 0

    @property
    def levels(self) -> SoundLevels:
        return SoundLevels(
            sample_rate=self._spectrum.sample_rate,
            samples=self._samples,
            known=self._known,
            peaks=self._peaks,
            columns=self._columns,
        )

    def put(self, at: int, sound: np.ndarray) -> None:
        """Sound from sample `at` on: float [samples] or [samples, channels], full scale 1."""
        sound = sound.reshape(len(sound), -1).astype(np.float32, copy=False)
        sound = sound[: max(0, self._samples - at)]
        if not len(sound):
            return
        self._put_peaks(at, sound)
        self._put_columns(at, sound.mean(axis=1))
        self._known = max(self._known, at + len(sound))

    def _put_peaks(self, at: int, sound: np.ndarray) -> None:
        low, high = _whole(sound.min(axis=1)), _whole(sound.max(axis=1))
        stop = at + len(sound)
        bins = np.arange(at // BIN, -(-stop // BIN))
        starts = np.maximum(bins * BIN - at, 0)
        lows, highs = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
        finest = self._peaks[0][:, bins[0] : bins[-1] + 1]
        # A bin that begins before this block holds what the block before found in it.
        if at % BIN and at == self._end:
            lows[0], highs[0] = min(lows[0], finest[0, 0]), max(highs[0], finest[1, 0])
        finest[:] = lows, highs
        refill(self._peaks, int(bins[0]), int(bins[-1]) + 1)

    def _put_columns(self, at: int, sound: np.ndarray) -> None:
        """Columns whose windows end in this sound; at the end also those that reach beyond it."""
        size, rate = self._spectrum.size, self._spectrum.sample_rate
        held = np.concatenate((self._before(at), sound))
        self._tail, self._end = held[-size:].copy(), at + len(sound)
        if self._end == self._samples:
            held = np.concatenate((held, np.zeros(size, np.float32)))
        total = len(self._columns[0])
        near = np.arange(
            max(0, (at - size) * COLUMN_RATE // rate),
            min(total, (self._end + size) * COLUMN_RATE // rate + 1),
        )
        starts = self._spectrum.first_samples(near) - (at - size)
        inside = (starts > 0) & (starts + size <= len(held))
        if inside.any():
            begin = int(near[inside][0])
            made = self._spectrum.columns(held, starts[inside])
            self._columns[0][begin : begin + len(made)] = made
            _pool(self._columns, begin, begin + len(made))

    def _before(self, at: int) -> np.ndarray:
        """What stands before a block, as far as it was the block before."""
        return self._tail if at == self._end else np.zeros(self._spectrum.size, np.float32)


def _whole(values: np.ndarray) -> np.ndarray:
    return np.clip(np.round(values * FULL), -FULL, FULL).astype(np.int16)


def _empty_columns(columns: int) -> tuple[np.ndarray, ...]:
    levels = [np.zeros((columns, BANDS), np.uint8)]
    while len(levels[-1]) > FACTOR * COLUMN_RATE:
        levels.append(np.zeros((-(-len(levels[-1]) // FACTOR), BANDS), np.uint8))
    return tuple(levels)


def _pool(levels: tuple[np.ndarray, ...], start: int, stop: int) -> None:
    for below, above in pairwise(levels):
        start, stop = start // FACTOR, -(-stop // FACTOR)
        part = below[start * FACTOR : stop * FACTOR]
        above[start:stop] = np.maximum.reduceat(part, np.arange(0, len(part), FACTOR), axis=0)
