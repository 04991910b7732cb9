"""The work with its undo: every edit takes one frozen value to the next."""

from __future__ import annotations

from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoStack

from plugin_ui.session import Work


class History(QObject):
    """The artist's work as it is now, and how it came to be so.

    changed(before, after): after every edit, undo and redo, and when something else is looked at.
    """

    changed = pyqtSignal(object, object)

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.work = work
        self.stack = QUndoStack(self)

    def edit(self, text: str, *, gesture: int = -1, **fields: object) -> None:
        """Change fields of the work, as one step of the menu's words.

        gesture: edits of the same number (from 0) that follow each other are one step.
        """
        after = replace(self.work, **fields)
        if after != self.work:
            self.stack.push(_Edit(self, text, gesture, self.work, after))

    def look(self, **fields: object) -> None:
        """Change what is looked at, which is no step."""
        after = replace(self.work, **fields)
        if after != self.work:
            self.take(after)

    def open(self, work: Work) -> None:
        """Other work, without a way back."""
        self.stack.clear()
        self.take(work)

    def take(self, work: Work) -> None:
        """What a step does; not for others."""
        before, self.work = self.work, work
        self.changed.emit(before, work)


class _Edit(QUndoCommand):
    def __init__(
        self, history: History, text: str, gesture: int, before: Work, after: Work
    ) -> None:
        super().__init__(text)
        self._history, self._gesture = history, gesture
        self._before, self._after = before, after

    def id(self) -> int:
        return self._gesture

    def mergeWith(self, other: QUndoCommand | None) -> bool:
        # Whoever looked at another layer in between means another step.
        if not isinstance(other, _Edit) or other._before != self._after:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        self._history.take(self._after)

    def undo(self) -> None:
        self._history.take(self._before)
