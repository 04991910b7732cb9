"""What `cuelock doctor` says of the resident engine and of what it keeps."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil

from engine.takes.blobs import Blobs
from engine.takes.history import Sidecar
from host_bridge.discovery import Address, published, read_address, run_folder
from host_bridge.home import home
from host_bridge.protocol import Check

_MB = 2**20
_NAMED = 3  # damaged files that are named


def check_engine() -> Check:
    """Who holds this home: the engine's process, its workers, its lock; or what a dead one left."""
    lock, told, living = run_folder() / "engine.lock", published(), read_address()
    if living is not None:
        return Check(name="engine", state="ok", detail=_described(living, lock))
    if told is None:
        return Check(name="engine", state="ok", detail=f"none runs; {lock} is free")
    return Check(
        name="engine",
        state="warn",
        detail=f"none runs; {run_folder() / 'engine.json'} is of pid {told.pid}, which is gone",
        remedy="Nothing needs to be done: the next command starts an engine and replaces the file.",
    )


def check_stored_files() -> Check:
    """Every file of a take is there, and still what was written."""
    folder = home() / "takes"
    blobs = Blobs(folder / "blobs") if folder.exists() else None
    there = blobs.all() if blobs else set[str]()
    damaged = {digest for digest in there if blobs and not _is_whole(blobs.path(digest), digest)}
    missing = set(_recorded(folder / "sidecars")) - there
    if not damaged | missing:
        return Check(name="stored files", state="ok", detail=f"{len(there)} are whole")
    named = ", ".join(digest[:12] for digest in sorted(damaged | missing)[:_NAMED])
    return Check(
        name="stored files",
        state="fail",
        detail=f"of {len(there)}, {len(damaged)} damaged, {len(missing)} gone: {named}",
        remedy="Look after that disk; give the takes' requests again: their files are made anew.",
    )


def _described(living: Address, lock: Path) -> str:
    try:
        engine = psutil.Process(living.pid)
        since = datetime.datetime.fromtimestamp(engine.create_time()).isoformat(" ", "seconds")
        workers = [f"{one.pid} ({_megabytes(one):.0f} MB)" for one in engine.children()]
        memory = _megabytes(engine)
    except psutil.Error:
        return f"pid {living.pid} holds {lock}, and cannot be looked at"
    return (
        f"pid {living.pid} since {since}, {memory:.0f} MB; workers: {', '.join(workers) or 'none'};"
        f" holds {lock}, keeps {home() / 'takes'}"
    )


def _megabytes(process: psutil.Process) -> float:
    return process.memory_info().rss / _MB


def _recorded(sidecars: Path) -> Iterator[str]:
    """Hashes that takes name, read beside the database, which belongs to the engine."""
    for path in sorted(sidecars.glob("*.json")):
        yield from msgspec.json.decode(path.read_bytes(), type=Sidecar).files.values()


def _is_whole(path: Path, digest: str) -> bool:
    with path.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest() == digest
