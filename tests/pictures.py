"""`make pictures`: the panel in every state, from the real engine, into docs/pictures.

Under QT_SCALE_FACTOR=2 one picture alone, as large screens and tired eyes have it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEventLoop, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDockWidget, QToolButton, QWidget

from host_bridge import client
from host_bridge.protocol import Nothing, PointsEdit, Shutdown
from media import EXAMPLE
from plugin_ui.asked import Again
from plugin_ui.look import colour, dress
from plugin_ui.session import Region
from plugin_ui.settings_dialog import SettingsDialog
from plugin_ui.window import Window

_TO = Path(__file__).parents[1] / "docs" / "pictures"
_LONGEST_SECONDS = 120.0


def main() -> None:
    """Walk through an artist's way and keep what is seen."""
    app = QApplication(sys.argv)
    dress(app)
    _TO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CUELOCK_HOME"] = folder
        window = Window()
        window.show()
        try:
            if window.devicePixelRatioF() > 1:
                _walk_large(window)
            else:
                _walk(app, window)
        finally:
            window.end()
            with client.connect(start=False) as engine:
                engine.ask("shutdown", Shutdown(), Nothing)


def _walk(app: QApplication, window: Window) -> None:
    desk = window.desk
    keep(window, "empty")
    desk.open(Path("/media/reel-3/shot-12.mov"))  # a disk that is not there
    until(window.message.isVisible)
    keep(window, "error")
    window.message.close_button.click()
    desk.open(EXAMPLE)
    until(lambda: desk.here is not None)
    for words in ("footsteps on gravel", "wind in trees"):
        window.layers.add(words)
    window.menus.actions["spot"].trigger()
    until(lambda: not window.spotting.busy)
    window.transport.go(40)
    window.menus.actions["render"].trigger()
    until(lambda: any(line.bar.value() for line in window.jobs.lines.values()))
    keep(window, "working")
    until(lambda: not desk.jobs)
    until(lambda: all(lane.levels for lane in window.stage.sounds.values()))
    keep(window, "takes")
    desk.history.edit("", layer="footsteps on gravel", locks=("spread",))
    desk.history.look(region=Region(50, 90))
    points = tuple((f"{frame}f", db) for frame, db in ((55, -40.0), (62, -18.0), (80, -35.0)))
    desk.add_edit(PointsEdit(points=points))
    keep(window, "curves")
    desk.regenerate(Again(variations=3))
    until(lambda: not desk.jobs)
    keep(window, "variations")
    _comp(window)
    keep(window, "comp")
    colour(app, Qt.ColorScheme.Light)
    keep(window, "light")
    colour(app, Qt.ColorScheme.Dark)
    window.menus.actions["settings"].trigger()
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    keep(dialog, "settings")


def _comp(window: Window) -> None:
    """Takes below their layer, a part of one swiped into the other; cues beside them."""
    desk, layer = window.desk, "footsteps on gravel"
    first = list(desk.takes)[-1]
    head = window.lanes.head(window.stage.sounds[layer])
    head.findChildren(QToolButton)[0].click()
    desk.comp(first, 0, Region(58, 78), layer)
    until(lambda: not desk.jobs)
    dock = window.findChild(QDockWidget, "CuesDock")
    assert dock is not None
    dock.raise_()
    desk.history.look(region=Region(50, 90))
    until(lambda: all(lane.levels for lane in window.stage.take_lanes.unfolded[layer].values()))


def _walk_large(window: Window) -> None:
    window.resize(1250, 770)
    window.desk.open(EXAMPLE)
    until(lambda: window.desk.here is not None)
    window.layers.add("wind in trees")
    window.transport.go(40)
    window.menus.actions["render"].trigger()
    until(lambda: window.desk.work.take is not None)
    until(lambda: all(lane.levels for lane in window.stage.sounds.values()))
    keep(window, "large")


def until(hope: Callable[[], bool]) -> None:
    """Let the window live until it is as hoped."""
    end = time.monotonic() + _LONGEST_SECONDS
    while not hope():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        if time.monotonic() > end:
            raise TimeoutError("the panel does not come to the state of the next picture")


def keep(window: QWidget, name: str) -> None:
    """What is seen now, as a file."""
    QTest.qWait(600)  # decoding threads bring the last pictures
    window.grab().save(str(_TO / f"panel-{name}.jpg"), quality=80)


if __name__ == "__main__":
    main()
