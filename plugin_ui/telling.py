"""What the message bar says of what happened, and what it offers to do about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QApplication, QToolButton

from host_bridge.errors import CuelockError
from plugin_ui.faults import Fault
from plugin_ui.messages import MessageBar, Offer

#: Families of errors that may be gone when something is tried again.
_MAY_CHANGE = ("blob", "busy", "disk", "engine", "gpu", "internal", "media", "worker")


class Telling(QObject):
    """Fills a message bar."""

    def __init__(self, message: MessageBar) -> None:
        super().__init__(message)
        self._message = message
        self._of_clip: list[QToolButton] | None = None

    def failed(self, error: CuelockError, again: Callable[[], object]) -> None:
        """What may be different the next time is offered to be tried again."""
        mended = error.code.split(".")[0] in _MAY_CHANGE
        offers = [Offer(self.tr("Try again"), again)] if mended else []
        self._message.say(error, *offers)
        self._of_clip = self._message.offers

    def end_clip(self) -> None:
        """Another clip is there: what failed with the one before is not tried again on this one."""
        if self._message.offers is self._of_clip:
            self._message.hide()

    def exported(self, words: str, folder: Path) -> None:
        """Files are there, and where."""
        look = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(folder)))
        self._message.tell(words, Offer(self.tr("Open folder"), look))

    def fault(self, fault: Fault) -> None:
        """A defect of ours, with what a developer needs."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        copy = partial(clipboard.setText, fault.details)
        self._message.say(fault.error, Offer(self.tr("Copy details"), copy))
