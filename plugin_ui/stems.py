"""Where the files of takes are: a folder of the panel's, which is cleared and filled again.

Every file here is in the engine's history too: what is gone is fetched again when it is wanted.
What other programs are given lies in a folder of its own, which is never cleared.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.protocol import DeliverReply, TakeSummary
from plugin_ui import background
from plugin_ui.keeper import folder, may_be_cleared, stems_folder
from plugin_ui.link import EngineLink

MOST_BYTES = 4 << 30


class Stems(QObject):
    """The folder of stems.

    found(): files that were gone are there again.
    """

    found = pyqtSignal()

    def __init__(self, link: EngineLink) -> None:
        super().__init__(link)
        self._link = link
        self.folder = stems_folder()  # where new stems go
        self._delivered: dict[str, dict[str, str]] = {}  # take -> file name -> where it is again

    def move(self, to: Path) -> None:
        """From now on new stems go there; those that are elsewhere stay."""
        self.folder = self._link.stems = to

    def file(self, take: TakeSummary, path: str) -> str:
        """Where a file of a take is; one that is gone is asked for again."""
        name = take.record.take
        if Path(path).exists():
            return path
        if name not in self._delivered:
            self._delivered[name] = {}
            self._link.deliver(name, self.folder / name, self._have)
        return self._delivered[name].get(Path(path).name, path)

    def clear(self, takes: Collection[TakeSummary]) -> None:
        """Away from the GUI thread: the oldest files, but not those of these takes."""
        wanted = {take.record.take for take in takes}
        for take in takes:
            reply = take.record.reply
            wanted.update(Path(stem.path).name for stem in reply.stems)
            wanted.update(Path(path).name for path in (*reply.curves, reply.plot))
        where = self.folder
        background.begin(lambda: clear_oldest(where, MOST_BYTES, wanted))

    def _have(self, reply: DeliverReply) -> None:
        for path in map(Path, reply.paths):
            self._delivered.setdefault(path.parent.name, {})[path.name] = str(path)
        self.found.emit()


def clear_oldest(where: Path, most_bytes: int, wanted: Collection[str]) -> None:
    """Delete a folder's oldest files until so many bytes are left.

    wanted: names of files, and of folders, that stay.
    """
    files = [path for path in where.rglob("*") if path.is_file()]
    told = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in files)
    left = sum(size for _, size, _ in told)
    for _, size, path in told:
        if left <= most_bytes:
            break
        if path.name not in wanted and path.parent.name not in wanted:
            with contextlib.suppress(OSError):  # another program has it open
                path.unlink()
                left -= size


def handed_out(path: str) -> str:
    """Where another program finds a file for good: a second name of it, or a copy."""
    here = Path(path)
    if not may_be_cleared(here):
        return path
    there = folder() / "handed out" / here.name
    there.parent.mkdir(parents=True, exist_ok=True)
    if not there.exists():
        try:
            os.link(here, there)
        except OSError:  # of another disk, or of a file system without second names
            part = there.with_name(f"{there.name}.part")
            shutil.copy2(here, part)
            part.replace(there)
    return str(there)
