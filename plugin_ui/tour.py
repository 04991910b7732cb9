"""The first walk through the panel: each step is done by doing it, and may be left at any time."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from plugin_ui.keeper import folder
from plugin_ui.session import Work


class Tour(QWidget):
    """A line of what to do next.

    ended(): the last step was done, or the tour was left.
    """

    ended = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("First steps"))
        self._at, self._first = 0, ""  # step, and the take that was made first
        self._steps = (
            self.tr("1 of 4: Press Ctrl+L, type what should sound, then Enter."),
            self.tr("2 of 4: Press Ctrl+R to render. Space plays it, even before it is done."),
            self.tr("3 of 4: Drag over a part of its lane."),
            self.tr("4 of 4: Press R. The part sounds anew, and its timing stands still."),
        )
        self.text = QLabel(self)
        self.leave_button = QToolButton(self)
        self.leave_button.setText(self.tr("Leave the tour"))
        self.leave_button.clicked.connect(self._end)
        row = QHBoxLayout(self)
        row.addWidget(self.text, 1)
        row.addWidget(self.leave_button)
        self.hide()

    def begin(self) -> None:
        """From the first step on."""
        self._at = 0
        self.show()
        self._say()

    def show_work(self, work: Work) -> None:
        """Go on when the step was done."""
        if self.isHidden():
            return
        self._first = self._first or work.take or ""
        done = (
            bool(work.layers),
            work.take is not None,
            work.region is not None,
            work.take not in (None, self._first),
        )
        while self._at < len(self._steps) and done[self._at]:
            self._at += 1
        if self._at == len(self._steps):
            self._end()
        else:
            self._say()

    def _say(self) -> None:
        self.text.setText(self._steps[self._at])
        self.setAccessibleDescription(self.text.text())

    def _end(self) -> None:
        self.hide()
        keep_toured()
        self.ended.emit()


def was_toured() -> bool:
    """Whether somebody walked here before."""
    return (folder() / "toured").exists()


def keep_toured() -> None:
    """Nobody is led twice."""
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "toured").touch()
