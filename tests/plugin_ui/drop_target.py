"""Another program: a window that takes dropped files and prints their paths."""

from __future__ import annotations

import sys

from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QLabel


class Target(QLabel):
    def __init__(self) -> None:
        super().__init__("Drop here")
        self.setAcceptDrops(True)

    def dragEnterEvent(self, a0: QDragEnterEvent | None) -> None:
        assert a0 is not None
        a0.acceptProposedAction()

    def dropEvent(self, a0: QDropEvent | None) -> None:
        assert a0 is not None
        data = a0.mimeData()
        assert data is not None
        for url in data.urls():
            print(url.toLocalFile(), flush=True)
        a0.acceptProposedAction()
        QApplication.quit()


if __name__ == "__main__":
    app = QApplication(sys.argv)
    target = Target()
    target.setGeometry(1800, 100, 300, 300)
    target.show()
    app.processEvents()
    print("ready", flush=True)
    app.exec()
