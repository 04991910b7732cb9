"""What the hand does from pressing to letting go; dragging out a region, on any lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import QApplication

from host_bridge.timecode import FrameRange

if TYPE_CHECKING:
    from plugin_ui.lanes.lane import Lane

Modifiers = Qt.KeyboardModifier


class Gesture(Protocol):
    """What the hand does from pressing to letting go."""

    def move(self, at: QPointF, modifiers: Modifiers) -> None: ...

    def finish(self, at: QPointF, modifiers: Modifiers) -> None: ...

    def cancel(self) -> None: ...


class EdgeGesture:
    """An end of the region under the hand: the other stays, and a frame between them at least."""

    def __init__(self, lane: Lane, at: QPointF, region: FrameRange, *, last: bool) -> None:
        self._lane, self._pressed, self._before, self._last = lane, at, region, last
        self._dragged = False

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self._dragged = self._dragged or is_drag(self._pressed, at)
        if not self._dragged:
            return
        frame, (start, stop) = self._lane.frame_near(at.x(), modifiers), self._before
        if self._last:
            self._lane.selection.between(start, max(frame, start + 1))
        else:
            self._lane.selection.between(min(frame, stop - 1), stop)

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self.move(at, modifiers)
        if not self._dragged:
            self._lane.ask_position(at.x())

    def cancel(self) -> None:
        self._lane.selection.select(self._before)


class SelectGesture:
    """Dragging out a region; a mere click goes there, and outside of a region gives it up."""

    def __init__(self, lane: Lane, at: QPointF, modifiers: Modifiers) -> None:
        self._lane, self._pressed = lane, at
        self._before = lane.selection.region
        self._extends = bool(modifiers & Modifiers.ShiftModifier)
        self._anchor = self._anchor_of(at, modifiers)
        self._dragged = False

    def _anchor_of(self, at: QPointF, modifiers: Modifiers) -> int:
        """The end that stays: when extending, the one farther away."""
        if not self._extends:
            return self._lane.frame_near(at.x(), modifiers)
        ends = self._before or (self._lane.position,)
        frame = self._lane.axis.frame_at(at.x())
        return max(ends, key=lambda end: abs(end - frame))

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self._dragged = self._dragged or is_drag(self._pressed, at)
        if self._dragged:
            self._lane.selection.between(self._anchor, self._lane.frame_near(at.x(), modifiers))

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        if self._dragged or self._extends:
            self._lane.selection.between(self._anchor, self._lane.frame_near(at.x(), modifiers))
        else:
            region, frame = self._before, self._lane.axis.frame_at(at.x())
            if region is None or not region.start <= frame < region.stop:
                self._lane.selection.select(None)
            self._lane.ask_position(at.x())

    def cancel(self) -> None:
        self._lane.selection.select(self._before)


def is_drag(pressed: QPointF, at: QPointF) -> bool:
    """Whether the hand has gone far enough to mean a drag."""
    moved = at - pressed
    return abs(moved.x()) + abs(moved.y()) >= QApplication.startDragDistance() / 2
