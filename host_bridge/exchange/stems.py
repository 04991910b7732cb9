"""Stems as tracks of a timeline file."""

from __future__ import annotations

from fractions import Fraction
from typing import Iterable

from host_bridge.exchange.cut import Cut, Lane, Medium, Shot, rows
from host_bridge.exchange.files import name_of
from host_bridge.placing import OURS
from host_bridge.timecode import sample_of_frame
from host_bridge.timeline import SAMPLE_RATE, Stem


def shot_of(stem: Stem, cut: Cut) -> Shot:
    """A stem from its first sample on; its own time is that of its time reference."""
    midnight = sample_of_frame(cut.first, cut.rate, SAMPLE_RATE)
    origin = Fraction(midnight + stem.start, SAMPLE_RATE)
    length = Fraction(stem.samples, SAMPLE_RATE)
    medium = Medium(stem.path, origin=origin, length=length, channels=stem.channels)
    start = Fraction(stem.start, SAMPLE_RATE)
    return Shot(medium, start, start + length, origin, name=name_of(stem.path))


def lanes_of(stems: Iterable[Stem], cut: Cut) -> tuple[Lane, ...]:
    """A track for every layer, and another where its stems overlap, as handles do.

    What of a stem lies before the timeline is left out.
    """
    layers: dict[tuple[str, int], list[Shot]] = {}
    for stem in stems:
        shot = shot_of(stem, cut)
        inside = shot.within(max(Fraction(0), shot.start), shot.stop)
        layers.setdefault((stem.layer, stem.channels), []).append(inside)
    return tuple(
        Lane(f"{OURS} {layer}{f' {number}' if number > 1 else ''}", row, channels=channels)
        for (layer, channels), shots in layers.items()
        for number, row in enumerate(rows(s for s in shots if s.start < s.stop), 1)
    )
