"""The picture of a timeline file as a bridge reads it: files found, frames counted in each."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Callable, NamedTuple

from host_bridge.errors import CuelockError
from host_bridge.exchange.cut import Cut, Shot, nearest
from host_bridge.exchange.files import MediaSearch, name_of
from host_bridge.timecode import FrameIndex, Rate
from host_bridge.timeline import MarkedRange, Piece

HOST = "exchange"


class Probe(NamedTuple):
    """What a media file says of itself. origin: seconds of its timecode at its first picture."""

    rate: Fraction
    origin: Fraction


Look = Callable[[Path], Probe]


class Picture(NamedTuple):
    """What is seen on a timeline, and a sentence for each clip that cannot be shown."""

    marked: MarkedRange
    missing: tuple[str, ...]


def picture_of(cut: Cut, search: MediaSearch, look: Look) -> Picture:
    """The whole timeline as one range, its files found and looked at.

    A source time before a file's own timecode is counted from its first picture: some programs
    leave the timecode away. Black is no piece.
    """
    pieces: list[Piece] = []
    missing: list[str] = []
    probes: dict[Path, Probe] = {}
    for shot in cut.seen:
        start, stop = cut.frame(shot.start), cut.frame(shot.stop)
        if start >= stop or stop <= 0:
            continue
        try:
            path = search.find(shot.medium.address)
            if path not in probes:
                probes[path] = look(path)
            pieces.append(_piece(shot, cut, path, probes[path]))
        except CuelockError as error:
            missing.append(error.message)
    stop = max((piece.stop for piece in pieces), default=FrameIndex(0))
    marked = MarkedRange(
        host=HOST, timeline=cut.name, rate=str(cut.rate), first=FrameIndex(cut.first),
        start=FrameIndex(0), stop=max(stop, cut.frame(cut.stop)), pieces=tuple(pieces),
    )  # fmt: skip
    return Picture(marked, tuple(dict.fromkeys(missing)))


def within(marked: MarkedRange, start: int, stop: int) -> MarkedRange:
    """The part of a marked range in frames [start, stop) of its timeline."""
    pieces = tuple(
        _part(piece, max(start, piece.start), min(stop, piece.stop), marked)
        for piece in marked.pieces
        if piece.start < stop and start < piece.stop
    )
    return MarkedRange(
        host=marked.host, timeline=marked.timeline, rate=marked.rate, first=marked.first,
        start=FrameIndex(start), stop=FrameIndex(stop), pieces=pieces,
    )  # fmt: skip


def _piece(shot: Shot, cut: Cut, path: Path, probe: Probe) -> Piece:
    if shot.speed is None:
        raise CuelockError(
            "host.retimed",
            f"{shot.name or name_of(shot.medium.address)} changes its speed in a way that "
            "cannot be followed.",
            hint="Render that clip in your editor, or give it one speed.",
        )
    start = cut.frame(shot.start)
    told = shot.source + (cut.seconds(start) - shot.start) * shot.speed
    origin = probe.origin if shot.medium.origin is None else shot.medium.origin
    frame = nearest((told - origin) * probe.rate)
    return Piece(
        start=start,
        stop=cut.frame(shot.stop),
        path=str(path),
        media_start=FrameIndex(frame if frame >= 0 else nearest(told * probe.rate)),
        media_rate=str(Rate.of(probe.rate)),
        speed=str(shot.speed),
    )


def _part(piece: Piece, start: int, stop: int, marked: MarkedRange) -> Piece:
    passed = (start - piece.start) / marked.exact_rate.exact * Fraction(piece.speed)
    frame = piece.media_start + passed * Rate.parse(piece.media_rate).exact
    return Piece(
        start=FrameIndex(start), stop=FrameIndex(stop), path=piece.path,
        media_start=FrameIndex(nearest(frame)), media_rate=piece.media_rate, speed=piece.speed,
    )  # fmt: skip
