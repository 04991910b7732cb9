"""The time that all lanes share: frames of an exact rate, their labels, and curve frames."""

from __future__ import annotations

from dataclasses import dataclass

from host_bridge.timecode import (
    FrameIndex,
    FrameRange,
    Rate,
    frame_of_label,
    label_of_frame,
    sample_of_frame,
)

CURVE_RATE = 100  # curve frames a second, of every bundle's Mel-QCD curves
_SAMPLE_RATE = 48_000  # the grid on which the engine counts curve frames


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A clip's frames, counted from its first picture, whose label is `start`.

    Raises CuelockError request.timecode when `start` is no label of the rate.
    """

    rate: Rate
    start: str
    frames: int

    def __post_init__(self) -> None:
        frame_of_label(self.start, self.rate)

    @property
    def origin(self) -> int:
        """The first frame, counted from midnight."""
        return frame_of_label(self.start, self.rate)

    @property
    def whole(self) -> FrameRange:
        """All of its frames."""
        return FrameRange(FrameIndex(0), FrameIndex(self.frames))

    @property
    def fps(self) -> float:
        """Frames a second, for display."""
        return self.rate.numerator / self.rate.denominator

    @property
    def curve_frames_per_frame(self) -> float:
        """For display."""
        return CURVE_RATE / self.fps

    def label(self, frame: int) -> str:
        """SMPTE label of a frame."""
        return label_of_frame(self.origin + frame, self.rate)

    def sample(self, frame: int, begin: int) -> int:
        """Samples at 48 kHz from frame `begin` to `frame`, on the grid from midnight."""
        first, here = (
            sample_of_frame(self.origin + at, self.rate, _SAMPLE_RATE) for at in (begin, frame)
        )
        return here - first

    def curve_frame(self, frame: int, begin: int) -> int:
        """The curve frame in which a frame starts, of curves that start with frame `begin`."""
        return self.sample(frame, begin) * CURVE_RATE // _SAMPLE_RATE

    def curve_region(self, start: int, stop: int, begin: int) -> slice:
        """The curve frames whose centres lie in frames [start, stop); one at least."""
        hop = _SAMPLE_RATE // CURVE_RATE
        first, last = (round(self.sample(frame, begin) / hop) for frame in (start, stop))
        return slice(first, max(last, first + 1))
