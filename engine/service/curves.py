"""The curves job: Mel-QCD curves of picture or sound, as values, file or picture."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch

from engine.bundles.load import load_bundle
from engine.melqcd.curves import Curves, GrowingCurves, curves_of_mel
from engine.melqcd.files import CurvesFile, write_curves
from engine.melqcd.mel import log_mel
from engine.melqcd.plot import Panel, plot_curves
from engine.service.span import resolve_span
from engine.service.wanted import heard_in, layer_curves, watches
from host_bridge.errors import CuelockError
from host_bridge.protocol import CurvesReply, Layer
from host_bridge.timecode import FrameIndex, Rate, label_of_frame
from media.clip import open_clip

_SOUND_RATE = Rate(25)  # labels of a recording that has no picture
_LONGEST_PLOT = 6000  # mel frames


def curves_of(
    media: Path, source: Literal["picture", "sound"], to: Path | None, *, layer_prompt: str = ""
) -> CurvesReply:
    """Curves of a whole medium.

    source "picture": predicted for a layer of that prompt ("" is what the picture says);
    "sound": of its own sound. to: .npz, .csv or .png, or None.
    Raises CuelockError.
    """
    bundle = load_bundle("small")
    mel = None
    if source == "picture":
        span = resolve_span(open_clip(media))
        layer = Layer(name="picture", prompt=layer_prompt, seed=0)
        spec = bundle.manifest.mel
        frames = span.curve_frames
        with watches.look(span, bundle) as picture:
            pieces = layer_curves(layer, span, bundle, picture, frames)
            curves = GrowingCurves(pieces, frames, spec).upto(frames)
        origin, rate = span.origin, span.rate
    else:
        spec = bundle.manifest.mel
        mel = log_mel(heard_in(media, spec.sample_rate), spec)
        curves = curves_of_mel(mel, spec)
        origin, rate = _place_of(media)
    start = label_of_frame(origin, rate)
    if to is not None:
        _write(CurvesFile(curves, start, str(rate)), to, mel, origin, rate)
    return CurvesReply(
        source=source,
        start_timecode=start,
        timecode_rate=str(rate),
        rate=curves.spec.rate,
        energy=tuple(curves.energy.tolist()),
        spread=tuple(curves.spread.tolist()),
        codes=tuple((int(upper), int(lower)) for upper, lower in curves.codes),
        path=str(to) if to else None,
    )


def _place_of(media: Path) -> tuple[FrameIndex, Rate]:
    """Start label and rate of a movie; a mere recording begins at zero."""
    try:
        span = resolve_span(open_clip(media))
    except CuelockError as error:
        if error.code != "media.no_video":
            raise
        return FrameIndex(0), _SOUND_RATE
    return span.origin, span.rate


def _write(
    file: CurvesFile, to: Path, mel: torch.Tensor | None, origin: FrameIndex, rate: Rate
) -> None:
    if to.suffix != ".png":
        write_curves(file, to)
        return
    curves: Curves = file.curves

    def label(frame: int) -> str:
        return label_of_frame(origin + int(frame * rate.exact / curves.spec.rate), rate)

    if len(curves) > _LONGEST_PLOT:
        seconds = _LONGEST_PLOT // curves.spec.rate
        raise CuelockError(
            "request.path",
            f"A picture of more than {seconds} s of curves cannot be read.",
            hint="Write .npz or .csv, or draw a shorter clip.",
        )
    plot_curves([Panel(to.stem, curves, mel.numpy() if mel is not None else None)], to, label)
