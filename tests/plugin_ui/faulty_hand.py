"""The panel as it is started, with a defect in a slot and one in a thread; says what is seen."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PyQt6.QtCore import QRunnable, Qt, QThreadPool, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

import plugin_ui.__main__ as panel
from plugin_ui.settings import Settings
from plugin_ui.window import Window


class _Thread(QRunnable):
    def run(self) -> None:
        raise ZeroDivisionError("in a thread")


def _defect() -> None:
    raise KeyError("in a slot")


def _wait(hope: Callable[[], bool]) -> None:
    while not hope():
        QTest.qWait(20)


def _said(window: Window) -> None:
    _wait(lambda: bool(window.message.offers))
    print(window.message.text.text(), flush=True)
    (copy,) = window.message.offers
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    print(clipboard.text().splitlines()[-1], flush=True)
    QTest.mouseClick(window.message.close_button, Qt.MouseButton.LeftButton)
    window.message.text.clear()


def _hand(window: Window) -> None:
    window.menus.actions["star"].triggered.connect(_defect)
    window.activateWindow()
    QTest.keyClicks(window.layers.add_line, "rain")
    QTest.keyClick(window.layers.add_line, Qt.Key.Key_Return)
    window.menus.actions["star"].trigger()
    _said(window)
    pool = QThreadPool.globalInstance()
    assert pool is not None
    pool.start(_Thread())
    _wait(lambda: "thread" in window.message.text.text())
    _said(window)
    QTest.keyClicks(window.layers.add_line, "wind")
    QTest.keyClick(window.layers.add_line, Qt.Key.Key_Return)
    print(len(window.desk.work.layers), flush=True)
    window.close()


class _Window(Window):
    """Its hand begins as soon as there is a clip."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.desk.opened.connect(lambda: QTimer.singleShot(0, lambda: _hand(self)))


if __name__ == "__main__":
    panel.Window = _Window
    sys.exit(panel.main())
