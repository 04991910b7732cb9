"""Sound becomes levels of detail off the GUI thread, block by block, one block a lane at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from threading import Lock

import numpy as np
import soundfile
from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from media.clip import Clip
from media.sound import sound
from plugin_ui import background
from plugin_ui.lanes.curve_track import read_curves
from plugin_ui.lanes.levels import LevelsMaker

_BLOCK_SECONDS = 5
_CLIP_RATE = 48_000

#: The first sample of a block, and the block: float32 [samples] or [samples, channels].
Block = tuple[int, np.ndarray]
Blocks = Iterator[Block]


class LevelsReader(QObject):
    """Levels of one sound: of a file, of a clip, or of blocks that come while it is rendered.

    Only one thread at a time works on a sound, so that its blocks keep their order.

    Signals:
    grown(SoundLevels): some more is known. All share their arrays, which are filled in place.
    finished(): a file was read to its end.
    failed(CuelockError): the file cannot be read (further).
    """

    grown = pyqtSignal(object)
    finished = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()  # no parent: it lives until its last step is done
        self._steps: deque[Callable[[], None]] = deque()
        self._lock, self._busy = Lock(), False
        self._maker: LevelsMaker | None = None
        self._stopped = False

    def read_file(self, path: Path) -> None:
        """A sound file, as libsndfile reads it."""
        self._start(lambda: _file_blocks(path))

    def read_clip(self, clip: Clip) -> None:
        """The sound of a movie, mono, from its first picture on."""
        self._start(lambda: _clip_blocks(clip))

    def expect(self, samples: int, sample_rate: int) -> None:
        """Sound of so many samples that will come by `put`."""
        self._add(lambda: self._begin(samples, sample_rate))

    def put(self, at: int, samples: np.ndarray) -> None:
        """A block of sound from sample `at` on, full scale 1; one before is written over."""
        self._add(lambda: self._take(at, samples))

    def stop(self) -> None:
        """Nothing more is told; what is still to do is dropped."""
        self._stopped = True
        with self._lock:
            self._steps.clear()

    def _start(self, open_blocks: Callable[[], tuple[int, int, Blocks]]) -> None:
        def opened() -> None:
            try:
                samples, sample_rate, blocks = open_blocks()
                self._begin(samples, sample_rate)
                self._go_on(blocks)
            except CuelockError as error:
                self.failed.emit(error)

        self._add(opened)

    def _begin(self, samples: int, sample_rate: int) -> None:
        self._maker = LevelsMaker(samples, sample_rate)
        self._tell(self._maker)

    def _take(self, at: int, samples: np.ndarray) -> None:
        if self._maker is not None:
            self._maker.put(at, samples)
            self._tell(self._maker)

    def _tell(self, maker: LevelsMaker) -> None:
        if not self._stopped:
            self.grown.emit(maker.levels)

    def _go_on(self, blocks: Blocks) -> None:
        """One block, then whatever else waits, then the next: nobody waits for a whole file."""
        try:
            block = next(blocks, None)
        except CuelockError as error:
            self.failed.emit(error)
            return
        if block is None:
            self.finished.emit()
        else:
            self._take(*block)
            self._add(lambda: self._go_on(blocks))

    def _add(self, step: Callable[[], None]) -> None:
        with self._lock:
            if self._stopped:
                return
            self._steps.append(step)
            if self._busy:
                return
            self._busy = True
        background.begin(self._work)

    def _work(self) -> None:
        with self._lock:
            step = self._steps.popleft() if self._steps else None
            self._busy = step is not None
        if step is not None:
            step()
            background.begin(self._work)


class CurvesReader(QObject):
    """Curves files, read off the GUI thread.

    Signals:
    read(str, CurveTrack): a file of that kind was read.
    failed(CuelockError): a file cannot be used as curves.
    """

    read = pyqtSignal(object, object)
    failed = pyqtSignal(object)

    def read_file(self, kind: str, path: Path) -> None:
        """A curves file, for curves of a kind."""

        def step() -> None:
            try:
                track = read_curves(path)
                # Levels of detail and onsets, too, are made here and not where they are first used.
                _ = track.energy_levels, track.spread_levels, track.onsets
                _ = track.made and track.made.energy_levels
                self.read.emit(kind, track)
            except CuelockError as error:
                self.failed.emit(error)

        background.begin(step)


def _file_blocks(path: Path) -> tuple[int, int, Blocks]:
    """Samples, sample rate and blocks of a sound file. Raises CuelockError media.*."""
    try:
        file = soundfile.SoundFile(path)
    except (OSError, soundfile.LibsndfileError) as error:
        raise _unreadable(path, error) from error

    def blocks() -> Blocks:
        at = 0
        with file:
            while True:
                try:
                    part = file.read(_BLOCK_SECONDS * file.samplerate, "float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    raise _unreadable(path, error) from error
                if not len(part):
                    return
                yield at, part
                at += len(part)

    return file.frames, file.samplerate, blocks()


def _clip_blocks(clip: Clip) -> tuple[int, int, Blocks]:
    """As _file_blocks, of the clip's whole length; where it has no sound there is silence."""
    samples = round(clip.frames / clip.rate * _CLIP_RATE)

    def blocks() -> Blocks:
        for at in range(0, samples, _BLOCK_SECONDS * _CLIP_RATE):
            length = min(samples - at, _BLOCK_SECONDS * _CLIP_RATE)
            start, duration = Fraction(at, _CLIP_RATE), Fraction(length, _CLIP_RATE)
            try:
                yield at, sound(clip, start, duration, sample_rate=_CLIP_RATE)
            except CuelockError as error:
                if error.code != "request.range":  # it ends before the picture does
                    raise
                return

    return samples, _CLIP_RATE, blocks()


def _unreadable(path: Path, error: Exception) -> CuelockError:
    if not path.is_file():
        return CuelockError("media.missing", f"There is no file {path}.", hint="Check the path.")
    return CuelockError(
        "media.unreadable",
        f"{path.name} cannot be read as sound: {error}.",
        hint="Name a sound file, for example a .wav.",
    )
