"""What is heard at a reading of the clock: strips along a motion; and the seam at a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from plugin_ui.sound.strips import Read, Strip, rendered
from plugin_ui.transport.motion import Motion

#: Faster than this, forward or backward, nothing is heard.
_FASTEST = 2


class Run(NamedTuple):
    """Readings of the clock on which the motion leads on from `position` without a jump."""

    position: int
    length: int


def runs(motion: Motion, reading: int, count: int) -> Iterator[Run]:
    """Where a motion leads in `count` readings of the clock, cut where it wraps.

    Before it sets off, the position is negative: nothing is heard.

    >>> from plugin_ui.transport.motion import Wrap
    >>> list(runs(Motion(90, 10, 1, Wrap(50, 100)), 5, 20))
    [Run(position=-1, length=5), Run(position=90, length=10), Run(position=50, length=5)]
    """
    end = reading + count
    if reading < motion.since:
        waiting = min(motion.since, end) - reading
        yield Run(-1, waiting)
        reading += waiting
    while reading < end:
        position, rest = motion.at(reading), end - reading
        wrap = motion.wrap
        if wrap is not None and motion.speed > 0 and motion.origin < wrap.end:
            rest = min(rest, -(-(wrap.end - position) // motion.speed))
        yield Run(position, rest)
        reading += rest


class Scene(NamedTuple):
    """What is heard: strips, along a motion. motion: None while the playhead stands."""

    strips: tuple[Strip, ...] = ()
    motion: Motion | None = None

    def at(self, reading: int, count: int, read: Read) -> np.ndarray:
        """Each strip for `count` readings of the clock: float32 [strips, count, 2]."""
        silence = np.zeros((len(self.strips), count, 2), np.float32)
        motion = self.motion
        if motion is None or abs(motion.speed) > _FASTEST:
            return silence
        parts = [self._run(run, motion.speed, read) for run in runs(motion, reading, count)]
        return np.concatenate([silence[:, :0], *parts], axis=1)

    def _run(self, run: Run, speed: int, read: Read) -> np.ndarray:
        if run.position < 0:
            return np.zeros((len(self.strips), run.length, 2), np.float32)
        span = run.length * abs(speed)
        start = run.position if speed > 0 else run.position - span + 1
        blocks = rendered(self.strips, read, start, start + span)
        if speed < 0:
            blocks = blocks[:, ::-1]
        return blocks.reshape(len(self.strips), run.length, abs(speed), 2).mean(axis=2)


def joined(old: np.ndarray, new: np.ndarray, fade: int) -> np.ndarray:
    """From one mix to another without a click, over the first `fade` samples of both: [n, 2].

    What both have in common keeps its level: the two shares add up to one.
    """
    share = np.ones((len(new), 1), np.float32)
    ramp = min(fade, len(new))
    share[:ramp, 0] = np.arange(1, ramp + 1, dtype=np.float32) / fade
    return old * (1 - share) + new * share
