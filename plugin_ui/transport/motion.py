"""Where the playhead is at a reading of the clock: a pure function of samples, exact for ever.

A clock counts samples at 48 kHz, whatever drives it. The position, too, is a sample of the clip,
counted from its first picture; its frame is the one that holds the sample. Nothing is added up, so
nothing drifts: ten hours on, the frame is as exact as at the start.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from host_bridge.timecode import FrameRange, Rate, sample_of_frame

SAMPLE_RATE = 48_000


class Clock(Protocol):
    """A clock that counts samples; it may stand still, it never goes back."""

    def now(self) -> int:
        """The sample that is heard now."""
        ...

    def soon(self) -> int:
        """The earliest reading from which a change made now can be heard."""
        ...


class Wrap(NamedTuple):
    """Samples [begin, end) of the clip that are played again and again."""

    begin: int
    end: int

    @staticmethod
    def of(loop: FrameRange, pre_roll: int, rate: Rate) -> Wrap:
        """Each round of a loop begins so many frames before it, if the clip has them."""
        return Wrap(
            sample_of_frame(max(0, loop.start - pre_roll), rate, SAMPLE_RATE),
            sample_of_frame(loop.stop, rate, SAMPLE_RATE),
        )


class Motion(NamedTuple):
    """From the reading `since` of the clock on the position goes from `origin` at `speed`.

    origin: sample of the clip; speed: 1 is play, negative is backward. wrap: the end of it leads to
    its begin; who starts beyond the end, or goes backward, is not led.
    """

    origin: int
    since: int
    speed: int
    wrap: Wrap | None = None

    def at(self, reading: int) -> int:
        """The position, not held within the clip.

        >>> motion = Motion(origin=0, since=100, speed=1, wrap=Wrap(1000, 3000))
        >>> [motion.at(reading) for reading in (50, 100, 3099, 3100, 7100)]
        [0, 0, 2999, 1000, 1000]
        """
        position = self.origin + max(0, reading - self.since) * self.speed
        wrap = self.wrap
        if wrap is None or self.speed <= 0 or self.origin >= wrap.end or position < wrap.end:
            return position
        return wrap.begin + (position - wrap.end) % (wrap.end - wrap.begin)
