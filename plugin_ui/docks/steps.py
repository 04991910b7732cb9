"""The steps of undo as a list: a click goes back to one, or on again."""

from __future__ import annotations

from PyQt6.QtGui import QUndoStack
from PyQt6.QtWidgets import QUndoView, QWidget


class StepsDock(QUndoView):
    """What was done since the clip was opened, the newest last."""

    def __init__(self, stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(stack, parent)
        self.setEmptyLabel(self.tr("As it was opened"))
        self.setAccessibleName(self.tr("History"))
        self.setUniformItemSizes(True)
