"""The supervisor: owns sockets, queue and journal; never touches torch or media.

One plain loop: control first, then commands, then what journal and worker have to say. Nothing in
it waits for a disk or for work. Started by the first client, or by `cuelock engine start`.
"""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import math
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec
import psutil
import zmq
from zmq.auth.thread import ThreadAuthenticator

from engine.service.crew import Crew, Tell, progress_report
from engine.service.executor import executor_of
from engine.service.journal import Journal, Store
from engine.service.lineup import Waiting
from engine.service.settings import Settings, read_settings
from engine.service.worker import Heard, Progressed
from engine.takes import history, jobs
from engine.takes.archive import export_takes, import_takes
from host_bridge.client import VERSION as RELEASE
from host_bridge.discovery import (
    LOCAL,
    Address,
    authorised,
    hold,
    own_keys,
    publish,
    published,
    run_folder,
)
from host_bridge.errors import CuelockError, refusing
from host_bridge.home import home
from host_bridge.protocol import (
    Beat,
    DeliverReply,
    DeliverTake,
    EngineStatus,
    ErrorReply,
    ExportTakes,
    FilesReply,
    GetBlob,
    Hello,
    ImportTakes,
    JobEvent,
    JobsReply,
    JobStatus,
    Key,
    Limits,
    Most,
    NamedBlob,
    NamedJob,
    NamedTake,
    NoteTake,
    Nothing,
    PutBlob,
    Shutdown,
    StarTake,
    Submit,
    TakesReply,
    TravelReply,
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
    SCOPES,
    VERSION,
    Envelope,
    Kind,
    body_of,
    message,
    opened,
)

log = logging.getLogger("engine")

_COMMANDS_A_TURN = 16
_BEAT_SECONDS = 1.0
JOB_SIGNS = 16  # the fewest of a job's id (see protocol.JobId)
_FINISHED_SECONDS = 60.0  # a finished job stays in the beat
_SESSION_SECONDS = 3600.0  # a silent session is remembered
_FEATURES = ("render", "takes", "regenerate", "comp", "recut", "heard")
_DOMAIN = "cuelock"


class Peer(NamedTuple):
    """Who asked: the socket and routing id to answer to, and the client's key."""

    socket: zmq.Socket[bytes]
    route: bytes
    key: str


class Supervisor:
    """serve() until a shutdown, a signal or long idleness."""

    def __init__(self, folder: Path, settings: Settings, errors: IO[bytes]) -> None:
        self.epoch = uuid.uuid4().hex
        self._settings = settings
        self._context = zmq.Context()
        # These two first: either may refuse, and the journal's thread would hold the process.
        executor = executor_of(settings.workers, self._context, errors)
        try:
            self._journal = Journal(folder, self._context)
        except CuelockError:
            executor.close()
            raise
        self._keys = own_keys("server")
        self._guard = ThreadAuthenticator(self._context)
        self._guard.start()
        self._guard.configure_curve_callback(domain=_DOMAIN, credentials_provider=self)
        self._control = self._socket(zmq.ROUTER, 0)
        self._commands = self._socket(zmq.ROUTER, 1)
        self._events = self._socket(zmq.XPUB, 2)
        self._crew = Crew(
            executor=executor,
            journal=self._journal,
            epoch=self.epoch,
            settings=settings,
            tell=Tell(self._changed, self._progress, self._heard),
            own_key=own_keys("client").public,
        )
        self._process = psutil.Process()  # made once: asked about with every status
        self._began = self._active = time.monotonic()
        self._clients: dict[str, Key] = {}  # by public key, looked up in every turn
        self._seen: dict[str, float] = {}  # sessions
        self._owner: dict[str, str] = {}  # of a job: its client's key
        self._last_seq: dict[str, int] = {}
        self._finished: dict[str, float] = {}
        self._leaving: str | None = None  # None, "idle" or "now"

    # --- sockets

    def callback(self, domain: str, key: bytes) -> bool:
        """ZAP: whether a client's key (Z85) may come in."""
        return key.decode() in {known.public for known in authorised()}

    def _socket(self, kind: int, number: int) -> zmq.Socket[bytes]:
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
        options.append((zmq.ROUTER_MANDATORY if kind == zmq.ROUTER else zmq.XPUB_MANUAL, 1))
        for option, value in options:
            socket.setsockopt(option, value)
        if self._settings.bind is not None:
            socket.bind(f"tcp://{self._settings.bind}:{self._settings.port + number}")
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
                       self._crew.executor.wake):  # fmt: skip
            poller.register(socket, zmq.POLLIN)
        self._journal.do(self._recovered, self._requeue, self._fatal)
        publish(self.address())
        log.info("engine %s is here, pid %d", self.epoch, os.getpid())
        beat = time.monotonic()
        try:
            while not self._may_leave():
                due = min(beat, self._crew.due)
                poller.poll(math.ceil(1000 * max(0.0, due - time.monotonic())))
                self._clients = {client.public: client for client in authorised()}
                self._drain(self._control, CONTROL, None)
                self._drain(self._commands, COMMANDS, _COMMANDS_A_TURN)
                self._subscriptions()
                self._journal.deliver()
                self._crew.executor.heard(self._crew.take)
                self._crew.look_after()
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
        self._crew.executor.close()
        self._journal.close()
        self._guard.stop()
        self._context.destroy(linger=200)
        log.info("engine %s has left", self.epoch)

    def _subscriptions(self) -> None:
        """Whoever may see a job may hear of it."""
        while self._events.poll(0):
            frame = self._events.recv(copy=False)
            wanted, topic = frame.bytes[:1] == b"\x01", frame.bytes[1:]
            if wanted and self._may_hear(str(frame.get("User-Id")), topic):
                self._events.setsockopt(zmq.SUBSCRIBE, topic)
            elif not wanted:
                self._events.setsockopt(zmq.UNSUBSCRIBE, topic)

    def _may_hear(self, key: str, topic: bytes) -> bool:
        """Topics are subscribed to by their beginnings: others must name a whole job."""
        known, job = self._clients.get(key), topic.decode(errors="replace").partition("/")[2]
        if known is None or known.name == LOCAL or topic == b"beat":
            return known is not None
        return len(job) >= JOB_SIGNS and self._may_see(key, self._owner.get(job))

    def _may_see(self, key: str, owner: str | None) -> bool:
        """Clients see their own jobs; those of this user see all."""
        known = self._clients.get(key)
        return known is not None and (owner in (None, key) or known.name == LOCAL)

    def _drain(self, socket: zmq.Socket[bytes], kinds: Any, most: int | None) -> None:
        count = 0
        while (most is None or count < most) and socket.poll(0):
            count += 1
            route, *frames = socket.recv_multipart(copy=False)
            self._active = time.monotonic()
            key = str(frames[-1].get("User-Id")) if frames else ""
            peer = Peer(socket, route.bytes, key)
            envelope = None
            try:
                envelope = opened(frames[-1].bytes if frames else b"")
                if envelope.kind not in kinds:
                    raise _unknown_kind(envelope.kind)
                _check_may(self._clients.get(key), kinds[envelope.kind])
                if envelope.sid:
                    self._seen[envelope.sid] = self._active
                body = body_of(envelope.body, kinds[envelope.kind].body)
                _HANDLERS[envelope.kind](self, peer, envelope, body)
            except CuelockError as error:
                self._error(peer, envelope.id if envelope else "", error)

    def _reply(self, peer: Peer, id_: str, body: msgspec.Struct) -> None:
        try:
            self._send(peer, message("ok", body, id_))
        except CuelockError as error:  # longer than a message may be
            self._error(peer, id_, error)

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
        limits = Limits(
            message=MESSAGE_BYTES,
            queue=self._settings.queue,
            jobs_of_client=self._settings.queue_of_client,
        )
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
            queue=len(self._crew.waiting),
            running=tuple(one.job for one in self._crew.running),
            worker="degraded" if self._crew.degraded else self._crew.state,
            worker_deaths=self._crew.deaths_ever,
            megabytes=round(self._process.memory_info().rss / 2**20, 1),
            worker_megabytes=round(self._crew.megabytes, 1),
            home=str(home()),
        )
        self._reply(peer, envelope.id, told)

    def cancel(self, peer: Peer, envelope: Envelope, body: NamedJob) -> None:
        if not self._may_see(peer.key, self._owner.get(body.job)):
            raise jobs.unknown(body.job)
        self._crew.cancel(
            body.job,
            "asked",
            lambda status: self._reply(peer, envelope.id, status),
            lambda error: self._error(peer, envelope.id, error),
        )

    def unload(self, peer: Peer, envelope: Envelope, _body: Nothing) -> None:
        self._crew.unload()
        self._reply(peer, envelope.id, Nothing())

    def revive(self, peer: Peer, envelope: Envelope, _body: Nothing) -> None:
        self._crew.revive()
        self._reply(peer, envelope.id, Nothing())

    def shutdown(self, peer: Peer, envelope: Envelope, body: Shutdown) -> None:
        self._leaving = "idle" if body.when_idle else "now"
        self._reply(peer, envelope.id, Nothing())

    # --- jobs

    def submit(self, peer: Peer, envelope: Envelope, body: Submit) -> None:
        # Decoded and encoded again: what is compared and stored is the meaning, not the bytes.
        params = body_of(body.params, JOBS[body.kind].body)
        known = self._clients.get(peer.key)
        remote = known is None or known.name != LOCAL
        asked = msgspec.structs.replace(body, params=msgspec.Raw(msgspec.msgpack.encode(params)))
        self._check_room(asked.job, peer.key)
        tied = envelope.sid if asked.on_disconnect == "cancel" else None

        def then(status: JobStatus) -> None:
            self._reply(peer, envelope.id, status)
            if status.state == "queued" and status.last_seq == 1:
                self._owner[asked.job] = peer.key
                self._changed(status)
                self._enqueue(asked, peer.key, tied)

        def work(store: Store) -> JobStatus:
            if remote:  # refused now, laid out when its turn comes
                store.travel.here(params, asked.job)
            return jobs.submit(store.db, peer.key, asked)

        self._journal.do(
            work,
            then,
            lambda error: self._error(peer, envelope.id, error),
        )

    def _check_room(self, job: str, client: str) -> None:
        """Raises CuelockError engine.stopping, engine.degraded or busy.* for a new job."""
        if self._leaving:
            raise _stopping()
        waiting = self._crew.waiting
        if job in {one.job for one in waiting}:
            return
        if self._crew.degraded:
            raise _degraded()
        if len(waiting) >= self._settings.queue:
            raise _busy("busy.queue", "The queue is full.", self._crew.wait_ms(1))
        if sum(one.client == client for one in waiting) >= self._settings.queue_of_client:
            told = "Too many of this client's jobs are waiting."
            raise _busy("busy.client", told, self._crew.wait_ms(1))

    def _enqueue(self, asked: Submit, client: str, session: str | None) -> None:
        since = time.monotonic()
        self._crew.enqueue(
            Waiting(asked.job, client, asked.priority, asked.supersede, session, since)
        )

    def watch(self, peer: Peer, envelope: Envelope, body: WatchJob) -> None:
        if not self._may_see(peer.key, self._owner.get(body.job)):
            raise jobs.unknown(body.job)
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
            with refusing():
                to.mkdir(parents=True, exist_ok=True)
            files = history.blobs_of(store.db, take)
            for name, digest in files.items():
                store.blobs.deliver(digest, to / name)
            return DeliverReply(paths=tuple(str(to / name) for name in files))

        self._asked(peer, envelope, work)

    def files_of_take(self, peer: Peer, envelope: Envelope, body: NamedTake) -> None:
        def work(store: Store) -> FilesReply:
            take = history.summary(store.db, body.take).record.take
            return FilesReply(files=history.blobs_of(store.db, take))

        self._asked(peer, envelope, work)

    def blob_state(self, peer: Peer, envelope: Envelope, body: NamedBlob) -> None:
        self._asked(peer, envelope, lambda store: store.travel.state(body.sha256))

    def put_blob(self, peer: Peer, envelope: Envelope, body: PutBlob) -> None:
        self._asked(peer, envelope, lambda store: store.travel.put(body))

    def get_blob(self, peer: Peer, envelope: Envelope, body: GetBlob) -> None:
        self._asked(peer, envelope, lambda store: store.travel.get(body))

    def export_takes(self, peer: Peer, envelope: Envelope, body: ExportTakes) -> None:
        def work(store: Store) -> TravelReply:
            count = export_takes(store.db, store.blobs, body.takes, Path(body.path))
            return TravelReply(takes=count, path=body.path)

        self._asked(peer, envelope, work)

    def import_takes(self, peer: Peer, envelope: Envelope, body: ImportTakes) -> None:
        def work(store: Store) -> TravelReply:
            count = import_takes(store.db, store.blobs, store.sidecars, Path(body.path))
            return TravelReply(takes=count, path=body.path)

        self._asked(peer, envelope, work)

    def collect(self, peer: Peer, envelope: Envelope, _body: Nothing) -> None:
        self._asked(peer, envelope, lambda store: history.collect(*store))

    # --- states and beats

    def _progress(self, frame: Progressed) -> None:
        after = self._last_seq.get(frame.job, 0)
        self._tell(f"progress/{frame.job}", progress_report(frame, after))

    def _heard(self, frame: Heard) -> None:
        self._tell(f"heard/{frame.sound.job}", frame.sound)

    def _changed(self, status: JobStatus) -> None:
        """Ring the doorbell: a job has a new last event."""

        def tell(events: tuple[JobEvent, ...]) -> None:
            for event in events:
                self._tell(f"event/{status.job}", event)

        self._active = time.monotonic()
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
        self._crew.expire(self._seen)
        self._seen = {sid: at for sid, at in self._seen.items() if now - at < _SESSION_SECONDS}
        self._tell("beat", Beat(epoch=self.epoch, at=jobs.now_ms(), jobs=dict(self._last_seq)))

    def _recovered(self, store: Store) -> list[tuple[str, Submit, int]]:
        queued = jobs.recover(store.db, self.epoch)
        return [(*jobs.asked(store.db, job), jobs.status(store.db, job).last_seq) for job in queued]

    def _requeue(self, found: list[tuple[str, Submit, int]]) -> None:
        for client, asked, last_seq in found:
            self._last_seq[asked.job] = last_seq
            self._owner[asked.job] = client
            self._enqueue(asked, client, None)

    def _fatal(self, error: CuelockError) -> None:
        log.error("%s: %s", error.code, error.message)

    def _may_leave(self) -> bool:
        busy = self._crew.busy
        idle = not busy and time.monotonic() - self._active > self._settings.idle_seconds
        return self._leaving == "now" or idle or (self._leaving == "idle" and not busy)


_HANDLERS: dict[str, Callable[[Supervisor, Peer, Envelope, Any], None]] = {
    "hello": Supervisor.hello,
    "ping": Supervisor.ping,
    "status": Supervisor.status,
    "job.cancel": Supervisor.cancel,
    "unload": Supervisor.unload,
    "revive": Supervisor.revive,
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
    "take.files": Supervisor.files_of_take,
    "blob.state": Supervisor.blob_state,
    "blob.put": Supervisor.put_blob,
    "blob.get": Supervisor.get_blob,
    "take.export": Supervisor.export_takes,
    "take.import": Supervisor.import_takes,
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
    try:
        with lock, (logs / "worker.log").open("ab") as errors:
            settings = read_settings(home() / "engine.toml")
            supervisor = Supervisor(home() / "takes", settings, errors)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda _number, _frame: supervisor.leave())
            supervisor.serve()
    except CuelockError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return error.exit_status
    return 0


def _only_one(path: Path) -> Any:
    """The engine's lock; None when another engine has it. Clients look at it for moments."""
    for _ in range(10):
        lock = hold(path)
        if lock is not None:
            return lock
        time.sleep(0.02)
    return None


def _check_may(client: Key | None, kind: Kind) -> None:
    """Raises CuelockError auth.refused or auth.scope."""
    if client is None:
        raise _refused()  # the key was taken away while the connection lived
    scoped = SCOPES.index(client.scope) >= SCOPES.index(kind.scope)
    if not scoped or (kind.here and client.name != LOCAL):
        raise CuelockError(
            "auth.scope",
            "This client may not do that.",
            hint="Whoever runs the engine can widen its scope: `cuelock engine keys add`.",
        )


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


def _degraded() -> CuelockError:
    return CuelockError(
        "engine.degraded",
        "Workers died too often; no new jobs are taken.",
        hint="Look at `cuelock engine logs`, then run `cuelock engine start` to try again.",
    )


def _busy(code: str, what: str, wait_ms: int) -> CuelockError:
    hint = f"Try again in about {max(1, wait_ms // 1000)} s."
    return CuelockError(code, what, hint=hint, retryable=True, retry_after_ms=wait_ms)


if __name__ == "__main__":
    sys.exit(main())
