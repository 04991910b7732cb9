"""A clip's life in the window: asked for or dropped, opened as it was left, kept until the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QByteArray, QMimeData, QObject, QTimer
from PyQt6.QtWidgets import QFileDialog, QMainWindow

from media import EXAMPLE
from plugin_ui.desk import Desk
from plugin_ui.transport.playhead import Transport

_KEEP_MS = 1000  # the playhead and the window are kept so often, where they changed
_BETWEEN = b"\0cuelock\0"  # what Qt says of the geometry and of the docks


class ClipLife(QObject):
    """Opens clips on the desk, and keeps where the playhead stood and how the window looked."""

    def __init__(self, desk: Desk, transport: Transport, window: QMainWindow) -> None:
        super().__init__(window)
        self._desk, self._transport, self._window = desk, transport, window
        self._keeping = QTimer(self)
        self._keeping.setInterval(_KEEP_MS)
        self._keeping.timeout.connect(self._keep)

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {"open": self._ask, "example": lambda: self._desk.open(EXAMPLE)}

    def _ask(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self._window, self.tr("Open clip"))
        if path:
            self._desk.open(Path(path))

    def takes(self, data: QMimeData | None) -> bool:
        """Whether something that is dragged over the window can be a clip."""
        return data is not None and any(url.isLocalFile() for url in data.urls())

    def drop(self, data: QMimeData) -> None:
        """A clip from a file manager or a bin."""
        (path, *_) = (url.toLocalFile() for url in data.urls() if url.isLocalFile())
        self._desk.open(Path(path))

    def restore(self) -> None:
        """The playhead and the window as the session has them, now and from here on."""
        session = self._desk.session
        self._transport.go(session.playhead)
        if session.window:
            geometry, state = session.window.split(_BETWEEN, 1)
            self._window.restoreGeometry(QByteArray(geometry))
            self._window.restoreState(QByteArray(state))
        self._keeping.start()

    def end(self) -> None:
        """The window closes."""
        self._keeping.stop()
        if self._desk.here is not None:
            self._keep()

    def _keep(self) -> None:
        window = self._window.saveGeometry().data() + _BETWEEN + self._window.saveState().data()
        session = self._desk.session
        if (session.playhead, session.window) != (self._transport.frame, window):
            self._desk.place(self._transport.frame, window)
