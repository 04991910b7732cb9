"""Opening the database: locked to one writer, migrated, or set aside when it is damaged.

Exactly one connection writes, in one thread of one process (SQLite's write-ahead log has had a
defect with two). A damaged file is never written to again: it is moved aside, what can be read
is copied into a new one, and the takes' sidecars bring back the rest.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from engine.takes.schema import APPLICATION_ID, MIGRATIONS
from host_bridge.errors import CuelockError

log = logging.getLogger(__name__)

_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA fullfsync=1",
    "PRAGMA checkpoint_fullfsync=1",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA busy_timeout=2000",
)
_SALVAGED = ("job", "attempt", "event", "take", "take_blob")


def open_database(path: Path) -> sqlite3.Connection:
    """The connection that writes, in autocommit mode; every table there.

    Raises CuelockError take.newer when a later cuelock made the file, disk.* when the folder
    cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _current(path)
        except sqlite3.DatabaseError as error:
            if not _damage(error):
                raise
            return _salvaged(path, error)
    except (sqlite3.Error, OSError) as error:
        raise _unwritable(path, error) from error


def _damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is at fault, not the disk or another process."""
    if not isinstance(error, sqlite3.OperationalError):
        return True
    # A flipped byte in the header can make tables seem to be missing or too many.
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ERROR


def _current(path: Path) -> sqlite3.Connection:
    """The database as it lies there, brought up to this version."""
    connection = _connect(path)
    try:
        _migrate(connection, path)
    except (sqlite3.Error, CuelockError):
        connection.close()
        raise
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = _text
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
        damage = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if damage != "ok":
            raise sqlite3.DatabaseError(damage)
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if owner not in (0, APPLICATION_ID):
            raise sqlite3.DatabaseError("this is another program's database")
    except sqlite3.Error:
        connection.close()
        raise
    except UnicodeDecodeError as error:  # sqlite3 quotes a damaged schema in its message
        connection.close()
        raise sqlite3.DatabaseError("its schema is damaged") from error
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise CuelockError(
            "take.newer",
            f"The takes in {path.parent} were written by a newer cuelock.",
            hint="Install that version again, or move CUELOCK_HOME to another folder.",
        )
    if 0 < version < len(MIGRATIONS):
        with sqlite3.connect(path.with_name(f"{path.name}.before-{version + 1}")) as copy:
            connection.backup(copy)
        copy.close()
    for number, (name, script) in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE; {script}; PRAGMA application_id={APPLICATION_ID};"
            f"PRAGMA user_version={number};"
        )
        connection.execute("INSERT INTO migration VALUES (?, ?, ?)", (number, name, _now_ms()))
        connection.execute("COMMIT")


def _salvaged(path: Path, why: sqlite3.Error) -> sqlite3.Connection:
    """A new database with what can still be read; the damaged one stays beside it.

    The new one is complete before it takes the place, so that a crash meanwhile loses nothing.
    """
    aside = path.with_name(f"{path.name}.damaged-{_now_ms()}")
    fresh = path.with_name(f"{path.name}.salvaged")
    log.error("the take database is damaged (%s); it is kept as %s", why, aside.name)
    for part in _parts(fresh):
        part.unlink(missing_ok=True)
    _salvage(path, fresh)
    for part, kept in zip(_parts(path), _parts(aside), strict=True):
        if part.exists():
            part.replace(kept)
    fresh.replace(path)
    return _connect(path)


def _salvage(damaged: Path, fresh: Path) -> None:
    with contextlib.closing(_current(fresh)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("BEGIN IMMEDIATE")
        for table in _SALVAGED:
            log.warning("salvaged %d rows of %s", _copied(damaged, table, connection), table)
        for table, column, other in (("attempt", "job", "job"), ("event", "job", "job"),
                                     ("take_blob", "take", "take")):  # fmt: skip
            connection.execute(
                f"DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM {other})"
            )
        connection.execute("COMMIT")


def _parts(path: Path) -> list[Path]:
    """The files a database consists of."""
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]


def _copied(damaged: Path, table: str, target: sqlite3.Connection) -> int:
    """Rows that could be read before damage was met, and fit."""
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    insert = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})"
    return sum(_fits(target, insert, row) for row in _rows(damaged, table, columns))


def _fits(target: sqlite3.Connection, insert: str, row: tuple[object, ...]) -> bool:
    try:
        return target.execute(insert, row).rowcount == 1
    except sqlite3.IntegrityError:  # a strict table refuses another type even when told to ignore
        return False


def _rows(damaged: Path, table: str, columns: list[str]) -> Iterator[tuple[object, ...]]:
    try:
        uri = f"{damaged.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as source:
            source.text_factory = _text
            yield from source.execute(f"SELECT {', '.join(columns)} FROM {table}")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        log.warning("%s can be read no further: %s", table, error)


def _text(raw: bytes) -> str:
    """Text of a damaged row is readable text, or a flipped byte would hide the whole table."""
    return raw.decode(errors="replace")


def _unwritable(path: Path, error: sqlite3.Error | OSError) -> CuelockError:
    if isinstance(error, OSError):
        full = error.errno == errno.ENOSPC
    else:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return CuelockError(
        "disk.full" if full else "disk.readonly",
        f"The takes in {path.parent} cannot be opened: {error}.",
        hint="Make room or name another folder with CUELOCK_HOME.",
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
