"""`cuelock panel` in a process of its own, whose artist has a sound rendered and says its job."""

from __future__ import annotations

import sys

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget

import plugin_ui.__main__ as panel
from host_bridge.protocol import ProgressReport
from plugin_ui.window import Window


class Shown(Window):
    """The artist's."""

    def showEvent(self, a0: object) -> None:
        self.desk.opened.connect(self._render)
        self.desk.link.progressed.connect(self._tell)

    def _render(self) -> None:
        line: QWidget = self.layers.add_line
        QTest.keyClicks(line, "wood is hit")
        QTest.keyClick(line, Qt.Key.Key_Return)
        self.menus.actions["render"].trigger()

    def _tell(self, report: ProgressReport) -> None:
        print(report.job, flush=True)


if __name__ == "__main__":
    panel.Window = Shown
    sys.exit(panel.main())
