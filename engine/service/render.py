"""The first job: one request in, one take out. The whole way of the data is called from here."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Iterator

import msgspec
import torch
from torch import Tensor

from engine.bundles.load import load_bundle
from engine.generate.pipeline import Held
from engine.generate.sound import at_rate, sounds
from engine.generate.windows import WINDOW_FRAMES
from engine.melqcd.curves import GrowingCurves
from engine.melqcd.edit import louder
from engine.service.rank import ranked
from engine.service.span import SAMPLE_RATE, span_of
from engine.service.take import (
    Alone,
    Clock,
    Follow,
    Made,
    Making,
    finish_stem,
    finish_take,
    making,
    take_name,
)
from engine.service.wanted import Picture, Words, wanted_curves, watches, words_of
from engine.stems.level import limit_true_peak
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RenderReply, RenderRequest, TakeRecord

_NEXT_SEED = 0x9E3779B1  # added for each variation: seeds of neighbours must not meet


def render(
    request: RenderRequest, follow: Follow | None = None, window_frames: int = WINDOW_FRAMES
) -> TakeRecord:
    """Make the stems of a request.

    Files go to request.to: a stem and a curves file for every layer and variation, one preview
    movie, one plot. The same request on the same device gives the same stems, byte by byte.
    Raises CuelockError; then no file is left.
    """
    follow, clock = follow or Alone(), Clock()
    _check(request)
    with clock.step("decode"):
        span = span_of(request)
    with clock.step("load"):
        bundle = load_bundle(request.bundle)
    layers = _distinct(request.layers)
    take = take_name(request, clip=span.clip.path)

    def waiting(done: float) -> None:
        follow.progress("picture", done)

    with (
        making(take, span, bundle, request.to, clock, follow, window_frames) as job,
        watches.look(span, bundle, waiting) as picture,
    ):
        made: list[Made] = []
        for layer in layers:
            curves = _curves(request, layer, job, picture)
            stems = [
                _stem(job, request, layer, curves, picture, variation)
                for variation in range(request.variations)
            ]
            made += ranked(stems, layer, bundle)
        reply: RenderReply = finish_take(job, made)
    return TakeRecord(take=take, request=request, layers=tuple(layers), reply=reply)


def variation_seed(seed: int, variation: int) -> int:
    """The seed of a layer's variation, from 0."""
    return (seed + variation * _NEXT_SEED) % 2**32


def generate(
    job: Making,
    layer: Layer,
    words: Words,
    curves: GrowingCurves,
    picture: Picture | None,
    *,
    seed: int,
    steps: int | None,
    held: Held | None = None,
    heard: slice | None = None,
) -> Generator[Tensor]:
    """Sound [samples] of curves, piece by piece: denoised, vocoded, its time told to the clock.

    picture: where windows may join at cuts; None for a range that needs none. heard: the mel frames
    whose sound is wanted, where it is not that of all.
    """
    bundle, clock, span = job.bundle, job.clock, job.span
    mels = bundle.pipeline.mels(
        curves,
        bundle.guide(layer.prompt, layer.negative, words.seen),
        strictness=layer.strictness,
        steps=steps or bundle.manifest.steps,
        seed=seed,
        cuts=picture.cuts(span) if picture else lambda _frame: (),
        held=held,
        window_frames=job.window_frames,
        step_done=lambda done: job.follow.progress(layer.name, done),
    )

    def timed() -> Generator[Tensor]:
        while True:
            with clock.step("generate"):
                mel = next(mels, None)
            if mel is None:
                return
            yield mel

    heard = heard or slice(0, len(curves))
    energy = torch.from_numpy(curves.curves.energy)[heard]
    pieces = sounds(_frames_of(timed(), heard), energy, bundle.vocoder, seed=seed)
    pieces = at_rate(pieces, bundle.vocoder.spec.sample_rate, SAMPLE_RATE)
    while True:
        begin = time.perf_counter()
        before = clock.seconds["generate"]
        piece = next(pieces, None)
        both = time.perf_counter() - begin
        clock.seconds["vocode"] += both - (clock.seconds["generate"] - before)
        if piece is None:
            return
        yield piece


def _frames_of(mels: Iterator[Tensor], frames: slice) -> Iterator[Tensor]:
    """What pieces [bands, t] of a mel hold of some of its frames; what comes after is not made.

    >>> mels = iter([torch.tensor([[0, 1, 2]]), torch.tensor([[3, 4]]), torch.tensor([[5]])])
    >>> [part.tolist() for part in _frames_of(mels, slice(2, 5))]
    [[[2]], [[3, 4]]]
    >>> next(mels)
    tensor([[5]])
    """
    first = 0
    for mel in mels:
        part = mel[:, max(0, frames.start - first) : frames.stop - first]
        first += mel.shape[-1]
        if part.shape[-1]:
            yield part
        if first >= frames.stop:
            return


def _curves(request: RenderRequest, layer: Layer, job: Making, picture: Picture) -> GrowingCurves:
    """A layer's curves, with its gain on what sounds."""
    spec = job.bundle.manifest.mel
    frames = job.span.curve_frames
    pieces = wanted_curves(request, layer, job.span, job.bundle, picture, frames)
    return GrowingCurves((louder(piece, layer.gain_db) for piece in pieces), frames, spec)


def _stem(
    job: Making,
    request: RenderRequest,
    layer: Layer,
    curves: GrowingCurves,
    picture: Picture,
    variation: int,
) -> Made:
    """One layer's sound along its curves: generation, level, file."""
    span = job.span
    seed = variation_seed(layer.seed, variation)
    spool = job.spool()
    words = words_of(layer, job.bundle, picture)
    pieces = generate(job, layer, words, curves, picture, seed=seed, steps=request.steps)
    for piece in pieces:
        part = piece[: span.samples - len(spool)].numpy()
        job.follow.heard(layer.name, variation, len(spool), part)
        spool.append(part)
    with job.clock.step("write"):
        limit_true_peak(spool)
        return finish_stem(
            job,
            layer,
            curves.upto(len(curves)),
            spool,
            seed=seed,
            variation=variation,
            variations=request.variations,
        )


def _check(request: RenderRequest) -> None:
    if not request.layers:
        raise CuelockError(
            "request.layer", "The request has no layer.", hint="Name a sound with --layer."
        )
    if request.curves and request.guide:
        raise CuelockError(
            "request.option",
            "Curves and a guide cannot both lead.",
            hint="Give one of them.",
        )


def _distinct(layers: tuple[Layer, ...]) -> list[Layer]:
    """Layers with a number behind a name that stood before: every stem has its own name."""
    seen: dict[str, int] = defaultdict(int)
    distinct: list[Layer] = []
    for layer in layers:
        seen[layer.name] += 1
        count = seen[layer.name]
        name = layer.name if count == 1 else f"{layer.name} ({count})"
        distinct.append(msgspec.structs.replace(layer, name=name))
    return distinct
