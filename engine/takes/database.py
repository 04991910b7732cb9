"""Opening the database: locked to one writer, migrated, or set aside when it is damaged.

Exactly one connection writes, in one thread of one process (SQLite's write-ahead log has had a
defect with two). A damaged file is never written to again: it is moved aside, what can be read
is copied into a new one, and the takes' sidecars bring back the rest.
"""

from __future__ import annotations

import logging
import sqlite3
import time
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
        connection = _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise _unwritable(path, error) from error
        return _salvaged(path, error)
    except OSError as error:
        raise _unwritable(path, error) from error
    _migrate(connection, path)
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
        damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise sqlite3.DatabaseError(damage)
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if owner not in (0, APPLICATION_ID):
            raise sqlite3.DatabaseError("this is another program's database")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        connection.close()
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
    """A new database with what can still be read; the damaged one stays beside it."""
    aside = path.with_name(f"{path.name}.damaged-{_now_ms()}")
    log.error("the take database is damaged (%s); it is kept as %s", why, aside.name)
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    connection = _connect(path)
    _migrate(connection, path)
    connection.execute("PRAGMA foreign_keys=OFF")
    for table in _SALVAGED:
        kept = _copied(aside, table, connection)
        log.warning("salvaged %d rows of %s", kept, table)
    connection.execute("PRAGMA foreign_keys=ON")
    for table, column, other in (("attempt", "job", "job"), ("event", "job", "job"),
                                 ("take_blob", "take", "take")):  # fmt: skip
        connection.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM {other})")
    return connection


def _copied(aside: Path, table: str, target: sqlite3.Connection) -> int:
    """Rows that could be read before damage was met."""
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(columns))
    kept = 0
    try:
        source = sqlite3.connect(f"file:{aside}?mode=ro", uri=True)
        try:
            for row in source.execute(f"SELECT {', '.join(columns)} FROM {table}"):
                cursor = target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
                kept += cursor.rowcount
        finally:
            source.close()
    except sqlite3.DatabaseError:
        pass
    return kept


def _unwritable(path: Path, error: Exception) -> CuelockError:
    return CuelockError(
        "disk.readonly",
        f"The takes in {path.parent} cannot be opened: {error}.",
        hint="Make room or name another folder with CUELOCK_HOME.",
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
