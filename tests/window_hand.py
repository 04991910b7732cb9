"""A hand on the panel's window: keys, clicks, drags over lanes, things dropped on it."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget

from plugin_ui.window import Window

Key = Qt.Key


def drop(window: Window, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(
        QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
    )


def press(widget: QWidget, key: Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(widget, key, modifiers or Qt.KeyboardModifier.NoModifier)


def say(window: Window, words: str) -> None:
    """Another layer, by keys alone."""
    press(window, Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.layers.add_line, words)
    press(window.layers.add_line, Key.Key_Return)


def drag(lane: QWidget, window: Window, start: int, stop: int) -> None:
    """Over a lane, from frame to frame."""
    x0, x1 = (round(window.axis.x_of(frame)) for frame in (start, stop))
    y = lane.height() // 2
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(lane, left, pos=QPointF(x0, y).toPoint())
    QTest.mouseMove(lane, QPointF((x0 + x1) / 2, y).toPoint())
    QTest.mouseMove(lane, QPointF(x1, y).toPoint())
    QTest.mouseRelease(lane, left, pos=QPointF(x1, y).toPoint())


def click(lane: QWidget, window: Window, frame: int) -> None:
    """A click that is no drag."""
    place = QPointF(window.axis.x_of(frame), lane.height() // 2).toPoint()
    QTest.mouseClick(lane, Qt.MouseButton.LeftButton, pos=place)
