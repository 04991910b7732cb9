"""The job: one request in, one take out. Everything a stem goes through is called from here."""

from __future__ import annotations

import datetime
import hashlib
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.bundles.load import Bundle, load_bundle
from engine.bundles.store import sha256
from engine.generate.project import NATS_TO_DB
from engine.generate.sound import sounds
from engine.melqcd.curves import Curves
from engine.melqcd.files import CurvesFile, write_curves
from engine.melqcd.plot import Panel, plot_curves
from engine.picture.clip import open_clip
from engine.service.span import Span, resolve_span
from engine.service.wanted import Picture, look_at, wanted_curves, words_of
from engine.stems.bwf import StemInfo, write_stem
from engine.stems.level import Spool, limit_true_peak, loudness
from engine.stems.measure import delivered, measures
from engine.stems.names import stem_name
from engine.stems.preview import write_preview
from engine.stems.signing import Identity, sign_stem, signing_identity
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RangeReport, RenderReply, RenderRequest, StemReport

Progress = Callable[[str, float], None]
_SILENT_DBTP = -90.0


class Clock:
    """Wall seconds by step, summed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """Add what happens inside to the step."""
        begin = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - begin


class Job(NamedTuple):
    """What every stem of a take shares."""

    request: RenderRequest
    span: Span
    bundle: Bundle
    picture: Picture
    take: str
    folder: Path
    identity: Identity | None
    clock: Clock


class Made(NamedTuple):
    """A finished stem with what the take's pictures and preview need of it."""

    report: StemReport
    curves_path: str
    panel: Panel
    spool: Spool


def render(request: RenderRequest, progress: Progress = lambda _stage, _done: None) -> RenderReply:
    """Make the stems of a request.

    Files go to request.to: a stem and a curves file for every layer and variation, one preview
    movie, one plot. The same request on the same device gives the same stems, byte by byte.
    Raises CuelockError; then no file of the failed stem is left.
    """
    clock = Clock()
    _check(request)
    identity = signing_identity()
    with clock.step("decode"):
        clip = open_clip(request.clip)
        span = resolve_span(
            clip,
            range_in=request.range_in,
            range_out=request.range_out,
            start_timecode=request.start_timecode,
            rate=request.rate,
            handles=request.handles,
        )
    with clock.step("load"):
        bundle = load_bundle(request.bundle)
    with clock.step("decode"):
        picture = look_at(span, bundle, lambda done: progress("picture", done))
    layers = _distinct(request.layers)
    with clock.step("predict"):
        frames = bundle.manifest.mel.frames(span.samples)
        curves = [
            _raised(wanted_curves(request, layer, span, bundle, picture, frames), layer)
            for layer in layers
        ]
    folder = _writable(Path(request.to))
    take = _take_of(request, span)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".cuelock-") as scratch:
        job = Job(request, span, bundle, picture, take, folder, identity, clock)
        made: list[Made] = []
        for number, (layer, wanted) in enumerate(zip(layers, curves, strict=True)):
            for variation in range(request.variations):
                spool = Spool(Path(scratch) / f"{number}-{variation}.f32")
                made.append(_make_stem(job, layer, wanted, variation, spool, progress))
        with clock.step("write"):
            preview = _preview(job, made)
            plot = folder / f"{_title(job)}_curves.png"
            plot_curves([one.panel for one in made], plot, _axis(span, bundle.manifest.mel.rate))
    return RenderReply(
        take=take,
        range=RangeReport(
            range_in=span.label(span.wanted.start),
            range_out=span.label(span.wanted.stop),
            rate=str(span.rate.exact),
            frames=span.wanted.frames,
        ),
        stems=tuple(one.report for one in made),
        curves=tuple(one.curves_path for one in made),
        preview=str(preview),
        plot=str(plot),
        seconds={name: round(seconds, 3) for name, seconds in clock.seconds.items()},
    )


def _make_stem(
    job: Job, layer: Layer, curves: Curves, variation: int, spool: Spool, progress: Progress
) -> Made:
    """One layer's sound along its curves: generation, level, file."""
    span, bundle, clock = job.span, job.bundle, job.clock
    spec = bundle.manifest.mel
    seed = (layer.seed + variation * 0x9E3779B1) % 2**32
    _generate(job, layer, curves, seed, spool, progress)
    with clock.step("write"):
        limit_true_peak(spool)
        level = loudness(spool)
        if level.true_peak_dbtp is None or level.true_peak_dbtp < _SILENT_DBTP:
            raise CuelockError(
                "internal.silent",
                f"The layer {layer.name!r} came out silent.",
                hint="Its curves may be silent: look at them with `cuelock curves`.",
            )
        got = delivered(spool, spec)
        named = layer.name if job.request.variations == 1 else f"{layer.name} {variation + 1}"
        path = job.folder / stem_name(
            span.clip.path.stem, named, span.label(span.wanted.start), job.take
        )
        curves_path = path.with_suffix(".npz")
        write_curves(CurvesFile(curves, span.label(span.begin), str(span.rate)), curves_path)
        info = StemInfo(
            clip=span.clip.path.name,
            layer=named,
            take=job.take,
            time_reference=span.time_reference,
            rate=span.rate,
            channels=1,
            samples=span.samples,
            date=_date_of(span.clip.path),
            bundle=bundle.manifest.name,
            licence=bundle.manifest.licence,
            seed=seed,
            curves_sha256=sha256(curves_path),
        )
        write_stem(path, spool.blocks(), info, level)
        if job.identity is not None:
            sign_stem(path, info, job.identity)
    report = StemReport(
        layer=layer.name,
        path=str(path),
        sample_rate=spec.sample_rate,
        channels=1,
        samples=span.samples,
        time_reference=span.time_reference,
        start_timecode=span.label(span.begin),
        handles=span.handles,
        seed=seed,
        sha256=sha256(path),
        variation=variation,
        measures=measures(torch.from_numpy(curves.energy), got.energy, level),
    )
    return Made(report, str(curves_path), Panel(named, curves, got.mel), spool)


def _generate(
    job: Job, layer: Layer, curves: Curves, seed: int, spool: Spool, progress: Progress
) -> None:
    """Denoise, vocode and append piece by piece; exactly the span's samples."""
    bundle, clock, span = job.bundle, job.clock, job.span
    spec = bundle.manifest.mel
    steps = job.request.steps or bundle.manifest.steps
    cuts = [span.sample(cut) // spec.hop for cut in job.picture.features.cuts]
    whole = steps * len(bundle.pipeline.windows(len(curves), cuts))
    done = 0

    def step_done() -> None:
        nonlocal done
        done += 1
        progress(layer.name, done / whole)

    mels = bundle.pipeline.mels(
        curves,
        bundle.guide(layer.prompt, layer.negative, words_of(layer, bundle, job.picture).seen),
        strictness=layer.strictness,
        steps=steps,
        seed=seed,
        cuts=cuts,
        step_done=step_done,
    )

    def timed() -> Generator[Tensor]:
        while True:
            with clock.step("generate"):
                mel = next(mels, None)
            if mel is None:
                return
            yield mel

    begin, before = time.perf_counter(), clock.seconds["generate"]
    left = span.samples
    for piece in sounds(timed(), torch.from_numpy(curves.energy), bundle.vocoder, seed=seed):
        spool.append(piece[:left].numpy())
        left -= min(left, len(piece))
    both = time.perf_counter() - begin
    clock.seconds["vocode"] += both - (clock.seconds["generate"] - before)


def _preview(job: Job, made: list[Made]) -> Path:
    span = job.span
    path = job.folder / f"{_title(job)}_preview.mp4"
    first = [one.spool for one in made if one.report.variation == 0]
    write_preview(
        path,
        span.clip.path,
        span.seconds(span.wanted.start),
        span.seconds(span.wanted.stop),
        first,
        span.sample(span.wanted.start),
    )
    return path


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


def _take_of(request: RenderRequest, span: Span) -> str:
    """A take's name: the same request on the same clip has the same."""
    asked = msgspec.msgpack.encode(
        msgspec.structs.replace(request, to="", clip=span.clip.path.name)
    )
    size = span.clip.path.stat().st_size
    return hashlib.sha256(asked + str(size).encode()).hexdigest()[:10]


def _title(job: Job) -> str:
    name = stem_name(
        job.span.clip.path.stem, "take", job.span.label(job.span.wanted.start), job.take
    )
    return name.removesuffix(".wav")


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


def _raised(curves: Curves, layer: Layer) -> Curves:
    """Curves with the layer's gain on what sounds; silence stays silence."""
    floor = np.float32(curves.spec.log_floor)
    raised = np.maximum(curves.energy + np.float32(layer.gain_db / NATS_TO_DB), floor)
    return replace(curves, energy=np.where(curves.energy > floor, raised, curves.energy))


def _date_of(path: Path) -> str:
    """When the clip was last changed: a stem's date must not change from run to run."""
    changed = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    return changed.strftime("%Y-%m-%d %H:%M:%S")


def _axis(span: Span, rate: int) -> Callable[[int], str]:
    return lambda frame: span.label(span.begin + int(frame * span.rate.exact / rate))


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CuelockError(
            "disk.readonly",
            f"The folder {folder} cannot be made: {error.strerror}.",
            hint="Name another folder with --to.",
        ) from error
    if not os.access(folder, os.W_OK):
        raise CuelockError(
            "disk.readonly",
            f"The folder {folder} cannot be written.",
            hint="Name another folder with --to.",
        )
    return folder
