"""Clips are looked at away from the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

from host_bridge.errors import CuelockError
from media.clip import Clip, open_clip


def look_at(
    path: Path, *, found: Callable[[Clip], None], failed: Callable[[CuelockError], None]
) -> None:
    """Open a clip; found or failed is called in the thread that asked."""
    looking = _Looking(path)
    looking.told.found.connect(found)
    looking.told.failed.connect(failed)
    pool = QThreadPool.globalInstance()
    assert pool is not None
    pool.start(looking)


class _Told(QObject):
    found = pyqtSignal(object)
    failed = pyqtSignal(object)


class _Looking(QRunnable):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path, self.told = path, _Told()

    def run(self) -> None:
        try:
            self.told.found.emit(open_clip(self._path.resolve()))
        except CuelockError as error:
            self.told.failed.emit(error)
