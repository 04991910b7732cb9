"""The store keeps what it was given, through damage, other versions and wrong orders."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.takes import jobs
from engine.takes.blobs import Blobs
from engine.takes.database import open_database
from engine.takes.schema import APPLICATION_ID, MIGRATIONS
from host_bridge.errors import CuelockError
from host_bridge.protocol import JobState, Submit

PARAMS = msgspec.Raw(msgspec.msgpack.encode({"clip": "a.mov"}))


def submit(db: sqlite3.Connection, job: str) -> None:
    jobs.submit(db, "client", Submit(job=job, kind="render", params=PARAMS))


@given(steps=st.lists(st.sampled_from(["queued", "running", "done", "failed", "cancelled"])))
def test_a_jobs_life_follows_the_table_and_every_step_is_an_event(steps: list[JobState]) -> None:
    db = open_database(Path(":memory:"))
    submit(db, "a")
    state: JobState = "queued"
    lived = ["queued"]
    for to in steps:
        allowed = to in jobs.STEPS[state]
        assert jobs.step(db, "a", to) == allowed
        if allowed:
            state = to
            lived.append(to)
    status = jobs.status(db, "a")
    told = jobs.events(db, "a", 0)
    assert (status.state, status.last_seq) == (state, len(lived))
    assert [event.kind for event in told] == lived
    assert [event.seq for event in told] == list(range(1, len(lived) + 1))
    db.close()


def test_after_a_death_a_job_is_tried_once_more_and_then_failed(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.sqlite")
    submit(db, "a")
    for expected in (["a"], []):
        jobs.begin_attempt(db, "a", "epoch")
        assert jobs.recover(db, "next") == expected
    status = jobs.status(db, "a")
    assert (status.state, status.reason) == ("failed", "worker.poison")
    db.close()


def test_a_cancel_that_is_asked_before_the_worker_dies_holds(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.sqlite")
    submit(db, "a")
    n = jobs.begin_attempt(db, "a", "epoch")
    assert jobs.ask_to_cancel(db, "a", "asked").cancelling
    assert jobs.attempt_lost(db, "a", n, "crashed").state == "cancelled"
    assert jobs.ask_to_cancel(db, "a", "asked").state == "cancelled"
    db.close()


def filled(path: Path, rows: int) -> None:
    db = open_database(path)
    for number in range(rows):
        submit(db, f"job-{number:04}")
    db.close()


@pytest.mark.parametrize("place", [0, 100, 4096 + 8, 8192 + 50, 20_000])
def test_a_damaged_database_is_set_aside_and_what_can_be_read_is_kept(
    place: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.sqlite"
    filled(path, 400)
    content = bytearray(path.read_bytes())
    content[place : place + 64] = bytes(64)
    path.write_bytes(content)
    db = open_database(path)
    found = db.execute("SELECT count(*) FROM job").fetchone()[0]
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    submit(db, "later")
    assert jobs.status(db, "later").state == "queued"
    db.close()
    aside = list(tmp_path.glob("a.sqlite.damaged-*[0-9]"))
    assert len(aside) == 1 or found == 400
    if aside:
        assert bytes(content) == aside[0].read_bytes()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 999])
def test_an_empty_or_foreign_file_is_no_obstacle(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(content)
    db = open_database(path)
    submit(db, "a")
    assert jobs.status(db, "a").state == "queued"
    db.close()


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    filled(path, 3)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(CuelockError) as raised:
        open_database(path)
    assert raised.value.code == "take.newer"
    assert path.read_bytes() == before


def test_an_older_database_is_kept_beside_and_brought_up_to_this_version(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    old = sqlite3.connect(path, isolation_level=None)
    old.executescript(
        f"{MIGRATIONS[0][1]} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version=1;"
    )
    submit(old, "a")
    old.close()
    db = open_database(path)
    assert jobs.status(db, "a").state == "queued"
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    db.close()
    with sqlite3.connect(tmp_path / "a.sqlite.before-2") as kept:
        assert kept.execute("SELECT id FROM job").fetchall() == [("a",)]


def test_the_newest_jobs_are_found_without_reading_the_others(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.sqlite")
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    jobs.newest(db, 1)
    db.set_trace_callback(None)
    plan = db.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    assert [step[-1] for step in plan] == ["SCAN job USING INDEX job_by_age"]
    db.close()


def test_jobs_are_forgotten_a_month_after_their_end(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.sqlite")
    for job in ("ended", "waits"):
        submit(db, job)
    jobs.step(db, "ended", "cancelled")
    jobs.forget(db, jobs.now_ms() - 1000)
    assert {status.job for status in jobs.newest(db, 9)} == {"ended", "waits"}
    jobs.forget(db, jobs.now_ms() + 1)
    assert {status.job for status in jobs.newest(db, 9)} == {"waits"}
    assert jobs.events(db, "ended", 0) == ()
    db.close()


def test_blobs_are_named_by_their_content_and_verified_when_they_leave(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    source = tmp_path / "stem.wav"
    source.write_bytes(b"sound" * 999)
    digest = blobs.add(source)
    assert blobs.add(source) == digest
    assert blobs.all() == {digest}
    source.unlink()
    blobs.deliver(digest, tmp_path / "again.wav")
    assert (tmp_path / "again.wav").read_bytes() == b"sound" * 999
    blobs.path(digest).chmod(stat.S_IRUSR | stat.S_IWUSR)
    blobs.path(digest).write_bytes(b"noise" * 999)
    with pytest.raises(CuelockError) as raised:
        blobs.deliver(digest, tmp_path / "third.wav")
    assert raised.value.code == "blob.checksum"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.wav", "blobs"]


def test_a_blob_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(tmp_path / "blobs")
    source = tmp_path / "stem.wav"
    source.write_bytes(b"sound")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CuelockError) as raised:
        blobs.add(source)
    assert raised.value.code == "disk.full"
    assert blobs.all() == set()
    assert list((tmp_path / "blobs" / "tmp").iterdir()) == []
