"""The contract of a bridge: what it reads of a host's timeline, and what it puts there.

Positions are exact and the same for every host: frames of the timeline's own rate and samples at
48 kHz, both counted from the timeline's first frame; ranges are half-open. A host that counts
otherwise (inclusive marks, absolute frames, ticks, seconds) is converted at its own edge, and
nowhere else. host_bridge.placing decides what goes where; a host only shows and does.
"""

from __future__ import annotations

from typing import Literal, Optional, Protocol

import msgspec

from host_bridge.timecode import FrameIndex, Rate, SampleIndex

SAMPLE_RATE = 48_000


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Frames [start, stop) of a timeline show a file.

    media_start: the file's frame at `start`, counted from its first picture at media_rate; speed:
    an exact fraction, "1" or "-1/2" (backwards, half as fast).
    """

    start: FrameIndex
    stop: FrameIndex
    path: str
    media_start: FrameIndex
    media_rate: str
    speed: str = "1"


class MarkedRange(msgspec.Struct, frozen=True, kw_only=True):
    """The range an artist marked, and what is seen in it.

    timeline: its name; rate as "30000/1001 DF"; first: label frame of the timeline's first frame
    (90000 for 01:00:00:00 at 25); frames [start, stop); pieces: the picture under it in the order
    of time, black where there is none.
    """

    host: str
    timeline: str
    rate: str
    first: FrameIndex
    start: FrameIndex
    stop: FrameIndex
    pieces: tuple[Piece, ...]

    @property
    def exact_rate(self) -> Rate:
        return Rate.parse(self.rate)


class Stem(msgspec.Struct, frozen=True, kw_only=True):
    """A file to put on the timeline: samples [start, start + samples), handles included."""

    path: str
    take: str
    layer: str
    start: SampleIndex
    samples: int
    channels: int = 1


class PlacedClip(msgspec.Struct, frozen=True, kw_only=True):
    """A clip on a track of the host. take: the take it shows a stem of, None for the user's own."""

    start: SampleIndex
    stop: SampleIndex
    name: str
    path: str
    take: Optional[str] = None


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """An audio track of the host, in its order. channels: what clips on it may have."""

    name: str
    channels: int
    locked: bool
    clips: tuple[PlacedClip, ...]


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """What is to happen to a stem, or what has happened.

    track: number of a track that is there, or beyond the last for one to be added as
    track_name. reason: why it was refused, a sentence for people.
    """

    stem: Stem
    state: Literal["place", "there", "placed", "refused"]
    track: int
    track_name: str
    reason: str = ""


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """A marker for an event. key: by which it is known again, so that none is set twice."""

    frame: FrameIndex
    name: str
    key: str


class Host(Protocol):
    """A host application's timeline, open or as a project file.

    Every method raises CuelockError host.* where the host cannot, and then nothing has moved.
    place: adds the tracks that are missing and puts every clip of state "place" on its own, as one
    step of undo; never moves, cuts or covers what is there. It says nothing of success: that is
    read back from tracks().
    """

    @property
    def name(self) -> str: ...

    def marked(self) -> MarkedRange: ...

    def tracks(self) -> tuple[Track, ...]: ...

    def place(self, plan: tuple[Placement, ...]) -> None: ...

    def put_markers(self, markers: tuple[Marker, ...]) -> None: ...
