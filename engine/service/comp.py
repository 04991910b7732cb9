"""Comping: a take assembled from regions of several takes, cross-faded, with its lineage."""

from __future__ import annotations

import msgspec

from engine.bundles.load import load_bundle
from engine.melqcd.files import read_curves
from engine.service.region import region_of
from engine.service.span import HOP, span_of
from engine.service.take import (
    Alone,
    Clock,
    Follow,
    Made,
    Making,
    Region,
    carried,
    finish_stem,
    finish_take,
    making,
    stem_of,
    take_name,
)
from engine.stems.splice import Splice
from engine.takes.history import Given
from host_bridge.errors import CuelockError
from host_bridge.protocol import CompPiece, CompRequest, Layer, TakeRecord


def comp(
    request: CompRequest, given: tuple[Given, ...], follow: Follow | None = None
) -> TakeRecord:
    """Put pieces of other takes into a copy of the first one; files as render leaves them.

    given: the request's take, then those of its pieces in order.
    Raises CuelockError request.* when a piece does not lie in both takes; then no file is left.
    """
    follow, clock = follow or Alone(), Clock()
    base, others = given[0], given[1:]
    root = base.record.request
    with clock.step("decode"):
        span = span_of(root)
        regions = [region_of(one.region_in, one.region_out, span) for one in request.pieces]
    with clock.step("load"):
        bundle = load_bundle(root.bundle)
    named = msgspec.structs.replace(
        request,
        take=base.record.take,
        pieces=tuple(
            msgspec.structs.replace(piece, take=other.record.take)
            for piece, other in zip(request.pieces, others, strict=True)
        ),
    )
    take = take_name(root, named, clip=span.clip.path)
    with making(take, span, bundle, request.to, clock, follow) as job:
        made: list[Made] = []
        for number, layer in enumerate(base.record.layers):
            follow.progress(layer.name, number / len(base.record.layers))
            pieces = [
                (piece, region, other)
                for piece, region, other in zip(request.pieces, regions, others, strict=True)
                if not piece.layers or layer.name in piece.layers
            ]
            heard = request.heard.get(layer.name, request.variation)
            if pieces:
                made.append(_stem(job, layer, base, heard, pieces))
            else:
                made.append(carried(job, base, layer, heard))
        reply = finish_take(job, made, parent=base.record.take)
    return TakeRecord(take=take, request=root, layers=base.record.layers, reply=reply, change=named)


def _stem(
    job: Making,
    layer: Layer,
    base: Given,
    variation: int,
    pieces: list[tuple[CompPiece, Region, Given]],
) -> Made:
    span = job.span
    first = stem_of(base, layer.name, variation)
    spool = first.into(job.spool())
    curves = read_curves(first.curves).curves.copy()
    for piece, region, other in pieces:
        source = stem_of(other, layer.name, piece.variation)
        later = first.report.time_reference - source.report.time_reference
        start, stop = span.sample(region.frames.start), span.sample(region.frames.stop)
        if start + later < 0 or stop + later > source.report.samples:
            raise CuelockError(
                "request.range",
                f"The take {other.record.take} does not reach over {piece.region_in} to"
                f" {piece.region_out}.",
                hint="Choose a region that lies in both takes.",
            )
        Splice(spool, start, stop).fill(source.into(job.spool(), start + later, stop + later))
        shift = round(later / HOP)
        there = read_curves(source.curves).curves
        curves.put(region.mel.start, there.slice(region.mel.start + shift, region.mel.stop + shift))
    with job.clock.step("write"):
        return finish_stem(
            job, layer, curves, spool, seed=first.report.seed, variation=0, variations=1
        )
