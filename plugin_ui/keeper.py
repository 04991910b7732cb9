"""Sessions on disk: written at every edit, whole or not at all, off the GUI thread."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import msgspec

from host_bridge.errors import CuelockError
from host_bridge.home import home
from plugin_ui.session import VERSION, Session


def folder() -> Path:
    """Where the panel keeps sessions and what it had rendered."""
    return home() / "panel"


def name_of(clip: str) -> str:
    """What a clip's files here are called."""
    return hashlib.sha256(clip.encode()).hexdigest()[:24]


def session_path(clip: str) -> Path:
    """The file of a clip's session."""
    return folder() / "sessions" / f"{name_of(clip)}.msgpack"


def read_session(clip: str) -> Session:
    """A clip's session as it was left; a new one when there is none or it cannot be read.

    A file that cannot be read is set aside. Raises CuelockError take.newer for one of a newer
    cuelock.
    """
    path = session_path(clip)
    try:
        data = path.read_bytes()
        if msgspec.msgpack.decode(data).get("version", 0) > VERSION:
            raise CuelockError(
                "take.newer",
                "This clip's session was written by a newer cuelock.",
                hint="Open it with that version, or move CUELOCK_HOME to another folder.",
            )
        return msgspec.msgpack.decode(data, type=Session)
    except FileNotFoundError:
        pass
    except (OSError, msgspec.MsgspecError, AttributeError, TypeError):
        path.replace(path.with_suffix(".damaged"))
    return Session(clip=clip)


def last_clip() -> str:
    """The clip that was open last, or nothing."""
    try:
        return (folder() / "last").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


class Keeper:
    """Writes the newest session in a thread of its own; what comes while it writes waits."""

    def __init__(self) -> None:
        self._newest: Session | None = None
        self._there = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="keeper")
        self._thread.start()

    def keep(self, session: Session) -> None:
        """Write it soon; it takes the place of one that still waits."""
        with self._there:
            self._newest = session
            self._there.notify()

    def close(self) -> None:
        """Write what waits, then end."""
        with self._there:
            self._closed = True
            self._there.notify()
        self._thread.join()

    def _run(self) -> None:
        written = ""
        while True:
            with self._there:
                self._there.wait_for(lambda: self._newest is not None or self._closed)
                session, self._newest = self._newest, None
            if session is None:
                return
            _write(session_path(session.clip), msgspec.msgpack.encode(session))
            if session.clip != written:
                _write(folder() / "last", session.clip.encode())
                written = session.clip


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
