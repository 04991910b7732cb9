"""The range of a request, resolved against its clip: frames, samples, labels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from host_bridge.errors import CuelockError
from host_bridge.protocol import RenderRequest
from host_bridge.timecode import (
    FrameIndex,
    FrameRange,
    Rate,
    frame_of_label,
    frame_of_time,
    frame_range,
    label_of_frame,
    sample_of_frame,
    time_reference,
)
from media.clip import Clip, check_range, open_clip

SAMPLE_RATE = 48_000
HOP = SAMPLE_RATE // 100  # samples of a curve frame
_CLIPS = 16  # that are known without another look


@dataclass(frozen=True, kw_only=True)
class Span:
    """What is rendered. Frames count from the clip's first picture; `origin` is its label's frame.

    wanted: the range itself; handles: frames more on both sides. Sound may begin before the clip
    and end after it; `picture` is what the clip has of it.
    """

    clip: Clip
    rate: Rate
    origin: FrameIndex
    wanted: FrameRange
    handles: int

    @property
    def begin(self) -> int:
        return self.wanted.start - self.handles

    @property
    def end(self) -> int:
        return self.wanted.stop + self.handles

    @property
    def picture(self) -> FrameRange:
        last = self.clip.frames_at(self.rate.exact)
        return FrameRange(FrameIndex(max(0, self.begin)), FrameIndex(min(last, self.end)))

    @property
    def samples(self) -> int:
        """Samples of the stem, handles included."""
        return self.sample(self.end)

    @property
    def curve_frames(self) -> int:
        """Curve frames that cover the stem."""
        return -(-self.samples // HOP)

    def sample(self, frame: int) -> int:
        """Samples from the stem's first to a frame's first, on the timeline's own grid.

        Counted from midnight, so that the stems of neighbouring ranges tile by their time
        references.
        """
        first, here = (
            sample_of_frame(self.origin + frame, self.rate, SAMPLE_RATE)
            for frame in (self.begin, frame)
        )
        return here - first

    @property
    def time_reference(self) -> int:
        """Samples since midnight of the stem's first sample."""
        return time_reference(self.origin + self.begin, self.rate, SAMPLE_RATE)

    def label(self, frame: int) -> str:
        """SMPTE label of a frame of the clip."""
        return label_of_frame(self.origin + frame, self.rate)

    def seconds(self, frame: int) -> Fraction:
        """Seconds from the clip's first picture."""
        return frame / self.rate.exact


def span_of(request: RenderRequest) -> Span:
    """The range of a request. Raises CuelockError media.* and request.*."""
    return resolve_span(
        _clip_at(request.clip),
        range_in=request.range_in,
        range_out=request.range_out,
        start_timecode=request.start_timecode,
        rate=request.rate,
        handles=request.handles,
    )


def _clip_at(path: str) -> Clip:
    """A clip; one whose file stays as it was needs no second look."""
    try:
        file = Path(path).stat()
    except (OSError, ValueError):
        return open_clip(path)  # says what is wrong with it
    return _clip_as_it_was(path, file.st_mtime_ns, file.st_size)


@lru_cache(_CLIPS)
def _clip_as_it_was(path: str, _mtime_ns: int, _size: int) -> Clip:
    return open_clip(path)


def resolve_span(
    clip: Clip,
    *,
    range_in: str | None = None,
    range_out: str | None = None,
    start_timecode: str | None = None,
    rate: str | None = None,
    handles: int = 0,
) -> Span:
    """Read a request's words about time.

    The rate is the named one, else the clip's own; labels drop when the rate says so or, with
    no rate named, when the start timecode is written with ";".
    Raises CuelockError request.rate, request.timecode, request.range, request.option.
    """
    if handles < 0:
        raise CuelockError(
            "request.option", "Handles cannot be negative.", hint="Name a number of frames."
        )
    label = start_timecode or clip.start_timecode
    if rate is not None:
        counted = Rate.parse(rate)
    else:
        drop = (clip.drop and start_timecode is None) or ";" in (label or "")
        counted = Rate.of(clip.rate, drop=drop)
    origin = frame_of_label(label, counted) if label else FrameIndex(0)
    frames = clip.frames_at(counted.exact)
    start = frame_of_time(range_in, counted, origin) if range_in else 0
    stop = frame_of_time(range_out, counted, origin) if range_out else frames
    wanted = frame_range(start, stop)
    check_range(clip, wanted.start, wanted.stop, rate=counted.exact)
    return Span(clip=clip, rate=counted, origin=origin, wanted=wanted, handles=handles)
