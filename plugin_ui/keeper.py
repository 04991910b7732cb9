"""Sessions on disk: written at every edit, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import threading
from pathlib import Path

import msgspec

from host_bridge.errors import CuelockError
from host_bridge.home import home
from plugin_ui.session import VERSION, Session

_CHOSEN = "cuelock stems"


def folder() -> Path:
    """Where the panel keeps sessions and what it had rendered."""
    return home() / "panel"


def stems_folder(chosen: str = "") -> Path:
    """Where the files of takes are, as long as there is room: in the panel's own folder, or beside
    what else lies in one that was chosen.
    """
    return Path(chosen) / _CHOSEN if chosen else folder() / "stems"


def may_be_cleared(path: Path) -> bool:
    """Whether a file lies in such a folder, now or at another time."""
    return path.is_relative_to(stems_folder()) or any(one.name == _CHOSEN for one in path.parents)


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


def last_export() -> Path | None:
    """The folder to which something was exported last."""
    try:
        return Path((folder() / "exported").read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def keep_export(to: Path) -> None:
    """The next export goes there too. Raises CuelockError disk.full."""
    write_whole(folder() / "exported", str(to).encode(), "The folder")


class Keeper:
    """Writes a session at once, so that no death of the process loses it; a thread brings it to
    the disk, which may take its time.
    """

    def __init__(self) -> None:
        self._written: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._last = ""
        self._thread = threading.Thread(target=self._bring_to_disk, name="keeper")
        self._thread.start()

    def keep(self, session: Session) -> None:
        """Write it, whole or not at all. Raises CuelockError disk.full where it cannot be."""
        path = session_path(session.clip)
        write_whole(path, msgspec.msgpack.encode(session), "The session")
        if session.clip != self._last:
            write_whole(folder() / "last", session.clip.encode(), "The session")
            self._last = session.clip
        self._written.put(path)

    def close(self) -> None:
        """Everything is on the disk then."""
        self._written.put(None)
        self._thread.join()

    def _bring_to_disk(self) -> None:
        path = self._written.get()
        while path is not None:
            with contextlib.suppress(OSError), path.open("rb") as file:  # the next one is tried too
                os.fsync(file.fileno())
            path = self._written.get()


def write_whole(path: Path, data: bytes, what: str) -> None:
    """Write a file, whole or not at all. what: it is, to a person.

    Raises CuelockError disk.full where it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise CuelockError(
            "disk.full",
            f"{what} cannot be kept: {error}.",
            hint="Make room on the disk of CUELOCK_HOME; what comes next is kept again.",
        ) from error
