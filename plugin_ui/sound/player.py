"""The thread that reads, mixes and writes to the device, a tenth of a second ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import QObject, Qt, QTimerEvent, pyqtSignal

from plugin_ui.sound.clock import SoundClock
from plugin_ui.sound.meters import SILENCE_DB, Level, Levels, Meter
from plugin_ui.sound.output import Output, SilentOutput
from plugin_ui.sound.scene import Scene, joined
from plugin_ui.sound.sources import Sources
from plugin_ui.sound.strips import Heard, Strip
from plugin_ui.transport.motion import SAMPLE_RATE, Motion

_BLOCK = SAMPLE_RATE // 80
_FADE = SAMPLE_RATE // 100
_TICK_MS = 10
_AGAIN = 2  # times that a broken stream is begun anew before any of it was heard

#: Gives the device to play on; None: there is none.
OpenOutput = Callable[[], Output | None]


class Player(QObject):
    """Plays a scene; whatever changes in it, what was heard fades into what is heard now.

    It lives in a thread of its own: all but the constructor is called through signals.

    Signals: `levels(Levels)` about twenty times a second while something plays, when it is heard,
    and once more when it stops; `unread(CuelockError)` when a strip cannot be read;
    `lost(bool)` whether there is no device, when that becomes known or changes.
    """

    levels = pyqtSignal(object)
    unread = pyqtSignal(object)
    lost = pyqtSignal(bool)

    def __init__(self, clock: SoundClock, open_output: OpenOutput) -> None:
        super().__init__()
        self._clock = clock
        self._open_output = open_output
        self._output: Output = SilentOutput()
        self._lost: bool | None = None
        self._broke = 0  # streams in a row of which nothing was heard
        self._sources, self._meter = Sources(), Meter()
        self._scene, self._before = Scene(), Scene()
        self._fading = False
        self._due: deque[tuple[int, Levels]] = deque()
        # Readings of the clock: where the output was started, and what is written next.
        self._base = self._written = 0
        self._until: int | None = None  # a jog ends there
        self._timer: int | None = None  # while something plays

    def open(self) -> None:
        """Take the device there is now; what plays goes on there."""
        self._use(self._open_output())

    def mix(self, strips: tuple[Strip, ...]) -> None:
        """Hear other strips from now on."""
        self._change(self._scene._replace(strips=strips))
        self._keep()

    def move(self, motion: Motion | None) -> None:
        """Hear them along another motion; None: fall silent."""
        self._until = None
        self._change(self._scene._replace(motion=motion))
        if motion is None:
            self._fall_silent()
        elif self._timer is None:
            self._start()

    def jog(self, start: int, count: int) -> None:
        """Hear so many samples of the clip, then fall silent."""
        self._until = self._written + count
        self._change(self._scene._replace(motion=Motion(start, self._written, 1)))
        if self._timer is None:
            self._start()

    def hear(self, heard: Heard, start: int, pcm: bytes) -> None:
        """Take in a piece of a job's sound: 16 bit mono from sample `start` of the stem."""
        self._sources.hear(heard, start, np.frombuffer(pcm, "<i2"))

    def leave(self) -> None:
        """Fall silent, let the device go and end the thread."""
        self.move(None)
        self._output = SilentOutput()
        self._sources.close()
        if (thread := self.thread()) is not None:
            thread.quit()

    def timerEvent(self, a0: QTimerEvent | None) -> None:
        self._feed()

    def _use(self, output: Output | None) -> None:
        playing = self._timer is not None
        if playing:
            self._stop()
        self._output = output or SilentOutput()
        if self._lost != (output is None):
            self._lost = output is None
            self.lost.emit(self._lost)
        if playing:
            self._start()

    def _go_on(self) -> None:
        """On the device there is now, if it is only the stream that broke."""
        again = self._output.is_broken() and self._broke < _AGAIN
        self._broke += 1
        self._use(self._open_output() if again else None)

    def _change(self, scene: Scene) -> None:
        if not self._fading:
            self._before, self._fading = self._scene, True
        self._scene = scene

    def _keep(self) -> None:
        """What is heard, and what fades out, stays open; nothing else does."""
        fading = self._before.strips if self._fading else ()
        self._sources.keep({strip.origin for strip in (*self._scene.strips, *fading)})

    def _fall_silent(self) -> None:
        if self._timer is not None:
            self._stop()
            self._fading = False
            self._keep()
            self.levels.emit(_silence(len(self._scene.strips)))

    def _start(self) -> None:
        self._base = self._written
        self._meter.clear()
        self._output.start()
        self._timer = self.startTimer(_TICK_MS, Qt.TimerType.PreciseTimer)
        self._feed()

    def _stop(self) -> None:
        if self._timer is not None:
            self.killTimer(self._timer)
            self._timer = None
        self._due.clear()
        self._output.stop()
        self._clock.tell(self._written, self._written, running=False)

    def _feed(self) -> None:
        if self._output.is_lost():
            self._go_on()
            return
        free = self._output.free()
        for _ in range(free // _BLOCK):
            self._output.write(self._block())
        played = self._output.played()
        self._broke = 0 if played else self._broke
        heard = min(self._base + played, self._written)
        self._clock.tell(heard, self._written, running=played > 0)
        while self._due and self._due[0][0] <= heard:
            self.levels.emit(self._due.popleft()[1])
        for error in self._sources.unread():
            self.unread.emit(error)
        if self._until is not None and heard >= self._until + _BLOCK:
            self.move(None)

    def _block(self) -> np.ndarray:
        """The next samples of the mix: float32 [_BLOCK, 2]."""
        if self._until is not None and self._written >= self._until:
            self._change(self._scene._replace(motion=None))
        read = self._sources.read
        strips = self._scene.at(self._written, _BLOCK, read)
        mix = strips.sum(axis=0)
        if self._fading:
            before = self._before.at(self._written, _BLOCK, read).sum(axis=0)
            mix, self._fading = joined(before, mix, _FADE), False
            self._keep()
        self._written += _BLOCK
        if (levels := self._meter.add(strips, mix)) is not None:
            self._due.append((self._written, levels))
        return mix


def _silence(strips: int) -> Levels:
    level = Level((SILENCE_DB, SILENCE_DB), SILENCE_DB)
    return Levels((level,) * strips, level)
