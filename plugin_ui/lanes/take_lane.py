"""A take's sound below its layer: what is swiped over is taken into what is heard."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PyQt6.QtWidgets import QWidget

from host_bridge.timecode import FrameIndex, FrameRange
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.gesture import Gesture, Modifiers, is_drag
from plugin_ui.lanes.selection import Selection
from plugin_ui.lanes.sound_lane import SoundLane

_PALE = 150  # of 255: over what is not heard


class TakeLane(SoundLane):
    """A stem that could be heard. A drag swipes, with Shift it selects as in every lane; Enter or
    a double click hears it whole.

    Signals (besides those of SoundLane):
    swiped(FrameRange): this part shall be heard in place of what is.
    hear_wanted(): all of it shall.
    """

    swiped = pyqtSignal(object)
    hear_wanted = pyqtSignal()

    def __init__(
        self, name: str, axis: TimeAxis, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, axis, selection, parent)
        self.used: tuple[FrameRange, ...] = ()
        self._swipe: FrameRange | None = None

    def sizeHint(self) -> QSize:
        return QSize(640, 56)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 54)

    def show_used(self, used: tuple[FrameRange, ...]) -> None:
        """The parts that are heard, in order of time."""
        self.used = used
        self.update()

    def show_swipe(self, swipe: FrameRange | None) -> None:
        """What the hand goes over."""
        self._swipe = swipe
        self.update()

    def gesture_at(self, at: QPointF, modifiers: Modifiers) -> Gesture:
        if modifiers & Modifiers.ShiftModifier:
            return super().gesture_at(at, modifiers)
        return _SwipeGesture(self, at, modifiers)

    def hover(self, at: QPointF, modifiers: Modifiers) -> None:
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        self.hear_wanted.emit()

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        assert a0 is not None
        if a0.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.hear_wanted.emit()
        else:
            super().keyPressEvent(a0)

    def draw_over(self, painter: QPainter) -> None:
        """What is not heard is pale; a line below what is, and the hand's stretch."""
        super().draw_over(painter)
        pale = QColor(self.colours.ground)
        pale.setAlpha(_PALE)
        at = 0.0
        for part in self.used:
            left, right = self.axis.x_of(part.start), self.axis.x_of(part.stop)
            painter.fillRect(QRectF(at, 0, left - at, self.height()), pale)
            below = QRectF(left + 1, self.height() - 3, right - left - 1, 3)
            painter.fillRect(below, self.colours.delivered)
            at = right
        painter.fillRect(QRectF(at, 0, max(0.0, self.width() - at), self.height()), pale)
        if self._swipe is not None:
            left, right = (self.axis.x_of(frame) for frame in self._swipe)
            tint = QColor(self.colours.delivered)
            tint.setAlpha(80)
            painter.fillRect(QRectF(left, 0, right - left, self.height()), tint)


class _SwipeGesture:
    """From pressing to letting go; a mere click goes there."""

    def __init__(self, lane: TakeLane, at: QPointF, modifiers: Modifiers) -> None:
        self._lane, self._pressed = lane, at
        self._anchor = lane.frame_near(at.x(), modifiers)
        self._swipe: FrameRange | None = None

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        if self._swipe is not None or is_drag(self._pressed, at):
            ends = sorted((self._anchor, self._lane.frame_near(at.x(), modifiers)))
            self._swipe = FrameRange(*map(FrameIndex, ends))
            self._lane.show_swipe(self._swipe)

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self.move(at, modifiers)
        self._lane.show_swipe(None)
        if self._swipe is None:
            self._lane.ask_position(at.x())
        elif self._swipe.frames:
            self._lane.swiped.emit(self._swipe)

    def cancel(self) -> None:
        self._lane.show_swipe(None)
