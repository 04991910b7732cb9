"""Jobs and their events: the journal. Every change of state is one guarded step with its event.

    queued -> running -> done | failed | cancelled
    queued -> failed | cancelled        running -> queued (an attempt was lost)

Functions take the connection that writes and are called inside a transaction.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import Literal

import msgspec

from host_bridge.errors import CuelockError
from host_bridge.protocol import NIL, ErrorReport, JobEvent, JobState, JobStatus, Submit

#: From which states a job may step to which.
STEPS: dict[JobState, frozenset[JobState]] = {
    "queued": frozenset({"running", "failed", "cancelled"}),
    "running": frozenset({"queued", "done", "failed", "cancelled"}),
    "done": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
ATTEMPTS = 2  # a job whose worker died so often is failed
Outcome = Literal["done", "failed", "cancelled", "crashed", "stalled", "lost", "node_lost"]
_COLUMNS = "id, kind, priority, state, cancelling, reason, error, reply, last_seq, created"


def submit(db: sqlite3.Connection, client: str, asked: Submit) -> JobStatus:
    """Insert a job, or find the one of that id.

    Raises CuelockError job.conflict when the id is taken by other parameters.
    """
    digest = asked.digest()
    row = db.execute("SELECT params_hash FROM job WHERE id = ?", (asked.job,)).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO job (id, client, kind, params, params_hash, priority, supersede,"
            " on_disconnect, state, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)",
            (asked.job, client, asked.kind, bytes(asked.params), digest, asked.priority,
             asked.supersede, asked.on_disconnect, now_ms()),
        )  # fmt: skip
        _event(db, asked.job, "queued", None)
    elif row[0] != digest:
        raise CuelockError(
            "job.conflict",
            f"The job {asked.job} is already there with other parameters.",
            hint="Choose a new id for a new request.",
        )
    return status(db, asked.job)


def step(
    db: sqlite3.Connection,
    job: str,
    to: JobState,
    *,
    reason: str | None = None,
    error: ErrorReport | None = None,
    reply: bytes | None = None,
) -> bool:
    """Move a job on; returns False, and changes nothing, when its state does not allow it."""
    allowed = [state for state, targets in STEPS.items() if to in targets]
    ended = None if STEPS[to] else now_ms()
    marks = ", ".join("?" * len(allowed))
    cursor = db.execute(
        f"UPDATE job SET state = ?, reason = ?, error = ?, reply = ?, ended = ?"
        f" WHERE id = ? AND state IN ({marks})",
        (to, reason, msgspec.msgpack.encode(error) if error else None, reply, ended, job, *allowed),
    )
    if cursor.rowcount:
        _event(db, job, to, reason)
    return cursor.rowcount == 1


def ask_to_cancel(db: sqlite3.Connection, job: str, reason: str) -> JobStatus:
    """Cancel a queued job at once; flag a running one. A finished one stays as it is.

    Raises CuelockError job.unknown.
    """
    before = status(db, job)
    if before.state == "queued":
        step(db, job, "cancelled", reason=reason)
    elif before.state == "running" and not before.cancelling:
        db.execute("UPDATE job SET cancelling = 1 WHERE id = ?", (job,))
        _event(db, job, "cancelling", reason)
    return status(db, job)


def cancel_reason(db: sqlite3.Connection, job: str) -> str | None:
    """Why a running job is to be given up."""
    row = db.execute(
        "SELECT reason FROM event WHERE job = ? AND kind = 'cancelling' ORDER BY seq DESC", (job,)
    ).fetchone()
    return row[0] if row else None


def begin_attempt(db: sqlite3.Connection, job: str, epoch: str) -> int:
    """Record that a worker takes the job; returns the attempt's number, from 1."""
    n = db.execute("SELECT count(*) FROM attempt WHERE job = ?", (job,)).fetchone()[0] + 1
    db.execute("INSERT INTO attempt VALUES (?, ?, ?, ?, NULL, NULL)", (job, n, epoch, now_ms()))
    step(db, job, "running")
    return n


def end_attempt(db: sqlite3.Connection, job: str, n: int, outcome: Outcome) -> None:
    """Record how an attempt ended."""
    db.execute(
        "UPDATE attempt SET ended = ?, outcome = ? WHERE job = ? AND n = ?",
        (now_ms(), outcome, job, n),
    )


def attempt_lost(db: sqlite3.Connection, job: str, n: int, outcome: Outcome) -> JobStatus:
    """The worker died: queue the job once more, or fail it when it died too often.

    A machine that went ("node_lost") does not count.
    """
    end_attempt(db, job, n, outcome)
    before = status(db, job)
    deaths = db.execute(
        "SELECT count(*) FROM attempt WHERE job = ? AND outcome IS NOT 'node_lost'", (job,)
    ).fetchone()[0]
    if before.cancelling:
        step(db, job, "cancelled", reason=cancel_reason(db, job))
    elif deaths < ATTEMPTS:
        step(db, job, "queued", reason=outcome)
    else:
        step(db, job, "failed", reason="worker.poison", error=_POISON)
    return status(db, job)


def recover(db: sqlite3.Connection, epoch: str) -> list[str]:
    """After an engine's death: no job runs. Returns the queued ones, oldest first."""
    lost = db.execute(
        "SELECT id, (SELECT max(n) FROM attempt WHERE job = id) FROM job WHERE state = 'running'"
    ).fetchall()
    for job, n in lost:
        attempt_lost(db, job, n, "lost")
    rows = db.execute("SELECT id FROM job WHERE state = 'queued' ORDER BY created").fetchall()
    return [row[0] for row in rows]


def status(db: sqlite3.Connection, job: str) -> JobStatus:
    """A job as clients see it. Raises CuelockError job.unknown."""
    row = db.execute(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job,)).fetchone()
    if row is None:
        raise unknown(job)
    return _status(row)


def unknown(job: str) -> CuelockError:
    """What is said of a job that is not there, or not for the one who asks."""
    return CuelockError("job.unknown", f"There is no job {job}.", hint="Submit it again.")


def newest(db: sqlite3.Connection, most: int) -> tuple[JobStatus, ...]:
    """The newest jobs first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM job ORDER BY created DESC LIMIT ?", (most,))
    return tuple(_status(row) for row in rows)


def forget(db: sqlite3.Connection, before: int) -> None:
    """Forget jobs that ended before a Unix time (ms), with their events and attempts."""
    for table in ("event", "attempt"):
        db.execute(
            f"DELETE FROM {table} WHERE job IN (SELECT id FROM job WHERE ended < ?)", (before,)
        )
    db.execute("DELETE FROM job WHERE ended < ?", (before,))


def asked(db: sqlite3.Connection, job: str) -> tuple[str, Submit]:
    """Who submitted a job, and what."""
    client, kind, params, priority, supersede, on_disconnect = db.execute(
        "SELECT client, kind, params, priority, supersede, on_disconnect FROM job WHERE id = ?",
        (job,),
    ).fetchone()
    return client, Submit(
        job=job,
        kind=kind,
        params=msgspec.Raw(params),
        priority=priority,
        supersede=supersede,
        on_disconnect=on_disconnect,
    )


def events(db: sqlite3.Connection, job: str, after: int) -> tuple[JobEvent, ...]:
    """A job's events later than a number, in order."""
    rows: Sequence[tuple] = db.execute(
        "SELECT seq, kind, at, reason FROM event WHERE job = ? AND seq > ? ORDER BY seq",
        (job, after),
    ).fetchall()
    return tuple(
        JobEvent(job=job, seq=seq, kind=kind, at=at, reason=reason)
        for seq, kind, at, reason in rows
    )


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


_POISON = ErrorReport(
    code="worker.poison",
    message=f"The worker died {ATTEMPTS} times over this job.",
    hint="Look at the end of `cuelock engine logs`; try a shorter range.",
    retryable=False,
)


def _event(db: sqlite3.Connection, job: str, kind: str, reason: str | None) -> None:
    seq = db.execute(
        "UPDATE job SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq", (job,)
    ).fetchone()[0]
    db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", (job, seq, kind, now_ms(), reason))


def _status(row: tuple) -> JobStatus:
    job, kind, priority, state, cancelling, reason, error, reply, last_seq, created = row
    return JobStatus(
        job=job,
        kind=kind,
        priority=priority,
        state=state,
        cancelling=bool(cancelling),
        reason=reason,
        error=msgspec.msgpack.decode(error, type=ErrorReport) if error else None,
        reply=msgspec.Raw(reply) if reply else NIL,
        last_seq=last_seq,
        created=created,
    )
