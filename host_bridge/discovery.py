"""Where the engine is: a lock that says whether it lives, a file that says how to reach it.

Both lie in the run folder of cuelock's home. The engine holds the lock as long as it lives, so a
file without a held lock is a dead engine's and is ignored.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from pathlib import Path
from typing import IO, Optional

import msgspec
import zmq

from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import Key, Scope


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach the engine: endpoints, its public key (Z85), which life of it this is.

    epoch and pid are empty and zero in an address that was written down for another machine.
    """

    epoch: str
    pid: int
    version: str
    control: str
    commands: str
    events: str
    server_key: str


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """A CURVE key pair (Z85)."""

    public: str
    secret: str


def run_folder() -> Path:
    """The folder of lock, address and keys; made for this user alone."""
    folder = home() / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def read_address() -> Optional[Address]:
    """The living engine's address, or None."""
    lock = hold(run_folder() / "engine.lock")
    if lock is not None:
        lock.close()
        return None
    return published()


def remote_address() -> Optional[Address]:
    """The engine of another machine that CUELOCK_ENGINE names a file of, or None.

    Raises CuelockError request.path when that file is no address.
    """
    named = os.environ.get("CUELOCK_ENGINE")
    if not named:
        return None
    try:
        return msgspec.json.decode(Path(named).read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError) as error:
        raise CuelockError(
            "request.path",
            f"CUELOCK_ENGINE names no engine's address: {error}.",
            hint="Write it with `cuelock engine address` where the engine runs.",
        ) from error


def published() -> Optional[Address]:
    """What the address file says, whether its engine lives or not; None while one starts."""
    try:
        return msgspec.json.decode((run_folder() / "engine.json").read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError):
        return None


_STAMP_NS = 50_000_000  # no file system's time stamps are coarser where this runs
_known: Optional[tuple[Path, int, tuple[Key, ...]]] = None

#: The name under which this user's own clients are known.
LOCAL = "local"


def hold(path: Path) -> Optional[IO[bytes]]:
    """Take an exclusive lock without waiting; None when another process holds it.

    The lock lasts until the returned file is closed or the process ends.
    """
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def own_keys(name: str) -> KeyPair:
    """This user's key pair of a name, made at first use.

    Raises CuelockError auth.refused when others may read the secret.
    """
    path = run_folder() / f"{name}.key"
    if not path.exists():
        public, secret = zmq.curve_keypair()
        made = KeyPair(public=public.decode(), secret=secret.decode())
        write_private(path, msgspec.json.encode(made))
    if sys.platform != "win32":
        found = path.stat()
        if found.st_mode & 0o077 or found.st_uid != os.getuid():
            raise CuelockError(
                "auth.refused",
                f"The key {path} can be read by others.",
                hint="Delete it; a new one is made at the next start.",
            )
    return msgspec.json.decode(path.read_bytes(), type=KeyPair)


def authorise(public: str, name: str, scope: Scope = "manage") -> None:
    """Let the engine of this home know a client's public key, and what it may do."""
    folder = run_folder() / "authorized_keys"
    folder.mkdir(exist_ok=True, mode=0o700)
    path, told = folder / name, f"{public} {scope}"
    if not path.exists() or path.read_text() != told:
        # Aside, then whole: the engine reads whatever lies among the keys, at any moment.
        part = run_folder() / f"{uuid.uuid4().hex}.part"
        write_private(part, told.encode())
        part.replace(path)


def authorised() -> tuple[Key, ...]:
    """Every client that may talk to the engine of this home.

    Asked with every message, so the folder is read again only when it changed, or changed so
    lately that its time stamp might not tell.
    """
    global _known
    folder = run_folder() / "authorized_keys"
    try:
        changed = folder.stat().st_mtime_ns
    except FileNotFoundError:
        return ()
    if _known is None or _known[:2] != (folder, changed):
        keys = tuple(key for key in map(_key, sorted(folder.iterdir())) if key is not None)
        if time.time_ns() - changed < _STAMP_NS:
            return keys
        _known = (folder, changed, keys)
    return _known[2]


def _key(path: Path) -> Optional[Key]:
    """None for one that was taken away meanwhile, and for a file that is no key."""
    try:
        public, _, scope = path.read_text().partition(" ")
        return msgspec.convert({"name": path.name, "public": public, "scope": scope}, Key)
    except (OSError, ValueError):
        return None


def revoke(name: str) -> None:
    """Shut a client out. Raises CuelockError request.option when there is none of that name."""
    path = run_folder() / "authorized_keys" / name
    if name not in [key.name for key in authorised()]:
        raise CuelockError(
            "request.option",
            f"There is no client {name!r}.",
            hint="`cuelock engine keys list` shows them.",
        )
    path.unlink()


def publish(address: Address) -> None:
    """Say how this engine is reached; whole or not at all."""
    path = run_folder() / "engine.json"
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    write_private(part, msgspec.json.encode(address))
    part.replace(path)


def write_private(path: Path, content: bytes) -> None:
    """A new file that only this user may read; a file made by another first stays."""
    try:
        descriptor = os.open(str(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
