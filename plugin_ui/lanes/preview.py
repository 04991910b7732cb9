"""What edits will make of curves, before the engine is asked: as engine.melqcd.edit does it.

The panel cannot import the engine; tests hold both to the same samples. What slides in from
beyond a region's end holds its value.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from host_bridge.protocol import (
    Curve,
    CurveEdit,
    GainEdit,
    NudgeEdit,
    PointsEdit,
    SmoothEdit,
    StretchEdit,
)
from host_bridge.timecode import FrameRange, frame_of_time
from plugin_ui.lanes.curve_track import DB, CurveTrack
from plugin_ui.lanes.timeline import CURVE_RATE, Timeline

_ALIKE = 0.7  # nats: energies further apart do not smooth each other

#: A breakpoint: frame and dB.
Point = tuple[int, float]


def with_edit(
    edits: tuple[CurveEdit, ...], edit: CurveEdit, *, replaces: bool
) -> tuple[CurveEdit, ...]:
    """Edits and one more, or with it in place of the last; without breakpoints it is none."""
    kept = edits[:-1] if replaces else edits
    return kept if isinstance(edit, PointsEdit) and not edit.points else (*kept, edit)


def points_of(edits: tuple[CurveEdit, ...], timeline: Timeline) -> list[Point]:
    """The breakpoints that can be taken hold of: those of the last edit, in order of frames."""
    if not edits or not isinstance(edits[-1], PointsEdit):
        return []
    return sorted((_frame(time, timeline), db) for time, db in edits[-1].points)


def points_edit(points: list[Point], timeline: Timeline) -> PointsEdit:
    """Breakpoints as an edit, their times as labels."""
    return PointsEdit(points=tuple((timeline.label(frame), db) for frame, db in sorted(points)))


def previewed(
    track: CurveTrack,
    edits: tuple[CurveEdit, ...],
    region: FrameRange,
    timeline: Timeline,
    locks: Collection[Curve] = (),
) -> CurveTrack:
    """The curves with a region's edits in order; locked ones stay as they are."""
    begin = track.begin(timeline)
    part = timeline.curve_region(region.start, region.stop, begin)
    part = slice(max(0, part.start), min(len(track), part.stop))
    if not edits or part.start >= part.stop:
        return track
    free = _Part(track.energy[part], track.spread[part], track.codes[part], track.floor)
    for edit in edits:
        free = free.edited(edit, timeline, begin, part.start)
    return track.with_part(
        part.start,
        track.energy[part] if "energy" in locks else free.energy,
        track.spread[part] if "spread" in locks else free.spread,
        track.codes[part] if "semantic" in locks else free.codes,
    )


def reduced(points: list[Point], within_db: float) -> list[Point]:
    """The fewest of the points whose straight lines stay that near to all.

    Source: Ramer (1972), Douglas and Peucker (1973), with the distance along dB.
    """
    if len(points) < 3:
        return points
    frames, values = np.array(points).T
    line = np.interp(frames, frames[[0, -1]], values[[0, -1]])
    worst = int(np.argmax(np.abs(values - line)))
    if abs(values[worst] - line[worst]) <= within_db:
        return [points[0], points[-1]]
    return reduced(points[: worst + 1], within_db)[:-1] + reduced(points[worst:], within_db)


class _Part:
    """A region's curves [T], edited one after another."""

    def __init__(
        self, energy: np.ndarray, spread: np.ndarray, codes: np.ndarray, floor: float
    ) -> None:
        self.energy, self.spread, self.codes, self.floor = energy, spread, codes, floor

    def edited(self, edit: CurveEdit, timeline: Timeline, begin: int, first: int) -> _Part:
        """begin: the frame with which the whole curves start; first: this part's curve frame."""
        at = np.arange(len(self.energy))
        match edit:
            case GainEdit():
                floor = np.float32(self.floor)
                raised = np.maximum(self.energy + np.float32(edit.db / DB), floor)
                return self._with(np.where(self.energy > floor, raised, self.energy))
            case NudgeEdit():
                return self._taken(at - round(edit.frames * CURVE_RATE / timeline.rate.exact))
            case StretchEdit():
                return self._taken(np.round(at / edit.factor).astype(int))
            case SmoothEdit():
                return self._with(_smoothed(self.energy, edit.milliseconds * CURVE_RATE / 1000))
            case PointsEdit():
                points = sorted(
                    (timeline.curve_frame(_frame(time, timeline), begin) - first, db)
                    for time, db in edit.points
                )
                return self._with(_through(self.energy, points, self.floor))

    def _with(self, energy: np.ndarray) -> _Part:
        return _Part(energy, self.spread, self.codes, self.floor)

    def _taken(self, frames: np.ndarray) -> _Part:
        at = np.clip(frames, 0, len(self.energy) - 1)
        return _Part(self.energy[at], self.spread[at], self.codes[at], self.floor)


def _through(energy: np.ndarray, points: list[Point], floor: float) -> np.ndarray:
    if not points:
        return energy
    at, db = np.array(points).T
    frames = np.arange(max(0, int(at[0])), min(len(energy), int(at[-1]) + 1))
    energy = energy.copy()
    energy[frames] = np.maximum(np.interp(frames, at, db / DB), floor)
    return energy


def _smoothed(energy: np.ndarray, frames: float) -> np.ndarray:
    """Averaged over values alike alone (Tomasi & Manduchi, 1998), along time."""
    reach = int(np.ceil(frames))
    padded = np.pad(energy.astype(np.float64), reach, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    near = np.exp(-0.5 * np.square(2 * np.arange(-reach, reach + 1) / max(frames, 1e-6)))
    weight = near * np.exp(-0.5 * np.square((around - energy[:, None]) / _ALIKE))
    return ((around * weight).sum(axis=1) / weight.sum(axis=1)).astype(np.float32)


def _frame(time: str, timeline: Timeline) -> int:
    return frame_of_time(time, timeline.rate, timeline.origin)
