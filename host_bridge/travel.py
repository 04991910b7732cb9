"""Files to and from an engine of another machine: by content, in chunks, taken up where they broke.

A request that names local paths becomes one that names "blob:SHA256/NAME"; of a clip there may be
an excerpt, which is named "sparse:SHA256/NAME". What is made comes back into the folder the request
named.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional, Sequence, TypeVar

import msgspec

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    BlobPart,
    BlobState,
    FilesReply,
    GetBlob,
    NamedBlob,
    NamedTake,
    PutBlob,
)
from host_bridge.wire import CHUNK_BYTES

if TYPE_CHECKING:
    from host_bridge.client import Engine

Request = TypeVar("Request", bound=msgspec.Struct)
Reply = TypeVar("Reply", bound=msgspec.Struct)
Progress = Callable[[str, float], None]
_PATHS = ("clip", "curves", "guide")


class Parcel(NamedTuple):
    """A file that goes with a request: in which field it is named, and how for the engine."""

    field: str
    path: Path
    sha256: str
    name: str


def parcels(request: msgspec.Struct, excerpt: Optional[Path] = None) -> list[Parcel]:
    """The files a request names. excerpt: the archive that goes in place of its clip.

    Raises CuelockError media.missing for a file that is not there.
    """
    packed: list[Parcel] = []
    for field in _PATHS:
        if named_here := getattr(request, field, None):
            path, kind = Path(named_here), "blob"
            sent = path
            if field == "clip" and excerpt is not None:
                sent, kind = excerpt, "sparse"
            sha256 = _hash(sent)
            packed.append(Parcel(field, sent, sha256, f"{kind}:{sha256}/{path.name}"))
    return packed


def named(request: Request, sent: Sequence[Parcel]) -> Request:
    """The request with its files as the engine is to know them, for no folder."""
    return msgspec.structs.replace(request, to="", **{one.field: one.name for one in sent})


def send_files(engine: Engine, sent: Sequence[Parcel], progress: Progress) -> None:
    """Send the files that the engine does not have."""
    for parcel in sent:
        _send(engine, parcel, progress)


def fetch_files(engine: Engine, reply: Reply, request: msgspec.Struct, progress: Progress) -> Reply:
    """Fetch what was made into the request's folder; the reply with those paths."""
    to = Path(getattr(request, "to"))  # noqa: B009 (requests share no base)
    fetch_take(engine, getattr(reply, "take"), to, progress)  # noqa: B009
    return moved(reply, to)


def fetch_take(engine: Engine, take: str, to: Path, progress: Progress) -> tuple[str, ...]:
    """Fetch a take's files into a folder; where they are."""
    to.mkdir(parents=True, exist_ok=True)
    files = engine.ask("take.files", NamedTake(take=take), FilesReply).files
    for name, sha256 in files.items():
        _fetch(engine, sha256, to / Path(name).name, progress)
    return tuple(str(to / Path(name).name) for name in files)


def moved(reply: Reply, to: Path) -> Reply:
    """A reply with the paths that its files have in a folder."""
    return msgspec.convert(_moved(msgspec.to_builtins(reply), to), type(reply))


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as reading:
            for block in iter(lambda: reading.read(CHUNK_BYTES), b""):
                digest.update(block)
    except OSError as error:
        raise CuelockError(
            "media.missing", f"There is no file {path}.", hint="Check the path."
        ) from error
    return digest.hexdigest()


def _send(engine: Engine, parcel: Parcel, progress: Progress) -> None:
    size = parcel.path.stat().st_size
    state = engine.ask("blob.state", NamedBlob(sha256=parcel.sha256), BlobState)
    with parcel.path.open("rb") as reading:
        while not state.complete:
            reading.seek(state.have)
            chunk = PutBlob(
                sha256=parcel.sha256, size=size, offset=state.have, data=reading.read(CHUNK_BYTES)
            )
            state = engine.ask("blob.put", chunk, BlobState)
            progress("sending", state.have / max(1, size))


def _fetch(engine: Engine, sha256: str, to: Path, progress: Progress) -> None:
    """Raises CuelockError blob.checksum when what came is not what was named."""
    if to.exists() and _hash(to) == sha256:
        return
    part = to.with_name(f"{to.name}.{sha256[:16]}.part")
    have, size = part.stat().st_size if part.exists() else 0, None
    with part.open("ab") as writing:
        while size is None or have < size:
            wanted = GetBlob(sha256=sha256, offset=have, most=CHUNK_BYTES)
            got = engine.ask("blob.get", wanted, BlobPart)
            size = got.size
            have += len(got.data)
            writing.write(got.data)
            progress("fetching", have / max(1, size))
            if not got.data:
                break
    if _hash(part) != sha256:
        part.unlink()
        raise CuelockError(
            "blob.checksum", f"{to.name} has changed on its way.", hint="Ask for it again."
        )
    part.replace(to)


def _moved(told: object, to: Path) -> object:
    """The paths in a reply (they are all absolute) as they are in the folder."""
    if isinstance(told, dict):
        return {key: _moved(value, to) for key, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [_moved(value, to) for value in told]
    if isinstance(told, str) and told.startswith("/"):
        return str(to / Path(told).name)
    return told
