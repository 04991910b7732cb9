"""What a timeline file says, whatever its format: which media is seen and heard, and where.

Times are exact seconds, so that clips of every rate, nests and sound in samples share one count;
frames and samples are made of them once, at the edge. A medium has a time of its own: that of its
timecode, where it has one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from fractions import Fraction
from typing import Iterable, Iterator, NamedTuple, Optional

from msgspec.structs import replace

from host_bridge.placing import take_of
from host_bridge.timecode import FrameIndex, Rate, SampleIndex
from host_bridge.timeline import SAMPLE_RATE, Marker, PlacedClip, Track


class Medium(NamedTuple):
    """A file as a timeline speaks of it; what the timeline does not say is None.

    address: of the file, or the name or reel where no file is told. rate: frames a second.
    origin: the medium's own time of its first picture or sample, length: how long it is; seconds.
    """

    address: str
    rate: Optional[Fraction] = None
    origin: Optional[Fraction] = None
    length: Optional[Fraction] = None
    channels: int = 1


class Shot(NamedTuple):
    """From start to stop, in seconds of the timeline, a medium is seen or heard.

    source: the medium's own time at start; speed: its seconds a second, 0 where it stands still,
    None where it changes in a way that is not followed.
    """

    medium: Medium
    start: Fraction
    stop: Fraction
    source: Fraction
    speed: Optional[Fraction] = Fraction(1)
    name: str = ""

    def moved(self, seconds: Fraction) -> Shot:
        return self._replace(start=self.start + seconds, stop=self.stop + seconds)

    def within(self, start: Fraction, stop: Fraction) -> Shot:
        """The part in [start, stop); it may be empty."""
        cut = max(start, self.start)
        source = self.source + (cut - self.start) * (self.speed or 0)
        return self._replace(start=cut, stop=min(stop, self.stop), source=source)

    def at_speed(self, speed: Optional[Fraction]) -> Shot:
        """The shot inside a nest that runs at a speed of its own, counted from the nest's zero."""
        if speed is None or speed <= 0 or self.speed is None:
            return self._replace(speed=None)
        return self._replace(
            start=self.start / speed, stop=self.stop / speed, speed=self.speed * speed
        )


class Lane(NamedTuple):
    """A track: its shots in the order of time, none over another."""

    name: str
    shots: tuple[Shot, ...]
    locked: bool = False
    channels: int = 1

    def moved(self, seconds: Fraction) -> Lane:
        return self._replace(shots=tuple(shot.moved(seconds) for shot in self.shots))


class Cut(NamedTuple):
    """A timeline. first: label frame of its first frame; pictures: tracks, the lowest first."""

    name: str
    rate: Rate
    first: int
    pictures: tuple[Lane, ...]
    sounds: tuple[Lane, ...] = ()
    markers: tuple[Marker, ...] = ()

    @property
    def stop(self) -> Fraction:
        """Seconds to where the last picture or sound ends."""
        lanes = (*self.pictures, *self.sounds)
        return max((shot.stop for lane in lanes for shot in lane.shots), default=Fraction(0))

    def frame(self, seconds: Fraction) -> FrameIndex:
        """The nearest frame of the timeline; halves go up."""
        return FrameIndex(nearest(seconds * self.rate.exact))

    def seconds(self, frame: int) -> Fraction:
        return frame / self.rate.exact

    def counted_from(self, first: int) -> Cut:
        """The same timeline with another first frame: an EDL begins with its first event."""
        frames = self.first - first
        return self._replace(
            first=first,
            pictures=tuple(lane.moved(self.seconds(frames)) for lane in self.pictures),
            sounds=tuple(lane.moved(self.seconds(frames)) for lane in self.sounds),
            markers=tuple(
                replace(marker, frame=FrameIndex(marker.frame + frames)) for marker in self.markers
            ),
        )

    @property
    def seen(self) -> tuple[Shot, ...]:
        """The picture as it is shown: where tracks lie over each other, the upper one."""
        return flattened(self.pictures)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of sound as a bridge shows them."""
        return tuple(_track(lane) for lane in self.sounds)


def flattened(lanes: Iterable[Lane]) -> tuple[Shot, ...]:
    """Shots of tracks that lie over each other, the lowest first, as one track.

    >>> low = Shot(Medium("a.mov"), Fraction(0), Fraction(9), Fraction(0))
    >>> high = low.within(Fraction(2), Fraction(3))
    >>> [int(shot.start) for shot in flattened([Lane("V1", (low,)), Lane("V2", (high,))])]
    [0, 2, 3]
    """
    shown: list[Shot] = []
    for lane in lanes:
        shown = [part for shot in shown for part in _uncovered(shot, lane.shots)]
        shown = sorted([*shown, *lane.shots], key=lambda shot: shot.start)
    return tuple(shown)


def rows(shots: Iterable[Shot]) -> Iterator[tuple[Shot, ...]]:
    """Shots laid on as few tracks as hold them side by side, each on the first that is free."""
    laid: list[list[Shot]] = []
    for shot in sorted(shots, key=lambda shot: shot.start):
        row = next((row for row in laid if row[-1].stop <= shot.start), None)
        if row is None:
            laid.append([shot])
        else:
            row.append(shot)
    return (tuple(row) for row in laid)


def nearest(value: Fraction) -> int:
    """The nearest whole number; halves go up."""
    return math.floor(value + Fraction(1, 2))


def samples(seconds: Fraction) -> SampleIndex:
    """The nearest sample at 48 kHz."""
    return SampleIndex(nearest(seconds * SAMPLE_RATE))


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator in [low, high].

    What a speed was that a format writes in few digits. Source: the Stern-Brocot tree.

    >>> print(simplest(Fraction("0.49"), Fraction("0.51")), simplest(Fraction(-2), Fraction(-2)))
    1/2 -2
    """
    if high < 0:
        return -simplest(-high, -low)
    if low <= 0:
        return Fraction(0)
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    whole -= 1
    return whole + 1 / simplest(1 / (high - whole), 1 / (low - whole))


def _uncovered(shot: Shot, over: tuple[Shot, ...]) -> Iterator[Shot]:
    """What is left of a shot to be seen under others, which follow each other."""
    at = shot.start
    first = max(0, bisect_right([one.start for one in over], at) - 1)
    for cover in over[first:]:
        if cover.start >= shot.stop:
            break
        if at < cover.start:
            yield shot.within(at, cover.start)
        at = max(at, cover.stop)
    if at < shot.stop:
        yield shot.within(at, shot.stop)


def _track(lane: Lane) -> Track:
    return Track(
        name=lane.name,
        channels=lane.channels,
        locked=lane.locked,
        clips=tuple(
            PlacedClip(
                start=samples(shot.start),
                stop=samples(shot.stop),
                name=shot.name,
                path=shot.medium.address,
                take=take_of(shot.medium.address),
            )
            for shot in lane.shots
        ),
    )
