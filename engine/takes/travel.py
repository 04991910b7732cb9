"""Content by the wire: files come in by chunks and go out so, named by their SHA-256 alone.

A client of another machine names no path of this one: what its requests call "blob:HASH/NAME" is
laid out here under that name. "sparse:HASH/NAME" is an archive of a file with holes: an excerpt.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine.takes.blobs import Blobs
from host_bridge.errors import CuelockError, refusing
from host_bridge.protocol import BlobPart, BlobState, GetBlob, PutBlob
from host_bridge.wire import CHUNK_BYTES
from media.sparse import unpack

_HASH = re.compile(r"[0-9a-f]{64}")
_NAMED = re.compile(r"(blob|sparse):([0-9a-f]{64})/([^/\\\0:]{1,200})")
_MOST_BYTES = 1 << 40
_PATHS = ("clip", "curves", "guide")


class Travel:
    """Uploads that are not whole yet, and files laid out for jobs of remote clients."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._uploads, self._inbox = folder / "uploads", folder / "inbox"
        self.outbox = folder / "outbox"
        self._blobs = blobs
        with refusing():
            for made in (self._uploads, self._inbox, self.outbox):
                made.mkdir(parents=True, exist_ok=True)
            for left in self._inbox.glob("*/.*.part"):  # of a process that was killed
                left.unlink()

    def state(self, sha256: str) -> BlobState:
        """How much of a file is here. Raises CuelockError request.path for no hash."""
        if self._blobs.path(_checked(sha256)).exists():
            return BlobState(have=self._blobs.path(sha256).stat().st_size, complete=True)
        part = self._uploads / sha256
        return BlobState(have=part.stat().st_size if part.exists() else 0, complete=False)

    def put(self, chunk: PutBlob) -> BlobState:
        """Take in a chunk; one that was taken in before, or comes too early, changes nothing.

        Raises CuelockError blob.checksum when the whole file is another than its name says; then
        its upload begins anew.
        """
        now = self.state(chunk.sha256)
        if len(chunk.data) > CHUNK_BYTES or not 0 <= chunk.offset <= chunk.size <= _MOST_BYTES:
            raise _impossible()
        if now.complete or chunk.offset != now.have:
            return now
        if chunk.offset + len(chunk.data) > chunk.size:
            raise _impossible()
        part = self._uploads / chunk.sha256
        with refusing(), part.open("ab") as writing:
            writing.write(chunk.data)
        if chunk.offset + len(chunk.data) < chunk.size:
            return BlobState(have=chunk.offset + len(chunk.data), complete=False)
        try:
            with part.open("rb") as reading:
                self._blobs.add_stream(reading, chunk.sha256)
        finally:
            part.unlink()
        return BlobState(have=chunk.size, complete=True)

    def get(self, wanted: GetBlob) -> BlobPart:
        """A part of a file. Raises CuelockError blob.unknown."""
        path = self._blobs.path(_checked(wanted.sha256))
        try:
            with path.open("rb") as reading:
                reading.seek(max(0, wanted.offset))
                data = reading.read(max(0, min(wanted.most, CHUNK_BYTES)))
            return BlobPart(size=path.stat().st_size, data=data)
        except FileNotFoundError as error:
            raise _unknown(wanted.sha256) from error

    def here(self, params: msgspec.Struct, job: str) -> msgspec.Struct:
        """A remote client's request with paths of this machine.

        Raises CuelockError request.path when it names any itself, blob.unknown for a file that
        did not come, media.unreadable for an excerpt that is none.
        """
        changes: dict[str, Any] = {"to": str(self.outbox / job)}
        if getattr(params, "to", ""):
            raise _names_paths()
        for field in _PATHS:
            if value := getattr(params, field, None):
                changes[field] = str(self._laid_out(value))
        return msgspec.structs.replace(params, **changes)

    def forget(self, before: float, needed: Callable[[str], bool]) -> tuple[int, int]:
        """Delete what was laid out before a time (seconds since 1970) and nobody needs.

        needed: of a file's address, "blob:HASH" or "sparse:HASH". Returns how many files went and
        the bytes that are free now.
        """
        files, free = 0, 0
        with refusing():
            for folder in sorted(self._inbox.iterdir()):
                if folder.stat().st_mtime > before or needed(folder.name.replace("-", ":")):
                    continue
                for path in folder.iterdir():
                    known = path.stat()  # what is a blob as well goes with that
                    files, free = files + 1, free + known.st_size * (known.st_nlink == 1)
                    path.unlink()
                folder.rmdir()
        return files, free

    def _laid_out(self, named: str) -> Path:
        match = _NAMED.fullmatch(named)
        if match is None or match[3] in (".", ".."):
            raise _names_paths()
        kind, sha256, name = match.groups()
        blob, path = self._blobs.path(sha256), self._inbox / f"{kind}-{sha256}" / name
        if not blob.exists():
            raise _unknown(sha256)
        if not path.exists():
            with refusing():
                path.parent.mkdir(exist_ok=True)
            if kind == "sparse":
                unpack(blob, path)
            else:
                with refusing():
                    path.hardlink_to(blob)
        return path


def _checked(sha256: str) -> str:
    if not _HASH.fullmatch(sha256):
        raise CuelockError(
            "request.path", "A file is named by 64 hex digits.", hint="Send its SHA-256."
        )
    return sha256


def _impossible() -> CuelockError:
    return CuelockError(
        "blob.incomplete",
        "A chunk does not fit the file it belongs to.",
        hint=f"Send at most {CHUNK_BYTES} bytes at a time, from where the file ends here.",
    )


def _unknown(sha256: str) -> CuelockError:
    return CuelockError(
        "blob.unknown", f"There is no file {sha256[:12]} here.", hint="Send it first."
    )


def _names_paths() -> CuelockError:
    return CuelockError(
        "request.path",
        "A client of another machine names no paths of this one.",
        hint='Send files, name them "blob:SHA256/NAME", leave "to" empty, fetch what is made.',
    )
