"""Regeneration: a region of a take anew, its locked curves standing still; outside, every sample.

The region keeps the curves that are locked; the others come from a file, a guide, the picture for
new words, or stay.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine.bundles.load import load_bundle
from engine.generate.windows import WINDOW_FRAMES
from engine.melqcd.curves import Curves, GrowingCurves, curves_of_sound
from engine.melqcd.edit import locked, louder, nudged, smoothed, stretched, through
from engine.melqcd.files import read_curves
from engine.service.rank import ranked
from engine.service.region import fill_region, region_of
from engine.service.render import variation_seed
from engine.service.span import SAMPLE_RATE, Span, span_of
from engine.service.take import (
    Alone,
    Clock,
    Follow,
    GivenStem,
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
from engine.service.wanted import Picture, Words, heard_in, layer_curves, placed, watches, words_of
from engine.takes.history import Given
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    CurveEdit,
    GainEdit,
    Layer,
    NudgeEdit,
    PointsEdit,
    RegenerateRequest,
    SmoothEdit,
    StretchEdit,
    TakeRecord,
)
from host_bridge.timecode import frame_of_time


def regenerate(
    request: RegenerateRequest,
    given: tuple[Given, ...],
    follow: Follow | None = None,
    window_frames: int = WINDOW_FRAMES,
) -> TakeRecord:
    """Make a region of the given take anew; files as render leaves them.

    Raises CuelockError request.* when region, layers, locks or edits do not fit; then no file is
    left.
    """
    follow, clock = follow or Alone(), Clock()
    (parent,) = given
    root = parent.record.request
    with clock.step("decode"):
        span = span_of(root)
        region = region_of(request.region_in, request.region_out, span)
    with clock.step("load"):
        bundle = load_bundle(root.bundle)
    chosen = _chosen(request, parent.record)
    take = take_name(
        root, msgspec.structs.replace(request, take=parent.record.take), clip=span.clip.path
    )
    with making(take, span, bundle, request.to, clock, follow, window_frames) as job:
        made: list[Made] = []
        for layer in parent.record.layers:
            heard = request.heard.get(layer.name, request.variation)
            if layer.name not in chosen:
                made.append(carried(job, parent, layer, heard))
                continue
            layer = chosen[layer.name]
            before = stem_of(parent, layer.name, heard)
            kept = read_curves(before.curves).curves
            with clock.step("predict"):
                curves = _region_curves(request, layer, kept, job, region)
            stems = [
                _stem(job, request, layer, before, curves, region, variation)
                for variation in range(request.variations)
            ]
            made += ranked(stems, layer, bundle)
        reply = finish_take(job, made, parent=parent.record.take, region=region)
    layers = tuple(chosen.get(layer.name, layer) for layer in parent.record.layers)
    return TakeRecord(take=take, request=root, layers=layers, reply=reply, change=request)


def _chosen(request: RegenerateRequest, parent: TakeRecord) -> dict[str, Layer]:
    """The layers that are made anew, as they are now. Raises CuelockError request.layer."""
    there = {layer.name: layer for layer in parent.layers}
    unknown = [name for name in request.layers if name not in there]
    if unknown:
        raise CuelockError(
            "request.layer",
            f"The take has no layer {unknown[0]!r}.",
            hint=f"It has {', '.join(there)}.",
        )
    changes = {
        field: value
        for field in ("prompt", "negative", "strictness", "seed")
        if (value := getattr(request, field)) is not None
    }
    return {
        name: msgspec.structs.replace(there[name], **changes) for name in request.layers or there
    }


def _region_curves(
    request: RegenerateRequest, layer: Layer, kept: Curves, job: Making, region: Region
) -> Curves:
    """The whole stem's curves with the region's new ones: free ones, edits, then the locks."""
    _check_locks(request)
    here = kept.slice(region.mel.start, region.mel.stop)
    free = _free_curves(request, layer, here, job, region)
    for edit in request.edits:
        free = _edited(free, edit, job.span, region)
    whole = kept.copy()
    whole.put(region.mel.start, locked(here, free, request.lock))
    return whole


def _check_locks(request: RegenerateRequest) -> None:
    of_energy = (GainEdit, SmoothEdit, PointsEdit)
    if "energy" in request.lock and any(isinstance(edit, of_energy) for edit in request.edits):
        raise CuelockError(
            "request.option",
            "The energy is locked and cannot be edited.",
            hint="Leave energy out of the locks, or the edit out of the request.",
        )
    if len(set(request.lock)) == 3 and (request.curves or request.guide or request.edits):
        raise CuelockError(
            "request.option",
            "All curves are locked; nothing can take their place.",
            hint="Lock fewer, or leave the new curves away.",
        )
    if request.curves and request.guide:
        raise CuelockError(
            "request.option", "Curves and a guide cannot both lead.", hint="Give one of them."
        )


def _free_curves(
    request: RegenerateRequest, layer: Layer, here: Curves, job: Making, region: Region
) -> Curves:
    span, spec = job.span, here.spec
    frames = span.curve_frames
    part = region.mel
    if request.curves:
        given = placed(read_curves(Path(request.curves)), span).fitted(frames)
    elif request.guide:
        heard = heard_in(Path(request.guide), spec.sample_rate)
        levelled = job.bundle.pipeline.codec.levelled(heard)
        given = curves_of_sound(levelled, spec).shifted(part.start).fitted(frames)
    elif request.prompt is not None and set(request.lock) != {"energy", "spread", "semantic"}:
        with _looking(job) as picture:
            pieces = layer_curves(layer, span, job.bundle, picture, frames)
            given = GrowingCurves(pieces, frames, spec).upto(part.stop)
        given = louder(given, layer.gain_db)
    else:
        return here
    return given.slice(part.start, part.stop)


def _edited(curves: Curves, edit: CurveEdit, span: Span, region: Region) -> Curves:
    rate = curves.spec.rate

    def curve_frame(time: str) -> int:
        frame = frame_of_time(time, span.rate, span.origin)
        return span.sample(frame) * rate // SAMPLE_RATE - region.mel.start

    match edit:
        case GainEdit():
            return louder(curves, edit.db)
        case NudgeEdit():
            return nudged(curves, round(edit.frames * rate / span.rate.exact))
        case StretchEdit():
            if not 0.1 <= edit.factor <= 10:
                raise CuelockError(
                    "request.option",
                    f"Curves cannot be stretched {edit.factor} times.",
                    hint="Choose a factor from 0.1 to 10.",
                )
            return stretched(curves, edit.factor)
        case SmoothEdit():
            if not 0 < edit.milliseconds <= 2000:
                raise CuelockError(
                    "request.option",
                    f"Curves cannot be smoothed over {edit.milliseconds} ms.",
                    hint="Choose up to 2000 ms.",
                )
            return smoothed(curves, edit.milliseconds * rate / 1000)
        case PointsEdit():
            points = sorted((curve_frame(time), db) for time, db in edit.points)
            if not points:
                raise CuelockError(
                    "request.curve", "There are no breakpoints.", hint="Name one at least."
                )
            return through(curves, points)


@contextmanager
def _looking(job: Making) -> Generator[Picture]:
    def waiting(done: float) -> None:
        job.follow.progress("picture", done)

    with watches.look(job.span, job.bundle, waiting) as picture:
        yield picture


def _words(layer: Layer, job: Making) -> Words:
    if layer.prompt:
        return Words(job.bundle.text.encode([layer.prompt]).pooled, None)
    with _looking(job) as picture:
        return words_of(layer, job.bundle, picture)


def _stem(
    job: Making,
    request: RegenerateRequest,
    layer: Layer,
    before: GivenStem,
    curves: Curves,
    region: Region,
    variation: int,
) -> Made:
    """A stem with the region's sound in its place."""
    spool = before.into(job.spool())
    again = msgspec.structs.replace(layer, seed=variation_seed(layer.seed, variation))
    fill_region(
        job, again, _words(layer, job), spool, curves, region,
        steps=request.steps, variation=variation,
    )  # fmt: skip
    with job.clock.step("write"):
        return finish_stem(
            job, layer, curves, spool,
            seed=again.seed, variation=variation, variations=request.variations, region=region,
        )  # fmt: skip
