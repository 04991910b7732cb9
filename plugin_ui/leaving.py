"""What becomes of the work that is not done when the window is to close."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QMessageBox, QWidget

from plugin_ui.desk import Desk
from plugin_ui.link import EngineState


class Leaving(QObject):
    """Asks, where the engine works for the clip on the desk, before the window may close.

    decided(): it may, now. Nobody waits for an answer when the work comes to its end meanwhile.
    """

    decided = pyqtSignal()

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window
        self._engine = EngineState()
        self._may_leave = False
        self.question: QMessageBox | None = None
        desk.link.state_changed.connect(self._state)
        desk.jobs_changed.connect(self._show)
        desk.batch.changed.connect(self._show)

    def may_leave(self) -> bool:
        """Whether nobody needs to be asked; asks who does."""
        working = self._desk.working() and self._engine.status is not None
        if working and not self._may_leave:
            self._ask()
        return self._may_leave or not working

    def decide(self) -> None:
        """It closes, and what the engine works on goes on."""
        self._may_leave = True
        self.decided.emit()

    def _state(self, state: EngineState) -> None:
        self._engine = state

    def _ask(self) -> None:
        if self.question is not None:
            self.question.activateWindow()
            return
        self.question = box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Close the panel"))
        told = self.tr(
            "The engine can go on without the window. What it made is there when you open the clip"
            " again."
        )
        if self._engine.name or self._desk.kept_back():  # files to another machine are on their way
            told += " " + self.tr("What the engine does not have yet waits until then.")
        box.setInformativeText(told)
        keep, cancel, stay = (
            box.addButton(words, role)
            for words, role in (
                (self.tr("&Keep rendering in the background"), QMessageBox.ButtonRole.AcceptRole),
                (self.tr("&Cancel and close"), QMessageBox.ButtonRole.DestructiveRole),
                (self.tr("&Stay"), QMessageBox.ButtonRole.RejectRole),
            )
        )
        box.setDefaultButton(keep)
        box.setEscapeButton(stay)
        box.finished.connect(partial(self._answered, box, keep, cancel))
        self._show()
        box.open()

    def _show(self) -> None:
        if self.question is None:
            return
        count = len(self._desk.working())
        if not count:
            self.question.done(0)
            self.decide()
            return
        one, more = self.tr("One job is not done yet."), self.tr("{n} jobs are not done yet.")
        self.question.setText(one if count == 1 else more.format(n=count))

    def _answered(self, box: QMessageBox, keep: object, cancel: object, _result: int) -> None:
        self.question = None
        answer = box.clickedButton()
        if answer is cancel:
            self._desk.cancel_all()
        if answer in (keep, cancel):
            self.decide()
