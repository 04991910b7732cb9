"""What a host's script sends the `cuelock` command out for, and what it comes back with.

A script in any language shows its timeline as JSON, has what the artist wants made and planned by
one child process, does the placements that come back, and shows its tracks again:

    Errand  -> cuelock hosts errand  -> Planned     stems made, and where each is to go
    LookBack -> cuelock hosts confirm -> Confirmed  what the host then shows of them
    MarkedRange -> cuelock hosts markers -> Marked  events of the picture as markers

Nothing is decided in a script: host_bridge.placing decides, for every host.

A panel that talks to the gateway sends the same structs, and one more: Made -> Planned plans a take
that is there onto the timeline as it has become meanwhile.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Optional, Union

import msgspec

from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.pictures import PICTURES
from host_bridge.placing import OURS, agreed, common_rate, on_timeline, stems_of, takes_under
from host_bridge.protocol import Curve, RenderReply, Seed, Share, TakeRecord
from host_bridge.timecode import FrameIndex, FrameRange, Rate, label_of_frame
from host_bridge.timeline import MarkedRange, Marker, Piece, Placement, Track


class NewSounds(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="render"):
    """Sounds for the marked range: texts first, then presets; with neither, what the picture says.

    negative and strictness, where given, hold for every sound; seed: None for a random one.
    handles: frames more before and after.
    """

    texts: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    negative: Optional[str] = None
    strictness: Optional[Share] = None
    seed: Optional[Seed] = None
    handles: int = 0
    variations: int = 1
    bundle: str = "small"
    steps: Optional[int] = None


class NewTexture(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="regenerate"):
    """What sounds under the marks anew, while its timing stands still.

    take: None for the one that covers most of the marks; layers: none for all; what is None stays.
    """

    take: Optional[str] = None
    layers: tuple[str, ...] = ()
    lock: tuple[Curve, ...] = ("energy",)
    prompt: Optional[str] = None
    negative: Optional[str] = None
    strictness: Optional[Share] = None
    seed: Optional[Seed] = None
    variations: int = 1
    steps: Optional[int] = None


class KnownTake(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="place"):
    """A take that is there already: its name or the beginning of it."""

    take: str


Want = Union[NewSounds, NewTexture, KnownTake]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted for a host's marked range.

    to: the folder that gets the files, none for the one beside the picture; onto: a track of the
    user's that stems must go to; variation: which stem of each layer is placed; job: the id of
    the engine's work, chosen by whoever wants to follow, cancel or repeat it.
    """

    marked: MarkedRange
    tracks: tuple[Track, ...]
    want: Want
    to: str = ""
    onto: Optional[str] = None
    variation: int = 0
    job: Optional[str] = None


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A take with its files, and the timeline it is to be planned onto."""

    marked: MarkedRange
    tracks: tuple[Track, ...]
    reply: RenderReply
    onto: Optional[str] = None
    variation: int = 0


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """The take and what is to happen to its stems; the host does those of state "place"."""

    reply: RenderReply
    placements: tuple[Placement, ...]


class LookBack(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that the host has followed, and the tracks that it shows now."""

    placements: tuple[Placement, ...]
    tracks: tuple[Track, ...]


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Every stem as "there", "placed" or "refused", with the reason."""

    placements: tuple[Placement, ...]


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """Markers to set where the host has none of the same key."""

    markers: tuple[Marker, ...]


def planned(made: Made) -> Planned:
    """Where a take's stems go. Raises CuelockError request.rate, media.missing."""
    stems = stems_of(made.reply, made.marked, made.variation)
    return Planned(reply=made.reply, placements=agreed(made.tracks, stems, made.onto))


def stems_folder(marked: MarkedRange) -> Path:
    """Beside the picture, where the project finds it again; else in cuelock's own folder."""
    own = home().absolute() / "stems"
    if not marked.pieces:
        return own
    folder = Path(marked.pieces[0].path).parent
    # A picture that was made for cuelock lies among the stems already.
    if folder.name == PICTURES and (folder.parent.name == OURS or folder.parent == own):
        return folder.parent
    return folder / OURS


class Seen(NamedTuple):
    """The picture under the marks as a file: frames of it, counted at the timeline's rate.

    start_timecode: the label of the file's first frame that puts the marks where the timeline
    has them.
    """

    path: str
    frames: FrameRange
    start_timecode: str


def seen(marked: MarkedRange) -> Seen:
    """The file under the marks, where one file at its own speed shows all of them.

    Raises CuelockError host.marks for a range without picture, host.retimed for one that has to
    be assembled first.
    """
    if not marked.pieces:
        raise CuelockError(
            "host.marks",
            "There is no picture under the marks.",
            hint="Mark a range over a clip that cuelock can see, not muted or offline.",
        )
    if not is_plain(marked):
        raise CuelockError(
            "host.retimed",
            "More than one plain clip is seen under the marks.",
            hint="Mark within one clip at normal speed, or export the range as a movie.",
        )
    piece = marked.pieces[0]
    start = _in_file(piece, marked)
    rate = marked.exact_rate
    origin = (marked.first + marked.start - start) % rate.frames_per_day
    return Seen(
        path=piece.path,
        frames=FrameRange(start, FrameIndex(start + marked.stop - marked.start)),
        start_timecode=label_of_frame(origin, rate),
    )


def is_plain(marked: MarkedRange) -> bool:
    """Whether one file at its own speed shows all of a range."""
    if len(marked.pieces) != 1:
        return False
    piece = marked.pieces[0]
    whole = piece.start <= marked.start <= marked.stop <= piece.stop
    return whole and Fraction(piece.speed) == 1


def _in_file(piece: Piece, marked: MarkedRange) -> FrameIndex:
    """The file's frame at the in point, counted at the timeline's rate; half frames go up."""
    exact = marked.exact_rate.exact
    at_piece = piece.media_start * exact / Rate.parse(piece.media_rate).exact
    return FrameIndex(marked.start - piece.start + int(at_piece + Fraction(1, 2)))


def take_meant(want: NewTexture, errand: Errand) -> str:
    """The take that is to be made anew. Raises CuelockError host.marks when none is there."""
    if want.take is not None:
        return want.take
    under = takes_under(errand.marked, errand.tracks)
    if not under:
        raise CuelockError(
            "host.marks",
            "No stem of cuelock sounds under the marks.",
            hint="Mark a range over one, or name the take.",
        )
    return under[0]


def region_under(marked: MarkedRange, record: TakeRecord) -> tuple[str, str]:
    """In and out labels of what the marks cover of a take.

    Raises CuelockError host.marks when they cover nothing of it, request.rate when the timeline
    counts otherwise than the take does.
    """
    span = record.reply.range
    rate = common_rate(span, marked)
    begin = on_timeline(span.range_in, marked)
    start, stop = max(marked.start, begin), min(marked.stop, begin + span.frames)
    if start >= stop:
        raise CuelockError(
            "host.marks",
            "The take does not reach under the marks.",
            hint="Mark a range over its stem.",
        )
    return label_of_frame(marked.first + start, rate), label_of_frame(marked.first + stop, rate)
