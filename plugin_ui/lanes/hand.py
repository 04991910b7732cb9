"""The hand on the energy curve: what pressing, dragging and letting go become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF

from host_bridge.protocol import GainEdit
from plugin_ui.lanes.gesture import Modifiers, SelectGesture, is_drag
from plugin_ui.lanes.preview import Point, points_edit, reduced

if TYPE_CHECKING:
    from plugin_ui.lanes.curve_lane import CurveLane

WITHIN_DB = 0.3  # of what the pencil drew


class PointGesture:
    """A breakpoint under the hand, new or old. Shift: up and down alone."""

    def __init__(self, lane: CurveLane, at: QPointF, point: Point, *, new: bool) -> None:
        self._lane, self._pressed, self._point, self._new = lane, at, point, new
        self._others = [other for other in lane.points if other[0] != point[0]]
        self._replaces = bool(lane.points)
        self._latest = point
        lane.choose(point[0])
        if new:
            self._show()

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        if self._latest == self._point and not is_drag(self._pressed, at):
            return
        frame, db = self._point
        db += self._lane.db_at(at.y()) - self._lane.db_at(self._pressed.y())
        if not modifiers & Modifiers.ShiftModifier:
            frame = self._between_neighbours(self._lane.frame_near(at.x(), modifiers))
        self._latest = (frame, round(max(db, self._lane.floor_db), 2))
        self._lane.choose(frame)
        self._show()

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self.move(at, modifiers)
        if self._new or self._latest != self._point:
            self._lane.finish_draft()

    def cancel(self) -> None:
        self._lane.drop_draft()

    def _between_neighbours(self, frame: int) -> int:
        here = self._point[0]
        region = self._lane.reach
        low = max((f + 1 for f, _ in self._others if f < here), default=region.start)
        high = min((f - 1 for f, _ in self._others if f > here), default=region.stop - 1)
        return min(max(frame, low), high)

    def _show(self) -> None:
        frame, db = self._latest
        timeline = self._lane.axis.timeline
        edit = points_edit([*self._others, self._latest], timeline)
        self._lane.show_draft(edit, self._replaces, f"{timeline.label(frame)}  {db:.1f} dB")


class PencilGesture:
    """A curve drawn freely; what it becomes are the fewest breakpoints within WITHIN_DB of it.

    It joins the breakpoints there are where it touches their stretch, else it stands for itself.
    """

    def __init__(self, lane: CurveLane, at: QPointF) -> None:
        self._lane = lane
        self._drawn: dict[int, float] = {}
        self._last: Point | None = None
        self._to(at)

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self._to(at)

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self._to(at)
        self._show(reduced(sorted(self._drawn.items()), WITHIN_DB))
        self._lane.finish_draft()

    def cancel(self) -> None:
        self._lane.drop_draft()

    def _to(self, at: QPointF) -> None:
        region = self._lane.reach
        frame = round(self._lane.axis.frame_at(at.x()))
        frame = min(max(frame, region.start), region.stop - 1)
        db = round(max(self._lane.db_at(at.y()), self._lane.floor_db), 2)
        before, before_db = self._last or (frame, db)
        step = 1 if frame >= before else -1
        for between in range(before, frame + step, step):
            share = (between - before) / max(1, abs(frame - before)) * step
            self._drawn[between] = round(before_db + share * (db - before_db), 2)
        self._last = (frame, db)
        self._show(sorted(self._drawn.items()))

    def _show(self, drawn: list[Point]) -> None:
        old = self._lane.points
        first, last = drawn[0][0], drawn[-1][0]
        joins = bool(old) and first <= old[-1][0] and last >= old[0][0]
        kept = [point for point in old if joins and not first <= point[0] <= last]
        edit = points_edit([*kept, *drawn], self._lane.axis.timeline)
        self._lane.show_draft(edit, joins, f"{drawn[-1][1]:.1f} dB")


class RegionGesture:
    """Inside the selected region: up and down is gain, sideways another region."""

    def __init__(self, lane: CurveLane, at: QPointF, modifiers: Modifiers) -> None:
        self._lane, self._pressed = lane, at
        self._select = SelectGesture(lane, at, modifiers)
        self._kind: str | None = None
        self._db = 0.0

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        if self._kind is None and is_drag(self._pressed, at):
            moved = at - self._pressed
            self._kind = "gain" if abs(moved.y()) > abs(moved.x()) else "select"
        if self._kind == "select":
            self._select.move(at, modifiers)
        elif self._kind == "gain":
            raised = self._lane.db_at(at.y()) - self._lane.db_at(self._pressed.y())
            self._db = round(raised, 1)
            self._lane.show_draft(GainEdit(db=self._db), False, f"{self._db:+.1f} dB")

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self.move(at, modifiers)
        if self._kind != "gain":
            self._select.finish(at, modifiers)
        elif self._db:
            self._lane.finish_draft()
        else:
            self._lane.drop_draft()

    def cancel(self) -> None:
        self._select.cancel()
        self._lane.drop_draft()


class RemoveGesture:
    """Alt-click on a breakpoint."""

    def __init__(self, lane: CurveLane, point: Point) -> None:
        self._lane, self._point = lane, point

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        """Where the hand goes does not matter."""

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self._lane.remove_point(self._point[0])

    def cancel(self) -> None:
        """Nothing was done yet."""
