"""Stems leave the window as files, into another program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt, QTimer
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot
from take_factory import finished

from host_bridge.protocol import TakeSummary
from plugin_ui.docks.takes import TakesDock

_TARGET = Path(__file__).with_name("drop_target.py")
_THERE = QPoint(1950, 250)  # in the middle of the target's window
_LEFT = Qt.MouseButton.LeftButton


@pytest.mark.qt_log_ignore("occurs outside target window")  # which is what a drag out is
def test_a_take_is_dropped_into_another_program(qtbot: QtBot, tmp_path: Path) -> None:
    record = finished(tmp_path, "aaaa")
    dock = TakesDock()
    qtbot.addWidget(dock)
    dock.setGeometry(100, 100, 400, 400)
    dock.show_takes([TakeSummary(record=record, star=False, note="", created=1)], "aaaa", {})
    dock.show()
    qtbot.waitExposed(dock)
    target = subprocess.Popen([sys.executable, _TARGET], stdout=subprocess.PIPE, text=True)
    assert target.stdout is not None
    try:
        assert target.stdout.readline() == "ready\n"
        _drag(dock)
        # The other program asks for what it was given: this one has to live to answer.
        qtbot.waitUntil(lambda: target.poll() is not None, timeout=20_000)
        path = target.stdout.read()
    finally:
        target.kill()
        target.wait()
        target.stdout.close()
    assert path == f"{record.reply.stems[0].path}\n"


def _drag(dock: TakesDock) -> None:
    """The first take, by the mouse: pressed, drawn out of the window, let go over the other one.

    While it is drawn, Qt runs a loop of its own; the hand's next moves wait in it.
    """
    viewport, window = dock.tree.viewport(), dock.windowHandle()
    assert viewport is not None
    assert window is not None
    row = dock.tree.visualRect(dock.tree.model().index(0, 0)).center()
    there = window.mapFromGlobal(_THERE)
    for after, deed in (
        (300, lambda: QTest.mouseMove(window, there - QPoint(3, 3))),
        (600, lambda: QTest.mouseMove(window, there)),
        (900, lambda: QTest.mouseRelease(window, _LEFT, Qt.KeyboardModifier.NoModifier, there)),
    ):
        QTimer.singleShot(after, deed)
    QTest.mousePress(viewport, _LEFT, pos=row)
    for step in (5, 15, 30):
        QTest.mouseMove(viewport, row + QPoint(step, step))
