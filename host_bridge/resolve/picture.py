"""What is seen under the marks: the topmost shown clip of every frame, as pieces of files."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from host_bridge.errors import CuelockError
from host_bridge.resolve.api import MediaPoolItem, Timeline, TimelineItem
from host_bridge.timecode import FrameIndex, FrameRange, Rate, inside, outside
from host_bridge.timeline import Piece

_IMAGES = re.compile(r"\[\d+-\d+\]")  # a sequence of them, named as one file
_SLACK_FRAMES = 2  # GetSourceStartFrame may be off by one, at either end


def pieces_under(timeline: Timeline, wanted: FrameRange, rate: Rate) -> tuple[Piece, ...]:
    """Pieces of the picture within a range that counts from the timeline's start.

    Titles and generators are seen through, down to a clip.
    Raises CuelockError host.retimed where no file shows the picture, or not as it runs there;
    media.missing for a retimed clip whose file is gone.
    """
    uncovered, pieces, drawn = [wanted], list[Piece](), list[_Shown]()
    for one in _shown(timeline, wanted):
        parts = inside(uncovered, one.start, one.stop)
        if one.media is None:
            drawn.append(one)
        elif parts:
            pieces += [_piece(one.item, one.media, part, one.start, rate) for part in parts]
            uncovered = outside(uncovered, one.start, one.stop)
    for one in drawn:
        if inside(uncovered, one.start, one.stop):
            raise _no_file(one.item.GetName(), "Put a movie in its place.")
    return tuple(sorted(pieces, key=lambda piece: piece.start))


def file_under(timeline: Timeline, wanted: FrameRange) -> str:
    """The topmost file within a range, however it is shown there; "" where there is none."""
    paths = (_path(one.media) for one in _shown(timeline, wanted) if one.media is not None)
    return next(filter(None, paths), "")


class _Shown(NamedTuple):
    """A clip that is switched on; media: None for titles and generators."""

    item: TimelineItem
    media: Optional[MediaPoolItem]
    start: int
    stop: int


def _shown(timeline: Timeline, wanted: FrameRange) -> Iterator[_Shown]:
    """What lies within a range that counts from the timeline's start, the topmost first."""
    first = timeline.GetStartFrame()
    for track in range(timeline.GetTrackCount("video"), 0, -1):
        if not timeline.GetIsTrackEnabled("video", track):
            continue
        for item in timeline.GetItemListInTrack("video", track):
            start, stop = int(item.GetStart()) - first, int(item.GetEnd()) - first
            if inside([wanted], start, stop) and item.GetClipEnabled():
                yield _Shown(item, item.GetMediaPoolItem(), start, stop)


def _path(media: MediaPoolItem) -> str:
    return str(media.GetClipProperty("File Path") or "")


def clip_rate(media: MediaPoolItem, name: str) -> Rate:
    """A clip's own rate: a number or words, by the version. Raises CuelockError host.retimed."""
    try:
        return Rate.parse(str(media.GetClipProperty("FPS")))
    except CuelockError as error:
        raise CuelockError(
            "host.retimed",
            f"The clip {name} under the marks does not say its frame rate.",
            hint="Render the range to a movie and use that.",
        ) from error


def _piece(
    item: TimelineItem, media: MediaPoolItem, part: FrameRange, start: int, rate: Rate
) -> Piece:
    name = item.GetName()
    path = _path(media)
    if not path or _IMAGES.search(path):
        raise _no_file(name, "Decompose the compound clip, or put a movie in its place.")
    own = clip_rate(media, name)
    _at_its_own_speed(item, path, own, rate)
    later = Fraction(part.start - start) * own.exact / rate.exact
    return Piece(
        start=part.start,
        stop=part.stop,
        path=path,
        media_start=FrameIndex(int(item.GetLeftOffset()) + int(later)),
        media_rate=str(own.exact),
    )


def _at_its_own_speed(item: TimelineItem, path: str, own: Rate, rate: Rate) -> None:
    """Speed cannot be read; a clip that shows as much as it lasts has none of its own."""
    shown = item.GetSourceEndFrame() - item.GetSourceStartFrame()
    lasts = Fraction(int(item.GetEnd()) - int(item.GetStart())) * own.exact / rate.exact
    if abs(shown - lasts) > _SLACK_FRAMES:
        if not Path(path).is_file():  # Resolve would render its sign for that
            raise CuelockError(
                "media.missing",
                f"The file {path} of the clip {item.GetName()} under the marks is not there.",
                hint="Relink the clip in the media pool.",
            )
        raise CuelockError(
            "host.retimed",
            f"The clip {item.GetName()} under the marks is retimed.",
            hint="Render the range to a movie and use that, or mark a clip at normal speed.",
        )


def _no_file(name: str, hint: str) -> CuelockError:
    return CuelockError(
        "host.retimed", f"The clip {name} under the marks has no file of its own.", hint=hint
    )
