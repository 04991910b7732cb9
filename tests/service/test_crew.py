"""Workers under a short leash: hung, killed, tied to a client, superseded, given up on."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import zmq
from resident_engine import ended, request, stopped, submitted, until, worker_of

from engine.service.settings import Settings, read_settings
from engine.takes.database import open_database
from host_bridge import client, discovery
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    EngineStatus,
    HeardSound,
    JobStatus,
    Nothing,
    ProgressReport,
    RenderReply,
    Submit,
    Watched,
    WatchJob,
)

SHORT = """
silence_seconds = 10.0
lease_seconds = 2.0
queue = 3
queue_of_client = 2
deaths = 2
"""


@pytest.fixture(scope="module")
def short_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("short")
    (folder / "engine.toml").write_text(SHORT)
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUELOCK_HOME", str(folder))
        stopped()


@pytest.fixture
def engine(
    own_home: Path, short_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[client.Engine]:
    monkeypatch.setenv("CUELOCK_HOME", str(short_home))
    with client.connect() as connected:
        connected.ask("revive", Nothing(), Nothing)
        yield connected


def long_job(to: Path, **changes: object) -> Submit:
    return msgspec.structs.replace(submitted(request(to, steps=400, out="4s")), **changes)


def started(engine: client.Engine, asked: Submit) -> JobStatus:
    engine.ask("job.submit", asked, JobStatus)
    return until(engine, asked.job, lambda status: status.state == "running")


def refused(act: Callable[[], object]) -> CuelockError:
    with pytest.raises(CuelockError) as caught:
        act()
    return caught.value


def cancelled(engine: client.Engine, *jobs: Submit) -> None:
    for asked in jobs:
        engine.ask("job.cancel", client.NamedJob(job=asked.job), JobStatus)
        until(engine, asked.job, ended)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")
def test_a_worker_that_hangs_is_replaced_and_its_job_done(
    engine: client.Engine, tmp_path: Path
) -> None:
    asked = submitted(request(tmp_path, steps=40, out="4s"))
    engine.follow(asked.job)
    started(engine, asked)
    while not isinstance(engine.next_event(60), ProgressReport):
        pass
    worker = worker_of(engine)
    worker.send_signal(signal.SIGSTOP)
    assert until(engine, asked.job, ended).state == "done"
    told = engine.ask("job.watch", WatchJob(job=asked.job), Watched).events
    assert ("queued", "stalled") in [(event.kind, event.reason) for event in told]
    assert not worker.is_running()


def test_a_newer_preview_takes_the_place_of_a_running_one(
    engine: client.Engine, tmp_path: Path
) -> None:
    first = long_job(tmp_path / "a", priority="preview", supersede="lane 1")
    started(engine, first)
    newer = msgspec.structs.replace(
        submitted(request(tmp_path / "b")), priority="preview", supersede="lane 1"
    )
    engine.ask("job.submit", newer, JobStatus)
    gone = until(engine, first.job, ended)
    assert (gone.state, gone.reason) == ("cancelled", "superseded")
    assert until(engine, newer.job, ended).state == "done"


def test_a_job_that_is_tied_to_its_client_ends_with_it(
    engine: client.Engine, tmp_path: Path
) -> None:
    asked = long_job(tmp_path, on_disconnect="cancel")
    with client.connect() as other:
        started(other, asked)
    gone = until(engine, asked.job, ended)
    assert (gone.state, gone.reason) == ("cancelled", "disconnected")


def test_a_tied_job_lives_as_long_as_its_client_asks(engine: client.Engine, tmp_path: Path) -> None:
    asked = long_job(tmp_path, on_disconnect="cancel")
    started(engine, asked)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        status = engine.ask("job.watch", WatchJob(job=asked.job), Watched).status
        assert status.state == "running"
        engine.next_event(0.5)
    cancelled(engine, asked)


def test_a_full_queue_says_when_to_come_again(engine: client.Engine, tmp_path: Path) -> None:
    running = long_job(tmp_path / "a")
    started(engine, running)
    waiting = [long_job(tmp_path / f"w{n}") for n in range(2)]
    for asked in waiting:
        engine.ask("job.submit", asked, JobStatus)
    error = refused(lambda: engine.ask("job.submit", long_job(tmp_path / "x"), JobStatus))
    assert (error.code, error.retryable) == ("busy.client", True)
    assert error.retry_after_ms is not None
    assert error.retry_after_ms > 0
    again = engine.ask("job.submit", waiting[0], JobStatus)
    assert again.state == "queued"
    cancelled(engine, *waiting, running)


def test_after_too_many_deaths_jobs_are_refused_until_somebody_looks(
    engine: client.Engine, tmp_path: Path
) -> None:
    asked = long_job(tmp_path / "a")
    status = started(engine, asked)
    for _ in range(2):
        seq = status.last_seq
        worker_of(engine).kill()
        status = until(
            engine, asked.job,
            lambda s, n=seq: ended(s) or (s.state == "running" and s.last_seq > n),
        )  # fmt: skip
    assert status.reason == "worker.poison"
    assert engine.ask("status", Nothing(), EngineStatus).worker == "degraded"
    error = refused(lambda: engine.ask("job.submit", long_job(tmp_path / "x"), JobStatus))
    assert error.code == "engine.degraded"
    engine.ask("revive", Nothing(), Nothing)
    reply = client.run("render", request(tmp_path / "y"), RenderReply)
    assert Path(reply.stems[0].path).is_file()


def test_sound_is_heard_before_the_take_is_done(engine: client.Engine, tmp_path: Path) -> None:
    asked = submitted(request(tmp_path, steps=4, out="8s"))
    engine.follow(asked.job, hear=True)
    engine.ask("job.submit", asked, JobStatus)
    heard: list[HeardSound] = []
    state = "queued"
    while state in ("queued", "running"):
        event = engine.next_event(5)
        if isinstance(event, HeardSound):
            heard.append(event)
            assert state == "running"
        state = engine.ask("job.watch", WatchJob(job=asked.job), Watched).status.state
    assert state == "done"
    assert [one.start for one in heard] == sorted(one.start for one in heard)
    assert heard[0].start == 0
    assert sum(len(one.pcm) for one in heard) == 2 * 8 * 48_000


def test_a_stranger_hears_nothing_of_anothers_job(
    engine: client.Engine, short_home: Path, tmp_path: Path
) -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    discovery.authorise(public, "guest")
    asked = submitted(request(tmp_path))
    engine.follow(asked.job)
    engine.ask("job.submit", asked, JobStatus)
    with zmq.Context() as context, context.socket(zmq.SUB) as guest:
        guest.curve_publickey, guest.curve_secretkey = public.encode(), secret.encode()
        guest.curve_serverkey = engine.address.server_key.encode()
        guest.linger = 0
        guest.connect(engine.address.events)
        for topic in ("beat", f"event/{asked.job}", f"progress/{asked.job}"):
            guest.subscribe(topic)
        assert guest.poll(5000)  # its subscriptions have arrived
        assert until(engine, asked.job, ended).state == "done"
        topics = {guest.recv_multipart()[0]}
        while guest.poll(1500) and topics == {b"beat"}:
            topics.add(guest.recv_multipart()[0])
            if guest.poll(0) == 0:
                break
        assert topics == {b"beat"}
    discovery.revoke("guest")


def test_a_worker_stays_as_long_as_its_bundles_and_leaves_after_them(
    own_home: Path, tmp_path: Path
) -> None:
    (own_home / "engine.toml").write_text("worker_idle_seconds = 0.1\nunload_seconds = 2.0\n")
    try:
        with client.connect() as engine:
            asked = submitted(request(tmp_path))
            engine.ask("job.submit", asked, JobStatus)
            until(engine, asked.job, ended)
            began = time.monotonic()
            while engine.ask("status", Nothing(), EngineStatus).worker != "none":
                assert time.monotonic() < began + 60
                engine.next_event(0.05)
            assert time.monotonic() > began + 1.8
    finally:
        stopped()


def test_settings_are_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "engine.toml"
    assert read_settings(path) == Settings()
    path.write_text("queue = 3")
    assert read_settings(path).queue == 3
    for wrong in ("queu = 3", "queue = 'many'", "queue = "):
        path.write_text(wrong)
        error = refused(lambda: read_settings(path))
        assert error.code == "request.option"
        assert str(path) in error.message


def test_an_engine_with_unusable_settings_says_so(own_home: Path) -> None:
    (own_home / "engine.toml").write_text("workers = 'moon:1'")
    command = [sys.executable, "-m", "engine.service.supervisor"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "workers" in done.stderr
    assert refused(client.connect).code == "engine.start"


def test_an_engine_with_a_newer_versions_takes_says_so(own_home: Path) -> None:
    (own_home / "takes").mkdir(parents=True)
    open_database(own_home / "takes" / "takes.sqlite").close()
    with sqlite3.connect(own_home / "takes" / "takes.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    error = refused(client.connect)
    assert error.code == "engine.start"
    assert "newer" in error.message
