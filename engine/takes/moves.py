"""How an edit changed: which stretches of the old timeline stand where in the new one.

Each timeline becomes pieces: what media shows from which source frame on, between two frames of
the timeline. Where a piece of the new timeline shows source frames that a piece of the old one
shows too, a move says so. Source time is kept as a fraction of a frame, so that media of another
rate moves by the nearest whole frame, never more than half a frame off.

Frames are those of the timeline's labels: 01:00:00:00 at 25 is frame 90000.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from host_bridge.errors import CuelockError
from host_bridge.exchange import Cut, read_cut
from host_bridge.exchange.cut import Shot, nearest
from host_bridge.exchange.files import bad_line, no_length, overlap, read_bytes, unreadable
from host_bridge.timecode import Rate, frame_of_label, label_of_frame

_HEADER = ["old_in", "old_out", "new_in"]
_FRAME = re.compile(r"(\d+)f")


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

    old, new: timeline files, both of one kind, since media is known by its address in one and by
    its clip name or reel in another. rate: of both timelines.
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
            raise overlap(path, line, later_line, label_of_frame(later.new_in, rate))
    return _joined(move for move, _ in numbered)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows that say something, each with its line's number."""
    lines = read_bytes(path).decode("utf-8-sig", "replace").splitlines()
    return [
        (number, [cell.strip() for cell in row])
        for number, line in enumerate(lines, 1)
        for row in csv.reader([line])
        if row and not line.lstrip().startswith("#")
    ]


def _move(row: list[str], rate: Rate, path: Path, line: int) -> Move:
    if len(row) != len(_HEADER):
        raise bad_line(path, line, f"Its columns are {','.join(_HEADER)}.")
    move = Move(*(_frame(cell, rate, path, line) for cell in row))
    if move.old_out <= move.old_in:
        raise no_length(path, line)
    return move


def _frame(text: str, rate: Rate, path: Path, line: int) -> int:
    if counted := _FRAME.fullmatch(text):
        return int(counted.group(1))
    return _label(text, rate, path, line)


def _label(text: str, rate: Rate, path: Path, line: int) -> int:
    try:
        return frame_of_label(text, rate)
    except CuelockError as error:
        raise bad_line(path, line, f"{error.message} {error.hint}") from error


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
    earlier = nearest(new.source_at(0) - old.source_at(0))
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
    """What the first track of a timeline's picture shows at its own speed, in order.

    Cuts between frames that follow on are no cuts.
    """
    cut = read_cut(path, rate)
    if not cut.pictures:
        raise unreadable(path, "it has no video track")
    whole: list[_Piece] = []
    for shot in cut.pictures[0].shots:
        if shot.speed != 1 or cut.frame(shot.start) == cut.frame(shot.stop):
            continue
        piece = _piece(shot, cut)
        last = whole[-1] if whole else None
        if last and _follows(last, piece):
            whole[-1] = last._replace(stop=piece.stop)
        else:
            whole.append(piece)
    return whole


def _piece(shot: Shot, cut: Cut) -> _Piece:
    start, stop = cut.frame(shot.start), cut.frame(shot.stop)
    source = (shot.source + cut.seconds(start) - shot.start) * cut.rate.exact
    return _Piece(shot.medium.address, cut.first + start, cut.first + stop, source)


def _follows(piece: _Piece, later: _Piece) -> bool:
    return (piece.media, piece.stop) == (later.media, later.start) and not nearest(
        later.source - piece.source_at(later.start)
    )
