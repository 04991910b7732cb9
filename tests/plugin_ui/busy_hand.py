"""A panel of its own process, whose artist adds layer after layer by keys and says each one."""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from plugin_ui.window import Window


def main() -> None:
    app = QApplication(sys.argv)
    window = Window()
    window.show()
    number = 0

    def add() -> None:
        nonlocal number
        number += 1
        QTest.keyClicks(window.layers.add_line, f"sound {number}")
        QTest.keyClick(window.layers.add_line, Qt.Key.Key_Return)
        print(len(window.desk.work.layers), flush=True)

    timer = QTimer()
    timer.timeout.connect(add)
    window.desk.opened.connect(lambda: timer.start(10))
    window.desk.open(Path(sys.argv[1]))
    app.exec()


if __name__ == "__main__":
    main()
