"""The supervisor: owns sockets, queue and journal; never touches torch or media.

One plain loop: control first, then commands, then what journal and worker have to say. Nothing in
it waits for a disk or for work. Started by the first client, or by `cuelock engine start`.
"""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psutil
import zmq
from zmq.auth.thread import ThreadAuthenticator

from engine.service.executor import Gone, LocalExecutor
from engine.service.journal import Journal, Store
from engine.service.lineup import Waiting, next_of, superseded
from engine.service.worker import (
    Do,
    Finished,
    FromWorker,
    Heard,
    Progressed,
    Ready,
    Stop,
    Unload,
)
from engine.takes import history, jobs
from host_bridge.client import VERSION as RELEASE
from host_bridge.discovery import (
    Address,
    authorised,
    hold,
    own_keys,
    publish,
    published,
    run_folder,
)
from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import (
    Beat,
    CompRequest,
    DeliverReply,
    DeliverTake,
    EngineStatus,
    ErrorReply,
    ErrorReport,
    Hello,
    JobEvent,
    JobsReply,
    JobStatus,
    Limits,
    Most,
    NamedJob,
    NamedTake,
    NoteTake,
    Nothing,
    ProgressReport,
    RegenerateRequest,
    Shutdown,
    StarTake,
    Submit,
    TakesReply,
    Watched,
    WatchJob,
    Welcome,
    error_report,
)
from host_bridge.wire import (
    COMMANDS,
    CONTROL,
    JOBS,
    MESSAGE_BYTES,
    VERSION,
    Envelope,
    body_of,
    message,
    opened,
)

log = logging.getLogger("engine")

QUEUE = 256
QUEUE_OF_CLIENT = 64
_COMMANDS_A_TURN = 16
_BEAT_SECONDS = 1.0
_FINISHED_SECONDS = 60.0  # a finished job stays in the beat
_KILL_SECONDS = 5.0  # a worker that does not give up is killed
_UNLOAD_SECONDS = 300.0
_WORKER_SECONDS = 900.0
_IDLE_SECONDS = 1800.0
_FEATURES = ("render", "takes", "regenerate", "comp", "heard")
_DOMAIN = "cuelock"


class Peer(NamedTuple):
    """Who asked: the socket and routing id to answer to, and the client's key."""

    socket: zmq.Socket[bytes]
    route: bytes
    key: str


class Running(NamedTuple):
    """The job a worker does."""

    job: str
    attempt: int
    client: str
    began: float


class Supervisor:
    """serve() until a shutdown, a signal or long idleness."""

    def __init__(self, folder: Path, errors: Any) -> None:
        self._folder = folder
        self.epoch = uuid.uuid4().hex
        self._context = zmq.Context()
        self._keys = own_keys("server")
        self._guard = ThreadAuthenticator(self._context)
        self._guard.start()
        self._guard.configure_curve_callback(domain=_DOMAIN, credentials_provider=self)
        self._control = self._socket(zmq.ROUTER)
        self._commands = self._socket(zmq.ROUTER)
        self._events = self._socket(zmq.XPUB)
        self._journal = Journal(folder, self._context)
        self._executor = LocalExecutor(self._context, errors)
        self._began = self._active = time.monotonic()
        self._waiting: list[Waiting] = []
        self._served: dict[str, float] = {}
        self._running: Running | None = None
        self._stop_asked: float | None = None
        self._worker: str = "none"
        self._unloaded = True
        self._deaths = 0
        self._retry_at = 0.0
        self._last_seq: dict[str, int] = {}
        self._finished: dict[str, float] = {}
        self._leaving: str | None = None  # None, "idle" or "now"

    # --- sockets

    def callback(self, domain: str, key: bytes) -> bool:
        """ZAP: whether a client's key (Z85) may come in."""
        return key.decode() in {public for _, public in authorised()}

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.curve_server = True
        socket.curve_publickey = self._keys.public.encode()
        socket.curve_secretkey = self._keys.secret.encode()
        socket.zap_domain = _DOMAIN.encode()
        options = [
            (zmq.ZAP_ENFORCE_DOMAIN, 1), (zmq.HANDSHAKE_IVL, 5000), (zmq.LINGER, 0),
            (zmq.HEARTBEAT_IVL, 2000), (zmq.HEARTBEAT_TIMEOUT, 6000),
            (zmq.MAXMSGSIZE, MESSAGE_BYTES), (zmq.SNDHWM, 1000 if kind == zmq.XPUB else 256),
        ]  # fmt: skip
        if kind == zmq.ROUTER:
            options.append((zmq.ROUTER_MANDATORY, 1))
        for option, value in options:
            socket.setsockopt(option, value)
        socket.bind("tcp://127.0.0.1:*")
        return socket

    def address(self) -> Address:
        """How this engine is reached."""
        control, commands, events = (
            socket.getsockopt_string(zmq.LAST_ENDPOINT)
            for socket in (self._control, self._commands, self._events)
        )
        return Address(
            epoch=self.epoch, pid=os.getpid(), version=RELEASE,
            control=control, commands=commands, events=events, server_key=self._keys.public,
        )  # fmt: skip

    # --- the loop

    def serve(self) -> None:
        """Answer until it is time to leave."""
        poller = zmq.Poller()
        for socket in (self._control, self._commands, self._events, self._journal.wake,
                       self._executor.wake):  # fmt: skip
            poller.register(socket, zmq.POLLIN)
        self._journal.do(self._recovered, self._requeue, self._fatal)
        publish(self.address())
        log.info("engine %s is here, pid %d", self.epoch, os.getpid())
        beat = time.monotonic()
        try:
            while not self._may_leave():
                poller.poll(int(1000 * max(0.0, beat - time.monotonic())))
                self._drain(self._control, CONTROL, None)
                self._drain(self._commands, COMMANDS, _COMMANDS_A_TURN)
                while self._events.poll(0):
                    self._events.recv()  # subscriptions: every authorised key may hear
                self._journal.deliver()
                self._executor.heard(self._from_worker)
                self._look_after_worker()
                if time.monotonic() >= beat:
                    self._beat()
                    beat = time.monotonic() + _BEAT_SECONDS
        finally:
            self._close()

    def leave(self) -> None:
        """Leave at the next turn."""
        self._leaving = "now"

    def _close(self) -> None:
        if (address := published()) and address.epoch == self.epoch:
            (run_folder() / "engine.json").unlink(missing_ok=True)
        self._executor.close()
        self._journal.close()
        self._guard.stop()
        self._context.destroy(linger=200)
        log.info("engine %s has left", self.epoch)

    def _drain(self, socket: zmq.Socket[bytes], kinds: Any, most: int | None) -> None:
        count = 0
        while (most is None or count < most) and socket.poll(0):
            count += 1
            route, *frames = socket.recv_multipart(copy=False)
            self._active = time.monotonic()
            key = frames[-1].get("User-Id") if frames else ""
            peer = Peer(socket, route.bytes, str(key))
            envelope = None
            try:
                envelope = opened(frames[-1].bytes if frames else b"")
                if key not in {public for _, public in authorised()}:
                    raise _refused()  # the key was taken away while the connection lived
                if envelope.kind not in kinds:
                    raise _unknown_kind(envelope.kind)
                body = body_of(envelope.body, kinds[envelope.kind].body)
                _HANDLERS[envelope.kind](self, peer, envelope, body)
            except CuelockError as error:
                self._error(peer, envelope.id if envelope else "", error)

    def _reply(self, peer: Peer, id_: str, body: msgspec.Struct) -> None:
        self._send(peer, message("ok", body, id_))

    def _error(self, peer: Peer, id_: str, error: CuelockError) -> None:
        self._send(peer, message("error", ErrorReply(error=error_report(error)), id_ or "-"))

    def _send(self, peer: Peer, data: bytes) -> None:
        try:
            peer.socket.send_multipart([peer.route, data], zmq.DONTWAIT)
        except zmq.ZMQError as error:  # gone, or too slow to be waited for
            log.warning("a client did not take its answer: %s", error)

    def _tell(self, topic: str, body: msgspec.Struct) -> None:
        with contextlib.suppress(zmq.Again):
            data = msgspec.msgpack.encode(body)
            self._events.send_multipart([topic.encode(), data], zmq.DONTWAIT)

    def _asked(
        self, peer: Peer, envelope: Envelope, work: Callable[[Store], msgspec.Struct]
    ) -> None:
        """Answer with what the journal's thread finds."""
        self._journal.do(
            work,
            lambda body: self._reply(peer, envelope.id, body),
            lambda error: self._error(peer, envelope.id, error),
        )

    # --- control

    def hello(self, peer: Peer, envelope: Envelope, _body: Hello) -> None:
        limits = Limits(message=MESSAGE_BYTES, queue=QUEUE, jobs_of_client=QUEUE_OF_CLIENT)
        welcome = Welcome(
            version=RELEASE, protocol=VERSION, epoch=self.epoch, pid=os.getpid(),
            features=_FEATURES, limits=limits,
        )  # fmt: skip
        self._reply(peer, envelope.id, welcome)

    def ping(self, peer: Peer, envelope: Envelope, _body: Nothing) -> None:
        self._reply(peer, envelope.id, Nothing())

    def status(self, peer: Peer, envelope: Envelope, _body: Nothing) -> None:
        told = EngineStatus(
            version=RELEASE,
            epoch=self.epoch,
            pid=os.getpid(),
            seconds=round(time.monotonic() - self._began, 1),
            queue=len(self._waiting),
            running=self._running.job if self._running else None,
            worker=self._worker,  # pyright: ignore[reportArgumentType]
            worker_deaths=self._deaths,
            megabytes=round(psutil.Process().memory_info().rss / 2**20, 1),
            worker_megabytes=round(self._executor.megabytes, 1),
            home=str(home()),
        )
        self._reply(peer, envelope.id, told)

    def cancel(self, peer: Peer, envelope: Envelope, body: NamedJob) -> None:
        def then(status: JobStatus) -> None:
            self._waiting = [one for one in self._waiting if one.job != body.job]
            if status.cancelling and self._running and self._running.job == body.job:
                self._executor.tell(Stop(job=body.job))
                self._stop_asked = self._stop_asked or time.monotonic()
            self._changed(status)
            self._reply(peer, envelope.id, status)

        self._journal.do(
            lambda store: jobs.ask_to_cancel(store.db, body.job, "asked"),
            then,
            lambda error: self._error(peer, envelope.id, error),
        )

    def unload(self, peer: Peer, envelope: Envelope, _body: Nothing) -> None:
        self._executor.tell(Unload())
        self._reply(peer, envelope.id, Nothing())

    def shutdown(self, peer: Peer, envelope: Envelope, body: Shutdown) -> None:
        self._leaving = "idle" if body.when_idle else "now"
        self._reply(peer, envelope.id, Nothing())

    # --- jobs

    def submit(self, peer: Peer, envelope: Envelope, body: Submit) -> None:
        # Decoded and encoded again: what is compared and stored is the meaning, not the bytes.
        params = body_of(body.params, JOBS[body.kind].body)
        asked = msgspec.structs.replace(body, params=msgspec.Raw(msgspec.msgpack.encode(params)))
        if self._leaving:
            raise _stopping()
        known = {one.job for one in self._waiting}
        if asked.job not in known and len(known) >= QUEUE:
            raise _busy("busy.queue", "The queue is full.")
        mine = sum(one.client == peer.key for one in self._waiting)
        if asked.job not in known and mine >= QUEUE_OF_CLIENT:
            raise _busy("busy.client", "Too many of this client's jobs are waiting.")

        def then(status: JobStatus) -> None:
            self._reply(peer, envelope.id, status)
            if status.state == "queued" and status.last_seq == 1:
                self._enqueue(asked, peer.key)
                self._changed(status)

        self._journal.do(
            lambda store: jobs.submit(store.db, peer.key, asked),
            then,
            lambda error: self._error(peer, envelope.id, error),
        )

    def _enqueue(self, asked: Submit, client: str) -> None:
        one = Waiting(asked.job, client, asked.priority, asked.supersede, time.monotonic())
        if any(other.job == one.job for other in self._waiting):
            return
        for older in superseded(self._waiting, one):
            self._waiting.remove(older)
            self._journal.do(
                lambda store, job=older.job: jobs.ask_to_cancel(store.db, job, "superseded"),
                self._changed,
                self._fatal,
            )
        self._waiting.append(one)
        self._dispatch()

    def watch(self, peer: Peer, envelope: Envelope, body: WatchJob) -> None:
        self._asked(
            peer,
            envelope,
            lambda store: Watched(
                status=jobs.status(store.db, body.job),
                events=jobs.events(store.db, body.job, body.after),
            ),
        )

    def list_jobs(self, peer: Peer, envelope: Envelope, body: Most) -> None:
        self._asked(peer, envelope, lambda store: JobsReply(jobs=jobs.newest(store.db, body.most)))

    def _dispatch(self) -> None:
        """Give the next job to an idle worker, or start one."""
        if self._running or not self._waiting:
            return
        if self._worker == "none" and time.monotonic() >= self._retry_at:
            self._executor.start()
            self._worker = "starting"
        if self._worker != "idle":
            return
        one = next_of(self._waiting, self._served, time.monotonic())
        if one is None:
            return
        self._waiting.remove(one)
        now = time.monotonic()
        self._served[one.client] = now
        self._running = Running(one.job, 0, one.client, now)
        self._worker, self._unloaded, self._stop_asked = "busy", False, None

        def begin(store: Store) -> tuple[int, Do]:
            _, asked = jobs.asked(store.db, one.job)
            upon = built_upon(asked)
            given = tuple(history.given(store.db, store.blobs, take) for take in upon)
            order = Do(job=one.job, kind=asked.kind, params=asked.params, given=given)
            return jobs.begin_attempt(store.db, one.job, self.epoch), order

        self._journal.do(begin, lambda begun: self._hand_over(one, *begun), self._not_begun(one))

    def _not_begun(self, one: Waiting) -> Callable[[CuelockError], None]:
        def failed(error: CuelockError) -> None:
            self._running, self._worker = None, "idle"
            report = error_report(error)
            self._step(one.job, "failed", reason=error.code, error=report)
            self._dispatch()

        return failed

    def _hand_over(self, one: Waiting, n: int, order: Do) -> None:
        self._running = Running(one.job, n, one.client, time.monotonic())
        self._executor.tell(order)
        self._refresh(one.job)

    def _from_worker(self, frame: FromWorker | Gone) -> None:
        self._active = time.monotonic()
        match frame:
            case Ready():
                self._worker = "idle"
                self._dispatch()
            case Progressed():
                report = ProgressReport(
                    job=frame.job, after=self._last_seq.get(frame.job, 0), stage=frame.stage,
                    done=frame.done,
                )  # fmt: skip
                self._tell(f"progress/{frame.job}", report)
            case Heard():
                self._tell(f"heard/{frame.sound.job}", frame.sound)
            case Finished():
                self._worker = "idle"
                if self._running and self._running.job == frame.job:
                    self._finish(self._running, frame)
            case Gone():
                self._worker_died(frame)

    def _finish(self, running: Running, frame: Finished) -> None:
        """Bring files to safety, then say done; a finished take wins over a late cancel."""
        self._running = None

        def work(store: Store) -> JobStatus:
            if frame.take is not None:
                kept = history.keep(frame.take, store.blobs, store.sidecars)
                history.record(store.db, frame.job, kept)
                reply = msgspec.msgpack.encode(frame.take.reply)
                jobs.step(store.db, frame.job, "done", reply=reply)
            elif frame.error is None or frame.error.code == "cancelled.user":
                jobs.step(store.db, frame.job, "cancelled", reason="asked")
            else:
                jobs.step(store.db, frame.job, "failed", reason=frame.error.code, error=frame.error)
            status = jobs.status(store.db, frame.job)
            outcome = "done" if status.state == "done" else "failed"
            jobs.end_attempt(store.db, frame.job, running.attempt, outcome)
            return status

        def failed(error: CuelockError) -> None:
            self._step(frame.job, "failed", reason=error.code, error=error_report(error))

        self._journal.do(work, self._changed, failed)
        self._dispatch()

    def _worker_died(self, frame: Gone) -> None:
        log.warning("the worker ended with status %d", frame.status)
        running, self._running = self._running, None
        self._worker, self._deaths = "none", self._deaths + 1
        self._retry_at = time.monotonic() + min(8.0, 2.0 ** (self._deaths - 1) / 2)
        if running:
            self._journal.do(
                lambda store: jobs.attempt_lost(store.db, running.job, running.attempt, "crashed"),
                lambda status: self._again(status, running.client),
                self._fatal,
            )

    def _again(self, status: JobStatus, client: str) -> None:
        self._changed(status)
        if status.state == "queued":
            since = time.monotonic()
            self._waiting.append(Waiting(status.job, client, status.priority, None, since))

    def _look_after_worker(self) -> None:
        now = time.monotonic()
        if self._stop_asked and self._running and now - self._stop_asked > _KILL_SECONDS:
            self._stop_asked = None
            self._executor.kill()
        if self._worker == "none" and self._waiting and now >= self._retry_at:
            self._dispatch()
        if self._worker == "idle" and not self._waiting:
            if now - self._active > _WORKER_SECONDS:
                self._executor.kill()
            elif now - self._active > _UNLOAD_SECONDS and not self._unloaded:
                self._executor.tell(Unload())
                self._unloaded = True

    # --- takes

    def list_takes(self, peer: Peer, envelope: Envelope, body: Most) -> None:
        self._asked(
            peer, envelope, lambda store: TakesReply(takes=history.listed(store.db, body.most))
        )

    def show_take(self, peer: Peer, envelope: Envelope, body: NamedTake) -> None:
        self._asked(peer, envelope, lambda store: history.summary(store.db, body.take))

    def star_take(self, peer: Peer, envelope: Envelope, body: StarTake) -> None:
        self._asked(peer, envelope, lambda store: history.star(store.db, body.take, body.star))

    def note_take(self, peer: Peer, envelope: Envelope, body: NoteTake) -> None:
        self._asked(peer, envelope, lambda store: history.note(store.db, body.take, body.note))

    def trash_take(self, peer: Peer, envelope: Envelope, body: NamedTake) -> None:
        self._asked(peer, envelope, lambda store: history.trash(store.db, body.take))

    def deliver_take(self, peer: Peer, envelope: Envelope, body: DeliverTake) -> None:
        def work(store: Store) -> DeliverReply:
            take = history.summary(store.db, body.take).record.take
            to = Path(body.to)
            to.mkdir(parents=True, exist_ok=True)
            files = history.blobs_of(store.db, take)
            for name, digest in files.items():
                store.blobs.deliver(digest, to / name)
            return DeliverReply(paths=tuple(str(to / name) for name in files))

        self._asked(peer, envelope, work)

    def collect(self, peer: Peer, envelope: Envelope, _body: Nothing) -> None:
        self._asked(
            peer, envelope, lambda store: history.collect(store.db, store.blobs, store.sidecars)
        )

    # --- states and beats

    def _step(self, job: str, to: Any, *, reason: str, error: ErrorReport) -> None:
        def work(store: Store) -> JobStatus:
            jobs.step(store.db, job, to, reason=reason, error=error)
            return jobs.status(store.db, job)

        self._journal.do(work, self._changed, self._fatal)

    def _refresh(self, job: str) -> None:
        self._journal.do(lambda store: jobs.status(store.db, job), self._changed, self._fatal)

    def _changed(self, status: JobStatus) -> None:
        """Ring the doorbell: a job has a new last event."""

        def tell(events: tuple[JobEvent, ...]) -> None:
            for event in events:
                self._tell(f"event/{status.job}", event)

        self._last_seq[status.job] = status.last_seq
        if status.state in ("done", "failed", "cancelled"):
            self._finished[status.job] = time.monotonic()
        self._journal.do(
            lambda store: jobs.events(store.db, status.job, status.last_seq - 1),
            tell,
            self._fatal,
        )

    def _beat(self) -> None:
        now = time.monotonic()
        for job, since in list(self._finished.items()):
            if now - since > _FINISHED_SECONDS:
                del self._finished[job], self._last_seq[job]
        self._tell("beat", Beat(epoch=self.epoch, at=jobs.now_ms(), jobs=dict(self._last_seq)))

    def _recovered(self, store: Store) -> list[tuple[str, Submit, int]]:
        queued = jobs.recover(store.db, self.epoch)
        return [(*jobs.asked(store.db, job), jobs.status(store.db, job).last_seq) for job in queued]

    def _requeue(self, found: list[tuple[str, Submit, int]]) -> None:
        for client, asked, last_seq in found:
            self._last_seq[asked.job] = last_seq
            self._enqueue(asked, client)

    def _fatal(self, error: CuelockError) -> None:
        log.error("%s: %s", error.code, error.message)

    def _may_leave(self) -> bool:
        busy = bool(self._running or self._waiting)
        idle = not busy and time.monotonic() - self._active > _IDLE_SECONDS
        return self._leaving == "now" or idle or (self._leaving == "idle" and not busy)


_HANDLERS: dict[str, Callable[[Supervisor, Peer, Envelope, Any], None]] = {
    "hello": Supervisor.hello,
    "ping": Supervisor.ping,
    "status": Supervisor.status,
    "job.cancel": Supervisor.cancel,
    "unload": Supervisor.unload,
    "shutdown": Supervisor.shutdown,
    "job.submit": Supervisor.submit,
    "job.watch": Supervisor.watch,
    "job.list": Supervisor.list_jobs,
    "take.list": Supervisor.list_takes,
    "take.show": Supervisor.show_take,
    "take.star": Supervisor.star_take,
    "take.note": Supervisor.note_take,
    "take.trash": Supervisor.trash_take,
    "take.deliver": Supervisor.deliver_take,
    "take.gc": Supervisor.collect,
}


def main() -> int:
    """Run the engine of this home; leave at once when there is one already."""
    lock = _only_one(run_folder() / "engine.lock")
    if lock is None:
        return 0
    (run_folder() / "engine.json").unlink(missing_ok=True)  # of an engine that died
    logs = home() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(logs / "engine.log", "a", 4 << 20, 3)
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(name)s %(message)s"
    )
    launcher = home() / "launcher.json"
    launcher.write_bytes(msgspec.json.encode([sys.executable, "-m", "engine.service.supervisor"]))
    with (logs / "worker.log").open("ab") as errors:
        supervisor = Supervisor(home() / "takes", errors)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: supervisor.leave())
        supervisor.serve()
    lock.close()
    return 0


def _only_one(path: Path) -> Any:
    """The engine's lock; None when another engine has it. Clients look at it for moments."""
    for _ in range(10):
        lock = hold(path)
        if lock is not None:
            return lock
        time.sleep(0.02)
    return None


def built_upon(asked: Submit) -> tuple[str, ...]:
    """The takes a job builds upon, in the order its request names them."""
    match msgspec.msgpack.decode(asked.params, type=JOBS[asked.kind].body):
        case RegenerateRequest() as request:
            return (request.take,)
        case CompRequest() as request:
            return (request.take, *(piece.take for piece in request.pieces))
        case _:
            return ()


def _refused() -> CuelockError:
    return CuelockError(
        "auth.refused", "This client's key was taken away.", hint="Ask whoever runs the engine."
    )


def _unknown_kind(kind: str) -> CuelockError:
    return CuelockError(
        "protocol.kind",
        f"There is no message of kind {kind[:64]!r} on this socket.",
        hint="PROTOCOL.md lists the kinds of each socket.",
    )


def _stopping() -> CuelockError:
    return CuelockError(
        "engine.stopping", "The engine is about to leave.", hint="Ask again in a moment.",
        retryable=True,
    )  # fmt: skip


def _busy(code: str, what: str) -> CuelockError:
    return CuelockError(code, what, hint="Wait until some are done.", retryable=True)


if __name__ == "__main__":
    sys.exit(main())
