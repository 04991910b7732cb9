"""What a layer should sound like in time: its curves, from picture, file or guide."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from engine.bundles.bundle import Bundle, Sight
from engine.melqcd.curves import Curves, curves_of_sound, silent_curves
from engine.melqcd.files import CurvesFile, read_curves
from engine.picture.features import Watch
from engine.service.span import HOP, SAMPLE_RATE, Span
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RenderRequest
from host_bridge.timecode import Rate, frame_of_label, time_reference
from media.clip import open_clip
from media.sound import sound


class Picture:
    """What a span's pictures show: measured in the background, known as far as it is asked for."""

    def __init__(self, watch: Watch, sight: Sight, waiting: Callable[[float], None]) -> None:
        self.features = watch.features
        self._watch = watch
        self._sight = sight
        self._waiting = waiting

    def upto(self, frame: int) -> None:
        """Wait until features before a frame of the clip are known."""
        self._watch.upto(frame, self._waiting)

    def whole(self) -> Picture:
        """Wait for everything."""
        self.upto(self.features.start + len(self.features.motion))
        return self

    def cuts(self, span: Span) -> Callable[[int], list[int]]:
        """Mel frames of a span's stem at which the picture cuts, known before a frame."""

        def known(frame: int) -> list[int]:
            self.upto(span.begin + math.ceil(frame * HOP * span.rate.exact / SAMPLE_RATE) + 1)
            return [span.sample(cut) // HOP for cut in self.features.cuts]

        return known

    @cached_property
    def point(self) -> Tensor:
        """What is seen, as words are [1, width]; waits for everything."""
        appearance = torch.from_numpy(self.whole().features.appearance)
        return self._sight.backbone.point(appearance)


class Words(NamedTuple):
    """A layer's words: pooled [1, width]; seen: what becomes pseudo-words, or None."""

    pooled: Tensor
    seen: Tensor | None


class Watches:
    """The last clips' measured pictures stay: a new prompt or a redrawn curve needs no decoding."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[tuple, Watch] = OrderedDict()

    @contextmanager
    def look(
        self, span: Span, sight: Sight, waiting: Callable[[float], None] = lambda _done: None
    ) -> Generator[Picture]:
        """A span's pictures; what was not measured to its end is forgotten afterwards."""
        file = span.clip.path.stat()
        part = span.picture
        key = (span.clip.path, file.st_mtime_ns, file.st_size, part, span.rate.exact,
               sight.manifest.name)  # fmt: skip
        watch = self._kept.pop(key, None) or Watch(
            span.clip, part.start, part.stop, span.rate.exact, sight.backbone
        )
        try:
            yield Picture(watch, sight, waiting)
        finally:
            if watch.complete:
                self._kept[key] = watch
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            else:
                watch.close()

    def forget(self) -> None:
        """Give the memory back."""
        self._kept.clear()


#: Of this process.
watches = Watches(most=4)


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
) -> Iterator[Curves]:
    """The curves a layer's stem follows, in pieces from the stem's first sample on."""
    spec = bundle.manifest.mel
    if request.curves:
        yield placed(read_curves(Path(request.curves)), span)
    elif request.guide:
        heard = heard_in(Path(request.guide), spec.sample_rate)
        start = span.sample(span.wanted.start) // HOP
        levelled = bundle.pipeline.codec.levelled(heard)
        yield curves_of_sound(levelled, spec).shifted(start)
    else:
        yield from layer_curves(layer, span, bundle, picture, frames)


def heard_in(media: Path, sample_rate: int) -> Tensor:
    """Mono sound [samples] of a recording, or of a movie from its first picture on."""
    try:
        source = open_clip(media)
    except CuelockError as error:
        if error.code != "media.no_video":
            raise
        source = media
    return torch.from_numpy(sound(source, sample_rate=sample_rate))


def layer_curves(
    layer: Layer, span: Span, bundle: Bundle, picture: Picture, frames: int
) -> Iterator[Curves]:
    """Curves predicted from the picture for a layer, in pieces; silence where there is none."""
    spec = bundle.manifest.mel
    lead = span.sample(span.picture.start) // HOP
    yield silent_curves(lead, spec)
    yield from bundle.predictor.curves(
        picture.features,
        words_of(layer, bundle, picture).pooled,
        focus=layer.focus,
        behaviour=layer.behaviour,
        frames=frames - lead,
        spec=spec,
        ready=picture.upto,
    )


def placed(file: CurvesFile, span: Span) -> Curves:
    """Curves where their start timecode puts them; at the in point when that is elsewhere."""
    rate = Rate.parse(file.timecode_rate)
    at = time_reference(frame_of_label(file.start, rate), rate, SAMPLE_RATE)
    offset = round((at - span.time_reference) / HOP)
    if not -len(file.curves) < offset < span.curve_frames:
        offset = span.sample(span.wanted.start) // HOP
    return file.curves.shifted(offset)
