"""Where the samples come from: files read in blocks, a clip's sound, a job's sound as it grows."""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from host_bridge.errors import CuelockError
from media.clip import Clip
from media.container import unreadable
from media.sound import sound
from plugin_ui.sound.strips import Heard, Origin
from plugin_ui.transport.motion import SAMPLE_RATE

_FULL_SCALE = 32_768
_CHUNK = 4 * SAMPLE_RATE
_CHUNKS_KEPT = 6

_EARLY_KEPT = 4  # jobs' sounds that no strip plays yet


class Source(Protocol):
    def read(self, start: int, stop: int) -> np.ndarray:
        """Samples [start, stop): float32 [stop - start, channels], zero where there are none."""
        ...


class StemFile:
    """A sound file at 48 kHz, read where it is needed. Raises soundfile.SoundFileError."""

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
    """The sound of a clip, or of a file at another rate: mono, decoded in long chunks.

    Finding a place in a movie takes longer than a player may wait, so the chunks beside the one
    that plays are decoded in another thread.
    """

    def __init__(self, origin: Clip | Path, ahead: Executor) -> None:
        self._origin = origin
        self._ahead = ahead
        self._chunks: OrderedDict[int, Future[np.ndarray]] = OrderedDict()

    def read(self, start: int, stop: int) -> np.ndarray:
        first, last = start // _CHUNK, (stop - 1) // _CHUNK
        chunks = [self._chunk(number) for number in range(first, last + 1)]
        for beside in (last + 1, first - 1):
            self._chunk(beside)
        while len(self._chunks) > _CHUNKS_KEPT:
            self._chunks.popitem(last=False)
        samples = np.concatenate([chunk.result() for chunk in chunks])
        begin = start - first * _CHUNK
        return samples[begin : begin + stop - start, None]

    def _chunk(self, number: int) -> Future[np.ndarray]:
        if number not in self._chunks:
            self._chunks[number] = self._ahead.submit(self._decoded, number)
        self._chunks.move_to_end(number)
        return self._chunks[number]

    def _decoded(self, number: int) -> np.ndarray:
        begin, length = Fraction(number * _CHUNK, SAMPLE_RATE), Fraction(_CHUNK, SAMPLE_RATE)
        try:
            if number >= 0:
                return sound(self._origin, begin, length, sample_rate=SAMPLE_RATE)
        except CuelockError as error:
            if error.code != "request.range":  # the sound has ended
                raise
        return np.zeros(_CHUNK, np.float32)


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
        self._ahead = ThreadPoolExecutor(1, "sound")
        self._open: dict[Origin, Source] = {}
        self._wanted: set[Origin] = set()
        self._unread: list[CuelockError] = []

    def read(self, origin: Origin, start: int, stop: int) -> np.ndarray:
        """float32 [stop - start, 2]; one channel is heard on both sides."""
        try:
            if origin not in self._open:
                self._open[origin] = self._opened(origin)
            samples = self._open[origin].read(start, stop)
        except (CuelockError, soundfile.SoundFileError) as error:
            self._open[origin] = Growing()
            self._unread.append(_told(origin, error))
            samples = np.zeros((stop - start, 1), np.float32)
        return np.broadcast_to(samples[:, :2], (stop - start, 2))

    def hear(self, heard: Heard, start: int, pcm: np.ndarray) -> None:
        """Take in a piece of a job's sound: int16 [n], from sample `start` of the stem."""
        growing = self._open.setdefault(heard, Growing())
        assert isinstance(growing, Growing)
        growing.add(start, pcm)
        early = [one for one in self._open if isinstance(one, Heard) and one not in self._wanted]
        for one in early[:-_EARLY_KEPT]:
            del self._open[one]

    def keep(self, wanted: set[Origin]) -> None:
        """Close what was wanted and is no more."""
        for origin in self._wanted - wanted:
            self._open.pop(origin, None)
        self._wanted = wanted

    def unread(self) -> list[CuelockError]:
        told, self._unread = self._unread, []
        return told

    def close(self) -> None:
        """Let all files go. Nothing is read after that."""
        self._open.clear()
        self._ahead.shutdown(cancel_futures=True)

    def _opened(self, origin: Origin) -> Source:
        if isinstance(origin, Heard):
            return Growing()
        if isinstance(origin, Clip):
            return MediaSound(origin, self._ahead)
        try:
            if soundfile.info(origin).samplerate == SAMPLE_RATE:
                return StemFile(origin)
        except soundfile.SoundFileError:
            pass  # media.sound says why, or reads what libsndfile does not
        return MediaSound(origin, self._ahead)


def _told(origin: Origin, error: Exception) -> CuelockError:
    """soundfile's errors are those of a file that was good when it was opened."""
    if isinstance(error, CuelockError):
        return error
    assert isinstance(origin, Path)
    return unreadable(origin)
