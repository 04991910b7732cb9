"""A gateway as a process, and a panel that talks to it as a host's would."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import msgpack
import msgspec
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket

from host_bridge import discovery
from host_bridge.gateway import Door

SECONDS = 60.0


def until(hope: Callable[[], bool]) -> None:
    """Wait for what no event tells: a file, a lock."""
    end = time.monotonic() + SECONDS
    while not hope():
        assert time.monotonic() < end
        time.sleep(0.01)


def gateway_file() -> Path:
    return discovery.run_folder() / "gateway.json"


def door() -> Door:
    return msgspec.json.decode(gateway_file().read_bytes(), type=Door)


@contextlib.contextmanager
def gateway_process() -> Generator[subprocess.Popen[bytes], None, None]:
    """A gateway of the current home, from its open door to its end."""
    with subprocess.Popen([sys.executable, "-m", "host_bridge.gateway"]) as process:
        try:
            until(lambda: gateway_file().exists() or process.poll() is not None)
            yield process
        finally:
            process.terminate()
            process.wait(20)


class Panel:
    """A host's panel: packs its own messages and keeps the events that come between answers."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.events: list[dict[str, Any]] = []

    def say(self, kind: str, body: dict[str, Any]) -> str:
        id_ = uuid.uuid4().hex
        packed = msgpack.packb({"v": [1, 0], "id": id_, "kind": kind, "body": body})
        assert packed is not None
        self.connection.send(packed)
        return id_

    def hear(self) -> dict[str, Any]:
        frame = self.connection.recv(timeout=SECONDS)
        assert isinstance(frame, bytes)
        return msgpack.unpackb(frame)

    def answer(self, id_: str) -> dict[str, Any]:
        while True:
            heard = self.hear()
            if heard["kind"] != "event":
                assert heard["id"] == id_
                return heard
            self.events.append(heard["body"])

    def ask(self, kind: str, /, **body: Any) -> dict[str, Any]:
        """The answer's body; fails when it is an error."""
        answer = self.answer(self.say(kind, body))
        assert answer["kind"] == "ok", answer
        return answer["body"]

    def refused(self, kind: str, /, **body: Any) -> dict[str, Any]:
        """The error that answers."""
        answer = self.answer(self.say(kind, body))
        assert answer["kind"] == "error"
        return answer["body"]["error"]

    def event(self) -> dict[str, Any]:
        if not self.events:
            self.events.append(self.hear()["body"])
        return self.events.pop(0)


def websocket(**options: Any) -> contextlib.AbstractContextManager[ClientConnection]:
    address = f"ws://127.0.0.1:{door().port}"
    return open_websocket(address, proxy=None, max_size=4 << 20, **options)


@contextlib.contextmanager
def panel() -> Generator[Panel, None, None]:
    with websocket() as connection:
        connection.send(door().token)
        yield Panel(connection)
