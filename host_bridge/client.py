"""The client: find or start the engine, ask, watch a job to its end, whatever dies meanwhile.

Synchronous, without threads. Job ids are made here once, so that asking again after a lost
connection is the same job.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import IO, Callable, Optional, Sequence, TypeVar, Union

import msgspec
import zmq
from zmq.utils.monitor import recv_monitor_message

from host_bridge.discovery import (
    LOCAL,
    Address,
    authorise,
    own_keys,
    published,
    read_address,
    remote_address,
    run_folder,
)
from host_bridge.errors import CODES, CuelockError
from host_bridge.home import home
from host_bridge.protocol import (
    Beat,
    ErrorReply,
    ErrorReport,
    HeardSound,
    Hello,
    JobEvent,
    JobState,
    JobStatus,
    NamedJob,
    Nothing,
    Priority,
    ProgressReport,
    Submit,
    Watched,
    WatchJob,
    Welcome,
)
from host_bridge.travel import Progress, fetch_files, named, parcels, send_files
from host_bridge.wire import CONTROL, MESSAGE_BYTES, body_of, message, opened

Reply = TypeVar("Reply", bound=msgspec.Struct)
VERSION = "0.1.0"
_START_SECONDS = 15.0
_REPLY_SECONDS = 5.0
_LOOK_SECONDS = 0.25  # while waiting: whether the engine is still there
LONG_REPLY_SECONDS = 60.0  # copying takes or clearing them away
_SILENCE_SECONDS = 3.0  # without a beat: look whether the engine lives
_GIVE_UP_SECONDS = 30.0  # without an engine that answers
#: How a handshake ends for good; one that breaks off is tried again.
_MEETINGS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED,
    zmq.EVENT_HANDSHAKE_FAILED_AUTH,
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
)


class Engine:
    """A connection to the engine. Use as a context manager, from one thread."""

    def __init__(self, address: Address, wanted: Callable[[], bool] = lambda: True) -> None:
        """wanted: asked until the engine has let us in."""
        self.address = address
        self._wanted = wanted
        self.session = uuid.uuid4().hex
        self.answered = 0.0  # when a command was answered last, on the monotonic clock
        self._context = zmq.Context()
        self._keys = own_keys("client")
        self._control = self._dealer(address.control)
        self._commands = self._dealer(address.commands)
        self._events = self._socket(zmq.SUB)
        self._events.connect(address.events)
        self._events.subscribe(b"beat")
        try:
            self.welcome = self.ask("hello", Hello(client="cuelock", version=VERSION), Welcome)
        except CuelockError:
            self.close()
            raise

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        self.close()

    @property
    def sockets(self) -> tuple[zmq.Socket[bytes], zmq.Socket[bytes], zmq.Socket[bytes]]:
        """Control, commands and events, for messages as they are."""
        return self._control, self._commands, self._events

    def lives(self) -> bool:
        """Whether the engine's process is there; of another machine's it is supposed."""
        known = read_address()
        return not self.address.epoch or (known is not None and known.epoch == self.address.epoch)

    def _waits(self) -> bool:
        return self.lives() and self._wanted()

    def close(self) -> None:
        """Let the connection go; jobs go on."""
        self._context.destroy(linger=200)

    def ask(
        self, kind: str, body: msgspec.Struct, reply: type[Reply], seconds: float = _REPLY_SECONDS
    ) -> Reply:
        """One question, one answer.

        Raises CuelockError: what the engine answers, engine.unreachable, or auth.refused.
        """
        socket = self._control if kind in CONTROL else self._commands
        sent = message(kind, body, sid=self.session)
        id_ = opened(sent).id
        try:
            socket.send(sent, zmq.DONTWAIT)
        except zmq.Again as error:
            raise _gone() from error
        until = time.monotonic() + seconds
        while socket.poll(max(0, int(1000 * (until - time.monotonic())))):
            answer = opened(socket.recv())
            if answer.id != id_:
                continue  # an answer that came too late for its question
            if socket is self._commands:
                self.answered = time.monotonic()
            if answer.kind == "error":
                raise raised(body_of(answer.body, ErrorReply).error)
            return body_of(answer.body, reply)
        raise _gone()

    def next_event(self, seconds: float) -> Optional[msgspec.Struct]:
        """The next event (Beat, JobEvent, ProgressReport, HeardSound) subscribed to, or None."""
        if not self._events.poll(int(1000 * seconds)):
            return None
        topic, data = self._events.recv_multipart()
        kinds = {b"beat": Beat, b"even": JobEvent, b"prog": ProgressReport, b"hear": HeardSound}
        return msgspec.msgpack.decode(data, type=kinds[topic[:4]])

    def follow(self, job: str, *, hear: bool = False) -> None:
        """Subscribe to a job's events and progress, and to its sound while it is made."""
        if hear:
            self._events.subscribe(b"heard/" + job.encode())
        self._events.subscribe(b"event/" + job.encode())
        self._events.subscribe(b"progress/" + job.encode())

    def _dealer(self, endpoint: str) -> zmq.Socket[bytes]:
        socket = self._socket(zmq.DEALER)
        socket.setsockopt(zmq.IMMEDIATE, 1)  # nothing waits for an engine that is not there
        monitor = socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED
            | zmq.EVENT_HANDSHAKE_FAILED_AUTH
            | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        )
        socket.connect(endpoint)
        met = None
        until = time.monotonic() + _REPLY_SECONDS
        while met not in _MEETINGS and time.monotonic() < until and self._waits():
            if monitor.poll(int(1000 * _LOOK_SECONDS)):
                met = recv_monitor_message(monitor)["event"]
        socket.disable_monitor()
        monitor.close(0)
        if met == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            return socket
        self._context.destroy(linger=0)
        if met is None:
            raise _gone()
        if met == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            raise _broken_off()
        raise CuelockError(
            "auth.refused",
            "The engine does not know this client's key.",
            hint="Add it with `cuelock engine keys add` where the engine runs.",
        )

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.curve_publickey = self._keys.public.encode()
        socket.curve_secretkey = self._keys.secret.encode()
        socket.curve_serverkey = self.address.server_key.encode()
        for option, value in (
            (zmq.LINGER, 500), (zmq.MAXMSGSIZE, MESSAGE_BYTES), (zmq.RECONNECT_IVL, 100),
            (zmq.RECONNECT_IVL_MAX, 2000), (zmq.HEARTBEAT_IVL, 2000), (zmq.HEARTBEAT_TIMEOUT, 6000),
        ):  # fmt: skip
            socket.setsockopt(option, value)
        return socket


def connect(
    start: bool = True,
    wanted: Callable[[], bool] = lambda: True,
    far: Optional[Address] = None,
) -> Engine:
    """The living engine; started first when there is none and `start` says so.

    far: one of another machine, which is never started from here; else CUELOCK_ENGINE may name
    a file of its address.
    wanted: asked while an engine starts or is looked for; who has changed their mind hears
    engine.unreachable.
    Raises CuelockError engine.unreachable or engine.start.
    """
    far = far or remote_address()
    if far is not None:
        return Engine(far, wanted)
    authorise(own_keys("client").public, LOCAL)
    while True:
        address = read_address()
        if address is None:
            if not start:
                raise _gone()
            address = _started(wanted)
        try:
            return Engine(address, wanted)
        except CuelockError:
            if read_address() == address:
                raise
            # It was about to die: its lock outlives a killed process by a moment.


def ask(kind: str, body: msgspec.Struct, reply: type[Reply]) -> Reply:
    """One question to the engine, which is started when there is none."""
    with connect() as engine:
        return engine.ask(kind, body, reply, seconds=LONG_REPLY_SECONDS)


def run(
    kind: str,
    request: msgspec.Struct,
    reply: type[Reply],
    progress: Progress = lambda _stage, _done: None,
    priority: Priority = "region",
    excerpt: Optional[Path] = None,
    id_: Optional[str] = None,
) -> Reply:
    """Give the engine a job and wait for its answer; an interrupt cancels the job.

    excerpt: an archive that an engine of another machine gets in place of the request's clip.

    The connection may break and the engine may die meanwhile: it is started again and the job,
    whose id stays, is found or given again. id_: one that was given before, or will be again;
    None for a new job. Raises CuelockError.
    """
    far = remote_address() is not None
    sent = parcels(request, excerpt) if far else ()
    job = Submit(
        job=id_ or uuid.uuid4().hex,
        kind=kind,  # type: ignore[arg-type]
        params=msgspec.Raw(msgspec.msgpack.encode(named(request, sent) if far else request)),
        priority=priority,
    )
    begun, engine = time.monotonic(), None
    while True:
        try:
            with connect() as engine:
                try:
                    if far:
                        send_files(engine, sent, progress)
                    done = _watched(engine, job, progress)
                    if far and done.state == "done":
                        return fetch_files(engine, _result(done, reply), request, progress)
                except KeyboardInterrupt:
                    with contextlib.suppress(CuelockError):
                        engine.ask("job.cancel", NamedJob(job=job.job), JobStatus)
                    raise
        except CuelockError as error:
            silent = time.monotonic() - max(begun, engine.answered if engine else begun)
            if error.code != "engine.unreachable" or silent > _GIVE_UP_SECONDS:
                raise
            continue
        return _result(done, reply)


def job_id(kind: str, request: msgspec.Struct, *also: int) -> str:
    """A job's id from what is asked for, so that asking again, in another process, is the same.

    also: what else tells it from others, such as the size of a file that the request names.
    """
    told = hashlib.sha256(msgspec.msgpack.encode((kind, request, also)))
    return told.hexdigest()[:32]


def job_state(id_: str) -> Optional[JobState]:
    """How a job of that id is; None for one that the engine has never heard of."""
    try:
        return ask("job.watch", WatchJob(job=id_), Watched).status.state
    except CuelockError as error:
        if error.code != "job.unknown":
            raise
    return None


def _watched(engine: Engine, job: Submit, progress: Progress) -> JobStatus:
    """Submit and wait until the job is at its end. Raises engine.unreachable when it is lost."""
    engine.follow(job.job)
    status = engine.ask("job.submit", job, JobStatus)
    heard = said = time.monotonic()
    while status.state in ("queued", "running"):
        event = engine.next_event(_LOOK_SECONDS)
        if event is None and not engine.lives():
            raise _gone()
        behind = False
        if isinstance(event, ProgressReport):
            progress(event.stage, event.done)
        elif isinstance(event, JobEvent):
            behind = event.seq > status.last_seq
        elif isinstance(event, Beat):
            # A lost event cannot be told by numbers alone when it was the last one.
            behind = event.jobs.get(job.job, 0) > status.last_seq or job.job not in event.jobs
        if event is not None:
            heard = time.monotonic()
        if time.monotonic() - said > _SILENCE_SECONDS:  # a job may be tied to this session
            engine.ask("ping", Nothing(), Nothing)
            said = time.monotonic()
        if behind or time.monotonic() - heard > _SILENCE_SECONDS:
            watch = WatchJob(job=job.job, after=status.last_seq)
            status = engine.ask("job.watch", watch, Watched).status
            heard = time.monotonic()
    return status


def _result(status: JobStatus, reply: type[Reply]) -> Reply:
    if status.state == "done":
        return body_of(status.reply, reply)
    if status.error is not None:
        raise raised(status.error)
    raise CuelockError(
        "cancelled.user", "Cancelled.", hint="Give the same command again to start over."
    )


def raised(report: ErrorReport) -> CuelockError:
    """The error that a report tells of."""
    code = report.code if report.code in CODES else "internal.bug"
    return CuelockError(
        code,
        report.message,
        hint=report.hint,
        retryable=report.retryable,
        retry_after_ms=report.retry_after_ms,
    )


def _gone() -> CuelockError:
    return CuelockError(
        "engine.unreachable",
        "The engine does not answer.",
        hint="`cuelock engine status` says whether it runs, `cuelock engine logs` what it did.",
        retryable=True,
    )


def _broken_off() -> CuelockError:
    return CuelockError(
        "engine.unreachable",
        "The engine breaks off every connection: its address may be an older one.",
        hint="Get it anew with `cuelock engine address` where the engine runs.",
        retryable=True,
    )


# --- starting it

#: What this process started apart from itself: engines, a panel. They outlive it.
started: list[subprocess.Popen[bytes]] = []


def launcher() -> list[str]:
    """How to start the engine: as it was started last, else with this Python."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((home() / "launcher.json").read_bytes(), type=list[str])
    return [sys.executable, "-m", "engine.service.supervisor"]


def _started(wanted: Callable[[], bool]) -> Address:
    before = published()  # of an engine that died: the next one may hold the lock before it speaks
    log = run_folder() / "start.log"
    with log.open("wb") as told:
        process = apart(launcher(), told)
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        address = read_address()
        if address is not None and address != before:
            return address
        if not wanted():
            raise _gone()
        if process.poll() not in (None, 0):
            break
        time.sleep(0.05)
    end = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise CuelockError(
        "engine.start",
        f"The engine could not be started: {end[0]}",
        hint=f"Look at {log}; `cuelock doctor` finds what is missing.",
    )


def apart(command: Sequence[str], told: Union[int, IO[bytes]]) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one, with nothing of a host application's environment.

    told: where what it prints goes.
    """
    options: dict[str, object] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        options = {"creationflags": flags}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=told,
        stderr=told,
        cwd=str(Path.home()),
        env=_clean_environment(),
        **options,  # type: ignore[call-overload]
    )
    # While this process lives, it is the one to hear of its end.
    started[:] = [child for child in started if child.poll() is None] + [process]
    return process


def _clean_environment() -> dict[str, str]:
    """This process's environment without what a host application put there for itself."""
    foreign = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "LD_PRELOAD")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.startswith(("QT_", "DYLD_"))
    }
