"""The first walk through the panel: each step is done by doing it, and may be left at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from plugin_ui.keeper import folder
from plugin_ui.session import Work


class _Step(NamedTuple):
    words: str
    done: Callable[[Work], bool]


class Tour(QWidget):
    """A line of what to do next.

    ended(): the last step was done, or the tour was left.
    """

    ended = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("First steps"))
        self._first: str | None = None
        self._steps = [
            _Step(
                self.tr("1 of 4: Press Ctrl+L, type what should sound, then Enter."),
                lambda work: bool(work.layers),
            ),
            _Step(
                self.tr("2 of 4: Press Ctrl+R to render. Space plays it, even before it is done."),
                lambda work: work.take is not None,
            ),
            _Step(
                self.tr("3 of 4: Drag over a part of its lane."),
                lambda work: work.region is not None,
            ),
            _Step(
                self.tr("4 of 4: Press R. The part sounds anew, and its timing stands still."),
                lambda work: work.take not in (None, self._first),
            ),
        ]
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
        while self._at < len(self._steps) and self._steps[self._at].done(work):
            self._at += 1
            self._first = self._first or work.take
        if self._at == len(self._steps):
            self._end()
        else:
            self._say()

    def _say(self) -> None:
        self.text.setText(self._steps[self._at].words)
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
