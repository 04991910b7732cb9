"""What is seen of an MLT document at each frame: tracks looked through from the top."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Optional
from xml.etree.ElementTree import Element

from host_bridge.errors import CuelockError
from host_bridge.mlt.document import MEDIA, Document, text_of
from host_bridge.timecode import FrameIndex
from host_bridge.timeline import Piece

_MOVIES = ("avformat", "avformat-novalidate", "timewarp")
_WARPED = re.compile(r"(-?[\d.]+):(.*)", re.DOTALL)


class Shown(NamedTuple):
    """Frames [start, stop) show a file from its frame `first` on. speed: 0 where none is known."""

    start: int
    stop: int
    path: str
    first: Fraction
    speed: Fraction

    def within(self, start: int, stop: int) -> Shown:
        """The part of it that lies in [start, stop)."""
        begin = max(self.start, start)
        first = self.first + (begin - self.start) * self.speed
        return Shown(begin, min(self.stop, stop), self.path, first, self.speed)

    def later(self, frames: int) -> Shown:
        return self._replace(start=self.start + frames, stop=self.stop + frames)


def pieces(document: Document, service: Element, start: int, stop: int) -> tuple[Piece, ...]:
    """What is seen of frames [start, stop) of a service, in the order of time.

    Raises CuelockError host.retimed where a speed changes on the way.
    """
    found: list[Piece] = []
    for shown in seen(document, service, start, stop):
        if not shown.speed:
            raise CuelockError(
                "host.retimed",
                f"{Path(shown.path).name} changes its speed under the marks.",
                hint="Export the range as a movie and render that.",
            )
        found.append(
            Piece(
                start=FrameIndex(shown.start + start),
                stop=FrameIndex(shown.stop + start),
                path=shown.path,
                media_start=FrameIndex(int(shown.first + Fraction(1, 2))),
                media_rate=str(document.rate),
                speed=str(shown.speed),
            )
        )
    return tuple(found)


def seen(document: Document, service: Element, start: int, stop: int) -> list[Shown]:
    """Frames [start, stop) of a service, counted from start; no two overlap."""
    if service.tag in MEDIA:
        whole = _movie(document, service)
        if whole is None or start >= whole.stop:
            return []
        return [whole.within(start, stop).later(-start)]
    layers: list[list[Shown]] = []
    if service.tag == "playlist":
        for item in document.items(service):
            begin, end = max(start, item.start), min(stop, item.stop)
            if item.service is not None and begin < end:
                offset = item.first - item.start
                part = seen(document, item.service, begin + offset, end + offset)
                layers.append([one.later(begin - start) for one in part])
    for track in service.findall("track"):
        if track.get("hide") not in ("video", "both"):
            layers.append(seen(document, document.service(track.get("producer")), start, stop))
    stack: list[Shown] = []
    for upper in layers:
        stack = [part for one in stack for part in _uncovered(one, upper)] + upper
    return sorted(stack)


def _uncovered(lower: Shown, upper: list[Shown]) -> list[Shown]:
    """What is left of a lower one beside what lies over it."""
    left, at = [], lower.start
    for one in sorted(upper):
        if at < min(one.start, lower.stop):
            left.append(lower.within(at, one.start))
        at = max(at, one.stop)
    if at < lower.stop:
        left.append(lower.within(at, lower.stop))
    return left


def _movie(document: Document, media: Element) -> Optional[Shown]:
    """A medium that is a movie, as long as it goes; titles and colours are looked through."""
    service = text_of(media, "mlt_service")
    if service not in _MOVIES or text_of(media, "video_index") == "-1":
        return None
    path, speed, first = text_of(media, "resource"), Fraction(1), Fraction(0)
    stop = max(document.span(media).stop, 1)
    if service == "timewarp":
        if warped := _WARPED.fullmatch(path):
            speed, path = Fraction(warped.group(1)), warped.group(2)
        if speed < 0:  # frame 0 of it shows the file's last
            length = text_of(media, "length")
            first = -speed * ((document.frames(length) if length else stop) - 1)
    if media.find("link[property='timeremap']") is not None:
        speed = Fraction(0)
    # A proxy stands in for the file that was shot.
    path = text_of(media, "kdenlive:originalurl") or text_of(media, "shotcut:resource") or path
    return Shown(0, stop, absolute(document, path), first, speed)


def absolute(document: Document, path: str) -> str:
    """A path as the document's root folder completes it."""
    return str(Path(document.root.get("root", "")) / path)
