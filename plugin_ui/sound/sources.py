"""Where the samples come from: files read in blocks, a clip's sound, a job's sound as it grows."""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from host_bridge.errors import CuelockError
from media.clip import Clip
from media.sound import sound
from plugin_ui.motion import SAMPLE_RATE
from plugin_ui.sound.strips import Heard, Origin

_FULL_SCALE = 32_768
_CHUNKS_KEPT = 4  # of a second each


class Source(Protocol):
    def read(self, start: int, stop: int) -> np.ndarray:
        """Samples [start, stop): float32 [stop - start, channels], zero where there are none."""
        ...


class StemFile:
    """A sound file at 48 kHz, read where it is needed. Raises CuelockError: as `sound`."""

    def __init__(self, path: Path) -> None:
        self._file = soundfile.SoundFile(path)

    def read(self, start: int, stop: int) -> np.ndarray:
        samples = np.zeros((stop - start, self._file.channels), np.float32)
        begin, end = max(0, start), min(stop, self._file.frames)
        if begin < end:
            self._file.seek(begin)
            self._file.read(out=samples[begin - start : end - start])
        return samples


class MediaSound:
    """The sound of a clip, or of a file at another rate: mono, decoded a second at a time."""

    def __init__(self, origin: Clip | Path) -> None:
        self._origin = origin
        self._chunks: OrderedDict[int, np.ndarray] = OrderedDict()

    def read(self, start: int, stop: int) -> np.ndarray:
        first, last = start // SAMPLE_RATE, (stop - 1) // SAMPLE_RATE
        chunks = [self._chunk(number) for number in range(first, last + 1)]
        begin = start - first * SAMPLE_RATE
        return np.concatenate(chunks)[begin : begin + stop - start, None]

    def _chunk(self, second: int) -> np.ndarray:
        if second not in self._chunks:
            self._chunks[second] = self._decoded(second)
            while len(self._chunks) > _CHUNKS_KEPT:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(second)
        return self._chunks[second]

    def _decoded(self, second: int) -> np.ndarray:
        try:
            if second >= 0:
                return sound(self._origin, Fraction(second), Fraction(1), sample_rate=SAMPLE_RATE)
        except CuelockError as error:
            if error.code != "request.range":  # the sound has ended
                raise
        return np.zeros(SAMPLE_RATE, np.float32)


class Growing:
    """Sound that comes in pieces, in any order; where two lie over each other the later counts."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, int, np.ndarray]] = []

    def add(self, start: int, pcm: np.ndarray) -> None:
        """pcm: int16 [n], mono."""
        insort(self._pieces, (start, len(self._pieces), pcm), key=lambda piece: piece[:2])

    def read(self, start: int, stop: int) -> np.ndarray:
        samples = np.zeros((stop - start, 1), np.float32)
        for begin, _, pcm in self._pieces:
            a, b = max(start, begin), min(stop, begin + len(pcm))
            if a < b:
                samples[a - start : b - start, 0] = pcm[a - begin : b - begin]
        return samples / _FULL_SCALE


class Sources:
    """Opens each origin once and reads it in stereo; one that cannot be read is silent.

    unread: what was found unreadable since it was last asked, to be told.
    """

    def __init__(self) -> None:
        self._open: dict[Origin, Source] = {}
        self._unread: list[CuelockError] = []

    def read(self, origin: Origin, start: int, stop: int) -> np.ndarray:
        """float32 [stop - start, 2]; one channel is heard on both sides."""
        try:
            if origin not in self._open:
                self._open[origin] = _opened(origin)
            samples = self._open[origin].read(start, stop)
        except CuelockError as error:
            self._open[origin] = Growing()
            self._unread.append(error)
            samples = np.zeros((stop - start, 1), np.float32)
        return np.broadcast_to(samples[:, :2], (stop - start, 2))

    def hear(self, heard: Heard, start: int, pcm: np.ndarray) -> None:
        """Take in a piece of a job's sound: int16 [n], from sample `start` of the stem."""
        growing = self._open.setdefault(heard, Growing())
        assert isinstance(growing, Growing)
        growing.add(start, pcm)

    def keep(self, wanted: set[Origin]) -> None:
        """Close what is wanted no more; a job's sound may be wanted again."""
        for origin in [one for one in self._open if not isinstance(one, Heard)]:
            if origin not in wanted:
                del self._open[origin]

    def unread(self) -> list[CuelockError]:
        told, self._unread = self._unread, []
        return told


def _opened(origin: Origin) -> Source:
    if isinstance(origin, Heard):
        return Growing()
    if isinstance(origin, Clip):
        return MediaSound(origin)
    try:
        if soundfile.info(origin).samplerate == SAMPLE_RATE:
            return StemFile(origin)
    except soundfile.LibsndfileError:
        pass  # media.sound says why, or reads what libsndfile does not
    return MediaSound(origin)
