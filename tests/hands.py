"""A hand on a widget: presses, drags and turns, as events that Qt delivers."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QWidget

Modifier = Qt.KeyboardModifier


class Hand:
    """A hand on a widget: places are in its pixels."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget

    def press(self, x: float, y: float, modifiers: Modifier = Modifier.NoModifier) -> None:
        self._send(QEvent.Type.MouseButtonPress, x, y, modifiers)

    def move(self, x: float, y: float, modifiers: Modifier = Modifier.NoModifier) -> None:
        self._send(QEvent.Type.MouseMove, x, y, modifiers)

    def release(self, x: float, y: float, modifiers: Modifier = Modifier.NoModifier) -> None:
        self._send(QEvent.Type.MouseButtonRelease, x, y, modifiers)

    def click(self, x: float, y: float, modifiers: Modifier = Modifier.NoModifier) -> None:
        self.press(x, y, modifiers)
        self.release(x, y, modifiers)

    def drag(self, *way: tuple[float, float], modifiers: Modifier = Modifier.NoModifier) -> None:
        """Press at the first place, move over all others, let go at the last."""
        self.press(*way[0], modifiers)
        for place in way[1:]:
            self.move(*place, modifiers)
        self.release(*way[-1], modifiers)

    def turn(
        self, notches: int, x: float, y: float, modifiers: Modifier = Modifier.NoModifier
    ) -> None:
        """The wheel, up by so many notches."""
        at = QPointF(x, y)
        QApplication.sendEvent(
            self._widget,
            QWheelEvent(
                at, QPointF(self._widget.mapToGlobal(at)), QPoint(), QPoint(0, 120 * notches),
                Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip

    def _send(self, kind: QEvent.Type, x: float, y: float, modifiers: Modifier) -> None:
        at, left = QPointF(x, y), Qt.MouseButton.LeftButton
        moved = kind == QEvent.Type.MouseMove
        button = Qt.MouseButton.NoButton if moved else left
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else left
        everywhere = QPointF(self._widget.mapToGlobal(at))
        event = QMouseEvent(kind, at, everywhere, button, held, modifiers)
        QApplication.sendEvent(self._widget, event)
