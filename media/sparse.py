"""A file with holes as one archive: tar, with GNU's sparse members in pax format 1.0.

Source: GNU tar manual, "Storing Sparse Files: PAX Format, Version 1.0".
"""

from __future__ import annotations

import os
import tarfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from host_bridge.errors import CuelockError, refusing

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20  # bytes that are copied at once


def pack(path: Path, extents: Sequence[tuple[int, int]], to: Path) -> None:
    """Archive bytes [start, stop) of a file, in order and apart; between them are holes.

    Each begins and ends with a whole block of the archive, as GNU tar wants it.
    Raises CuelockError disk.full or disk.readonly.
    """
    file = path.stat()
    spans = [(start, min(stop, file.st_size) - start) for start, stop in _in_blocks(extents)]
    spans += [(file.st_size, 0)]  # where the file ends
    told = "".join(f"{number}\n" for number in (len(spans), *(n for span in spans for n in span)))
    head = told.encode() + bytes(-len(told) % _BLOCK)
    member = tarfile.TarInfo(path.name)
    member.mtime = int(file.st_mtime)
    member.size = len(head) + sum(size for _, size in spans)
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": path.name,
        "GNU.sparse.realsize": str(file.st_size),
    }
    with refusing(), path.open("rb") as reading, to.open("wb") as writing:
        writing.write(member.tobuf(tarfile.PAX_FORMAT) + head)
        for start, size in spans:
            reading.seek(start)
            _copy(reading, writing, size)
        writing.write(bytes(-member.size % _BLOCK + 2 * _BLOCK))


def unpack(archive: Path, to: Path) -> None:
    """Lay a file out that `pack` archived, holes and date included; whole or not at all.

    Raises CuelockError media.unreadable for what is no such archive, disk.full and disk.readonly.
    """
    part = f".{uuid.uuid4().hex}.part"
    try:
        with refusing(), tarfile.open(archive, "r:") as tar:
            member = tar.next()
            if member is None or not member.isreg():
                raise _no_archive(archive)
            member.name = part
            tar.extract(member, to.parent, set_attrs=False, filter="data")
            os.utime(to.with_name(part), (member.mtime, member.mtime))
            to.with_name(part).replace(to)
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise _no_archive(archive) from error
    finally:
        to.with_name(part).unlink(missing_ok=True)


def _in_blocks(extents: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The blocks in which extents lie.

    >>> _in_blocks([(0, 1), (600, 700), (5000, 5120)])
    [(0, 1024), (4608, 5120)]
    """
    blocks: list[tuple[int, int]] = []
    for start, stop in extents:
        start, stop = start // _BLOCK * _BLOCK, -(-stop // _BLOCK) * _BLOCK
        if blocks and start <= blocks[-1][1]:
            start = blocks.pop()[0]
        blocks.append((start, stop))
    return blocks


def _copy(reading: IO[bytes], writing: IO[bytes], size: int) -> None:
    while size > 0:
        block = reading.read(min(size, _CHUNK))
        if not block:
            raise OSError("the clip became shorter")
        writing.write(block)
        size -= len(block)


def _no_archive(archive: Path) -> CuelockError:
    return CuelockError(
        "media.unreadable",
        f"{archive.name} is no archive of a file with holes.",
        hint="Send a tar archive of one sparse file (pax format), or the clip itself.",
    )
