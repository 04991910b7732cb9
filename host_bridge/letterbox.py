"""The gateway's second door: frames as files, for a host that will not let its panel use a socket.

A panel makes a folder of its own in `run/letters`. Frames it sends are N.ask, those it gets N.say,
each counted from 1 and whole or not there at all; who has read one takes it away. The first is the
token, as on the socket. A folder that is gone, or in which nothing was asked for a minute, is over.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from itertools import count
from pathlib import Path
from typing import Callable, Optional

from host_bridge.discovery import run_folder

_LOOK_SECONDS = 0.05  # how often a folder in use is looked at
_IDLE_SECONDS = 0.5  # how often new folders are looked for
SILENCE_SECONDS = 60.0


class Letters:
    """One panel's folder: frames from it, one after another, and frames to it."""

    def __init__(self, folder: Path, silence: float = SILENCE_SECONDS) -> None:
        self._folder = folder
        self._silence = silence
        self._asked, self._said = count(1), count(1)
        self._writing = threading.Lock()
        self._over = threading.Event()

    def hear(self, seconds: Optional[float] = None) -> Optional[bytes]:
        """The next frame; None when the panel has gone, or sends none in time."""
        path = self._folder / f"{next(self._asked)}.ask"
        until = time.monotonic() + (self._silence if seconds is None else seconds)
        while not self._over.wait(_LOOK_SECONDS) and self._folder.is_dir():
            # On Windows a file cannot be read in the moment in which it gets its name.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                frame = path.read_bytes()
                path.unlink()
                return frame
            if time.monotonic() > until:
                break
        return None

    def say(self, frame: bytes) -> None:
        """Leave a frame for the panel; nothing when its folder is gone."""
        with self._writing, contextlib.suppress(FileNotFoundError):
            path = self._folder / f"{next(self._said)}.say"
            part = path.with_suffix(".part")
            part.write_bytes(frame)
            part.replace(path)

    def end(self, code: int = 1000, reason: str = "") -> None:
        """Let the panel go: its folder is taken away."""
        self._over.set()
        shutil.rmtree(self._folder, ignore_errors=True)


def attend(visit: Callable[[Letters], None], leaving: threading.Event) -> None:
    """Have every new folder visited, each in a thread of its own, until it is time to leave."""
    letters = run_folder() / "letters"
    shutil.rmtree(letters, ignore_errors=True)
    letters.mkdir(mode=0o700)
    known: set[str] = set()
    while not leaving.wait(_IDLE_SECONDS):
        names = {path.name for path in letters.iterdir() if path.is_dir()}
        for name in names - known:
            threading.Thread(target=visit, args=(Letters(letters / name),), daemon=True).start()
        known = names
    shutil.rmtree(letters, ignore_errors=True)
