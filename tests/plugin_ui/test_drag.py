"""Stems leave the window as files, into another program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt, QThreadPool, QTimer
from PyQt6.QtGui import QDrag
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from take_factory import finished

from host_bridge.protocol import TakeSummary
from plugin_ui.docks.takes import TakesDock
from plugin_ui.keeper import folder
from plugin_ui.stems import clear_oldest
from plugin_ui.window import Window

_TARGET = Path(__file__).with_name("drop_target.py")
_THERE = QPoint(1950, 250)  # in the middle of the target's window
_LEFT = Qt.MouseButton.LeftButton


@pytest.mark.qt_log_ignore("occurs outside target window")  # which is what a drag out is
def test_a_take_is_dropped_into_another_program(qtbot: QtBot) -> None:
    stems = folder() / "stems"
    record = finished(stems, "aaaa")
    dock = TakesDock(lambda _take, path: path)
    qtbot.addWidget(dock)
    dock.setGeometry(100, 100, 400, 400)
    dock.show_takes([TakeSummary(record=record, star=False, note="", created=1)], "aaaa", {}, "")
    dock.show()
    qtbot.waitExposed(dock)
    target = subprocess.Popen([sys.executable, _TARGET], stdout=subprocess.PIPE, text=True)
    assert target.stdout is not None
    try:
        assert target.stdout.readline() == "ready\n"
        _drag(dock, _THERE)
        # The other program asks for what it was given: this one has to live to answer.
        qtbot.waitUntil(lambda: target.poll() is not None, timeout=20_000)
        path = target.stdout.read()
    finally:
        target.kill()
        target.wait()
        target.stdout.close()
    given, stem = Path(path.strip()), Path(record.reply.stems[0].path)
    assert given.name == stem.name
    kept = stem.read_bytes()
    clear_oldest(stems, 0, ())
    assert not stem.exists()
    assert given.read_bytes() == kept  # what a host was given is never cleared


def test_a_take_that_is_let_go_over_the_panel_itself_is_no_clip_to_open(
    window: Window, qtbot: QtBot
) -> None:
    stems, dock = folder() / "stems", window.takes
    record = finished(stems, "aaaa")
    dock.show_takes([TakeSummary(record=record, star=False, note="", created=1)], "aaaa", {}, "")
    drags = list[QDrag]()
    ended = QTimer()
    ended.timeout.connect(lambda: drags.extend(dock.tree.findChildren(QDrag)))
    ended.start(50)
    _drag(dock, window.picture.mapToGlobal(window.picture.rect().center()))
    qtbot.waitUntil(lambda: bool(drags) and not dock.tree.findChildren(QDrag), timeout=20_000)
    pool = QThreadPool.globalInstance()
    assert pool is not None
    pool.waitForDone()
    QApplication.processEvents()
    assert not window.message.isVisible()


def _drag(dock: TakesDock, there_on_screen: QPoint) -> None:
    """The first take, by the mouse: pressed, drawn out of the list, let go somewhere else.

    While it is drawn, Qt runs a loop of its own; the hand's next moves wait in it.
    """
    viewport, top = dock.tree.viewport(), dock.window()
    assert viewport is not None
    assert top is not None
    window = top.windowHandle()
    assert window is not None
    row = dock.tree.visualRect(dock.tree.model().index(0, 0)).center()
    there = window.mapFromGlobal(there_on_screen)
    for after, deed in (
        (300, lambda: QTest.mouseMove(window, there - QPoint(3, 3))),
        (600, lambda: QTest.mouseMove(window, there)),
        (900, lambda: QTest.mouseRelease(window, _LEFT, Qt.KeyboardModifier.NoModifier, there)),
    ):
        QTimer.singleShot(after, deed)
    QTest.mousePress(viewport, _LEFT, pos=row)
    for step in (5, 15, 30):
        QTest.mouseMove(viewport, row + QPoint(step, step))
