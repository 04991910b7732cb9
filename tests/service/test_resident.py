"""The resident engine as a client meets it: real processes, real sockets, real deaths."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
import zmq
from resident_engine import BOUNCE, ended, request, stopped, submitted, until, worker_of

from host_bridge import client, discovery
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    DeliverReply,
    DeliverTake,
    EngineStatus,
    ErrorReply,
    JobStatus,
    Most,
    NamedJob,
    NamedTake,
    NoteTake,
    Nothing,
    RenderReply,
    Shutdown,
    StarTake,
    TakesReply,
    TakeSummary,
    Watched,
    WatchJob,
)
from host_bridge.wire import body_of, message, opened


@pytest.fixture
def engine(resident: Path) -> Iterator[client.Engine]:
    with client.connect() as connected:
        yield connected


def test_hello_says_version_limits_and_this_life(engine: client.Engine) -> None:
    assert engine.welcome.protocol == (1, 0)
    assert engine.welcome.limits.queue > 0
    status = engine.ask("status", Nothing(), EngineStatus)
    assert (status.epoch, status.pid) == (engine.welcome.epoch, engine.address.pid)


def test_the_same_id_is_the_same_job_and_other_parameters_are_refused(
    engine: client.Engine, tmp_path: Path
) -> None:
    asked = submitted(request(tmp_path))
    first = engine.ask("job.submit", asked, JobStatus)
    again = engine.ask("job.submit", asked, JobStatus)
    assert (again.job, again.created) == (first.job, first.created)
    other = submitted(request(tmp_path, steps=3), asked.job)
    with pytest.raises(CuelockError) as raised:
        engine.ask("job.submit", other, JobStatus)
    assert raised.value.code == "job.conflict"
    done = until(engine, asked.job, ended)
    assert done.state == "done"
    assert engine.ask("job.submit", asked, JobStatus) == done


def test_events_are_numbered_without_holes(engine: client.Engine, tmp_path: Path) -> None:
    asked = submitted(request(tmp_path))
    engine.ask("job.submit", asked, JobStatus)
    done = until(engine, asked.job, ended)
    told = engine.ask("job.watch", WatchJob(job=asked.job), Watched).events
    assert [event.kind for event in told] == ["queued", "running", "done"]
    assert [event.seq for event in told] == [1, 2, 3]
    assert done.last_seq == 3
    after = engine.ask("job.watch", WatchJob(job=asked.job, after=2), Watched).events
    assert after == told[2:]


def test_a_cancel_ends_its_job_alone(engine: client.Engine, tmp_path: Path) -> None:
    long, waiting, kept = (
        submitted(request(tmp_path / name, steps=steps, out="4s"))
        for name, steps in (("a", 400), ("b", 2), ("c", 2))
    )
    for asked in (long, waiting, kept):
        engine.ask("job.submit", asked, JobStatus)
    until(engine, long.job, lambda status: status.state == "running")
    gone = engine.ask("job.cancel", NamedJob(job=waiting.job), JobStatus)
    assert gone.state == "cancelled"
    engine.ask("job.cancel", NamedJob(job=long.job), JobStatus)
    assert until(engine, long.job, ended).state == "cancelled"
    assert until(engine, kept.job, ended).state == "done"
    assert not (tmp_path / "b").exists()
    assert [path.name for path in (tmp_path / "a").glob("*")] == []


def test_a_job_outlives_its_worker_once(engine: client.Engine, tmp_path: Path) -> None:
    asked = submitted(request(tmp_path, steps=60, out="4s"))
    engine.ask("job.submit", asked, JobStatus)
    until(engine, asked.job, lambda status: status.state == "running")
    worker_of(engine).kill()
    assert until(engine, asked.job, ended).state == "done"
    told = engine.ask("job.watch", WatchJob(job=asked.job), Watched).events
    assert [event.kind for event in told] == ["queued", "running", "queued", "running", "done"]


def test_a_job_that_kills_its_worker_twice_is_failed(engine: client.Engine, tmp_path: Path) -> None:
    asked = submitted(request(tmp_path, steps=400, out="4s"))
    engine.ask("job.submit", asked, JobStatus)
    for seq in (2, 4):
        until(engine, asked.job, lambda s, n=seq: s.state == "running" and s.last_seq == n)
        worker_of(engine).kill()
    status = until(engine, asked.job, ended)
    assert (status.state, status.error.code if status.error else "") == ("failed", "worker.poison")


def test_a_client_gets_its_take_though_the_engine_dies(own_home: Path, tmp_path: Path) -> None:
    killed: list[int] = []

    def progress(stage: str, done: float) -> None:
        if stage == "knock" and not killed:
            address = discovery.published()
            assert address is not None
            killed.append(address.pid)
            os.kill(address.pid, signal.SIGKILL)

    reply = client.run("render", request(tmp_path, steps=30, out="3s"), RenderReply, progress)
    assert killed
    assert Path(reply.stems[0].path).is_file()
    with client.connect() as engine:
        assert engine.address.pid not in killed
        assert len(engine.ask("take.list", Most(), TakesReply).takes) == 1
        engine.ask("shutdown", Shutdown(), Nothing)


def test_takes_are_listed_starred_noted_and_delivered_as_they_were(
    engine: client.Engine, tmp_path: Path
) -> None:
    reply = client.run("render", request(tmp_path / "a", steps=3), RenderReply)
    stem = Path(reply.stems[0].path)
    content = stem.read_bytes()
    stem.unlink()
    starred = engine.ask("take.star", StarTake(take=reply.take[:6], star=True), TakeSummary)
    noted = engine.ask("take.note", NoteTake(take=reply.take, note="drier"), TakeSummary)
    assert (starred.star, noted.star, noted.note) == (True, True, "drier")
    assert noted.record.reply == reply
    got = engine.ask(
        "take.deliver", DeliverTake(take=reply.take, to=str(tmp_path / "b")), DeliverReply
    )
    assert len(got.paths) == 4
    assert (tmp_path / "b" / stem.name).read_bytes() == content
    with pytest.raises(CuelockError) as raised:
        engine.ask("take.trash", NamedTake(take=reply.take), TakeSummary)
    assert raised.value.code == "take.in_use"
    with pytest.raises(CuelockError) as raised:
        engine.ask("take.show", NamedTake(take="nothing"), TakeSummary)
    assert raised.value.code == "take.unknown"


def test_a_lost_database_comes_back_from_its_sidecars(own_home: Path, tmp_path: Path) -> None:
    reply = client.run("render", request(tmp_path), RenderReply)
    stopped()
    for path in (own_home / "takes").glob("takes.sqlite*"):
        path.unlink()
    with client.connect() as engine:
        found = engine.ask("take.show", NamedTake(take=reply.take), TakeSummary)
        assert found.record.reply == reply
    stopped()


def test_of_many_starters_at_once_one_engine_is_left(own_home: Path) -> None:
    starters = [
        subprocess.Popen([sys.executable, "-m", "engine.service.supervisor"]) for _ in range(8)
    ]
    with client.connect() as engine:  # it may have started a ninth
        alive = engine.address.pid
    for starter in starters:
        if starter.pid != alive:
            assert starter.wait(20) == 0
    assert discovery.read_address() == discovery.published()
    stopped()
    for starter in starters:
        starter.wait(10)


def dealer(context: zmq.Context, address: discovery.Address, keys: discovery.KeyPair) -> zmq.Socket:
    socket = context.socket(zmq.DEALER)
    socket.curve_publickey, socket.curve_secretkey = keys.public.encode(), keys.secret.encode()
    socket.curve_serverkey = address.server_key.encode()
    socket.linger = 0
    socket.connect(address.commands)
    return socket


def test_a_stranger_is_not_let_in_and_a_revoked_client_not_any_longer(
    engine: client.Engine, resident: Path
) -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    stranger = discovery.KeyPair(public=public, secret=secret)
    with zmq.Context() as context:
        with dealer(context, engine.address, stranger) as socket:
            socket.send(message("job.list", Most()))
            assert not socket.poll(1000)
        discovery.authorise(public, "guest")
        with dealer(context, engine.address, stranger) as socket:
            socket.send(message("job.list", Most()))
            assert socket.poll(5000)
            assert opened(socket.recv()).kind == "ok"
            discovery.revoke("guest")
            socket.send(message("job.list", Most()))
            assert socket.poll(5000)
            error = body_of(opened(socket.recv()).body, ErrorReply).error
            assert error.code == "auth.refused"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "protocol.malformed"),
        (b"\xc1" * 40, "protocol.malformed"),
        (b"\x91" * 100_000, "protocol.malformed"),
        (msgspec.msgpack.encode({"v": [9, 0], "id": "a", "kind": "job.list"}), "protocol.version"),
        (message("job.dance", Nothing()), "protocol.kind"),
        (message("ping", Nothing()), "protocol.kind"),
        (message("job.watch", Nothing()), "protocol.malformed"),
    ],
    ids=["empty", "garbage", "deep", "version", "kind", "socket", "body"],
)
def test_what_is_no_message_gets_a_typed_error(
    engine: client.Engine, data: bytes, code: str
) -> None:
    with (
        zmq.Context() as context,
        dealer(context, engine.address, discovery.own_keys("client")) as socket,
    ):
        socket.send(data)
        assert socket.poll(5000)
        assert body_of(opened(socket.recv()).body, ErrorReply).error.code == code
    assert engine.ask("ping", Nothing(), Nothing) == Nothing()


def test_the_worker_dies_with_its_supervisor(own_home: Path, tmp_path: Path) -> None:
    with client.connect() as engine:
        asked = submitted(request(tmp_path, steps=400, out="4s"))
        engine.ask("job.submit", asked, JobStatus)
        until(engine, asked.job, lambda status: status.state == "running")
        worker = worker_of(engine)
        psutil.Process(engine.address.pid).kill()
        worker.wait(10)
    with client.connect() as engine:
        engine.ask("job.cancel", NamedJob(job=asked.job), JobStatus)
        assert until(engine, asked.job, ended).state == "cancelled"
    stopped()


def test_a_client_written_from_the_protocol_page_alone_renders_watches_regenerates_and_cancels(
    engine: client.Engine, resident: Path, tmp_path: Path
) -> None:
    script = Path(__file__).with_name("plain_client.py")
    command = [sys.executable, str(script), str(BOUNCE), str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    told = json.loads(done.stdout)
    assert told["hello"]["epoch"] == engine.welcome.epoch
    assert told["done"]["state"] == "done"
    assert Path(told["done"]["reply"]["stems"][0]["path"]).is_file()
    assert "knock" in told["stages"]
    assert told["again"]["reply"]["parent"] == told["done"]["reply"]["take"]
    assert len(script.read_text().splitlines()) <= 60
    assert told["cancelled"]["state"] == "cancelled"
