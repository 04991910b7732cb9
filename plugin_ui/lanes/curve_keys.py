"""The keyboard on the curves: everything that the mouse can do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from host_bridge.protocol import GainEdit, NudgeEdit
from plugin_ui.lanes.gesture import Modifiers
from plugin_ui.lanes.preview import points_edit

if TYPE_CHECKING:
    from plugin_ui.lanes.curve_lane import CurveLane

_Key = Qt.Key
_ACROSS, _UP = {_Key.Key_Left: -1, _Key.Key_Right: 1}, {_Key.Key_Down: -1, _Key.Key_Up: 1}
_POINT_DB = 0.5  # that Alt moves a breakpoint up or down


class CurveKeys:
    """Keys of a lane: Ctrl changes the region, Alt the chosen breakpoint."""

    def __init__(self, lane: CurveLane) -> None:
        self._lane = lane

    def pressed(self, key: Qt.Key, modifiers: Modifiers) -> bool:
        """Do what a key says; whether it says anything."""
        modifiers &= ~Modifiers.KeypadModifier
        across, up, lane = _ACROSS.get(key, 0), _UP.get(key, 0), self._lane
        if modifiers == Modifiers.ControlModifier and (across or up):
            lane.ask(NudgeEdit(frames=across) if across else GainEdit(db=float(up)))
        elif modifiers == Modifiers.ControlModifier | Modifiers.ShiftModifier and across:
            lane.ask(NudgeEdit(frames=10 * across))
        elif modifiers == Modifiers.AltModifier and (across or up):
            self._move_chosen(across, _POINT_DB * up)
        elif not modifiers and key == _Key.Key_Insert:
            self._insert_at_playhead()
        elif not modifiers and key == _Key.Key_Delete and lane.chosen is not None:
            lane.remove_point(lane.chosen)
        else:
            return False
        return True

    def _insert_at_playhead(self) -> None:
        lane, frame = self._lane, self._lane.position
        there = any(frame == at for at, _ in lane.points)
        if not there and lane.reach.start <= frame < lane.reach.stop:
            new = [*lane.points, (frame, lane.db_of_frame(frame))]
            lane.ask(points_edit(new, lane.axis.timeline), replaces=bool(lane.points))
        lane.choose(frame)

    def _move_chosen(self, frames: int, db: float) -> None:
        lane, points = self._lane, dict(self._lane.points)
        if lane.chosen not in points:
            return
        at = lane.chosen + frames
        if frames and (at in points or not lane.reach.start <= at < lane.reach.stop):
            return
        points[at] = round(max(points.pop(lane.chosen) + db, lane.floor_db), 2)
        lane.choose(at)
        lane.ask(points_edit(list(points.items()), lane.axis.timeline), replaces=True)
