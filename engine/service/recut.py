"""Recut: a take carried to a new edit; only joins and new material are made anew."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np

from engine.bundles.load import load_bundle
from engine.generate.windows import WINDOW_FRAMES
from engine.melqcd.curves import Curves, GrowingCurves
from engine.melqcd.edit import louder
from engine.melqcd.files import read_curves
from engine.service.region import fill_region, region_at
from engine.service.span import HOP, Span, span_of
from engine.service.take import (
    Alone,
    Clock,
    Follow,
    Made,
    Making,
    finish_stem,
    finish_take,
    making,
    stem_of,
    take_name,
)
from engine.service.wanted import Picture, layer_curves, watches, words_of
from engine.stems.level import Spool
from engine.takes.history import Given
from engine.takes.moves import Move
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RecutRequest, RenderRequest, TakeRecord
from host_bridge.timecode import FrameIndex, FrameRange, label_of_frame

_JOIN_SECONDS = 0.08  # made anew on each side of a join
_COPIED = 480_000  # samples


class Piece(NamedTuple):
    """A stretch that stays: samples of the old stem from `old`, [start, stop) of the new one."""

    frames: FrameRange  # of the new clip
    old: int
    start: int
    stop: int


def recut(
    request: RecutRequest,
    given: tuple[Given, ...],
    follow: Follow | None = None,
    window_frames: int = WINDOW_FRAMES,
) -> TakeRecord:
    """Carry the given take to where its stretches stand in the new edit; files as render's.

    Raises CuelockError request.range when nothing of the take is in the new edit, or when the
    new edit's picture is needed and not given.
    """
    follow, clock = follow or Alone(), Clock()
    (parent,) = given
    with clock.step("decode"):
        old = span_of(parent.record.request)
        moves = _moves_of(request, old)
        root = _request(request, parent.record.request, old, moves)
        span = span_of(root)
    with clock.step("load"):
        bundle = load_bundle(root.bundle)
    take = take_name(
        root, msgspec.structs.replace(request, take=parent.record.take), clip=span.clip.path
    )

    def waiting(done: float) -> None:
        follow.progress("picture", done)

    with (
        making(take, span, bundle, request.to, clock, follow, window_frames) as job,
        watches.look(span, bundle, waiting) as picture,
    ):
        pieces = [_piece(move, old, span) for move in moves]
        made = [_stem(job, layer, parent, pieces, picture) for layer in parent.record.layers]
        reply = finish_take(job, made, parent=parent.record.take)
    return TakeRecord(
        take=take, request=root, layers=parent.record.layers, reply=reply, change=request
    )


def _moves_of(request: RecutRequest, old: Span) -> list[Move]:
    """The moves of the take's own frames, by their place in the new edit."""
    first, last = old.origin + old.wanted.start, old.origin + old.wanted.stop
    moves = [
        Move(max(first, move.old_in), min(last, move.old_out),
             move.new_in + max(first, move.old_in) - move.old_in)
        for move in request.moves
        if max(first, move.old_in) < min(last, move.old_out)
    ]  # fmt: skip
    if not moves:
        raise CuelockError(
            "request.range",
            "Nothing of this take is in the new edit.",
            hint="Leave it out, or look at the change's timecodes.",
        )
    return sorted(moves, key=lambda move: move.new_in)


def _request(
    request: RecutRequest, root: RenderRequest, old: Span, moves: list[Move]
) -> RenderRequest:
    """What would have been asked for in the new edit."""
    rate, first = old.rate, moves[0]
    changes = {
        "range_in": label_of_frame(first.new_in, rate),
        "range_out": label_of_frame(max(move.new_out for move in moves), rate),
        "rate": str(rate),
        "handles": 0,
        "to": request.to,
    }
    if request.clip is not None:
        changes |= {"clip": request.clip, "start_timecode": request.start_timecode}
    elif len(moves) == 1:
        start = (old.origin + first.new_in - first.old_in) % rate.frames_per_day
        changes |= {"start_timecode": label_of_frame(start, rate)}
    else:
        raise CuelockError(
            "request.range",
            "The take comes to pieces in the new edit, and its picture is not known.",
            hint="Give the new edit as a movie with --clip.",
        )
    return msgspec.structs.replace(root, **changes)


def _piece(move: Move, old: Span, span: Span) -> Piece:
    first = FrameIndex(move.new_in - span.origin)
    frames = FrameRange(first, FrameIndex(first + move.old_out - move.old_in))
    return Piece(
        frames,
        old.sample(move.old_in - old.origin),
        span.sample(frames.start),
        span.sample(frames.stop),
    )


def _stem(job: Making, layer: Layer, parent: Given, pieces: list[Piece], picture: Picture) -> Made:
    source = stem_of(parent, layer.name, 0)
    whole = source.into(job.spool())
    spool = _carried(job, whole, pieces)
    there = read_curves(source.curves).curves
    frames = job.span.curve_frames
    curves = _curves(job, layer, there, pieces, picture, frames)
    for gap in gaps(pieces, job.span):
        region = region_at(gap, job.span)
        fill_region(
            job, layer, words_of(layer, job.bundle, picture), spool, curves, region, steps=None
        )
    with job.clock.step("write"):
        return finish_stem(
            job, layer, curves, spool, seed=source.report.seed, variation=0, variations=1
        )


def _carried(job: Making, old: Spool, pieces: list[Piece]) -> Spool:
    """The old samples at their new places, silence between."""
    new = job.spool()
    for start in range(0, job.span.samples, _COPIED):
        new.append(np.zeros(min(_COPIED, job.span.samples - start), np.float32))
    for piece in pieces:
        for at in range(piece.start, piece.stop, _COPIED):
            stop = min(at + _COPIED, piece.stop)
            begin = piece.old + at - piece.start
            new.put(at, old.read(begin, begin + stop - at))
    return new


def _curves(
    job: Making,
    layer: Layer,
    old: Curves,
    pieces: list[Piece],
    picture: Picture,
    frames: int,
) -> Curves:
    """The old curves at their new places; between them what the new picture says."""
    made = GrowingCurves([], frames, old.spec)
    if sum(piece.stop - piece.start for piece in pieces) < job.span.samples:
        predicted = layer_curves(layer, job.span, job.bundle, picture, frames)
        made = GrowingCurves((louder(part, layer.gain_db) for part in predicted), frames, old.spec)
    curves = made.upto(frames)
    for piece in pieces:
        begin, length = round(piece.old / HOP), -(-(piece.stop - piece.start) // HOP)
        curves.put(piece.start // HOP, old.slice(begin, begin + length))
    return curves


def gaps(pieces: list[Piece], span: Span) -> list[FrameRange]:
    """What is made anew: new material, and a little on both sides of every join."""
    around = max(1, round(_JOIN_SECONDS * span.rate.exact))
    first, last = span.wanted.start, span.wanted.stop
    found: list[list[int]] = []
    for before, after in pairwise(pieces):
        if before.frames.stop == after.frames.start and _runs_on(before, after):
            continue
        start = max(first, before.frames.stop - around)
        stop = min(last, after.frames.start + around)
        if found and start <= found[-1][1]:
            found[-1][1] = stop
        else:
            found.append([start, stop])
    return [FrameRange(FrameIndex(start), FrameIndex(stop)) for start, stop in found]


def _runs_on(before: Piece, after: Piece) -> bool:
    """The old sound goes on over the join, to the sample that rounding may move it by."""
    return abs(before.old + before.stop - before.start - after.old) <= 1
