"""Events and cuts of a clip: `cuelock spot` in a process of its own, and what it said last."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec
from PyQt6.QtCore import QObject, QProcess, pyqtSignal

from host_bridge.client import launcher
from host_bridge.errors import CuelockError
from host_bridge.protocol import ErrorReply, SpotReply, SpottedEvent
from plugin_ui.keeper import folder, name_of, write_whole


class Spotting(QObject):
    """What was spotted in the clip that is open, and who looks for more of it.

    found(): something else is known of it. told(str): how much, when it was looked for.
    failed(CuelockError).
    """

    found = pyqtSignal()
    told = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._clip: Path | None = None
        self._looked = Path()  # at which clip the process looks
        self._known: SpotReply | None = None

    @property
    def busy(self) -> bool:
        """Whether it is looking."""
        return self._process is not None

    @property
    def events(self) -> tuple[SpottedEvent, ...]:
        """What should sound, as far as it is known."""
        return self._known.events if self._known else ()

    @property
    def cuts(self) -> tuple[int, ...]:
        """The frames with which shots begin, as far as they are known."""
        return self._known.cuts if self._known else ()

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {"spot": self.look}

    def open(self, clip: Path) -> None:
        """Another clip, with what was found in it before if it has not changed since."""
        self._clip, self._known = clip, None
        path = _kept(clip)
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            if path.stat().st_mtime >= clip.stat().st_mtime:
                self._known = msgspec.json.decode(path.read_bytes(), type=SpotReply)
        self.found.emit()

    def look(self) -> None:
        """Spot the clip; found or failed tells what came of it."""
        if self._process is not None or self._clip is None:
            return
        self._looked = self._clip
        self._process = process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._broken)
        # Where the engine's Python is, the command is too.
        process.start(launcher()[0], ["-m", "engine.cli", "spot", str(self._looked), "--json"])

    def stop(self) -> None:
        """Look no longer."""
        if self._process is not None:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished()
            self._process = None

    def _finished(self) -> None:
        assert self._process is not None
        told = bytes(self._process.readAllStandardOutput().data())
        self._process.deleteLater()
        self._process = None
        try:
            reply = msgspec.json.decode(told, type=SpotReply)
        except msgspec.MsgspecError:
            self.failed.emit(_why(told))
            return
        try:
            write_whole(_kept(self._looked), told, "What was spotted")
        except CuelockError as error:
            self.failed.emit(error)
        if self._looked == self._clip:
            self._known = reply
            self.found.emit()
            self.told.emit(self.tr("Events spotted: {n}").format(n=len(reply.events)))

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._process = None
            self.failed.emit(_away())


def _kept(clip: Path) -> Path:
    return folder() / "spots" / f"{name_of(str(clip))}.json"


def _why(told: bytes) -> CuelockError:
    try:
        error = msgspec.json.decode(told, type=ErrorReply).error
    except msgspec.MsgspecError:
        return _away()
    return CuelockError(error.code, error.message, hint=error.hint)


def _away() -> CuelockError:
    return CuelockError(
        "engine.start",
        "Spotting needs the engine's packages on this machine.",
        hint="Install them with pip install 'cuelock[engine]', or mark the events by hand.",
    )
