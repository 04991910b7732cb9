"""A clip on the desk, and what is heard of a take along it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from host_bridge.protocol import Layer, StemReport, TakeSummary
from host_bridge.timecode import frame_of_time
from media.clip import Clip
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.session import Region


class Opened(NamedTuple):
    """A clip on the desk, and the time that is counted along it."""

    clip: Clip
    timeline: Timeline

    @property
    def whole(self) -> Region:
        """All of its frames."""
        return Region(0, self.timeline.frames)

    def frame(self, time: str) -> int:
        """A request's or a take's time as a frame of the clip. Raises CuelockError."""
        return frame_of_time(time, self.timeline.rate, self.timeline.origin)


class Sounding(NamedTuple):
    """What is heard of a layer: a take's stem, the curves it was made from, their first frame."""

    take: str
    layer: Layer
    stem: StemReport
    curves: str
    start: int


def range_of(here: Opened, take: TakeSummary) -> Region:
    """The frames of the clip that a take covers."""
    span = take.record.reply.range
    return Region(here.frame(span.range_in), here.frame(span.range_out))


def sounding(
    here: Opened, take: TakeSummary, variations: Mapping[str, int], file: Callable[[str], str]
) -> tuple[Sounding, ...]:
    """A take's layers as they are heard: the variation that was chosen of each, else the best.

    file: where a file of the take is now.
    """
    reply, found = take.record.reply, list[Sounding]()
    for layer in take.record.layers:
        wanted = variations.get(layer.name)
        stems = [
            (stem, curves)
            for stem, curves in zip(reply.stems, reply.curves, strict=True)
            if stem.layer == layer.name
        ]
        if stems:
            stem, curves = min(stems, key=lambda one: (one[0].variation != wanted, one[0].rank))
            stem = replace(stem, path=file(stem.path))
            start = range_of(here, take).start - stem.handles
            found.append(Sounding(take.record.take, layer, stem, file(curves), start))
    return tuple(found)
