"""Files to and from an engine of another machine: by content, in chunks, taken up where they broke.

A request that names local paths becomes one that names "blob:SHA256/NAME"; what is made comes back
into the folder the request named.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Callable, TypeVar

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
_PATHS = ("clip", "curves", "guide")


def named(request: Request) -> Request:
    """The request with its files named by their content, for no folder.

    Raises CuelockError media.missing for a file that is not there.
    """
    changes = {field: f"blob:{_hash(path)}/{path.name}" for field, path in _files(request)}
    return msgspec.structs.replace(request, to="", **changes)


def send_files(
    engine: Engine, request: msgspec.Struct, progress: Callable[[str, float], None]
) -> None:
    """Send the files of a request that the engine does not have."""
    for _, path in _files(request):
        _send(engine, path, progress)


def fetch_files(engine: Engine, reply: Reply, request: msgspec.Struct) -> Reply:
    """Fetch what was made into the request's folder; the reply with those paths."""
    to = Path(getattr(request, "to"))  # noqa: B009 (requests share no base)
    to.mkdir(parents=True, exist_ok=True)
    take = NamedTake(take=getattr(reply, "take"))  # noqa: B009
    for name, sha256 in engine.ask("take.files", take, FilesReply).files.items():
        _fetch(engine, sha256, to / Path(name).name)
    return msgspec.convert(_moved(msgspec.to_builtins(reply), to), type(reply))


def _files(request: msgspec.Struct) -> list[tuple[str, Path]]:
    named_here = [(field, getattr(request, field, None)) for field in _PATHS]
    return [(field, Path(value)) for field, value in named_here if value]


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


def _send(engine: Engine, path: Path, progress: Callable[[str, float], None]) -> None:
    sha256, size = _hash(path), path.stat().st_size
    state = engine.ask("blob.state", NamedBlob(sha256=sha256), BlobState)
    with path.open("rb") as reading:
        while not state.complete:
            reading.seek(state.have)
            chunk = PutBlob(
                sha256=sha256, size=size, offset=state.have, data=reading.read(CHUNK_BYTES)
            )
            state = engine.ask("blob.put", chunk, BlobState)
            progress("sending", state.have / max(1, size))


def _fetch(engine: Engine, sha256: str, to: Path) -> None:
    """Raises CuelockError blob.checksum when what came is not what was named."""
    part = to.with_name(to.name + ".part")
    digest, have, size = hashlib.sha256(), 0, 1
    with part.open("wb") as writing:
        while have < size:
            wanted = GetBlob(sha256=sha256, offset=have, most=CHUNK_BYTES)
            got = engine.ask("blob.get", wanted, BlobPart)
            size = got.size
            have += len(got.data)
            digest.update(got.data)
            writing.write(got.data)
            if not got.data:
                break
    if digest.hexdigest() != sha256:
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
