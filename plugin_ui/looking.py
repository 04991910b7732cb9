"""Clips are looked at away from the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from media.clip import Clip, open_clip
from plugin_ui import background


def look_at(
    path: Path, *, found: Callable[[Clip], None], failed: Callable[[CuelockError], None]
) -> None:
    """Open a clip; found or failed is called in the thread that asked."""
    told = _Told()
    told.found.connect(found)
    told.failed.connect(failed)

    def look() -> None:
        try:
            told.found.emit(open_clip(path.resolve()))
        except CuelockError as error:
            told.failed.emit(error)

    background.begin(look)


class _Told(QObject):
    found = pyqtSignal(object)
    failed = pyqtSignal(object)
