"""What of the curves lies under the mouse, and what pressing there begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, Qt

from plugin_ui.lanes.curve_picture import curve_place
from plugin_ui.lanes.gesture import Gesture, Modifiers
from plugin_ui.lanes.hand import PencilGesture, PointGesture, RegionGesture, RemoveGesture
from plugin_ui.lanes.preview import Point
from plugin_ui.lanes.pyramid import extremes

if TYPE_CHECKING:
    from plugin_ui.lanes.curve_lane import CurveLane

_HOLD_PIXELS = 7  # how near to a point or line the hand takes hold of it
_Shape = Qt.CursorShape


class Grip:
    """Where the mouse takes hold of a lane's energy."""

    def __init__(self, lane: CurveLane) -> None:
        self._lane = lane

    def gesture_at(self, at: QPointF, modifiers: Modifiers) -> Gesture | None:
        """What pressing there begins; None where it is what every lane does."""
        lane = self._lane
        if not self._in_hand(at):
            return None
        held, line = self._point_near(at), self._near_line(at)
        edge = None if held or lane.pencil else lane.edge_at(at, modifiers)
        if edge is not None:
            return edge
        drawn = lane.pencil or held or line
        if lane.energy_locked:
            if drawn:
                lane.refused.emit("energy")
            return None
        if held and modifiers & Modifiers.AltModifier:
            return RemoveGesture(lane, held)
        if held:
            return PointGesture(lane, at, held, new=False)
        if lane.pencil:
            return PencilGesture(lane, at)
        if line:
            return PointGesture(lane, at, self._point_on_line(at.x(), modifiers), new=True)
        return RegionGesture(lane, at, modifiers) if self._in_region(at) else None

    def cursor_at(self, at: QPointF, modifiers: Modifiers) -> Qt.CursorShape:
        """What tells that."""
        drawable = self._in_hand(at) and not self._lane.energy_locked
        if drawable and self._point_near(at):
            return _Shape.SizeAllCursor
        if self._lane.edge_at(at, modifiers):
            return _Shape.SplitHCursor
        if not drawable:
            return _Shape.ArrowCursor
        if self._near_line(at):
            return _Shape.PointingHandCursor
        return _Shape.SizeVerCursor if self._in_region(at) else _Shape.ArrowCursor

    def _in_hand(self, at: QPointF) -> bool:
        reach, frame = self._lane.reach, self._lane.axis.frame_at(at.x())
        return self._lane.plots().energy.contains(at) and reach.start <= frame < reach.stop

    def _in_region(self, at: QPointF) -> bool:
        region = self._lane.selection.region
        return region is not None and region.start <= self._lane.axis.frame_at(at.x()) < region.stop

    def _point_near(self, at: QPointF) -> Point | None:
        plots, axis = self._lane.plots(), self._lane.axis
        for point in self._lane.points:
            away = QPointF(axis.x_of(point[0]), plots.y_of_db(point[1])) - at
            if max(abs(away.x()), abs(away.y())) <= _HOLD_PIXELS:
                return point
        return None

    def _near_line(self, at: QPointF) -> bool:
        track = self._lane.wanted
        if track is None:
            return False
        x0, step = curve_place(track, self._lane.axis.view)
        around = np.array([-_HOLD_PIXELS / 2, _HOLD_PIXELS / 2])
        edges = (at.x() + around - x0) / step + 0.5
        if edges[1] <= 0 or edges[0] >= len(track):
            return False
        span = extremes(track.energy_levels, np.clip(edges, 0, len(track)))[:, 0]
        low, high = self._lane.plots().y_of_energy(span)
        return high - _HOLD_PIXELS <= at.y() <= low + _HOLD_PIXELS

    def _point_on_line(self, x: float, modifiers: Modifiers) -> Point:
        lane, reach = self._lane, self._lane.reach
        frame = min(max(lane.frame_near(x, modifiers), reach.start), reach.stop - 1)
        return frame, lane.db_of_frame(frame)
