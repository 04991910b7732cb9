"""The database's tables, as named migrations in their order. A released one never changes."""

from __future__ import annotations

#: "cuel" in ASCII: tells our files from other people's databases.
APPLICATION_ID = 0x6375656C

_FIRST = """
CREATE TABLE migration (n INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE job (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, kind TEXT NOT NULL, params BLOB NOT NULL,
    params_hash TEXT NOT NULL, priority TEXT NOT NULL, supersede TEXT, on_disconnect TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    cancelling INTEGER NOT NULL DEFAULT 0, reason TEXT, error BLOB, reply BLOB,
    created INTEGER NOT NULL, ended INTEGER, last_seq INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX job_by_state ON job (state, created);
CREATE TABLE attempt (
    job TEXT NOT NULL REFERENCES job, n INTEGER NOT NULL, epoch TEXT NOT NULL,
    started INTEGER NOT NULL, ended INTEGER, outcome TEXT, PRIMARY KEY (job, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    job TEXT NOT NULL REFERENCES job, seq INTEGER NOT NULL, kind TEXT NOT NULL,
    at INTEGER NOT NULL, reason TEXT, PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE take (
    id TEXT PRIMARY KEY, job TEXT, parent TEXT, clip TEXT NOT NULL, record BLOB NOT NULL,
    star INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL,
    trashed INTEGER
) STRICT;
CREATE INDEX take_by_age ON take (created);
CREATE TABLE take_blob (
    take TEXT NOT NULL REFERENCES take ON DELETE CASCADE, name TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (take, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX take_blob_by_hash ON take_blob (hash);
"""

_JOBS_BY_AGE = "CREATE INDEX job_by_age ON job (created);"

MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("jobs, events and takes", _FIRST),
    ("the newest jobs without reading all", _JOBS_BY_AGE),
)
