"""A take in the making: what its stems share, how a stem is finished, how the take is.

Files are made in a folder of their own beside their place and moved there when all are whole: a job
that fails leaves nothing.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
import shutil
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
import psutil
import torch

from engine.bundles.load import Bundle
from engine.bundles.store import sha256
from engine.generate.project import energy_error_db
from engine.generate.windows import WINDOW_FRAMES
from engine.melqcd.curves import Curves
from engine.melqcd.files import CurvesFile, read_curves, write_curves
from engine.melqcd.plot import Panel, plot_curves
from engine.service.span import SAMPLE_RATE, Span
from engine.stems.bwf import StemInfo, read_samples, write_stem
from engine.stems.level import Spool, loudness
from engine.stems.measure import delivered, measures
from engine.stems.names import safe_name, stem_name
from engine.stems.preview import write_preview
from engine.stems.signing import Identity, sign_stem, signing_identity
from engine.takes.history import Given
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    Layer,
    RangeReport,
    RegionMeasures,
    RenderReply,
    StemReport,
)
from host_bridge.timecode import FrameRange

_SILENT_DBTP = -90.0
_SPOOL = ".f32"
_PLACED = ("clip", "curves", "guide")  # what requests name by path
_COPIED = 480_000  # samples


class Follow(Protocol):
    """Who follows a job. Either method may raise CuelockError cancelled.user."""

    def progress(self, stage: str, done: float) -> None:
        """A stage (a step or a layer's name) and its share, 0..1."""

    def heard(self, layer: str, variation: int, start: int, sound: np.ndarray) -> None:
        """Samples of a stem from `start` on, before its level is settled."""


class Alone:
    """Nobody follows."""

    def progress(self, stage: str, done: float) -> None:
        pass

    def heard(self, layer: str, variation: int, start: int, sound: np.ndarray) -> None:
        pass


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


class Making(NamedTuple):
    """What every stem of a take shares."""

    take: str
    span: Span
    bundle: Bundle
    to: Path
    scratch: Path
    identity: Identity | None
    clock: Clock
    follow: Follow
    window_frames: int

    def spool(self) -> Spool:
        """A new, empty spool that goes when the take is made."""
        return Spool(self.scratch / f"{uuid.uuid4().hex}{_SPOOL}")


class Region(NamedTuple):
    """What is made anew: frames of the clip, and the mel frames of the stem that hold them."""

    frames: FrameRange
    mel: slice


class Made(NamedTuple):
    """A finished stem with what the take's picture and preview need of it."""

    report: StemReport
    curves_path: str
    panel: Panel
    spool: Spool


class GivenStem(NamedTuple):
    """A finished stem: its report, its file and its curves' file in the history."""

    report: StemReport
    path: Path
    curves: Path

    def into(self, spool: Spool, start: int = 0, stop: int | None = None) -> Spool:
        """Its samples [start, stop), the same as in the file."""
        stop = self.report.samples if stop is None else stop
        for at in range(start, stop, _COPIED):
            spool.append(read_samples(self.path, at, min(at + _COPIED, stop)))
        return spool


def stem_of(given: Given, layer: str, variation: int) -> GivenStem:
    """A layer's stem of a variation; of the only one where there is one.

    Raises CuelockError request.layer and request.option.
    """
    reply = given.record.reply
    there = [
        (stem, curves)
        for stem, curves in zip(reply.stems, reply.curves, strict=True)
        if stem.layer == layer
    ]
    if not there:
        raise CuelockError(
            "request.layer",
            f"The take {given.record.take} has no layer {layer!r}.",
            hint="`cuelock takes show` lists its layers.",
        )
    fitting = [one for one in there if one[0].variation == variation or len(there) == 1]
    if not fitting:
        raise CuelockError(
            "request.option",
            f"The take {given.record.take} has no variation {variation} of {layer!r}.",
            hint=f"It has variations 0 to {len(there) - 1}.",
        )
    stem, curves = fitting[0]
    return GivenStem(stem, given.file(stem.path), given.file(curves))


def carried(job: Making, given: Given, layer: Layer, variation: int) -> Made:
    """A stem of another take as it is, byte by byte, into this one."""
    stem = stem_of(given, layer.name, variation)
    path, curves_path = (Path(name).name for name in (stem.report.path, _curves_of(given, stem)))
    shutil.copyfile(stem.path, job.scratch / path)
    shutil.copyfile(stem.curves, job.scratch / curves_path)
    spool = stem.into(job.spool())
    got = delivered(spool, job.bundle.manifest.mel)
    report = msgspec.structs.replace(stem.report, path=str(job.to / path), rank=1, region=None)
    panel = Panel(layer.name, read_curves(stem.curves).curves, got.mel)
    return Made(report, str(job.to / curves_path), panel, spool)


def _curves_of(given: Given, stem: GivenStem) -> str:
    reply = given.record.reply
    return reply.curves[reply.stems.index(stem.report)]


@contextmanager
def making(
    take: str,
    span: Span,
    bundle: Bundle,
    to: str,
    clock: Clock,
    follow: Follow,
    window_frames: int = WINDOW_FRAMES,
) -> Generator[Making]:
    """Make a take's files; at the end, and only then, they are in their folder.

    Raises CuelockError disk.readonly and request.signing.
    """
    identity = signing_identity()
    with (
        _folder(Path(to)) as folder,
        tempfile.TemporaryDirectory(dir=folder, prefix=_scratch_of(os.getpid())) as scratch,
    ):
        yield Making(
            take, span, bundle, folder, Path(scratch), identity, clock, follow, window_frames
        )
        for path in Path(scratch).iterdir():
            if path.suffix != _SPOOL:
                path.replace(folder / path.name)


def finish_stem(
    job: Making,
    layer: Layer,
    curves: Curves,
    spool: Spool,
    *,
    seed: int,
    variation: int,
    variations: int,
    region: Region | None = None,
) -> Made:
    """Level and measures of a stem, then its file and its curves'.

    Raises CuelockError internal.* for sound that must not be delivered.
    """
    span, spec = job.span, job.bundle.manifest.mel
    level = loudness(spool)
    if level.true_peak_dbtp is None or level.true_peak_dbtp < _SILENT_DBTP:
        raise CuelockError(
            "internal.silent",
            f"The layer {layer.name!r} came out silent.",
            hint="Its curves may be silent: look at them with `cuelock curves`.",
        )
    got = delivered(spool, spec)
    named = layer.name if variations == 1 else f"{layer.name} {variation + 1}"
    path = job.scratch / stem_name(
        span.clip.path.stem, named, span.label(span.wanted.start), job.take
    )
    curves_path = path.with_suffix(".npz")
    place = span.label(span.begin), str(span.rate)
    write_curves(CurvesFile(curves, *place, got.energy.numpy()), curves_path)
    info = StemInfo(
        clip=span.clip.path.name,
        layer=named,
        take=job.take,
        time_reference=span.time_reference,
        rate=span.rate,
        channels=1,
        samples=span.samples,
        date=_date_of(span.clip.path),
        bundle=job.bundle.manifest.name,
        licence=job.bundle.manifest.licence,
        seed=seed,
        curves_sha256=sha256(curves_path),
    )
    write_stem(path, spool.blocks(), info, level)
    if job.identity is not None:
        sign_stem(path, info, job.identity)
    wanted = torch.from_numpy(curves.energy)
    inside = None
    if region is not None:
        mean, within = energy_error_db(wanted[region.mel], got.energy[region.mel])
        inside = RegionMeasures(energy_error_db=mean, energy_within=within)
    report = StemReport(
        layer=layer.name,
        path=str(job.to / path.name),
        sample_rate=SAMPLE_RATE,
        channels=1,
        samples=span.samples,
        time_reference=span.time_reference,
        start_timecode=span.label(span.begin),
        handles=span.handles,
        seed=seed,
        sha256=sha256(path),
        variation=variation,
        measures=measures(wanted, got.energy, level),
        region=inside,
    )
    return Made(report, str(job.to / curves_path.name), Panel(named, curves, got.mel), spool)


def finish_take(
    job: Making, made: Sequence[Made], *, parent: str | None = None, region: Region | None = None
) -> RenderReply:
    """Preview movie and picture of a take, and what is told of it."""
    span = job.span
    with job.clock.step("write"), ThreadPoolExecutor(1) as beside:
        preview = job.scratch / f"{_title(job)}_preview.mp4"
        previewed = beside.submit(
            write_preview,
            preview,
            span.clip.path,
            span.seconds(span.wanted.start),
            span.seconds(span.wanted.stop),
            [one.spool for one in made if one.report.rank == 1],
            span.sample(span.wanted.start),
        )
        plot = job.scratch / f"{_title(job)}_curves.png"
        rate = job.bundle.manifest.mel.rate
        plot_curves([one.panel for one in made], plot, _axis(span, rate))
        previewed.result()
    return RenderReply(
        take=job.take,
        range=range_report(span, span.wanted),
        stems=tuple(one.report for one in made),
        curves=tuple(one.curves_path for one in made),
        preview=str(job.to / preview.name),
        plot=str(job.to / plot.name),
        seconds={name: round(seconds, 3) for name, seconds in job.clock.seconds.items()},
        parent=parent,
        region=range_report(span, region.frames) if region else None,
    )


def range_report(span: Span, frames: FrameRange) -> RangeReport:
    """Frames of a clip as people read them."""
    return RangeReport(
        range_in=span.label(frames.start),
        range_out=span.label(frames.stop),
        rate=str(span.rate.exact),
        frames=frames.frames,
    )


def take_name(*parts: msgspec.Struct, clip: Path) -> str:
    """A take's name: the same request on the same clip has the same.

    The folder it goes to and those its files lie in do not count.
    """
    told = hashlib.sha256(str(clip.stat().st_size).encode())
    for part in parts:
        named = {
            field: Path(value).name for field in _PLACED if (value := getattr(part, field, None))
        }
        told.update(msgspec.msgpack.encode(msgspec.structs.replace(part, to="", **named)))
    return told.hexdigest()[:10]


def _title(job: Making) -> str:
    name = stem_name(
        job.span.clip.path.stem, "take", job.span.label(job.span.wanted.start), job.take
    )
    return name.removesuffix(".wav")


def _date_of(path: Path) -> str:
    """When the clip was last changed: a stem's date must not change from run to run."""
    changed = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    return changed.strftime("%Y-%m-%d %H:%M:%S")


def _axis(span: Span, rate: int) -> Callable[[int], str]:
    return lambda frame: span.label(span.begin + int(frame * span.rate.exact / rate))


@contextmanager
def _folder(folder: Path) -> Generator[Path]:
    """A folder to write to; one that was made for it goes again when nothing came of it."""
    new = not folder.exists()
    _make_writable(folder)
    _clear_after_the_dead(folder)
    try:
        yield folder
    except BaseException:
        if new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _scratch_of(pid: int) -> str:
    """How scratch folders of a process of this machine begin."""
    return f".cuelock-{safe_name(platform.node())}-{pid}-"


def _clear_after_the_dead(folder: Path) -> None:
    """Remove scratch folders of processes that were killed."""
    for left in folder.glob(_scratch_of(0).replace("-0-", "-*")):
        pid = left.name.rsplit("-", 2)[1]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _make_writable(folder: Path) -> None:
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
