"""Processes of the engine killed at every named point: what was acknowledged is done, once."""

from __future__ import annotations

import contextlib
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psutil
import pytest
from crash.points import STARTING, SUPERVISOR, WORKER
from resident_engine import ended, request, stopped, submitted, until, worker_of

from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    JobsReply,
    JobStatus,
    Most,
    Nothing,
    RenderReply,
    RenderRequest,
    Submit,
    TakesReply,
    Watched,
    WatchJob,
)

TESTS = Path(__file__).parents[1]
ORPHAN_SECONDS = 2.0
#: Points of the worker that leave different things behind; the others take long to come back from.
SHORT = ("load", "some files in place", "all files in place")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signal")


class Fuse:
    """Says where the next process that comes there is killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / "crash-at"

    def at(self, point: str) -> None:
        self.file.write_text(point)

    @property
    def blown(self) -> bool:
        return not self.file.exists()


@pytest.fixture(scope="module")
def light_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of an engine whose jobs are done at once."""
    yield from _home(tmp_path_factory.mktemp("light"))


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of an engine that renders."""
    yield from _home(tmp_path_factory.mktemp("real"))


def _home(folder: Path) -> Iterator[Path]:
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUELOCK_HOME", str(folder))
        stopped()


@pytest.fixture
def fuse(own_home: Path, light_home: Path, monkeypatch: pytest.MonkeyPatch) -> Fuse:
    return _fuse(light_home, monkeypatch, CRASH_JOBS=TESTS / "crash" / "light_jobs.py")


@pytest.fixture
def real_fuse(own_home: Path, real_home: Path, monkeypatch: pytest.MonkeyPatch) -> Fuse:
    return _fuse(real_home, monkeypatch)


def _fuse(home: Path, monkeypatch: pytest.MonkeyPatch, **more: Path) -> Fuse:
    """Of an engine of which every process, in any life, looks after it."""
    fuse = Fuse(home)
    settings = {"PYTHONPATH": TESTS / "crash", "CRASH_AT": fuse.file, **more}
    command = ["env", *(f"{name}={value}" for name, value in settings.items())]
    engine = [*command, sys.executable, "-m", "engine.service.supervisor"]
    monkeypatch.setattr(client, "launcher", lambda: engine)
    monkeypatch.setenv("CUELOCK_HOME", str(home))
    return fuse


def some(folder: Path) -> list[Submit]:
    return [submitted(request(folder / str(number), steps=number + 1)) for number in range(3)]


def given(engine: client.Engine, jobs: list[Submit]) -> list[str]:
    """Give jobs; those that are acknowledged before the engine is gone."""
    acknowledged: list[str] = []
    with contextlib.suppress(CuelockError):
        for job in jobs:
            engine.ask("job.submit", job, JobStatus, seconds=1)
            acknowledged.append(job.job)
    return acknowledged


def assert_done_once(engine: client.Engine, jobs: list[Submit], lost: int) -> None:
    """Each job ended well; of the attempts so many were lost; what is kept is whole, nothing more.

    Files: of the takes in the folders that were named, and of the history.
    """
    told: list[str] = []
    for job in jobs:
        assert until(engine, job.job, ended).state == "done"
        events = engine.ask("job.watch", WatchJob(job=job.job), Watched).events
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        told += [event.kind for event in events]
    assert told.count("done") == len(jobs)
    assert told.count("running") - len(jobs) <= lost
    asked = {msgspec.msgpack.decode(job.params, type=RenderRequest).to for job in jobs}
    takes = [
        take.record
        for take in engine.ask("take.list", Most(), TakesReply).takes
        if take.record.request.to in asked
    ]
    assert len(takes) == len(jobs)
    for take in takes:
        reply = take.reply
        named = {*reply.curves, reply.plot, *(stem.path for stem in reply.stems)}
        named |= {reply.preview} if reply.preview else set()
        assert {str(path) for path in Path(take.request.to).iterdir()} == named


def assert_nothing_is_left_over(home: Path) -> None:
    takes = home / "takes"
    assert list((takes / "blobs" / "tmp").iterdir()) == []
    assert [path for path in home.rglob("*") if path.suffix == ".part"] == []
    assert {path.suffix for path in (takes / "sidecars").iterdir()} == {".json"}


@pytest.mark.parametrize("point", SUPERVISOR)
def test_a_supervisor_may_be_killed_anywhere(fuse: Fuse, point: str, tmp_path: Path) -> None:
    jobs = some(tmp_path)
    with client.connect() as engine:
        supervisor = psutil.Process(engine.address.pid)
        first = submitted(request(tmp_path / "first"))
        engine.ask("job.submit", first, JobStatus)
        until(engine, first.job, ended)
        worker = worker_of(engine)
        fuse.at(point)
        acknowledged = given(engine, jobs)
    supervisor.wait(20)
    worker.wait(ORPHAN_SECONDS)
    assert fuse.blown
    with client.connect() as engine:
        known = {job.job for job in engine.ask("job.list", Most(), JobsReply).jobs}
        assert known >= {*acknowledged, first.job}
        assert given(engine, jobs) == [job.job for job in jobs]
        assert_done_once(engine, [first, *jobs], lost=1)
    assert_nothing_is_left_over(fuse.home)


@pytest.mark.long
def test_a_supervisor_may_be_killed_at_any_moment(fuse: Fuse, tmp_path: Path) -> None:
    """Moments nobody named: 200, evenly over the life of three jobs and what comes after it."""
    moments = random.Random(0)
    with client.connect() as engine:
        begin = time.monotonic()
        first = given(engine, some(tmp_path / "first"))
        for job in first:
            until(engine, job, ended)
        life = time.monotonic() - begin
    for number in range(200):
        jobs = some(tmp_path / str(number))
        with client.connect() as engine:
            supervisor = psutil.Process(engine.address.pid)
            killer = threading.Timer(moments.uniform(0, 1.2 * life), supervisor.kill)
            killer.start()
            acknowledged = given(engine, jobs)
            killer.join()
        supervisor.wait(20)
        with client.connect() as engine:
            known = {job.job for job in engine.ask("job.list", Most(), JobsReply).jobs}
            assert known >= set(acknowledged)
            for job in jobs:
                engine.ask("job.submit", job, JobStatus)
            assert_done_once(engine, jobs, lost=1)
    assert_nothing_is_left_over(fuse.home)


@pytest.mark.parametrize("point", STARTING)
def test_a_starting_supervisor_may_be_killed_anywhere(
    fuse: Fuse, point: str, tmp_path: Path
) -> None:
    job = submitted(msgspec.structs.replace(request(tmp_path / "to"), guide=str(tmp_path / "go")))
    with client.connect() as engine:
        engine.ask("job.submit", job, JobStatus)
        until(engine, job.job, lambda status: status.state == "running")
        supervisor = psutil.Process(engine.address.pid)
        supervisor.kill()
        supervisor.wait(20)
    fuse.at(point)
    said = ""
    try:
        with client.connect() as engine:
            engine.ask("ping", Nothing(), Nothing)
    except CuelockError as error:
        said = error.code
    # One that could be found already may be given up, and started again, before anything is asked:
    # it is published while the journal's thread still recovers.
    unseen = [""] if point in ("recovered, not committed", "published") else []
    assert said in ("engine.start", "engine.unreachable", *unseen)
    assert fuse.blown
    (tmp_path / "go").touch()
    with client.connect() as engine:
        assert_done_once(engine, [job], lost=2)
    assert_nothing_is_left_over(fuse.home)


@pytest.mark.parametrize(
    "point",
    [point if point in SHORT else pytest.param(point, marks=pytest.mark.long) for point in WORKER],
)
def test_a_worker_may_be_killed_anywhere(real_fuse: Fuse, point: str, tmp_path: Path) -> None:
    job = submitted(request(tmp_path / "to"))
    with client.connect() as engine:
        engine.ask("revive", Nothing(), Nothing)
        engine.ask("unload", Nothing(), Nothing)
        real_fuse.at(point)
        engine.ask("job.submit", job, JobStatus)
        assert_done_once(engine, [job], lost=1)
        told = engine.ask("job.watch", WatchJob(job=job.job), Watched).events
    assert real_fuse.blown
    assert ("queued", "crashed") in [(event.kind, event.reason) for event in told]
    assert_nothing_is_left_over(real_fuse.home)


def test_a_supervisor_that_is_stopped_for_seconds_costs_nothing(fuse: Fuse, tmp_path: Path) -> None:
    go = tmp_path / "go"
    slow = msgspec.structs.replace(request(tmp_path / "slow"), guide=str(go))
    running = threading.Event()
    with (
        client.connect() as engine,
        ThreadPoolExecutor(2) as clients,
        contextlib.ExitStack() as at_last,
    ):
        at_last.callback(go.touch)  # or a failure would wait for the job for ever
        supervisor = psutil.Process(engine.address.pid)
        watcher = clients.submit(
            client.run, "render", slow, RenderReply, lambda _stage, _done: running.set()
        )
        assert running.wait(20)
        supervisor.send_signal(signal.SIGSTOP)
        threading.Timer(5.0, lambda: supervisor.send_signal(signal.SIGCONT)).start()
        asker = clients.submit(client.run, "render", request(tmp_path / "other"), RenderReply)
        go.touch()
        replies = [watcher.result(60), asker.result(60)]
        assert all(Path(reply.stems[0].path).is_file() for reply in replies)
        takes = [take.record.take for take in engine.ask("take.list", Most(), TakesReply).takes]
        assert [takes.count(reply.take) for reply in replies] == [1, 1]
        assert psutil.Process(engine.address.pid) == supervisor
