"""Files by their SHA-256: written aside, synced, renamed; never changed afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import uuid
from pathlib import Path

from host_bridge.errors import CuelockError

_CHUNK = 1 << 20


class Blobs:
    """The folder of blobs. A hash is 64 hex digits; its file lies under its first two."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "tmp"
        self._aside.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the blob of a hash lies, whether it is there or not."""
        return self._folder / digest[:2] / digest[2:]

    def add(self, source: Path) -> str:
        """Take in a copy of a file; returns its hash when it is safe on the disk.

        Raises CuelockError disk.full or disk.readonly; then nothing is left.
        """
        aside = self._aside / uuid.uuid4().hex
        try:
            digest = _copied(source, aside)
            target = self.path(digest)
            if target.exists():
                return digest
            target.parent.mkdir(exist_ok=True)
            aside.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
            aside.replace(target)
            _sync_folder(target.parent)
            return digest
        except OSError as error:
            raise _refused(error) from error
        finally:
            aside.unlink(missing_ok=True)

    def deliver(self, digest: str, to: Path) -> None:
        """Copy a blob to a path, verified on the way; whole or not at all.

        Raises CuelockError blob.unknown or blob.checksum.
        """
        source = self.path(digest)
        if not source.exists():
            raise CuelockError(
                "blob.unknown", f"A file of this take is gone: {digest[:12]}.",
                hint="Run `cuelock doctor`; the take can be made again from its request.",
            )  # fmt: skip
        part = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            if _copied(source, part) != digest:
                raise CuelockError(
                    "blob.checksum", f"A file of this take has changed on the disk: {source}.",
                    hint="Look after that disk; the take can be made again from its request.",
                )  # fmt: skip
            part.replace(to)
        except OSError as error:
            raise _refused(error) from error
        finally:
            part.unlink(missing_ok=True)

    def all(self) -> set[str]:
        """Every hash that has a file."""
        return {path.parent.name + path.name for path in self._folder.glob("[0-9a-f][0-9a-f]/*")}

    def age_seconds(self, digest: str, now: float) -> float:
        """How long ago the blob's file was written."""
        return now - self.path(digest).stat().st_mtime

    def remove(self, digest: str) -> int:
        """Delete a blob; returns the bytes that are free now."""
        path = self.path(digest)
        size = path.stat().st_size
        path.unlink()
        return size

    def clear_aside(self) -> None:
        """Delete what a crash left half-written."""
        for path in self._aside.iterdir():
            with contextlib.suppress(OSError):
                path.unlink()


def _copied(source: Path, to: Path) -> str:
    """Copy a file and sync it; returns its SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as reading, to.open("xb") as writing:
        while block := reading.read(_CHUNK):
            digest.update(block)
            writing.write(block)
        writing.flush()
        os.fsync(writing.fileno())
    shutil.copystat(source, to)
    os.utime(to)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be synced there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(error: OSError) -> CuelockError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CuelockError(
            "disk.full", "The disk is full.", hint="Make room, then give the request again."
        )
    return CuelockError(
        "disk.readonly",
        f"A file cannot be written: {error}.",
        hint="Look at the folder's permissions, or move CUELOCK_HOME.",
    )
