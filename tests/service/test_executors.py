"""One suite for every executor, the real ones: this machine's, a cluster's of two nodes."""

from __future__ import annotations

import os
import socket
import struct
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq
from resident_engine import BOUNCE, ended, request, stopped, submitted, until

from engine.service.executor import Executor, Gone, LocalExecutor
from engine.service.ray_executor import RayExecutor
from engine.service.worker import Do, Finished, FromWorker, Heard, Progressed, Ready, Stop
from engine.takes.history import Given, files_of
from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    EngineStatus,
    GainEdit,
    JobKind,
    JobStatus,
    Layer,
    Nothing,
    RegenerateRequest,
    RenderReply,
    RenderRequest,
    Submit,
    TakeRecord,
    Watched,
    WatchJob,
)

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="each node has a loopback address")


class Nodes:
    """A Ray cluster of two nodes with a CPU each, on addresses of the loopback."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        each: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80 << 20}
        soon = {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 500,
            "health_check_timeout_ms": 2000,
            "health_check_failure_threshold": 3,
        }
        self._cluster = Cluster()
        self._cluster.add_node(
            **each, node_ip_address="127.0.0.2", include_dashboard=False, _system_config=soon
        )
        self._other = self._cluster.add_node(**each, node_ip_address="127.0.0.3")
        self.address: str = self._cluster.address

    def lose_one(self) -> None:
        """Kill the node that is not the head, at once."""
        self._cluster.remove_node(self._other, allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()


class Ear:
    """Hears an executor."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.said: list[tuple[int, FromWorker | Gone]] = []

    def until(self, hope: Callable[[FromWorker | Gone], bool], place: int = 0) -> FromWorker | Gone:
        """The first frame of a place that is as hoped, from now on; fails after a minute."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.executor.wake.poll(500)
            fresh: list[tuple[int, FromWorker | Gone]] = []
            self.executor.heard(lambda place, frame, to=fresh: to.append((place, frame)))
            self.said += fresh
            for at, frame in fresh:
                if at == place and hope(frame):
                    return frame
        raise AssertionError(f"only {self.said[-5:]}")

    def kind(self, wanted: type[Ready | Gone]) -> FromWorker | Gone:
        return self.until(lambda frame: isinstance(frame, wanted))

    def do(self, asked: msgspec.Struct, *given: Given, kind: JobKind = "render") -> Finished:
        """Have a job done by the first worker."""
        job = self.begun(asked, *given, kind=kind)
        return self.ended(job)

    def begun(self, asked: msgspec.Struct, *given: Given, kind: JobKind = "render") -> str:
        job = uuid.uuid4().hex
        params = msgspec.Raw(msgspec.msgpack.encode(asked))
        self.executor.tell(0, Do(job=job, kind=kind, params=params, given=given))
        return job

    def ended(self, job: str) -> Finished:
        frame = self.until(lambda frame: isinstance(frame, (Finished, Gone)))
        assert isinstance(frame, Finished)
        assert frame.job == job
        return frame


@contextmanager
def closing_context() -> Generator[zmq.Context[zmq.Socket[bytes]]]:
    """As the supervisor's: threads of workers that were killed may still hold sockets."""
    context = zmq.Context()
    try:
        yield context
    finally:
        context.destroy(linger=0)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    pytest.importorskip("ray")
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)  # short: a socket's path has 107 bytes at most
        (Path(folder) / "ray").mkdir()
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        cluster = Nodes()
        yield cluster
        cluster.close()


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("errors") / "worker.log"


@pytest.fixture(scope="module", params=["local", pytest.param("ray", marks=on_linux)])
def ear(errors: Path, request: pytest.FixtureRequest) -> Iterator[Ear]:
    with closing_context() as context, errors.open("ab") as log:
        if request.param == "local":
            executor: Executor = LocalExecutor(context, log)
        else:
            executor = RayExecutor(context, log, request.getfixturevalue("nodes").address)
        ear = Ear(executor)
        executor.start(0)
        ear.kind(Ready)
        yield ear
        executor.close()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ear]:
    """A worker of this machine, to compare with."""
    path = tmp_path_factory.mktemp("here") / "worker.log"
    with closing_context() as context, path.open("ab") as log:
        ear = Ear(LocalExecutor(context, log))
        ear.executor.start(0)
        yield ear
        ear.executor.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An old clip of several chunks."""
    path = tmp_path_factory.mktemp("clip") / "ein Ball.mp4"
    path.write_bytes(BOUNCE.read_bytes() + struct.pack(">I4s", 3 << 20, b"free") + bytes(3 << 20))
    os.utime(path, (1e9, 1e9))
    return path


@pytest.fixture(scope="module")
def asked(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> RenderRequest:
    to = tmp_path_factory.mktemp("to") / "stems"
    return msgspec.structs.replace(request(to), clip=str(clip))


@pytest.fixture(scope="module")
def usual(here: Ear, asked: RenderRequest) -> Given:
    """The take as a worker of this machine makes it, as the history hands it over."""
    take = here.do(asked).take
    assert take is not None
    kept = Path(asked.to).with_name("kept")
    Path(asked.to).rename(kept)
    names = [path.name for path in files_of(take)]
    return Given(record=take, files={name: str(kept / name) for name in names})


def untimed(take: TakeRecord | None) -> TakeRecord:
    assert take is not None
    return msgspec.structs.replace(take, reply=msgspec.structs.replace(take.reply, seconds={}))


def test_the_same_take_comes_from_everywhere(ear: Ear, asked: RenderRequest, usual: Given) -> None:
    done = ear.do(asked)
    assert untimed(done.take) == untimed(usual.record)
    stem = Path(usual.record.reply.stems[0].path)
    assert stem.read_bytes() == Path(usual.files[stem.name]).read_bytes()
    assert {path.name for path in Path(asked.to).iterdir()} == set(usual.files)


def test_a_take_is_built_upon_everywhere(ear: Ear, here: Ear, usual: Given, tmp_path: Path) -> None:
    again = RegenerateRequest(
        take=usual.record.take, region_in="0.2s", region_out="0.6s", to=str(tmp_path / "to"),
        steps=2, seed=7, lock=(), edits=(GainEdit(db=3.0),),
    )  # fmt: skip
    expected = here.do(again, usual, kind="regenerate").take
    assert untimed(ear.do(again, usual, kind="regenerate").take) == untimed(expected)


def test_progress_and_sound_are_heard_before_the_end(ear: Ear, tmp_path: Path) -> None:
    ear.said.clear()
    ear.do(request(tmp_path, steps=4))
    kinds = [type(frame) for _, frame in ear.said]
    stages = [frame.stage for _, frame in ear.said if isinstance(frame, Progressed)]
    assert "knock" in stages
    assert Heard in kinds
    assert kinds[-1] is Finished


def test_a_stop_ends_a_render(ear: Ear, tmp_path: Path) -> None:
    job = ear.begun(request(tmp_path / "a", steps=1000, out="4s"))
    ear.until(lambda frame: isinstance(frame, Progressed) and frame.stage == "knock")
    ear.executor.tell(0, Stop(job=job))
    error = ear.ended(job).error
    assert error is not None
    assert error.code == "cancelled.user"
    assert not (tmp_path / "a").exists()


def test_a_stop_that_comes_first_is_not_forgotten(ear: Ear, tmp_path: Path) -> None:
    job = uuid.uuid4().hex
    params = msgspec.Raw(msgspec.msgpack.encode(request(tmp_path / "a", steps=1000)))
    ear.executor.tell(0, Stop(job=job))
    ear.executor.tell(0, Do(job=job, kind="render", params=params))
    error = ear.ended(job).error
    assert error is not None
    assert error.code == "cancelled.user"


def test_an_error_names_the_paths_that_were_asked_for(ear: Ear, here: Ear, tmp_path: Path) -> None:
    missing = msgspec.structs.replace(request(tmp_path / "a"), clip=str(tmp_path / "none.mov"))
    error = ear.do(missing).error
    assert error is not None
    assert error.code == "media.missing"
    assert error == here.do(missing).error


def test_a_defect_ends_its_job_alone(ear: Ear, tmp_path: Path) -> None:
    error = ear.do(Nothing()).error
    assert error is not None
    assert error.code == "internal.bug"
    assert ear.do(request(tmp_path)).error is None


def test_memory_is_known(ear: Ear, tmp_path: Path) -> None:
    ear.do(request(tmp_path))
    assert ear.executor.megabytes(0) > 100
    assert ear.executor.megabytes(ear.executor.places) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGUSR1 there")
def test_stacks_come_to_the_log(ear: Ear, errors: Path) -> None:
    before = errors.stat().st_size
    ear.executor.dump(0)
    end = time.monotonic() + 10
    while "thread 0x" not in errors.read_text()[before:].lower():
        assert time.monotonic() < end


def test_a_killed_worker_is_heard_of_and_another_takes_its_place(ear: Ear, tmp_path: Path) -> None:
    ear.begun(request(tmp_path / "a", steps=1000, out="4s"))
    ear.until(lambda frame: isinstance(frame, Progressed))
    ear.executor.kill(0)
    ear.kind(Gone)
    assert ear.executor.megabytes(0) == 0
    ear.executor.start(0)
    ear.kind(Ready)
    assert ear.do(request(tmp_path / "b")).error is None


def test_without_ray_a_hint_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with zmq.Context() as context, pytest.raises(CuelockError) as caught:
        RayExecutor(context, sys.stderr.buffer)
    assert caught.value.code == "engine.dependency"
    assert "cuelock[ray]" in caught.value.hint


def test_a_cluster_that_does_not_answer_is_said_before_the_client_gives_up(own_home: Path) -> None:
    pytest.importorskip("ray")
    with socket.socket() as taken:  # accepts, and says nothing
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (own_home / "engine.toml").write_text(f'workers = "ray:127.0.0.1:{port}"')
        with pytest.raises(CuelockError) as caught:
            client.connect()
    assert caught.value.code == "engine.start"
    assert f"127.0.0.1:{port}" in caught.value.message
    assert all(process.poll() is not None for process in client.started)


def reel(to: Path) -> list[RenderRequest]:
    """Six short renders."""
    return [
        RenderRequest(
            clip=str(BOUNCE), to=str(to / str(number)), steps=24,
            layers=(Layer(name="knock", prompt="wood is hit", seed=number),),
            range_in=f"{number / 4}s", range_out=f"{number / 4 + 1}s",
        )
        for number in range(6)
    ]  # fmt: skip


@pytest.fixture
def ray_engine(own_home: Path, nodes: Nodes) -> Iterator[client.Engine]:
    """An engine whose workers are those of the cluster."""
    (own_home / "engine.toml").write_text(f'workers = "ray:{nodes.address}"')
    with client.connect() as engine:
        yield engine
    stopped()


@on_linux
def test_a_reel_is_done_though_a_node_is_lost(
    ray_engine: client.Engine, nodes: Nodes, here: Ear, tmp_path: Path
) -> None:
    asked = reel(tmp_path / "far")
    jobs: list[Submit] = [submitted(one) for one in asked]
    for job in jobs:
        ray_engine.ask("job.submit", job, JobStatus)
    until(ray_engine, jobs[2].job, ended)
    running = ray_engine.ask("status", Nothing(), EngineStatus).running
    assert len(running) == 2
    nodes.lose_one()
    far = [until(ray_engine, job.job, ended) for job in jobs]
    assert [status.state for status in far] == ["done"] * 6
    told = [
        event.kind
        for job in jobs
        for event in ray_engine.ask("job.watch", WatchJob(job=job.job), Watched).events
    ]
    assert told.count("running") == 7  # the one that was on the node twice
    status = ray_engine.ask("status", Nothing(), EngineStatus)
    assert status.worker_deaths == 0
    near = [here.do(one).take for one in reel(tmp_path / "near")]
    hashes = [[stem.sha256 for stem in take.reply.stems] for take in near if take is not None]
    replies = [msgspec.msgpack.decode(status.reply, type=RenderReply) for status in far]
    assert [[stem.sha256 for stem in reply.stems] for reply in replies] == hashes
    assert all(Path(stem.path).is_file() for reply in replies for stem in reply.stems)
