"""Play, stop, shuttle, step, loop: who moves the playhead, and tells where it is."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from host_bridge.timecode import FrameRange, Rate, frame_of_sample, sample_of_frame
from plugin_ui.transport.motion import SAMPLE_RATE, Clock, Motion, Wrap

#: What J and L step through.
_SPEEDS = (-8, -4, -2, -1, 0, 1, 2, 4, 8)
_SECOND_NS = 1_000_000_000
_LONGEST_WAIT_MS = 20  # the clock may be led by a device that starts late


class MonotonicClock:
    """The machine's own clock, in samples."""

    def now(self) -> int:
        return time.monotonic_ns() * SAMPLE_RATE // _SECOND_NS

    def soon(self) -> int:
        return self.now()


class Transport(QObject):
    """The playhead of one clip.

    While it plays, the frame is computed from the clock alone; between frames nothing runs.

    Signals: `moved(int)` when the playhead comes to another frame, counted from the clip's first;
    `speed_changed(float)` when it starts, stops or changes speed: 0 is stopped, 1 is play;
    `motion_changed(Motion | None)` when the position does not go on as it did: a start, a jump,
    another speed, a loop set or lifted; None when it stands. Sound follows that;
    `loop_changed(FrameRange | None)` when the loop does;
    `jogged(int)` with the frame that a hand has brought the standing playhead to, to be
    heard for a moment.
    """

    moved = pyqtSignal(int)
    speed_changed = pyqtSignal(float)
    motion_changed = pyqtSignal(object)
    loop_changed = pyqtSignal(object)
    jogged = pyqtSignal(int)

    def __init__(self, clock: Clock | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.return_to_start = False
        self._clock = clock or MonotonicClock()
        self._rate, self._length = Rate(25), 0
        self._frame = self._began = 0
        self._motion: Motion | None = None
        self._loop: FrameRange | None = None
        self._pre_roll = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.refresh)

    def open(self, rate: Rate, length: int) -> None:
        """Stand at the first frame of a clip with so many frames; no loop."""
        self._move_on(None)
        self._rate, self._length = rate, length
        self.loop = None
        self._began = 0
        self._show(0)

    @property
    def rate(self) -> Rate:
        return self._rate

    @property
    def length(self) -> int:
        """Frames of the clip."""
        return self._length

    @property
    def frame(self) -> int:
        """Where the playhead is, counted from the clip's first frame."""
        return self._frame

    @property
    def speed(self) -> int:
        """0 is stopped, 1 is play, negative is backward."""
        return self._motion.speed if self._motion else 0

    @property
    def loop(self) -> FrameRange | None:
        """What is played again and again."""
        return self._loop

    @loop.setter
    def loop(self, loop: FrameRange | None) -> None:
        if loop != self._loop:
            self._loop = loop
            self._rewrap()
            self.loop_changed.emit(loop)

    @property
    def pre_roll(self) -> int:
        """Each round of the loop begins so many frames before it."""
        return self._pre_roll

    @pre_roll.setter
    def pre_roll(self, frames: int) -> None:
        self._pre_roll = frames
        self._rewrap()

    def play(self) -> None:
        """Play at normal speed; from the clip's end: from its start."""
        if self._motion is None and self._frame >= self._length - 1 and self._loop is None:
            self._show(0)
        self._run(1)

    def stop(self) -> None:
        """Stop, and with `return_to_start` go back to where playing began."""
        if self._motion is None:
            return
        self.refresh()
        self._move_on(None)
        if self.return_to_start:
            self._show(self._began)

    def toggle(self) -> None:
        """Play or stop."""
        if self._motion is None:
            self.play()
        else:
            self.stop()

    def shuttle(self, direction: int) -> None:
        """J and L: one speed faster that way, or slower when going the other way."""
        place = _SPEEDS.index(self.speed) + (1 if direction > 0 else -1)
        place = min(max(place, 0), len(_SPEEDS) - 1)
        self._run(_SPEEDS[place] or (1 if direction > 0 else -1))

    def step(self, frames: int) -> None:
        """Stop, go so many frames on, and let the frame be heard."""
        if self._motion is not None:
            self.refresh()
            self._move_on(None)
        self.jog(self._frame + frames)

    def jog(self, frame: int) -> None:
        """Go to a frame under a hand: while nothing plays, the frame is heard."""
        before = self._frame
        self.go(frame)
        if self._motion is None and self._frame != before:
            self.jogged.emit(self._frame)

    def go(self, frame: int) -> None:
        """Jump to a frame of the clip; what plays goes on from there."""
        self._began = frame = self._within(frame)
        if self._motion is not None:
            self._start(self._motion.speed, frame)
        self._show(frame)

    def refresh(self) -> None:
        """Read the clock and move the playhead to where it is now."""
        if self._motion is None:
            return
        sample = self._motion.at(self._clock.now())
        frame = frame_of_sample(sample, self._rate, SAMPLE_RATE)
        if not 0 <= frame < self._length:
            self._show(self._within(frame))
            self._move_on(None)
            if self.return_to_start:
                self._show(self._began)
            return
        self._show(frame)
        if self.speed:  # whoever was told may have stopped it
            self._timer.start(self._until_next(sample, frame, self.speed))

    def _run(self, speed: int) -> None:
        if self._length == 0 or speed == self.speed:
            return
        if self._motion is None:
            self._began = self._frame
            self._start(speed, self._frame)
        else:
            since = self._clock.soon()
            self._move_on(Motion(self._motion.at(since), since, speed, self._wrap()))

    def _start(self, speed: int, frame: int) -> None:
        """Go from a frame's first sample; backward, from its last."""
        first = sample_of_frame(frame, self._rate, SAMPLE_RATE)
        last = sample_of_frame(frame + 1, self._rate, SAMPLE_RATE) - 1
        origin = first if speed > 0 else last
        self._move_on(Motion(origin, self._clock.soon(), speed, self._wrap()))

    def _rewrap(self) -> None:
        if self._motion is not None:
            since = self._clock.soon()
            origin, speed = self._motion.at(since), self._motion.speed
            self._move_on(Motion(origin, since, speed, self._wrap()))

    def _wrap(self) -> Wrap | None:
        return Wrap.of(self._loop, self._pre_roll, self._rate) if self._loop else None

    def _move_on(self, motion: Motion | None) -> None:
        before, self._motion = self.speed, motion
        if motion is None:
            self._timer.stop()
        else:
            self._timer.start(0)
        self.motion_changed.emit(motion)
        if self.speed != before:
            self.speed_changed.emit(self.speed)

    def _show(self, frame: int) -> None:
        if frame != self._frame:
            self._frame = frame
            self.moved.emit(frame)

    def _within(self, frame: int) -> int:
        return max(0, min(frame, self._length - 1))

    def _until_next(self, sample: int, frame: int, speed: int) -> int:
        """Milliseconds until the playhead comes to another frame, at most a short wait."""
        edge = sample_of_frame(frame + (speed > 0), self._rate, SAMPLE_RATE)
        samples = max(1, abs(edge - sample)) // abs(speed)
        return min(_LONGEST_WAIT_MS, 1 + 1000 * samples // SAMPLE_RATE)
