"""A region of a stem filled with new sound that follows its curves and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from engine.generate.pipeline import Held
from engine.generate.project import NATS_TO_DB
from engine.generate.sound import MARGIN
from engine.melqcd.curves import Curves, GrowingCurves
from engine.melqcd.decompose import to_windows
from engine.melqcd.spec import MelSpec
from engine.service.render import generate
from engine.service.span import HOP, Span
from engine.service.take import Making, Region
from engine.service.wanted import Words
from engine.stems.level import Spool, limit_true_peak
from engine.stems.measure import mel_between
from engine.stems.splice import Splice
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer
from host_bridge.timecode import FrameRange, frame_of_time, frame_range

_CONTEXT_FRAMES = 50  # seen on both sides of a region; more of them join it no better
_ROUNDS = 16
_STEP = 1.5  # of the error is corrected in a round: part of what is heard are neighbours
_WORTH_DB = 0.01  # a round that gains less is the last
_SETTLED_DB = 0.25  # root mean square error of a region that needs no further round
_MOST_CORRECTED = 0.7  # nats a round
_SHORT_FRAMES = 12  # hardly longer than a frame's window and the cross-fades together
_GAINS = (-4.0, 1.5)  # nats, the least and the most that a short region's sound is turned


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
    return region_at(frames, span)


def region_at(frames: FrameRange, span: Span) -> Region:
    """A region of frames that lie inside a span's stems: mel frames whose centres lie in it."""
    first, last = (round(span.sample(frame) / HOP) for frame in (frames.start, frames.stop))
    return Region(frames, slice(first, max(last, first + 1)))


def fill_region(
    job: Making,
    layer: Layer,
    words: Words,
    stem: Spool,
    curves: Curves,
    region: Region,
    *,
    steps: int | None,
    variation: int = 0,
) -> None:
    """Make a region of a stem anew along the stem's curves; outside it no sample changes.

    Its latents are denoised between those of the sound that stays, vocoded with it, brought to the
    wanted energy and spliced in.
    """
    span = job.span
    start, stop = span.sample(region.frames.start), span.sample(region.frames.stop)
    patch = job.bundle.pipeline.codec.patch_frames
    stretch = _stretch(region.mel, len(curves), patch)
    held = _held(stem, stretch, region.mel, curves.spec, patch)
    part = curves.slice(stretch.start, stretch.stop)
    new = job.spool()
    heard = _heard(stretch, region.mel)
    pieces = generate(
        job, layer, words, GrowingCurves([part], len(part), part.spec), None,
        seed=layer.seed, steps=steps, held=held, heard=heard,
    )  # fmt: skip
    skip, left = start - (stretch.start + heard.start) * HOP, stop - start
    for piece in pieces:
        sound = piece[skip : skip + left].numpy()
        job.follow.heard(layer.name, variation, stop - left, sound)
        new.append(sound)
        skip, left = max(0, skip - len(piece)), left - len(sound)
    with job.clock.step("write"):
        _settle(new, Splice(stem, start, stop), stem, start, curves, region)


def _settle(
    new: Spool, place: Splice, stem: Spool, start: int, curves: Curves, region: Region
) -> None:
    """Put the region's sound in its place, and correct its energy for the neighbours it got."""
    spec, part = curves.spec, region.mel
    wanted = torch.from_numpy(curves.energy[part.start : part.stop])
    frames = np.arange(part.start, part.stop) * HOP - start
    moments = np.stack([frames + HOP / 4, frames + HOP * 3 / 4], axis=1).ravel()
    raw = new.copy()

    def off(gain: np.ndarray) -> np.ndarray:
        """What each frame lacks, in nats, when its sound gets these log gains."""
        _fill(place, raw, new, gain, moments)
        got = to_windows(mel_between(stem, part.start, part.stop, spec), spec).mean(dim=0)
        return (wanted - got).numpy()

    gain, error = _in_rounds(off, len(frames))
    if error > _SETTLED_DB and len(frames) <= _SHORT_FRAMES:
        _by_least_squares(off, gain)


def _in_rounds(off: Callable[[np.ndarray], np.ndarray], frames: int) -> tuple[np.ndarray, float]:
    """Each frame corrected by what it lacks itself: the best log gains, two a frame, are in place.

    Returns them and their error in dB.
    """
    gain = best = np.zeros(2 * frames)
    least, last = np.inf, np.inf
    for _ in range(_ROUNDS):
        lacks = off(gain)
        error = _rms_db(lacks)
        if error < least:
            best, least = gain, error
        if error <= _SETTLED_DB or last - error < _WORTH_DB:
            break
        last = error
        gain = gain + np.repeat((_STEP * lacks).clip(-_MOST_CORRECTED, _MOST_CORRECTED), 2)
    if best is not gain:
        off(best)
    return best, least


def _by_least_squares(off: Callable[[np.ndarray], np.ndarray], gain: np.ndarray) -> None:
    """Put better log gains than some in place in a region of few frames, where each frame hears
    what the others get.
    """
    from scipy.optimize import least_squares

    def lacks(factors: np.ndarray) -> np.ndarray:
        return off(np.log(factors))

    found = least_squares(
        lacks, np.exp(gain.clip(*_GAINS)),
        bounds=np.exp(_GAINS), diff_step=0.05, ftol=0.01, max_nfev=_ROUNDS,
    )  # fmt: skip
    lacks(found.x)


def _rms_db(nats: np.ndarray) -> float:
    return float(np.sqrt(np.square(nats).mean())) * NATS_TO_DB


def _fill(place: Splice, raw: Spool, new: Spool, gain: np.ndarray, moments: np.ndarray) -> None:
    """Sound with log gains at some of its samples, its peaks limited, into its place."""
    at = 0
    for block in raw.blocks():
        samples = np.arange(at, at + len(block))
        new.put(at, block * np.exp(np.interp(samples, moments, gain)))
        at += len(block)
    limit_true_peak(new)
    place.fill(new)


def _stretch(region: slice, frames: int, patch: int) -> slice:
    """The mel frames that are generated over: the region on the latents' grid, with context."""
    context = _CONTEXT_FRAMES // patch * patch
    inner = _on_grid(region, patch)
    return slice(max(0, inner.start - context), min(frames, inner.stop + context))


def _heard(stretch: slice, region: slice) -> slice:
    """The frames of a stretch that are vocoded: the region, and what its first and last see."""
    first, last = region.start - stretch.start, region.stop - stretch.start
    return slice(max(0, first - MARGIN), min(stretch.stop - stretch.start, last + MARGIN))


def _held(spool: Spool, stretch: slice, region: slice, spec: MelSpec, patch: int) -> Held:
    """The sound on both sides of the region, on the latents' grid."""
    inner = _on_grid(region, patch)
    before = mel_between(spool, stretch.start, inner.start, spec)
    after = mel_between(spool, min(inner.stop, stretch.stop), stretch.stop, spec)
    return Held(before, _to_grid(after, patch))


def _on_grid(region: slice, patch: int) -> slice:
    return slice(region.start // patch * patch, -(-region.stop // patch) * patch)


def _to_grid(mel: Tensor, patch: int) -> Tensor:
    """A whole number of patches: the last frame is repeated."""
    missing = -mel.shape[-1] % patch
    return torch.cat([mel, mel[:, -1:].expand(-1, missing)], dim=1) if missing else mel
