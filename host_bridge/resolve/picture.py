"""What is seen under the marks: the topmost shown clip of every frame, as pieces of files."""

from __future__ import annotations

from fractions import Fraction

from host_bridge.errors import CuelockError
from host_bridge.resolve.api import MediaPoolItem, Timeline, TimelineItem
from host_bridge.timecode import FrameIndex, FrameRange, Rate, inside, outside
from host_bridge.timeline import Piece

_SLACK_FRAMES = 2  # GetSourceStartFrame may be off by one, at either end


def pieces_under(timeline: Timeline, wanted: FrameRange, rate: Rate) -> tuple[Piece, ...]:
    """Pieces of the picture within a range that counts from the timeline's start.

    Raises CuelockError host.retimed for a clip whose frames cannot be known.
    """
    first = timeline.GetStartFrame()
    uncovered = [wanted]
    pieces: list[Piece] = []
    for track in range(timeline.GetTrackCount("video"), 0, -1):
        if not timeline.GetIsTrackEnabled("video", track):
            continue
        for item in timeline.GetItemListInTrack("video", track):
            media = item.GetMediaPoolItem()  # None for titles and generators
            start, stop = int(item.GetStart()) - first, int(item.GetEnd()) - first
            shown = inside(uncovered, start, stop)
            if media is None or not shown or not item.GetClipEnabled():
                continue
            pieces += [_piece(item, media, part, start, rate) for part in shown]
            uncovered = outside(uncovered, start, stop)
    return tuple(sorted(pieces, key=lambda piece: piece.start))


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
    path = str(media.GetClipProperty("File Path") or "")
    own = clip_rate(media, name)
    _at_its_own_speed(item, own, rate)
    if not path:
        raise CuelockError(
            "host.retimed",
            f"The clip {name} under the marks has no file of its own.",
            hint="Decompose the compound clip, or render the range to a movie and use that.",
        )
    later = Fraction(part.start - start) * own.exact / rate.exact
    return Piece(
        start=part.start,
        stop=part.stop,
        path=path,
        media_start=FrameIndex(int(item.GetLeftOffset()) + int(later)),
        media_rate=str(own.exact),
    )


def _at_its_own_speed(item: TimelineItem, own: Rate, rate: Rate) -> None:
    """Speed cannot be read; a clip that shows as much as it lasts has none of its own."""
    shown = item.GetSourceEndFrame() - item.GetSourceStartFrame()
    lasts = Fraction(int(item.GetEnd()) - int(item.GetStart())) * own.exact / rate.exact
    if abs(shown - lasts) > _SLACK_FRAMES:
        raise CuelockError(
            "host.retimed",
            f"The clip {item.GetName()} under the marks is retimed.",
            hint="Render the range to a movie and use that, or mark a clip at normal speed.",
        )
