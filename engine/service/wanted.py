"""What a layer should sound like in time: its curves, from picture, file or guide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from engine.bundles.load import Bundle
from engine.generate.inversion import seen_in_picture
from engine.melqcd.curves import Curves, curves_of_sound
from engine.melqcd.files import CurvesFile, read_curves
from engine.picture.clip import open_clip
from engine.picture.features import PictureFeatures, picture_features
from engine.picture.sound import sound
from engine.predict.v2x import predict_curves
from engine.service.span import SAMPLE_RATE, Span
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RenderRequest
from host_bridge.timecode import Rate, frame_of_label, time_reference


class Picture(NamedTuple):
    """What was measured on a span's pictures; point [1, TEXT_WIDTH]: what is seen, as words are."""

    features: PictureFeatures
    point: Tensor


class Words(NamedTuple):
    """A layer's words: pooled [1, TEXT_WIDTH]; seen: what becomes pseudo-words, or None."""

    pooled: Tensor
    seen: Tensor | None


def look_at(span: Span, bundle: Bundle, progress: Callable[[float], None]) -> Picture:
    """Decode a span's pictures once and measure them."""
    features = picture_features(
        span.clip, span.picture.start, span.picture.stop, span.rate.exact, bundle.backbone, progress
    )
    logits = bundle.backbone.logits(torch.from_numpy(features.appearance))
    return Picture(features, seen_in_picture(logits, bundle.names))


def words_of(layer: Layer, bundle: Bundle, picture: Picture) -> Words:
    """An empty prompt means what the picture says."""
    if layer.prompt:
        return Words(bundle.text.encode([layer.prompt]).pooled, None)
    return Words(picture.point, picture.point)


def wanted_curves(
    request: RenderRequest,
    layer: Layer,
    span: Span,
    bundle: Bundle,
    picture: Picture,
    frames: int,
) -> Curves:
    """The curves [frames] a layer's stem follows, from the stem's first sample on."""
    spec = bundle.manifest.mel
    if request.curves:
        return _placed(read_curves(Path(request.curves)), span).fitted(frames)
    if request.guide:
        heard = heard_in(Path(request.guide), spec.sample_rate)
        start = span.sample(span.wanted.start) // spec.hop
        return curves_of_sound(heard, spec).shifted(start).fitted(frames)
    return layer_curves(layer, span, bundle, picture, frames)


def heard_in(media: Path, sample_rate: int) -> Tensor:
    """Mono sound [samples] of a recording, or of a movie from its first picture on."""
    try:
        source = open_clip(media)
    except CuelockError as error:
        if error.code != "media.no_video":
            raise
        source = media
    return torch.from_numpy(sound(source, sample_rate=sample_rate))


def layer_curves(layer: Layer, span: Span, bundle: Bundle, picture: Picture, frames: int) -> Curves:
    """Curves [frames] predicted from the picture for a layer; silence where there is none."""
    spec = bundle.manifest.mel
    lead = span.sample(span.picture.start) // spec.hop
    predicted = predict_curves(
        bundle.predictor,
        picture.features,
        words_of(layer, bundle, picture).pooled,
        focus=layer.focus,
        behaviour=layer.behaviour,
        frames=frames - lead,
        spec=spec,
    )
    return predicted.shifted(lead).fitted(frames)


def _placed(file: CurvesFile, span: Span) -> Curves:
    """Curves where their start timecode puts them; at the in point when that is elsewhere."""
    spec = file.curves.spec
    rate = Rate.parse(file.timecode_rate)
    at = time_reference(frame_of_label(file.start, rate), rate, SAMPLE_RATE)
    offset = round((at - span.time_reference) / spec.hop)
    if not -len(file.curves) < offset < spec.frames(span.samples):
        offset = span.sample(span.wanted.start) // spec.hop
    return file.curves.shifted(offset)
