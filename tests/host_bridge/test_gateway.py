"""The WebSocket door as a host's panel meets it: real engine, real gateway, real client."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_panel import SECONDS, door, gateway_file, gateway_process, panel, until, websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as open_websocket

from host_bridge import client, discovery
from host_bridge.gateway import FRAME_BYTES, PORTS, WRONG_TOKEN

BOUNCE = Path(__file__).parents[1] / "media" / "bounce.mp4"


@pytest.fixture
def gateway(own_home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A gateway without an engine yet."""
    with gateway_process() as process:
        yield process


def test_hello_and_status_come_through_the_gateway(resident: Path) -> None:
    with gateway_process(), panel() as host:
        hello = host.ask("hello", client="test", version="1")
        status = host.ask("status")
    assert hello["protocol"] == [1, 0]
    assert status["epoch"] == hello["epoch"]
    assert status["home"] == str(resident)


def test_a_render_is_followed_to_its_end_by_subscribed_events(
    resident: Path, tmp_path: Path
) -> None:
    job = uuid.uuid4().hex
    layer = {"name": "knock", "prompt": "wood is hit", "seed": 1}
    params = {
        "clip": str(BOUNCE), "layers": [layer], "to": str(tmp_path), "range_out": "1s", "steps": 2,
    }  # fmt: skip
    with gateway_process(), panel() as host:
        assert host.ask("subscribe", topics=[f"event/{job}", f"progress/{job}"]) == {}
        assert host.ask("job.submit", job=job, kind="render", params=params)["job"] == job
        told = [host.event()]
        while told[-1]["data"].get("kind") not in ("done", "failed", "cancelled"):
            told.append(host.event())
        status = host.ask("job.watch", job=job)["status"]
    assert told[-1]["topic"] == f"event/{job}"
    assert told[-1]["data"]["kind"] == "done", status
    assert {event["topic"] for event in told} == {f"event/{job}", f"progress/{job}"}
    assert status["state"] == "done"
    assert Path(status["reply"]["stems"][0]["path"]).is_file()


def test_beats_come_to_those_who_ask_for_them(resident: Path) -> None:
    with gateway_process(), panel() as host:
        epoch = host.ask("status")["epoch"]
        host.ask("subscribe", topics=["beat"])
        event = host.event()
    assert (event["topic"], event["data"]["epoch"]) == ("beat", epoch)


@pytest.mark.parametrize("first", ["f" * 64, b"\x80", ""], ids=["token", "binary", "empty"])
def test_without_the_token_the_connection_is_closed(
    gateway: subprocess.Popen[bytes], first: str | bytes
) -> None:
    with websocket() as connection:
        connection.send(first)
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=SECONDS)
        assert connection.close_code == WRONG_TOKEN


def test_a_silent_connection_is_closed(gateway: subprocess.Popen[bytes]) -> None:
    with websocket() as connection:
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=SECONDS)
        assert connection.close_code == WRONG_TOKEN


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:47810", "files://a"])
def test_a_page_of_the_web_is_not_let_in(gateway: subprocess.Popen[bytes], origin: str) -> None:
    with pytest.raises(InvalidStatus) as raised, websocket(origin=origin):
        pass
    assert raised.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["null", "file://", "uxp://cuelock"])
def test_what_this_machine_loaded_is_let_in(gateway: subprocess.Popen[bytes], origin: str) -> None:
    with websocket(origin=origin) as connection:
        assert connection.response is not None
        assert connection.response.status_code == 101


def test_frames_are_never_packed_which_a_panel_of_uxp_cannot_undo(
    gateway: subprocess.Popen[bytes],
) -> None:
    with websocket() as connection:
        assert connection.request is not None
        assert connection.response is not None
        assert "permessage-deflate" in connection.request.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in connection.response.headers


def test_a_name_that_was_made_to_point_here_is_not_let_in(
    gateway: subprocess.Popen[bytes],
) -> None:
    port = door().port
    foreign = f"ws://evil.example:{port}"
    with (
        socket.create_connection(("127.0.0.1", port)) as sock,
        pytest.raises(InvalidStatus) as raised,
        open_websocket(foreign, sock=sock, proxy=None),
    ):
        pass
    assert raised.value.response.status_code == 403


def test_a_frame_that_is_too_large_is_refused(gateway: subprocess.Popen[bytes]) -> None:
    with panel() as host:
        host.connection.send(bytes(FRAME_BYTES + 1))
        with pytest.raises(ConnectionClosed):
            host.hear()
        assert host.connection.close_code == 1009


def test_what_is_no_message_gets_a_typed_error(resident: Path) -> None:
    with gateway_process(), panel() as host:
        host.connection.send(b"\xc1")
        assert host.hear()["body"]["error"]["code"] == "protocol.malformed"
        assert host.refused("subscribe", topics=3)["code"] == "protocol.malformed"
        assert host.refused("job.dance")["code"] == "protocol.kind"
        assert host.ask("ping") == {}


def test_the_second_gateway_of_a_home_leaves_at_once(gateway: subprocess.Popen[bytes]) -> None:
    before = door()
    second = subprocess.run([sys.executable, "-m", "host_bridge.gateway"], timeout=SECONDS)
    assert second.returncode == 0
    assert door() == before
    assert before.pid == gateway.pid


def test_the_door_is_told_to_this_user_alone_and_only_while_it_is_open(
    gateway: subprocess.Popen[bytes],
) -> None:
    assert door().port in PORTS
    assert len(bytes.fromhex(door().token)) == 32
    assert stat.S_IMODE(gateway_file().stat().st_mode) == 0o600
    with panel() as host:
        gateway.terminate()
        with pytest.raises(ConnectionClosed):
            host.hear()
    assert gateway.wait(20) == 0
    assert not gateway_file().exists()


def refused_start(program: list[str]) -> str:
    """What a gateway says that cannot start."""
    run = subprocess.run(
        [sys.executable, *program], capture_output=True, text=True, timeout=SECONDS
    )
    assert run.returncode == 3
    assert not gateway_file().exists()
    return run.stderr


def test_without_its_library_the_gateway_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['websockets.sync.server'] = None; "
    code += "from host_bridge.gateway import main; sys.exit(main())"
    assert 'pip install "cuelock[gateway]"' in refused_start(["-c", code])


def test_without_a_free_port_the_gateway_says_so() -> None:
    with contextlib.ExitStack() as taken:
        for port in PORTS:
            with contextlib.suppress(OSError):  # taken by another already
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
        assert "47810 to 47819" in refused_start(["-m", "host_bridge.gateway"])


@pytest.fixture
def mortal(gateway: subprocess.Popen[bytes]) -> Iterator[int]:
    """The pid of an engine of this test's own; whichever there is at the end is stopped."""
    with client.connect() as engine:
        pid = engine.address.pid
    yield pid
    with panel() as host:
        host.ask("shutdown")
    until(lambda: discovery.read_address() is None)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    next(process for process in client.started if process.pid == pid).wait(20)


def test_after_the_engines_death_a_question_gets_a_typed_error_and_the_next_an_answer(
    mortal: int,
) -> None:
    with panel() as host:
        host.ask("subscribe", topics=["beat"])
        assert host.ask("status")["pid"] == mortal
        kill(mortal)
        error = host.refused("status")
        assert (error["code"], error["retryable"]) == ("engine.unreachable", True)
        epoch = host.ask("status")["epoch"]
        host.events.clear()
        assert host.event()["data"]["epoch"] == epoch
        assert host.ask("status")["pid"] != mortal


def test_a_question_that_waits_is_answered_though_the_engine_dies(mortal: int) -> None:
    with panel() as host:
        host.ask("ping")
        os.kill(mortal, signal.SIGSTOP)
        asked = [host.say("ping", {}), host.say("job.list", {})]
        host.connection.send(b"")  # answered by the gateway itself, so the two went on before
        assert host.hear()["body"]["error"]["code"] == "protocol.malformed"
        kill(mortal)
        answers = [host.hear() for _ in asked]
        assert {answer["id"] for answer in answers} == set(asked)
        assert {answer["body"]["error"]["code"] for answer in answers} == {"engine.unreachable"}
        assert host.ask("status")["pid"] != mortal
