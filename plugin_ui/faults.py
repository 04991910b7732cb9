"""A defect of ours ends nothing: it is logged and told, and the work goes on."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from logging.handlers import RotatingFileHandler
from types import TracebackType
from typing import NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from host_bridge.home import home

_AGAIN_SECONDS = 2.0  # the same defect is told once in so long: it may come with every repaint
_LOG_BYTES = 2**20

_log = logging.getLogger(__name__)


class Fault(NamedTuple):
    """What a person is told of a defect, and what a developer needs."""

    error: CuelockError
    details: str


class Faults(QObject):
    """Hears of every exception that nobody caught, in any thread. Qt would end the process.

    happened(Fault): one was caught; not of one that comes again at once.
    """

    happened = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last, self._told = "", 0.0

    def watch(self) -> None:
        """From now on, for the whole process; what is logged goes to a file as well."""
        path = home() / "logs" / "panel.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
        form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
        logging.basicConfig(
            level=logging.INFO, format=form, handlers=[file, logging.StreamHandler()]
        )
        sys.excepthook = self._caught
        threading.excepthook = lambda args: self._caught(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def _caught(
        self, kind: type[BaseException], value: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, Exception):  # somebody wants the process to end
            sys.__excepthook__(kind, value, trace)
            return
        details = "".join(traceback.format_exception(kind, value, trace))
        again = details == self._last and time.monotonic() < self._told + _AGAIN_SECONDS
        self._last, self._told = details, time.monotonic()
        if not again:
            _log.error("a defect", exc_info=(kind, value, trace))
            self.happened.emit(Fault(_told(value), details))


def _told(value: BaseException) -> CuelockError:
    return CuelockError(
        "internal.bug",
        f"Something in the panel went wrong: {type(value).__name__}: {value}.",
        hint="Your work is kept. Please send the details to whoever looks after cuelock.",
    )
