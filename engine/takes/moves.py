"""How an edit changed: which stretches of the old timeline stand where in the new one.

Each timeline becomes pieces: what media shows from which source frame on, between two frames of
the timeline. Where a piece of the new timeline shows source frames that a piece of the old one
shows too, a move says so. Source time is kept as a fraction of a frame, so that media of another
rate moves by the nearest whole frame, never more than half a frame off.

Frames are those of the timeline's labels: 01:00:00:00 at 25 is frame 90000.
"""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from host_bridge.errors import CuelockError
from host_bridge.timecode import RATES, Rate, frame_of_label, label_of_frame

if TYPE_CHECKING:
    import opentimelineio as otio

_HEADER = ["old_in", "old_out", "new_in"]
_FRAME = re.compile(r"(\d+)f")
_NEAR = Fraction(1, 2000)
_CLIP_NAME = re.compile(r"\*\s*(FROM|TO) CLIP NAME:\s*(.*\S)", re.IGNORECASE)
# V, V1, AA/V and B (both) are the first video track; V2 lies over it, as keys (K) do.
_PICTURE = re.compile(r"V1?(?!\d)|^B$")
# Speeds in an M2 line have one decimal: 29.97 is written 029.9 or 030.0.
_SPEED_STEP = 0.1


class Move(NamedTuple):
    """Frames [old_in, old_out) of the old timeline stand from new_in on in the new one."""

    old_in: int
    old_out: int
    new_in: int

    @property
    def new_out(self) -> int:
        """The frame after the last one in the new timeline."""
        return self.new_in + self.old_out - self.old_in

    def within(self, start: int, stop: int) -> Move:
        """The part that stands in frames [start, stop) of the new timeline."""
        new_in, new_out = max(start, self.new_in), min(stop, self.new_out)
        old_in = self.old_in + new_in - self.new_in
        return Move(old_in, old_in + new_out - new_in, new_in)


class _Piece(NamedTuple):
    """Frames [start, stop) of a timeline show `media` from its frame `source` on."""

    media: str
    start: int
    stop: int
    source: Fraction  # frames of the timeline's rate since the source's zero

    def source_at(self, frame: int) -> Fraction:
        return self.source + frame - self.start


def moves_between(old: Path, new: Path, rate: Rate) -> list[Move]:
    """The moves that turn one timeline into another, by their place in the new one.

    old, new: .otio or CMX3600 .edl, both of one kind, since media is known by its address in
    one and by its clip name or reel in the other. rate: of both timelines.
    A frame of the new timeline is in one move at most: that of the old piece that covers its
    stretch in the longest run, the earlier of two as long. Frames shown at another speed than
    the source's are in none.
    Raises CuelockError request.path when a timeline cannot be read, request.range when events
    of an EDL overlap or end before they begin.
    """
    there: defaultdict[str, list[_Piece]] = defaultdict(list)
    for piece in _pieces(old, rate):
        there[piece.media].append(piece)
    moves = [move for piece in _pieces(new, rate) for move in _covering(piece, there[piece.media])]
    return _joined(moves)


def read_moves(path: Path, rate: Rate) -> list[Move]:
    """The moves a .csv lists, by their place in the new timeline.

    Its columns are old_in, old_out and new_in. Times are labels at `rate` ("01:00:00;02") or
    frames ("90000f"); lines that begin with # are comments.
    Raises CuelockError request.path for a file or line that cannot be read, request.range when
    a move has no length or two overlap in the new timeline.
    """
    if path.suffix.lower() != ".csv":
        raise CuelockError(
            "request.path", f"{path.name} is no list of moves.",
            hint=f"Give a .csv file with the header {','.join(_HEADER)}.",
        )  # fmt: skip
    rows = _rows(path)
    if not rows or rows[0][1] != _HEADER:
        raise CuelockError(
            "request.path", f"{path.name} does not begin with the header of a list of moves.",
            hint=f"Its first line that is no comment must be {','.join(_HEADER)}.",
        )  # fmt: skip
    numbered = [(_move(row, rate, path, line), line) for line, row in rows[1:]]
    numbered.sort(key=lambda item: item[0].new_in)
    for (move, line), (later, later_line) in pairwise(numbered):
        if later.new_in < move.new_out:
            raise _overlap(path, line, later_line, label_of_frame(later.new_in, rate))
    return _joined(move for move, _ in numbered)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows that say something, each with its line's number."""
    lines = _bytes(path).decode("utf-8-sig", "replace").splitlines()
    return [
        (number, [cell.strip() for cell in row])
        for number, line in enumerate(lines, 1)
        for row in csv.reader([line])
        if row and not line.lstrip().startswith("#")
    ]


def _move(row: list[str], rate: Rate, path: Path, line: int) -> Move:
    if len(row) != len(_HEADER):
        raise _bad_line(path, line, f"Its columns are {','.join(_HEADER)}.")
    move = Move(*(_frame(cell, rate, path, line) for cell in row))
    if move.old_out <= move.old_in:
        raise _no_length(path, line)
    return move


def _frame(text: str, rate: Rate, path: Path, line: int) -> int:
    if counted := _FRAME.fullmatch(text):
        return int(counted.group(1))
    return _label(text, rate, path, line)


def _label(text: str, rate: Rate, path: Path, line: int) -> int:
    try:
        return frame_of_label(text, rate)
    except CuelockError as error:
        raise _bad_line(path, line, f"{error.message} {error.hint}") from error


# What is in both timelines


def _covering(piece: _Piece, there: list[_Piece]) -> Iterator[Move]:
    """Moves of old pieces of the same media that cover a new piece, longest first."""
    runs = [run for old in there if (run := _run(old, piece))]
    bare = [(piece.start, piece.stop)]
    for run in sorted(runs, key=lambda run: (run.old_in - run.old_out, run.old_in)):
        left: list[tuple[int, int]] = []
        for start, stop in bare:
            part = run.within(start, stop)
            if part.old_in >= part.old_out:
                left.append((start, stop))
                continue
            yield part
            left += [(start, part.new_in), (part.new_out, stop)]
        bare = [(start, stop) for start, stop in left if start < stop]


def _run(old: _Piece, new: _Piece) -> Move | None:
    """The longest move from an old piece to a new one of the same media."""
    earlier = _nearest(new.source_at(0) - old.source_at(0))
    start, stop = max(new.start, old.start - earlier), min(new.stop, old.stop - earlier)
    return Move(start + earlier, stop + earlier, start) if start < stop else None


def _joined(moves: Iterable[Move]) -> list[Move]:
    """Moves by their place in the new timeline, those that continue another joined to it."""
    joined: list[Move] = []
    for move in sorted(moves, key=lambda move: move.new_in):
        last = joined[-1] if joined else None
        if last and (last.old_out, last.new_out) == (move.old_in, move.new_in):
            joined[-1] = last._replace(old_out=move.old_out)
        else:
            joined.append(move)
    return joined


# Timelines


def _pieces(path: Path, rate: Rate) -> list[_Piece]:
    """What a timeline shows, in order; cuts between frames that follow on are no cuts."""
    readers = {".otio": _otio_pieces, ".edl": _edl_pieces}
    if path.suffix.lower() not in readers:
        raise CuelockError(
            "request.path", f"{path.name} is neither .otio nor .edl.",
            hint="Export the timeline as OpenTimelineIO or CMX3600 EDL; "
            "moves in a .csv are given alone, in place of two timelines.",
        )  # fmt: skip
    whole: list[_Piece] = []
    for piece in readers[path.suffix.lower()](path, rate):
        last = whole[-1] if whole else None
        if last and _follows(last, piece):
            whole[-1] = last._replace(stop=piece.stop)
        else:
            whole.append(piece)
    return whole


def _follows(piece: _Piece, later: _Piece) -> bool:
    return (piece.media, piece.stop) == (later.media, later.start) and not _nearest(
        later.source - piece.source_at(later.start)
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CuelockError(
            "request.path", f"{path} cannot be read: {error.strerror}.",
            hint="Check the path and the file's permissions.",
        ) from error  # fmt: skip


def _nearest(frames: Fraction) -> int:
    return math.floor(frames + Fraction(1, 2))


# OpenTimelineIO


class _Shown(NamedTuple):
    """Media where it stands in its track; every number in frames of the timeline's rate."""

    media: str
    start: Fraction
    stop: Fraction
    source: Fraction

    def moved(self, frames: Fraction) -> _Shown:
        return self._replace(start=self.start + frames, stop=self.stop + frames)

    def within(self, start: Fraction, stop: Fraction) -> _Shown:
        """The part in [start, stop); it may be empty."""
        cut = max(start, self.start)
        return _Shown(self.media, cut, min(stop, self.stop), self.source + cut - self.start)

    def piece(self) -> _Piece:
        start = _nearest(self.start)
        source = self.source + start - self.start
        return _Piece(self.media, start, _nearest(self.stop), source)


def _otio_pieces(path: Path, rate: Rate) -> list[_Piece]:
    """What the first video track of an OTIO timeline shows."""
    import opentimelineio as otio

    timeline = _timeline(path)
    tracks = timeline.video_tracks()
    if not tracks:
        raise _unreadable(path, "it has no video track")
    origin = timeline.global_start_time
    try:
        begins = _label_frame(origin, rate) if origin else Fraction(0)
        shown = [part.moved(begins).piece() for part in _shown(tracks[0], rate)]
    # A rate of 0 or a time that is no number is read without complaint.
    except (otio.exceptions.OTIOError, ValueError, ArithmeticError) as error:
        raise _unreadable(path, str(error)) from error
    return [piece for piece in shown if piece.start < piece.stop]


def _timeline(path: Path) -> otio.schema.Timeline:
    import opentimelineio as otio

    try:
        read = otio.core.deserialize_json_from_string(_bytes(path).decode("utf-8-sig"))
    # A key the schema needs and the file lacks is told as a KeyError.
    except (otio.exceptions.OTIOError, ValueError, KeyError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(read, otio.schema.Timeline):
        raise _unreadable(path, "it holds no single timeline")
    return read


def _shown(item: otio.core.Item, rate: Rate) -> list[_Shown]:
    """What an item shows, counted from its own first frame; gaps and other speeds show nothing."""
    import opentimelineio as otio

    if not item.enabled or _retimed(item):
        return []
    trimmed = item.trimmed_range()
    start, frames = _frames(trimmed.start_time, rate), _frames(trimmed.duration, rate)
    if isinstance(item, otio.schema.Clip):
        media = _media(item)
        return [_Shown(media, Fraction(0), frames, start)] if media else []
    if isinstance(item, otio.schema.Track):
        inside = _in_track(item, rate)
    elif isinstance(item, otio.schema.Stack):
        inside = _in_track(_flat(item), rate)
    else:
        inside = []
    cut = [part.within(start, start + frames) for part in inside]
    return [part.moved(-start) for part in cut if part.start < part.stop]


def _in_track(track: otio.schema.Track, rate: Rate) -> list[_Shown]:
    """What a track shows, counted from the first frame of its first child."""
    import opentimelineio as otio

    at = Fraction(0)
    shown: list[_Shown] = []
    for child in track:
        if isinstance(child, otio.core.Item):
            shown += [part.moved(at) for part in _shown(child, rate)]
            at += _frames(child.trimmed_range().duration, rate)
    return shown


def _flat(stack: otio.schema.Stack) -> otio.schema.Track:
    """A nested stack's video as one track; nothing where it is not made of tracks."""
    import opentimelineio as otio

    if not all(isinstance(child, otio.schema.Track) for child in stack):
        return otio.schema.Track()
    return otio.algorithms.flatten_stack(
        [
            _without_transitions(track)
            for track in stack
            if track.enabled and track.kind == otio.schema.TrackKind.Video
        ]
    )


def _without_transitions(track: otio.schema.Track) -> otio.schema.Track:
    # flatten_stack refuses to cut a track where a transition is.
    import opentimelineio as otio

    return otio.schema.Track(
        children=[child.deepcopy() for child in track if isinstance(child, otio.core.Item)]
    )


def _retimed(item: otio.core.Item) -> bool:
    import opentimelineio as otio

    return any(
        isinstance(effect, otio.schema.TimeEffect)
        and not (isinstance(effect, otio.schema.LinearTimeWarp) and effect.time_scalar == 1)
        for effect in item.effects
    )


def _media(clip: otio.schema.Clip) -> str:
    """What tells a clip's media from others; empty where nothing does."""
    import opentimelineio as otio

    reference = clip.media_reference
    if isinstance(reference, otio.schema.ExternalReference) and reference.target_url:
        return reference.target_url
    return clip.name


def _frames(time: otio.opentime.RationalTime, rate: Rate) -> Fraction:
    return Fraction(time.value) * rate.exact / _exact(time)


def _label_frame(time: otio.opentime.RationalTime, rate: Rate) -> Fraction:
    """The frame of a timeline's start: a label, though some write 23.976 as 24 there."""
    nominal = math.ceil(_exact(time)) == rate.nominal
    return Fraction(time.value) if nominal else _frames(time, rate)


def _exact(time: otio.opentime.RationalTime) -> Fraction:
    """The rate of a time, which OTIO keeps as a float, as a fraction."""
    rate = Fraction(time.rate)
    near = min(RATES, key=lambda exact: abs(exact - rate))
    return near if abs(near - rate) < _NEAR * near else rate


# CMX3600


class _Event(NamedTuple):
    """An event line: frames [start, stop) of the timeline, from where in which source."""

    line: int
    number: str
    reel: str
    blends: bool  # a dissolve or wipe into the source, not a cut
    pictured: bool  # cuts the first video track, not to black
    source: int
    start: int
    stop: int
    media: str
    own_speed: bool


def _edl_pieces(path: Path, rate: Rate) -> list[_Piece]:
    """What the first video track of a CMX3600 EDL shows."""
    seen = sorted(
        (event for event in _events(path, rate) if event.pictured and event.start < event.stop),
        key=lambda event: event.start,
    )
    for event, later in pairwise(seen):
        if later.start < event.stop:
            raise _overlap(path, event.line, later.line, label_of_frame(later.start, rate))
    return [
        _Piece(event.media, event.start, event.stop, Fraction(event.source))
        for event in seen
        if event.own_speed
    ]


def _events(path: Path, rate: Rate) -> list[_Event]:
    """Every event of an EDL, with what the lines after it say about it.

    Labels are counted as the last FCM line says, with ";" drop-frame at any time.
    """
    counting = rate
    events: list[_Event] = []
    # Names in an old encoding must stay apart, not be read.
    text = _bytes(path).decode("utf-8-sig", "surrogateescape")
    for line, said in enumerate(text.splitlines(), 1):
        words = said.split()
        if words and words[0].upper() == "FCM:":
            counting = _counting(rate, drop="NON" not in said.upper())
        elif words and words[0].isdigit():
            events.append(_event(words, counting, path, line))
        elif words and words[0] == "M2":
            _slow(events, words, rate, path, line)
        elif name := _CLIP_NAME.match(said.strip()):
            _name(events, name.group(2), blends=name.group(1).upper() == "TO")
    if not events:
        raise _unreadable(path, "it has no events")
    return events


def _event(words: list[str], counting: Rate, path: Path, line: int) -> _Event:
    if len(words) < 8:
        raise _bad_line(path, line, "An event has a reel, a track, a kind of cut and four times.")
    number, reel, channel, kind = words[:4]
    source, source_out, start, stop = (
        _label(word, _counting(counting, drop=counting.drop or ";" in word), path, line)
        for word in words[-4:]
    )
    if stop < start:
        raise _no_length(path, line)
    return _Event(
        line=line,
        number=number,
        reel=reel,
        blends=kind[0] in "DW",
        pictured=bool(_PICTURE.search(channel)) and kind[0] in "CDW" and reel != "BL",
        source=source,
        start=start,
        stop=stop,
        media=reel,
        own_speed=source_out - source == stop - start,
    )


def _counting(rate: Rate, *, drop: bool) -> Rate:
    """The rate with labels that drop, or not; where none can, as it is."""
    return Rate.of(rate.exact, drop=drop and rate.numerator % 30_000 == 0)


def _slow(events: list[_Event], words: list[str], rate: Rate, path: Path, line: int) -> None:
    """Take in an M2 line: the speed of the last event's reel in frames a second."""
    try:
        reel, speed = words[1], float(words[2])
    except (IndexError, ValueError) as error:
        raise _bad_line(path, line, "M2 is followed by a reel and a speed.") from error
    for place in _latest(events):
        if events[place].reel == reel and abs(speed - float(rate.exact)) >= _SPEED_STEP:
            events[place] = events[place]._replace(own_speed=False)


def _name(events: list[_Event], name: str, *, blends: bool) -> None:
    """Name the media of the last event: of its cut (FROM), or what it blends into (TO)."""
    for place in _latest(events):
        if events[place].blends == blends:
            events[place] = events[place]._replace(media=name)


def _latest(events: list[_Event]) -> Iterator[int]:
    """Places of the lines of the last event: two for a dissolve."""
    for place in reversed(range(len(events))):
        if events[place].number != events[-1].number:
            return
        yield place


# What a person is told


def _unreadable(path: Path, why: str) -> CuelockError:
    return CuelockError(
        "request.path",
        f"{path.name} cannot be read as a timeline: {why}.",
        hint="Export the timeline again as OpenTimelineIO or CMX3600 EDL.",
    )


def _bad_line(path: Path, line: int, hint: str) -> CuelockError:
    return CuelockError("request.path", f"Line {line} of {path.name} cannot be read.", hint=hint)


def _no_length(path: Path, line: int) -> CuelockError:
    return CuelockError(
        "request.range",
        f"Line {line} of {path.name} has an out point that does not lie after its in point.",
        hint="The out point is exclusive: the first frame that is not wanted any more.",
    )


def _overlap(path: Path, line: int, later: int, label: str) -> CuelockError:
    return CuelockError(
        "request.range",
        f"Lines {line} and {later} of {path.name} both fill the frame {label}.",
        hint="A frame of a timeline shows one thing: shorten or remove one of the two.",
    )
