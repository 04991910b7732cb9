"""Regeneration: a region of a take anew, its locked curves standing still; outside, every sample.

Only the region's latents are denoised, between the sound that stays; what comes out is brought to
the wanted energy and spliced in.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.bundles.load import Bundle, load_bundle
from engine.generate.codec import PATCH_FRAMES
from engine.generate.pipeline import Held
from engine.generate.project import energy_error_db
from engine.generate.windows import CONTEXT, WINDOW
from engine.melqcd.curves import Curves, GrowingCurves, curves_of_sound
from engine.melqcd.decompose import to_windows
from engine.melqcd.edit import locked, louder, nudged, smoothed, stretched, through
from engine.melqcd.files import read_curves
from engine.service.rank import ranked
from engine.service.render import generate, span_of, variation_seed
from engine.service.span import SAMPLE_RATE, Span
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
from engine.service.wanted import Picture, Words, heard_in, layer_curves, placed, watches, words_of
from engine.stems.level import Spool, limit_true_peak
from engine.stems.measure import mel_between
from engine.stems.splice import Splice
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
from host_bridge.timecode import frame_of_time, frame_range

_ROUNDS = 6
_SETTLED_DB = 0.15  # mean error of a region that needs no further round
_MOST_CORRECTED = 0.7  # nats a round


def regenerate(
    request: RegenerateRequest,
    given: tuple[Given, ...],
    follow: Follow | None = None,
    window_columns: int = WINDOW,
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
    with making(take, span, bundle, request.to, clock, follow, window_columns) as job:
        made: list[Made] = []
        for layer in parent.record.layers:
            if layer.name not in chosen:
                made.append(carried(job, parent, layer, request.variation))
                continue
            layer = chosen[layer.name]
            before = stem_of(parent, layer.name, request.variation)
            kept = read_curves(before.curves).curves
            with clock.step("predict"):
                curves = _region_curves(request, layer, kept, job, region)
            stems = [
                _stem(job, request, layer, parent, curves, region, variation)
                for variation in range(request.variations)
            ]
            made += ranked(stems, layer, bundle)
        reply = finish_take(job, made, parent=parent.record.take, region=region)
    layers = tuple(chosen.get(layer.name, layer) for layer in parent.record.layers)
    return TakeRecord(take=take, request=root, layers=layers, reply=reply, change=request)


def region_of(region_in: str, region_out: str, span: Span) -> Region:
    """A region of a span's stems, in its words about time.

    Raises CuelockError request.range when it does not lie inside.
    """
    frames = frame_range(
        frame_of_time(region_in, span.rate, span.origin),
        frame_of_time(region_out, span.rate, span.origin),
    )
    if frames.start < span.begin or frames.stop > span.end:
        raise CuelockError(
            "request.range",
            f"The region {span.label(frames.start)} to {span.label(frames.stop)} is not inside"
            f" the take, {span.label(span.begin)} to {span.label(span.end)}.",
            hint="Choose a region of the take, or render a longer range.",
        )
    hop = SAMPLE_RATE // 100
    return Region(
        frames, slice(span.sample(frames.start) // hop, -(-span.sample(frames.stop) // hop))
    )


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
    frames = spec.frames(span.samples)
    part = region.mel
    if request.curves:
        given = placed(read_curves(Path(request.curves)), span).fitted(frames)
    elif request.guide:
        heard = heard_in(Path(request.guide), spec.sample_rate)
        given = curves_of_sound(heard, spec).shifted(part.start).fitted(frames)
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
    parent: Given,
    curves: Curves,
    region: Region,
    variation: int,
) -> Made:
    """The parent's stem with the region's sound in its place."""
    span, clock = job.span, job.clock
    spool = stem_of(parent, layer.name, request.variation).into(job.spool())
    seed = variation_seed(layer.seed, variation)
    start, stop = span.sample(region.frames.start), span.sample(region.frames.stop)
    stretch = _stretch(region.mel, len(curves))
    held = _held(spool, stretch, region.mel, job.bundle)
    part = curves.slice(stretch.start, stretch.stop)
    new = job.spool()
    pieces = generate(
        job, layer, _words(layer, job), GrowingCurves([part], len(part), part.spec), None,
        seed=seed, steps=request.steps, held=held,
    )  # fmt: skip
    skip, left = start - stretch.start * part.spec.hop, stop - start
    for piece in pieces:
        sound = piece[skip : skip + left].numpy()
        job.follow.heard(layer.name, variation, stop - left, sound)
        new.append(sound)
        skip, left = max(0, skip - len(piece)), left - len(sound)
    with clock.step("write"):
        _settle(new, Splice(spool, start, stop), spool, start, curves, region)
        return finish_stem(
            job, layer, curves, spool,
            seed=seed, variation=variation, variations=request.variations, region=region,
        )  # fmt: skip


def _settle(
    new: Spool, place: Splice, stem: Spool, start: int, curves: Curves, region: Region
) -> None:
    """Put the region's sound in its place, and correct its energy for the neighbours it got."""
    spec, part = curves.spec, region.mel
    wanted = torch.from_numpy(curves.energy[part.start : part.stop])
    centres = (np.arange(part.start, part.stop) + 0.5) * spec.hop - start
    for _ in range(_ROUNDS):
        limit_true_peak(new)
        place.fill(new)
        got = to_windows(mel_between(stem, part.start, part.stop, spec), spec).mean(dim=0)
        if energy_error_db(wanted, got)[0] <= _SETTLED_DB:
            return
        error = (wanted - got).clamp(-_MOST_CORRECTED, _MOST_CORRECTED).numpy()
        at = 0
        for block in new.blocks():
            samples = np.arange(at, at + len(block))
            new.put(at, block * np.exp(np.interp(samples, centres, error)))
            at += len(block)


def _stretch(region: slice, frames: int) -> slice:
    """The mel frames that are generated over: the region on the latents' grid, with context."""
    context = CONTEXT * PATCH_FRAMES
    begin = region.start // PATCH_FRAMES * PATCH_FRAMES
    end = -(-region.stop // PATCH_FRAMES) * PATCH_FRAMES
    return slice(max(0, begin - context), min(frames, end + context))


def _held(spool: Spool, stretch: slice, region: slice, bundle: Bundle) -> Held:
    """The sound on both sides of the region, on the latents' grid."""
    spec = bundle.manifest.mel
    begin = region.start // PATCH_FRAMES * PATCH_FRAMES
    end = min(-(-region.stop // PATCH_FRAMES) * PATCH_FRAMES, stretch.stop)
    before = mel_between(spool, stretch.start, begin, spec)
    after = mel_between(spool, end, stretch.stop, spec)
    return Held(before, _to_grid(after))


def _to_grid(mel: Tensor) -> Tensor:
    """A whole number of patches: the last frame is repeated."""
    missing = -mel.shape[-1] % PATCH_FRAMES
    return torch.cat([mel, mel[:, -1:].expand(-1, missing)], dim=1) if missing else mel
