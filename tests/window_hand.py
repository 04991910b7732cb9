"""The panel's window as an artist meets it: opened on a clip, worked by keys, clicks and drags."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu, QToolButton, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from plugin_ui.settings import Settings
from plugin_ui.window import Window

MINUTE = 60_000
Key = Qt.Key
Control, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@contextmanager
def opened(qtbot: QtBot, clip: Path, settings: Settings | None = None) -> Generator[Window]:
    """A window in front, with a clip dropped on it; taken apart at the end."""
    window = Window(settings)
    window.show()
    try:
        with qtbot.waitActive(window):
            window.activateWindow()
        drop(window, clip)
        qtbot.waitUntil(lambda: window.desk.here is not None, timeout=MINUTE)
        yield window
    finally:
        window.end()


def drop(window: Window, path: Path) -> None:
    """A file from a file manager."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, LEFT, none))


def press(widget: QWidget, key: Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
    """A key."""
    QTest.keyClick(widget, key, modifiers or Qt.KeyboardModifier.NoModifier)


def say(window: Window, words: str) -> None:
    """Another layer, by keys alone."""
    press(window, Key.Key_L, Control)
    QTest.keyClicks(window.layers.add_line, words)
    press(window.layers.add_line, Key.Key_Return)


def paste(widget: QWidget, text: str) -> None:
    """From another program."""
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText(text)
    press(widget, Key.Key_V, Control)


def click(widget: QWidget) -> None:
    """On the middle of a button."""
    QTest.mouseClick(widget, LEFT)


def click_frame(lane: QWidget, window: Window, frame: int) -> None:
    """On a frame of a lane; no drag."""
    place = QPointF(window.axis.x_of(frame), lane.height() // 2).toPoint()
    QTest.mouseClick(lane, LEFT, pos=place)


def click_row(tree: QTreeView, row: int, modifiers: Qt.KeyboardModifier | None = None) -> None:
    """On a row of a list."""
    viewport, model = tree.viewport(), tree.model()
    assert viewport is not None
    assert model is not None
    place = tree.visualRect(model.index(row, 0)).center()
    QTest.mouseClick(viewport, LEFT, modifiers or Qt.KeyboardModifier.NoModifier, QPoint(place))


def drag(lane: QWidget, window: Window, start: int, stop: int) -> None:
    """Over a lane, from frame to frame."""
    x0, x1 = (round(window.axis.x_of(frame)) for frame in (start, stop))
    y = lane.height() // 2
    QTest.mousePress(lane, LEFT, pos=QPointF(x0, y).toPoint())
    QTest.mouseMove(lane, QPointF((x0 + x1) / 2, y).toPoint())
    QTest.mouseMove(lane, QPointF(x1, y).toPoint())
    QTest.mouseRelease(lane, LEFT, pos=QPointF(x1, y).toPoint())


def choose(button: QToolButton, words: str) -> None:
    """Open a button's menu and click on the entry of these words."""
    seen: list[str] = []

    def pick() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        for action in menu.actions():
            seen.append(action.text())
            if action.text() == words:
                QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
                return
        menu.close()

    QTimer.singleShot(50, pick)  # the menu has a loop of its own
    QTest.mouseClick(button, LEFT)
    assert words in seen
