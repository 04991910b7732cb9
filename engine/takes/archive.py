"""Takes as one file that travels: an uncompressed zip of an index and blobs by their hash.

What comes in was made elsewhere and is believed in nothing: a member is read only when the index
names it by a hash, nothing is unpacked under a name from the archive, compressed members are
refused (so no file can grow beyond the archive's own size), and every blob is verified while it
is read. Functions take the connection that writes and are called inside a transaction.
"""

from __future__ import annotations

import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PureWindowsPath
from typing import Annotated

import msgspec

from engine.takes import history
from engine.takes.blobs import Blobs, whole
from host_bridge.errors import CuelockError
from host_bridge.protocol import CompRequest, TakeRecord, TakeSummary

_FORMAT = 1
_INDEX = "cuelock.json"
_MOST_INDEX = 1 << 28  # bytes; some sixty thousand takes
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, for zips: the same takes give the same bytes
_TAKE = re.compile(r"[0-9a-f]{1,64}")

_Hash = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
# What every system takes as a name inside a folder, and nothing that leads out of it.
_Name = Annotated[str, msgspec.Meta(pattern=r'\A[^.\x00-\x1f<>:"/\\|?*][^\x00-\x1f<>:"/\\|?*]*\Z')]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]

# What zipfile raises over bytes that are no zip, or no longer.
_DAMAGE = (
    zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, OverflowError, RuntimeError,
    ValueError, struct.error, zlib.error,
)  # fmt: skip


class _Format(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an index that every version can read."""

    format: int


class _Packed(msgspec.Struct, frozen=True, kw_only=True):
    """A take as the index says it. files: name -> hash; created: ms."""

    record: TakeRecord
    files: dict[_Name, _Hash]
    star: bool
    note: str
    created: _Milliseconds

    def summary(self) -> TakeSummary:
        """The take as the history tells it."""
        return TakeSummary(record=self.record, star=self.star, note=self.note, created=self.created)


class _Index(_Format, frozen=True, kw_only=True):
    takes: tuple[_Packed, ...]


def export_takes(db: sqlite3.Connection, blobs: Blobs, takes: Sequence[str], path: Path) -> int:
    """Write takes with their ancestors, stars, notes and files as one archive; returns how many.

    takes: names or beginnings of names; none: all that are not in the trash. The archive is
    written whole or not at all. Raises CuelockError take.unknown, blob.unknown, blob.checksum,
    disk.full or disk.readonly.
    """
    packed = sorted(_chosen(db, takes), key=lambda take: (take.created, take.record.take))
    index = msgspec.json.encode(_Index(format=_FORMAT, takes=tuple(packed)))
    with whole(path) as writing, zipfile.ZipFile(writing, "w") as archive:
        archive.writestr(_member(_INDEX), index)
        for digest in _hashes(packed):
            member = _member(_blob(digest))
            if blobs.path(digest).exists():  # zipfile must know beforehand what needs 64 bits
                member.file_size = blobs.path(digest).stat().st_size
            with archive.open(member, "w") as blob:
                blobs.read(digest, blob)
    return len(packed)


def import_takes(db: sqlite3.Connection, blobs: Blobs, sidecars: Path, path: Path) -> int:
    """Take in every take of an archive that is not there yet; returns how many.

    A take that is there stays as it is, in the trash too. Raises CuelockError request.path when
    the file is no archive or is damaged, take.newer, blob.checksum, disk.full or disk.readonly;
    then no take of it is recorded, and files that were written go with a later gc.
    """
    with _opened(path) as archive:
        new = [take for take in _read_index(archive, path) if not _there(db, take.record.take)]
        for digest in _hashes(new):
            _take_in(archive, digest, blobs, path)
    for take in new:
        history.put_sidecar(history.Kept(take.record, take.files), sidecars)
        history.restore(db, take.summary(), take.files)
    return len(new)


def _chosen(db: sqlite3.Connection, takes: Sequence[str]) -> Iterator[_Packed]:
    """Takes and those they were made from, as far as these are still there, each once."""
    waiting = [history.summary(db, take).record.take for take in takes]
    if not takes:
        waiting = [row[0] for row in db.execute("SELECT id FROM take WHERE trashed IS NULL")]
    met: set[str] = set()
    while waiting:
        take = waiting.pop()
        known = None if take in met else history.known(db, take)
        met.add(take)
        if known:
            waiting.extend(_made_from(known.record))
            yield _Packed(
                record=known.record, files=dict(sorted(history.blobs_of(db, take).items())),
                star=known.star, note=known.note, created=known.created,
            )  # fmt: skip


def _made_from(record: TakeRecord) -> list[str]:
    pieces = record.change.pieces if isinstance(record.change, CompRequest) else ()
    parent = [record.reply.parent] if record.reply.parent else []
    return parent + [piece.take for piece in pieces]


def _hashes(takes: Iterable[_Packed]) -> list[str]:
    return sorted({digest for take in takes for digest in take.files.values()})


def _blob(digest: str) -> str:
    return f"blobs/{digest}"


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _BEGINNING)
    member.create_system = 3  # whatever system this is
    member.external_attr = 0o644 << 16
    return member


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, *_DAMAGE) as error:
        raise _refused(path, f"it cannot be opened ({error})") from error


def _read_index(archive: zipfile.ZipFile, path: Path) -> list[_Packed]:
    """The takes an archive holds, each once and none of them with a harmful name."""
    try:
        member = archive.getinfo(_INDEX)
        if member.file_size > _MOST_INDEX or not _stored(member):
            raise _refused(path, "its index is not one that cuelock writes")
        with archive.open(member) as reading:
            packed = reading.read(_MOST_INDEX)
        if msgspec.json.decode(packed, type=_Format).format > _FORMAT:
            raise CuelockError(
                "take.newer",
                f"The archive {path} was written by a newer cuelock.",
                hint="Install that version here, then import it again.",
            )
        takes = msgspec.json.decode(packed, type=_Index).takes
        return list({take.record.take: _checked(take, path) for take in takes}.values())
    except (OSError, *_DAMAGE) as error:
        raise _refused(path, f"its index cannot be read ({error})") from error


def _checked(take: _Packed, path: Path) -> _Packed:
    names = {PureWindowsPath(file).name for file in map(str, history.files_of(take.record))}
    if not _TAKE.fullmatch(take.record.take) or names != take.files.keys():
        raise _refused(path, f"its take {take.record.take[:80]!r} is not whole")
    msgspec.msgpack.encode(take.record)  # JSON has numbers that are too large for the history
    return take


def _there(db: sqlite3.Connection, take: str) -> bool:
    return db.execute("SELECT 1 FROM take WHERE id = ?", (take,)).fetchone() is not None


def _take_in(archive: zipfile.ZipFile, digest: str, blobs: Blobs, path: Path) -> None:
    try:
        member = archive.getinfo(_blob(digest))
    except KeyError:
        raise _refused(path, f"its file {digest[:12]} is missing") from None
    if not _stored(member):
        raise _refused(path, f"its file {digest[:12]} was packed by another program")
    try:
        with archive.open(member) as reading:
            blobs.add_stream(reading, digest)
    except _DAMAGE as error:
        raise CuelockError(
            "blob.checksum",
            f"A file in the archive {path} is damaged: {digest[:12]} ({error}).",
            hint="Copy the archive again from where it came from.",
        ) from error


def _stored(member: zipfile.ZipInfo) -> bool:
    """Whether a member is as long as it says, so that it cannot grow while it is read."""
    plain = member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1
    return plain and member.file_size == member.compress_size


def _refused(path: Path, why: str) -> CuelockError:
    return CuelockError(
        "request.path",
        f"{path} is no archive of takes: {why}.",
        hint="Name a file that `cuelock takes export` has written, and copy it again if need be.",
    )
