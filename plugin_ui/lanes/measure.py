"""How long lanes take to paint: an hour of three stems and their curves, scrolled and zoomed."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np
from PyQt6.QtWidgets import QApplication

from host_bridge.timecode import Rate
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.curve_track import CODES, CurveTrack
from plugin_ui.lanes.levels import LevelsMaker, SoundLevels
from plugin_ui.lanes.selection import Selection
from plugin_ui.lanes.sound_lane import SoundLane
from plugin_ui.lanes.stack import Lanes
from plugin_ui.lanes.timeline import CURVE_RATE, Timeline

_SAMPLE_RATE = 48_000
_BLOCK_SECONDS = 10


class LaneFigures(NamedTuple):
    """Milliseconds of a painted frame, medians and the slowest of twenty."""

    scroll_ms: float
    scroll_95_ms: float
    zoom_ms: float
    zoom_95_ms: float


def measure_lanes(
    width: int = 1600, height: int = 900, *, minutes: int = 60, steps: int = 120
) -> LaneFigures:
    """Scroll and zoom six lanes of so many minutes in a window of that size, each so many steps.

    Needs a QApplication; its platform may be `offscreen`. An hour takes half a minute.
    """
    frames = minutes * 60 * 24
    timeline = Timeline(rate=Rate.parse("24"), start="01:00:00:00", frames=frames)
    axis, selection = TimeAxis(timeline), Selection()
    lanes = Lanes(axis, selection)
    levels, track = _sound(minutes), _curves(minutes)
    for number in range(3):
        sound = SoundLane(f"stem {number}", axis, selection)
        sound.show_levels(levels)
        curves = CurveLane(f"curves {number}", axis, selection)
        for kind in ("predicted", "wanted", "delivered"):
            curves.show_curves(kind, track)
        lanes.add(sound)
        lanes.add(curves)
    lanes.resize(width, height)
    lanes.show()
    QApplication.processEvents()
    zoomed = [_painted(lanes, lambda: axis.zoom(1.15, 0.4 * width)) for _ in range(steps // 2)]
    zoomed += [_painted(lanes, lambda: axis.zoom(1 / 1.15, 0.4 * width)) for _ in range(steps // 2)]
    scrolled = list[float]()
    for seconds in (40 * minutes, 5 * minutes, minutes / 2, 3):
        axis.zoom(axis.seen / (seconds * timeline.fps), axis.width / 2)
        scrolled += [_painted(lanes, lambda: axis.scroll(7)) for _ in range(steps // 4)]
    lanes.close()
    lanes.deleteLater()
    return LaneFigures(
        median(scrolled), float(np.quantile(scrolled, 0.95)),
        median(zoomed), float(np.quantile(zoomed, 0.95)),
    )  # fmt: skip


def _painted(lanes: Lanes, change: Callable[[], None]) -> float:
    started = perf_counter()
    change()
    seen = [lane for lane in lanes.lanes() if not lane.visibleRegion().isEmpty()]
    while any(lane.stale for lane in seen):
        QApplication.processEvents()
    return 1000 * (perf_counter() - started)


def _sound(minutes: int) -> SoundLevels:
    """Knocks in noise: one block's levels, over and over."""
    rng = np.random.default_rng(0)
    block = rng.normal(0, 0.01, _BLOCK_SECONDS * _SAMPLE_RATE).astype(np.float32)
    knock = rng.normal(0, 0.3, 9600) * np.exp(-np.arange(9600) / 1200)
    for at in rng.integers(0, len(block) - len(knock), 12):
        block[at : at + len(knock)] += knock
    samples = minutes * 60 * _SAMPLE_RATE
    maker = LevelsMaker(samples, _SAMPLE_RATE)
    for at in range(0, samples, len(block)):
        maker.put(at, block)
    return maker.levels


def _curves(minutes: int) -> CurveTrack:
    rng, frames = np.random.default_rng(1), minutes * 60 * CURVE_RATE
    return CurveTrack(
        energy=rng.normal(-5, 1.5, frames).astype(np.float32),
        spread=np.abs(rng.normal(0.8, 0.3, frames)).astype(np.float32),
        codes=rng.integers(0, CODES, (frames, 2)).astype(np.uint8),
        floor=float(np.log(1e-5)),
        start="01:00:00:00",
        timecode_rate="24",
    )
