"""Files by their SHA-256: written aside, synced, renamed; never changed afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import IO

from host_bridge.errors import CuelockError, refusing

CHUNK = 1 << 20


class Blobs:
    """The folder of blobs. A hash is 64 hex digits; its file lies under its first two.

    What the system refuses is CuelockError disk.full or disk.readonly.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "tmp"
        with refusing():
            self._aside.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the blob of a hash lies, whether it is there or not."""
        return self._folder / digest[:2] / digest[2:]

    def add(self, source: Path) -> str:
        """Take in a copy of a file; returns its hash when it is safe on the disk.

        When it raises, nothing is left.
        """
        with refusing(), source.open("rb") as reading:
            return self.add_stream(reading)

    def add_stream(self, reading: IO[bytes], expected: str | None = None) -> str:
        """Take in what a stream holds, as `add` does.

        Raises CuelockError blob.checksum when its hash is another than the expected one.
        """
        aside = self._aside / uuid.uuid4().hex
        with refusing(), _removed(aside):
            with aside.open("xb") as writing:
                digest = copied(reading, writing)
                _sync(writing)
            if expected not in (None, digest):
                raise CuelockError(
                    "blob.checksum", f"A file has changed on its way: {expected}.",
                    hint="Copy it again from where it came from.",
                )  # fmt: skip
            if not self._holds(digest):
                self._place(aside, digest)
            sync_folder(self.path(digest).parent)
            return digest

    def read(self, digest: str, writing: IO[bytes]) -> None:
        """Write a blob's bytes to a stream, verified on the way.

        Raises CuelockError blob.unknown or blob.checksum; what was written is worth nothing then.
        """
        source = self.path(digest)
        if not source.exists():
            raise CuelockError(
                "blob.unknown", f"A file of this take is gone: {digest[:12]}.",
                hint="Run `cuelock doctor`; the take can be made again from its request.",
            )  # fmt: skip
        with refusing(), source.open("rb") as reading:
            if copied(reading, writing) != digest:
                raise CuelockError(
                    "blob.checksum", f"A file of this take has changed on the disk: {source}.",
                    hint="Look after that disk; the take can be made again from its request.",
                )  # fmt: skip

    def deliver(self, digest: str, to: Path) -> None:
        """Copy a blob to a path; whole or not at all. Raises what `read` raises."""
        with whole(to) as writing:
            self.read(digest, writing)

    def all(self) -> set[str]:
        """Every hash that has a file."""
        return {path.parent.name + path.name for path in self._folder.glob("[0-9a-f][0-9a-f]/*")}

    def age_seconds(self, digest: str, now: float) -> float:
        """How long ago the blob's file was written."""
        return now - self.path(digest).stat().st_mtime

    def remove(self, digest: str) -> int:
        """Delete a blob; returns the bytes that are free now."""
        path = self.path(digest)
        with refusing():
            size = path.stat().st_size
            path.unlink()
        return size

    def clear_aside(self) -> None:
        """Delete what a crash left half-written."""
        for path in self._aside.iterdir():
            with contextlib.suppress(OSError):
                path.unlink()

    def _holds(self, digest: str) -> bool:
        """Whether the blob is there and still what it was; a damaged one is written anew."""
        if not self.path(digest).exists():
            return False
        with self.path(digest).open("rb") as reading:
            return hashlib.file_digest(reading, "sha256").hexdigest() == digest

    def _place(self, aside: Path, digest: str) -> None:
        target = self.path(digest)
        target.parent.mkdir(exist_ok=True)
        sync_folder(self._folder)
        aside.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        aside.replace(target)


@contextlib.contextmanager
def whole(path: Path) -> Generator[IO[bytes]]:
    """A file to write that lies under its path afterwards, whole or not at all.

    Raises CuelockError disk.full or disk.readonly.
    """
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    with refusing(), _removed(part):
        with part.open("xb") as writing:
            yield writing
            _sync(writing)
        part.replace(path)


def copied(reading: IO[bytes], writing: IO[bytes]) -> str:
    """Copy a stream to its end; returns the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while block := reading.read(CHUNK):
        digest.update(block)
        writing.write(block)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to safety."""
    if os.name == "nt":  # a folder cannot be synced there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _removed(path: Path) -> Generator[None]:
    """Whatever happens, the file is gone afterwards."""
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _sync(writing: IO[bytes]) -> None:
    writing.flush()
    os.fsync(writing.fileno())
