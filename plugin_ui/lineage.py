"""Which takes a comp is made of, and where each of them is heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from host_bridge.protocol import CompRequest, TakeSummary
from plugin_ui.session import Region
from plugin_ui.sounding import Opened, range_of


class Part(NamedTuple):
    """A stretch of a layer that comes from one stem: a take's variation."""

    take: str
    variation: int
    region: Region


def parts_of(
    here: Opened, takes: Mapping[str, TakeSummary], take: TakeSummary, layer: str, variation: int
) -> tuple[Part, ...]:
    """Where each part of a variation of a take's layer comes from, in order of time.

    A later piece of a comp lies over an earlier one, and every comp over the take it was made of.
    """
    parts, left = list[Part](), [range_of(here, take)]
    while isinstance(change := take.record.change, CompRequest):
        for piece in reversed(change.pieces):
            if layer in piece.layers or not piece.layers:
                region = Region(here.frame(piece.region_in), here.frame(piece.region_out))
                inside = (one.within(region) for one in left)
                parts += [Part(piece.take, piece.variation, one) for one in inside if one]
                left = [part for one in left for part in one.without(region)]
        if change.take not in takes:
            break
        take, variation = takes[change.take], change.heard.get(layer, change.variation)
    parts += [Part(take.record.take, variation, one) for one in left]
    return tuple(sorted(parts, key=lambda part: part.region.start))
