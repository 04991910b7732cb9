"""Finished takes: recorded once their files are safe, listed, starred, noted, cleared away.

Beside its row a take has a sidecar, the same record as JSON, from which a lost database is
rebuilt. Functions take the connection that writes and are called inside a transaction.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

import msgspec

from engine.takes import jobs
from engine.takes.blobs import Blobs, sync_folder, whole
from engine.takes.jobs import now_ms
from engine.takes.travel import Travel
from host_bridge.errors import CuelockError, refusing
from host_bridge.protocol import GcReply, TakeRecord, TakeSummary

_GRACE_SECONDS = 24 * 3600  # a blob this young may belong to a take that is not recorded yet
_TRASH_MS = 7 * 24 * 3600 * 1000
_JOB_MS = 30 * 24 * 3600 * 1000


class Kept(NamedTuple):
    """A take and its files: file name -> hash."""

    record: TakeRecord
    files: dict[str, str]


class Sidecar(msgspec.Struct, frozen=True, kw_only=True):
    """A take as its sidecar says it."""

    record: TakeRecord
    files: dict[str, str]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A finished take to build upon, and where the history keeps its files (name -> path)."""

    record: TakeRecord
    files: dict[str, str]

    def file(self, path: str) -> Path:
        """Where the file lies that was delivered to a path. Raises CuelockError blob.unknown."""
        name = PureWindowsPath(path).name  # knows both separators: a take may come from elsewhere
        kept = Path(self.files.get(name, ""))
        if not kept.is_file():
            raise CuelockError(
                "blob.unknown",
                f"A file of the take {self.record.take} is gone: {name}.",
                hint="Render the take again from its request.",
            )
        return kept


def files_of(record: TakeRecord) -> list[Path]:
    """Every file a finished take consists of."""
    reply = record.reply
    named = [stem.path for stem in reply.stems] + list(reply.curves) + [reply.plot]
    return [Path(path) for path in named + ([reply.preview] if reply.preview else [])]


def keep(record: TakeRecord, blobs: Blobs, sidecars: Path) -> Kept:
    """Bring a take's files to safety, then its sidecar. Nothing is recorded yet."""
    kept = Kept(record, {path.name: blobs.add(path) for path in files_of(record)})
    put_sidecar(kept, sidecars)
    return kept


def put_sidecar(kept: Kept, sidecars: Path) -> None:
    """Write the sidecar of a take whose files are safe."""
    with refusing():
        sidecars.mkdir(parents=True, exist_ok=True)
    with whole(sidecars / f"{kept.record.take}.json") as writing:
        writing.write(msgspec.json.encode(Sidecar(record=kept.record, files=kept.files)))
    with refusing():
        sync_folder(sidecars)


def record(db: sqlite3.Connection, job: str | None, kept: Kept) -> None:
    """Put a take into the history; the same take again is the same row, out of the trash."""
    take = kept.record
    parent, clip = take.reply.parent, take.request.clip
    db.execute(
        "INSERT INTO take (id, job, parent, clip, record, created) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET record = excluded.record, trashed = NULL",
        (take.take, job, parent, clip, msgspec.msgpack.encode(take), now_ms()),
    )
    db.executemany(
        "INSERT OR REPLACE INTO take_blob VALUES (?, ?, ?)",
        [(take.take, name, digest) for name, digest in kept.files.items()],
    )


def restore(db: sqlite3.Connection, known: TakeSummary, files: dict[str, str]) -> None:
    """Put a take into the history as it was in another: with its age, star and note."""
    record(db, None, Kept(known.record, files))
    db.execute(
        "UPDATE take SET star = ?, note = ?, created = ? WHERE id = ?",
        (int(known.star), known.note, known.created, known.record.take),
    )


def rebuild(db: sqlite3.Connection, sidecars: Path) -> int:
    """Record takes whose sidecar is there but no row that can be read; returns how many.

    A row that can be read no longer and has no sidecar goes to the trash. Sidecars that a crash
    left half-written go.
    """
    with refusing():
        for left in sidecars.glob(".*.part"):
            left.unlink()
    db.execute("SAVEPOINT rebuild")  # a take is back with its files or not at all
    rows = {
        take: _readable(take, packed) for take, packed in db.execute("SELECT id, record FROM take")
    }
    found = 0
    for path in sorted(sidecars.glob("*.json")):
        sidecar = None if rows.get(path.stem) else _sidecar(path)
        if sidecar:
            record(db, None, Kept(sidecar.record, sidecar.files))
            rows[path.stem] = True
            found += 1
    db.executemany(
        "UPDATE take SET trashed = ? WHERE id = ? AND trashed IS NULL",
        [(now_ms(), take) for take, readable in rows.items() if not readable],
    )
    db.execute("RELEASE rebuild")
    return found


def listed(db: sqlite3.Connection, most: int) -> tuple[TakeSummary, ...]:
    """The newest takes first."""
    rows = db.execute(
        "SELECT record, star, note, created FROM take WHERE trashed IS NULL"
        " ORDER BY created DESC, rowid DESC LIMIT ?",
        (most,),
    )
    return tuple(_summary(*row) for row in rows)


def summary(db: sqlite3.Connection, take: str) -> TakeSummary:
    """One take, by its name or the beginning of it. Raises CuelockError take.unknown."""
    rows = db.execute(
        "SELECT record, star, note, created FROM take WHERE trashed IS NULL"
        " AND substr(id, 1, length(?)) = ? LIMIT 2",
        (take, take),
    ).fetchall()
    if not take or len(rows) != 1:
        raise CuelockError(
            "take.unknown",
            f"There is no take {take!r}." if not rows else f"Several takes begin with {take!r}.",
            hint="`cuelock takes list` shows the takes there are.",
        )
    return _summary(*rows[0])


def known(db: sqlite3.Connection, take: str) -> TakeSummary | None:
    """A take by its whole name, in the trash too; None when none can be read."""
    row = db.execute(
        "SELECT record, star, note, created FROM take WHERE id = ?", (take,)
    ).fetchone()
    return _summary(*row) if row and _readable(take, row[0]) else None


def star(db: sqlite3.Connection, take: str, starred: bool) -> TakeSummary:
    """Mark a take as a favourite, or no longer."""
    name = summary(db, take).record.take
    db.execute("UPDATE take SET star = ? WHERE id = ?", (int(starred), name))
    return summary(db, name)


def note(db: sqlite3.Connection, take: str, text: str) -> TakeSummary:
    """Put a note on a take, in place of the one it had."""
    name = summary(db, take).record.take
    db.execute("UPDATE take SET note = ? WHERE id = ?", (text, name))
    return summary(db, name)


def trash(db: sqlite3.Connection, take: str) -> TakeSummary:
    """Take a take out of the lists; its files go with a later gc. Raises take.in_use."""
    found = summary(db, take)
    if found.star:
        raise CuelockError(
            "take.in_use", f"The take {take} is starred.", hint="Take the star off first."
        )
    db.execute("UPDATE take SET trashed = ? WHERE id = ?", (now_ms(), found.record.take))
    return found


def collect(db: sqlite3.Connection, blobs: Blobs, sidecars: Path, travel: Travel) -> GcReply:
    """Forget takes in the trash for a week and jobs ended for a month; delete unreferenced files.

    Files of takes that are forgotten now go the next time: a commit that fails brings the takes
    back. Sidecars go before files, or they would bring back a take that has none.
    """
    now = now_ms() / 1000
    sent, sent_bytes = travel.forget(now - _GRACE_SECONDS, lambda file: _is_needed(db, file))
    used = {row[0] for row in db.execute("SELECT DISTINCT hash FROM take_blob")}
    old = db.execute(
        "DELETE FROM take WHERE trashed < ? RETURNING id", (now_ms() - _TRASH_MS,)
    ).fetchall()
    jobs.forget(db, now_ms() - _JOB_MS)
    known = {row[0] for row in db.execute("SELECT id FROM take")}
    with refusing():
        for path in sorted(sidecars.glob("*.json")):
            if path.stem not in known:
                path.unlink()
        if sidecars.exists():
            sync_folder(sidecars)
        unused = [h for h in blobs.all() - used if blobs.age_seconds(h, now) > _GRACE_SECONDS]
        removed = sum(map(blobs.remove, unused))
    return GcReply(takes=len(old), files=sent + len(unused), bytes=sent_bytes + removed)


def _is_needed(db: sqlite3.Connection, file: str) -> bool:
    """Whether a job that has not ended, or a take, was asked for with a file that was sent."""
    jobs_want = "state IN ('queued', 'running') AND instr(params, ?)"
    (needed,) = db.execute(
        f"SELECT EXISTS (SELECT 1 FROM job WHERE {jobs_want})"
        " OR EXISTS (SELECT 1 FROM take WHERE instr(record, ?))",
        (file.encode(), file.replace(":", "-").encode()),  # as it is sent, as it is laid out
    ).fetchone()
    return bool(needed)


def blobs_of(db: sqlite3.Connection, take: str) -> dict[str, str]:
    """File name -> hash of a take."""
    return dict(db.execute("SELECT name, hash FROM take_blob WHERE take = ?", (take,)).fetchall())


def given(db: sqlite3.Connection, blobs: Blobs, take: str) -> Given:
    """A take to build upon, by name or its beginning. Raises CuelockError take.unknown."""
    found = summary(db, take).record
    files = blobs_of(db, found.take)
    return Given(record=found, files={name: str(blobs.path(h)) for name, h in files.items()})


def _sidecar(path: Path) -> Sidecar | None:
    try:
        sidecar = msgspec.json.decode(path.read_bytes(), type=Sidecar)
    except (OSError, ValueError):
        return None
    return sidecar if sidecar.record.take == path.stem else None


def _readable(take: str, packed: bytes) -> bool:
    try:
        return msgspec.msgpack.decode(packed, type=TakeRecord).take == take
    except ValueError:
        return False


def _summary(record: bytes, star: int, note: str, created: int) -> TakeSummary:
    return TakeSummary(
        record=msgspec.msgpack.decode(record, type=TakeRecord),
        star=bool(star),
        note=note,
        created=created,
    )
