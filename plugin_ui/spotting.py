"""Events and cuts of a clip: `cuelock spot` in a process of its own, and what it said last."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PyQt6.QtCore import QObject, QProcess, pyqtSignal

from host_bridge.client import launcher
from host_bridge.errors import CuelockError
from host_bridge.protocol import ErrorReply, SpotReply
from plugin_ui.keeper import folder, name_of


class Spotting(QObject):
    """Looks at one clip at a time.

    found(SpotReply): what should sound, and where shots begin. failed(CuelockError).
    """

    found = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._clip = Path()

    @property
    def busy(self) -> bool:
        """Whether it is looking."""
        return self._process is not None

    def known(self, clip: Path) -> SpotReply | None:
        """What was found before in a clip that has not changed since."""
        path = _kept(clip)
        try:
            if path.stat().st_mtime < clip.stat().st_mtime:
                return None
            return msgspec.json.decode(path.read_bytes(), type=SpotReply)
        except (OSError, msgspec.MsgspecError):
            return None

    def look(self, clip: Path) -> None:
        """Spot a clip; found or failed tells what came of it."""
        if self._process is not None:
            return
        self._clip = clip
        self._process = process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._broken)
        # Where the engine's Python is, the command is too.
        process.start(launcher()[0], ["-m", "engine.cli", "spot", str(clip), "--json"])

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
        path = _kept(self._clip)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(told)
        self.found.emit(reply)

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
