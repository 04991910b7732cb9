"""A WebSocket door to the engine, for hosts that have no ZeroMQ: `python -m host_bridge.gateway`.

A process of its own, one for each home. `run/gateway.json` says where it listens and which token
opens it; behind the token every frame is a message of PROTOCOL.md. Where a host allows no socket,
the frames are files (host_bridge.letterbox).

    a host's frames -> _read (a thread) -> inproc pipe -> _Visitor -> control, commands
    a host's frames <------------------------------------ _Visitor <- answers, events

ZeroMQ's sockets belong to one thread, so each connection has its own _Visitor with its own
connection to the engine, in the thread that visits; only the reading, which cannot be polled
together with ZeroMQ, has another, and so has each slow question of a panel (host_bridge.panels).
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import logging.handlers
import os
import secrets
import signal
import socket
import sys
import threading
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Callable, Optional, Protocol

import msgspec
import zmq

from host_bridge.client import Engine, connect
from host_bridge.discovery import hold, read_address, run_folder, write_private
from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.letterbox import attend
from host_bridge.panels import KINDS, answered
from host_bridge.protocol import ErrorReply, Nothing, error_report
from host_bridge.wire import CONTROL, MESSAGE_BYTES, Envelope, body_of, message, opened

if TYPE_CHECKING:
    from websockets.http11 import Request, Response
    from websockets.sync.server import Server, ServerConnection

#: Where it listens: a UXP plug-in's manifest names the ports it may reach beforehand.
PORTS = range(47810, 47820)
#: The close code of a connection that did not bring the token.
WRONG_TOKEN = 4401
#: The longest frame a host may send, bytes: a panel shows every clip of a long sequence in one.
FRAME_BYTES = MESSAGE_BYTES

# Any page of the web may open a WebSocket to the loopback address, and the browser then says where
# the page came from: only what was loaded from this machine may go on. "null" is what a local file
# says in some browsers, but a sandboxed frame of any page as well: there the token alone decides.
_ORIGINS = ("file://", "uxp://")
# A page that has its own name point at 127.0.0.1 (DNS rebinding) still sends its name here.
_HOSTS = ("127.0.0.1", "localhost")

_TOKEN_SECONDS = 5.0
_ANSWER_SECONDS = 60.0  # as long as the longest questions take: copying takes, clearing them away
_LOOK_SECONDS = 1.0  # while answers are owed: look whether the engine lives
_STUCK_SECONDS = 10.0  # a host whose buffers are full and that reads nothing is let go
_PIPE_FRAMES = 16

# Of connections that find no engine at the same moment one starts it.
_connecting = threading.Lock()


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What gateway.json holds. token: 64 hexadecimal digits, the first frame of a connection."""

    port: int
    token: str
    pid: int


class Subscribe(msgspec.Struct, frozen=True, kw_only=True):
    """The body of "subscribe". topics: beginnings of topics, as PROTOCOL.md lists them."""

    topics: tuple[str, ...]


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """The body of "event". data: the event's own map."""

    topic: str
    data: msgspec.Raw


def main() -> int:
    """Run the gateway of this home until it is told to stop; leave at once when there is one."""
    lock = hold(run_folder() / "gateway.lock")
    if lock is None:
        return 0
    with lock:
        try:
            _run()
        except CuelockError as error:
            print(f"{error.message} {error.hint}", file=sys.stderr)
            return error.exit_status
    return 0


def _run() -> None:
    """Open the door, say where it is, and wait for SIGTERM or SIGINT."""
    _log_to_file()
    listener = _listener()
    door = Door(port=listener.getsockname()[1], token=secrets.token_hex(32), pid=os.getpid())
    server = _server(listener, door)
    leaving = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: leaving.set())
    visits = partial(_visit, door.token)
    serving = [
        threading.Thread(target=server.serve_forever),
        threading.Thread(target=attend, args=(visits, leaving)),
    ]
    for thread in serving:
        thread.start()
    try:
        _publish(door)
        while not leaving.wait(1.0):  # on Windows a wait without end hears no signal
            pass
    finally:
        (run_folder() / "gateway.json").unlink(missing_ok=True)
        leaving.set()
        server.shutdown()
        for thread in serving:
            thread.join()


def _log_to_file() -> None:
    logs = home() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(logs / "gateway.log", "a", 1 << 20, 3)
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(name)s %(message)s"
    )


def _listener() -> socket.socket:
    """A socket on the first free port of PORTS. Raises CuelockError engine.start."""
    for port in PORTS:
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    raise CuelockError(
        "engine.start",
        f"The gateway cannot listen: the ports {PORTS[0]} to {PORTS[-1]} are all taken.",
        hint="Close one of the programs that hold them.",
    )


def _server(listener: socket.socket, door: Door) -> Server:
    """The WebSocket server on a listening socket. Raises CuelockError engine.dependency."""
    try:
        from websockets.sync.server import serve
    except ImportError as error:
        raise CuelockError(
            "engine.dependency",
            "The gateway needs the library websockets.",
            hint='Install it with `pip install "cuelock[gateway]"`.',
        ) from error
    return serve(
        lambda connection: _visit(door.token, _SocketLine(connection)),
        sock=listener,
        process_request=partial(_refusal, door.port),
        open_timeout=_TOKEN_SECONDS,
        max_size=FRAME_BYTES,
        compression=None,  # the frames never leave this machine
        ping_interval=None,  # no half-open connections here, but hosts that stand still in a dialog
    )


def _publish(door: Door) -> None:
    """Say where the door is; whole or not at all."""
    path = run_folder() / "gateway.json"
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    write_private(part, msgspec.json.encode(door))
    part.replace(path)


# --- who may come in


def _refusal(port: int, connection: ServerConnection, request: Request) -> Optional[Response]:
    """HTTP 403 for whoever names another host or comes from a page of the web, else None."""
    hosts = request.headers.get_all("Host")
    origins = request.headers.get_all("Origin")
    named = len(hosts) == 1 and hosts[0] in [f"{host}:{port}" for host in _HOSTS]
    local = all(origin == "null" or origin.startswith(_ORIGINS) for origin in origins)
    if named and local:
        return None
    return connection.respond(403, "This door is for programs of this machine.\n")


def _visit(token: str, line: _Line) -> None:
    """One connection, from its token to its end."""
    first = line.hear(_TOKEN_SECONDS)
    if first is None or not hmac.compare_digest(first, token.encode()):
        line.end(WRONG_TOKEN, "the first frame must be the token")
        return
    frames, inlet = _pipe()
    threading.Thread(target=_read, args=(line, inlet), daemon=True).start()
    visitor = _Visitor(line.say)
    try:
        visitor.attend(frames)
    finally:
        visitor.leave()
        frames.close()
        line.end()


# --- frames in and out


class _Line(Protocol):
    """How frames come from a host and go to it.

    hear() gives None when there will be no more, or none in time; say() may be called from any
    thread and tells nothing of its success.
    """

    def hear(self, seconds: Optional[float] = None) -> Optional[bytes]: ...

    def say(self, frame: bytes) -> None: ...

    def end(self, code: int = 1000, reason: str = "") -> None: ...


class _SocketLine:
    """A WebSocket connection."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    def hear(self, seconds: Optional[float] = None) -> Optional[bytes]:
        from websockets.exceptions import ConnectionClosed

        try:
            frame = self._connection.recv(timeout=seconds)
        except (TimeoutError, ConnectionClosed):
            return None
        # A send that never ends would keep the gateway itself from ending.
        self._connection.socket.settimeout(_STUCK_SECONDS)
        return frame.encode() if isinstance(frame, str) else frame

    def say(self, frame: bytes) -> None:
        """To a connection that is closed nothing is sent: hear() tells of its end."""
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            self._connection.send(frame)

    def end(self, code: int = 1000, reason: str = "") -> None:
        self._connection.close(code, reason)


def _pipe() -> tuple[zmq.Socket[bytes], zmq.Socket[bytes]]:
    """The two ends of a pipe between threads; it holds a few frames, then the writer waits."""
    context = zmq.Context.instance()
    outlet, inlet = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    address = f"inproc://{uuid.uuid4().hex}"
    for end in (outlet, inlet):
        end.set_hwm(_PIPE_FRAMES)
    outlet.bind(address)
    inlet.connect(address)
    return outlet, inlet


def _read(line: _Line, inlet: zmq.Socket[bytes]) -> None:
    """Hand on every frame of a line as (b"frame", its bytes), then (b"end",)."""
    with inlet:
        while (frame := line.hear()) is not None:
            inlet.send_multipart((b"frame", frame))
        inlet.send_multipart((b"end",))


# --- between a host and the engine


class _Visitor:
    """What a connection is behind the token: its engine, its topics, the answers it waits for.

    Every question gets one answer: the engine's or, when the engine goes away meanwhile,
    engine.unreachable. The next question finds or starts the engine again, topics included.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._engine: Optional[Engine] = None
        self._topics: set[str] = set()
        self._owed: dict[str, float] = {}  # a question's id: until when (monotonic seconds)

    def attend(self, frames: zmq.Socket[bytes]) -> None:
        """Pass messages in both directions until the frames end."""
        while True:
            sockets = [frames, *(self._engine.sockets if self._engine else ())]
            ready, _, _ = zmq.select(sockets, [], [], _LOOK_SECONDS if self._owed else None)
            if frames in ready:
                mark, *frame = frames.recv_multipart()
                if mark == b"end":
                    return
                self._take(frame[0])
            self._pass_on()
            self._look()

    def leave(self) -> None:
        """Let the engine go; jobs go on."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _take(self, frame: bytes) -> None:
        """One frame of the host."""
        id_ = "-"
        try:
            asked = opened(frame)
            id_ = asked.id
            if asked.kind == "subscribe":
                self._subscribe(body_of(asked.body, Subscribe))
                self._send(message("ok", Nothing(), id_))
            elif asked.kind in KINDS and KINDS[asked.kind].slow:
                threading.Thread(target=self._answer, args=(asked,), daemon=True).start()
            elif asked.kind in KINDS:
                self._answer(asked)
            else:
                self._forward(asked, frame)
        except CuelockError as error:
            self._fail(id_, error)

    def _subscribe(self, asked: Subscribe) -> None:
        _, _, events = self._living().sockets
        for topic in set(asked.topics) - self._topics:
            events.subscribe(topic)
        self._topics.update(asked.topics)

    def _answer(self, asked: Envelope) -> None:
        """A panel's question, answered here; in a thread of its own when that takes long."""
        try:
            self._send(message("ok", answered(asked.kind, asked.body), asked.id))
        except CuelockError as error:
            self._fail(asked.id, error)

    def _forward(self, asked: Envelope, frame: bytes) -> None:
        """A question to the engine, which also answers to kinds it does not know."""
        control, commands, _ = self._living().sockets
        try:
            (control if asked.kind in CONTROL else commands).send(frame, zmq.DONTWAIT)
        except zmq.Again as error:
            raise _gone() from error
        self._owed[asked.id] = time.monotonic() + _ANSWER_SECONDS

    def _pass_on(self) -> None:
        """To the host what the engine has said so far: answers, and events of its topics."""
        if self._engine is None:
            return
        control, commands, events = self._engine.sockets
        for answers in (control, commands):
            while answers.poll(0):
                answer = answers.recv()
                self._owed.pop(opened(answer).id, None)
                self._send(answer)
        while events.poll(0):
            topic, data = events.recv_multipart()
            self._tell(topic.decode(), data)

    def _tell(self, topic: str, data: bytes) -> None:
        # The connection itself listens to beats; the host may not have asked for them.
        if topic.startswith(tuple(self._topics)):
            self._send(message("event", Happened(topic=topic, data=msgspec.Raw(data))))

    def _look(self) -> None:
        """Say so when an answer will not come any more."""
        if not self._owed:
            return
        if not self._lives():
            self._lose()
        now = time.monotonic()
        for id_ in [id_ for id_, until in self._owed.items() if now > until]:
            del self._owed[id_]
            self._fail(id_, _gone())

    def _living(self) -> Engine:
        """The engine, found or started when this connection has none.

        Raises CuelockError: engine.unreachable when the one it had is gone, or as connect() does.
        """
        if self._engine is None:
            with _connecting:
                self._engine = connect()
            _, _, events = self._engine.sockets
            for topic in self._topics:
                events.subscribe(topic)
        elif not self._lives():
            self._lose()
            raise _gone()
        return self._engine

    def _lives(self) -> bool:
        return self._engine is not None and read_address() == self._engine.address

    def _lose(self) -> None:
        """The engine is gone: pass on its last words, fail what they do not answer."""
        self._pass_on()
        self.leave()
        owed, self._owed = self._owed, {}
        for id_ in owed:
            self._fail(id_, _gone())

    def _fail(self, id_: str, error: CuelockError) -> None:
        self._send(message("error", ErrorReply(error=error_report(error)), id_))


def _gone() -> CuelockError:
    return CuelockError(
        "engine.unreachable",
        "The engine went away before it answered.",
        hint="Ask again: the engine is started when it is not there, and the same job id stays "
        "the same job.",
        retryable=True,
    )


if __name__ == "__main__":
    sys.exit(main())
