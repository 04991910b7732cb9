"""Work away from the GUI thread: done in its own time, and to its end before its window goes."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QThreadPool

_PATIENCE_MS = 20_000  # a host that does not answer holds up no closing for ever


def begin(work: Callable[[], None]) -> None:
    """Do it in a thread of Qt's own pool."""
    _pool().start(work)


def finish() -> None:
    """Wait until what was begun is done, so that it tells nothing to objects that are gone."""
    _pool().waitForDone(_PATIENCE_MS)


def _pool() -> QThreadPool:
    pool = QThreadPool.globalInstance()
    assert pool is not None  # there is one as long as Qt is there
    return pool
