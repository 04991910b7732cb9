"""The line to the engine: one thread owns the connection, and what it hears comes as signals.

Jobs are kept until they are seen at their end: after a lost connection or an engine that died they
are given again under the same ids, which are the same jobs. So they are when another engine is
chosen, which then does what the one before has not ended.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import zmq
from msgspec.structs import replace
from PyQt6.QtCore import QObject, QThread, pyqtSignal

from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    Beat,
    DeliverReply,
    DeliverTake,
    EngineStatus,
    HeardSound,
    JobEvent,
    JobState,
    JobStatus,
    Most,
    NamedJob,
    Nothing,
    ProgressReport,
    RenderReply,
    Shutdown,
    Submit,
    TakesReply,
    Watched,
    WatchJob,
)
from host_bridge.travel import moved
from plugin_ui.keeper import stems_folder
from plugin_ui.remote import Carrier, RemoteEngine, as_here

Reply = TypeVar("Reply", bound=msgspec.Struct)

ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")
_TAKES = 1000
_WAIT_MS = 200  # for events, before the engine is looked for
_AGAIN_SECONDS = 1.0  # after a connection that failed
_SILENCE_SECONDS = 3.0
_STATUS_SECONDS = 1.0


class EngineState(NamedTuple):
    """How the engine is: there (its own status), away (and why), or with neither on the way.

    name: of an engine of another machine, "" for this one's.
    """

    name: str = ""
    status: EngineStatus | None = None
    error: CuelockError | None = None


class EngineLink(QThread):
    """Start it with start(), end it with close().

    state_changed(EngineState): about once a second, and when it comes or goes.
    job_changed(JobStatus): a given job has a new state.
    progressed(ProgressReport), heard(HeardSound): of given jobs.
    takes_changed(tuple[TakeSummary, ...]): the newest first, at a job's end and when asked.
    refused(str, CuelockError): a job (its id) or a question ("") that the engine does not take.
    """

    state_changed = pyqtSignal(object)
    job_changed = pyqtSignal(object)
    progressed = pyqtSignal(object)
    heard = pyqtSignal(object)
    takes_changed = pyqtSignal(object)
    refused = pyqtSignal(str, object)
    _answered = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wishes: deque[Callable[[client.Engine], None]] = deque()
        context = zmq.Context.instance()
        self._bell, self._ear = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        self._bell.bind(f"inproc://panel-{id(self)}")
        self._ear.connect(f"inproc://panel-{id(self)}")
        self._jobs: dict[str, Submit] = {}
        self._seen: dict[str, int] = {}  # last event's number
        self.stems = stems_folder()  # where files of takes of another machine are
        self._renewal = False  # of the engine, so that it reads its settings again
        self._closing = False
        self._chosen: Carrier | None = None  # to and from an engine of another machine
        self._carrier: Carrier | None = None  # the same for the one that is asked, in the thread
        self._answered.connect(self._answer)

    # --- for the GUI thread

    def choose(self, far: RemoteEngine | None) -> None:
        """Ask this engine of another machine from now on; None: this machine's."""
        if self._chosen is not None:
            self._chosen.leave()
        self._chosen = Carrier(far, self) if far is not None else None
        if self._chosen is not None:
            self._chosen.progressed.connect(self.progressed)
        self._bell.send(b"")

    def submit(self, job: Submit) -> None:
        """Give the engine a job, and again if it is lost on the way."""
        self._wish(lambda engine: self._submit(engine, job))

    def cancel(self, job: str) -> None:
        """Cancel a job; job_changed says when it is at its end."""
        self._wish(lambda engine: self._cancel(engine, job))

    def ask(
        self,
        kind: str,
        body: msgspec.Struct,
        reply: type[Reply],
        then: Callable[[Reply], None] = lambda _reply: None,
    ) -> None:
        """A question that may take a while; then(answer) is called in the GUI thread."""

        def wish(engine: client.Engine) -> None:
            if self._closing:
                return  # nobody would hear the answer
            answer = engine.ask(kind, body, reply, client.LONG_REPLY_SECONDS)
            self._answered.emit(then, answer)

        self._wish(wish)

    def deliver(self, take: str, to: Path, then: Callable[[DeliverReply], None]) -> None:
        """Have a take's files in a folder; then(where they are) is called in the GUI thread."""
        if self._chosen is None:
            self.ask("take.deliver", DeliverTake(take=take, to=str(to)), DeliverReply, then)
            return
        self._chosen.fetch(
            f"{take} to {to}", take, to,
            lambda paths: then(DeliverReply(paths=paths)),
            lambda error: self.refused.emit("", error),
        )  # fmt: skip

    def list_takes(self) -> None:
        """Ask for the takes."""
        self._wish(self._list_takes)

    def renew(self) -> None:
        """Have this machine's engine start anew as soon as it has nothing to do: it reads its
        settings then.
        """
        self._renewal = True

    def close(self) -> None:
        """Let the engine go; jobs go on there.

        It still hears which were given and cancelled last; one that is away is not waited for.
        """
        self._closing = True
        self._bell.send(b"")
        self.wait()
        for carrier in self.findChildren(Carrier):
            carrier.leave()
            carrier.wait()
        self._bell.close(0)
        self._ear.close(0)

    def _answer(self, then: Callable[[msgspec.Struct], None], reply: msgspec.Struct) -> None:
        then(reply)

    # --- in the thread

    def run(self) -> None:
        away = ""  # an engine of another machine that did not answer, until it does
        while not self._closing:
            self._carrier = self._chosen
            name = self._name()
            if not name or name != away:
                self.state_changed.emit(EngineState(name))
            away = name
            try:
                self._ask_engine()
            except CuelockError as error:
                if self._wanted():
                    self.state_changed.emit(EngineState(name, error=self._told(error, name)))
                    if name or error.code not in ("engine.unreachable", "engine.stopping"):
                        self._rest()

    def _ask_engine(self) -> None:
        """One connection. Raises CuelockError."""
        far = self._carrier.engine.address if self._carrier is not None else None
        with client.connect(wanted=self._wanted, far=far) as engine:
            self._serve(engine)

    def _wanted(self) -> bool:
        """Whether it is still the engine to ask."""
        return not self._closing and self._chosen is self._carrier

    def _name(self) -> str:
        return self._carrier.engine.name if self._carrier is not None else ""

    def _told(self, error: CuelockError, name: str) -> CuelockError:
        """Of an engine of another machine, what can be done from here."""
        told = {
            "engine.unreachable": (
                self.tr("The engine {name} does not answer."),
                self.tr(
                    "See there that it runs (`cuelock engine status`), and here that its address"
                    " is right: File, Engine."
                ),
            ),
            "auth.refused": (
                self.tr("The engine {name} does not know this panel's key."),
                self.tr("Give there the command that File, Engine shows."),
            ),
        }
        if not name or error.code not in told:
            return error
        message, hint = told[error.code]
        return CuelockError(
            error.code, message.format(name=name), hint=hint, retryable=error.retryable
        )

    def _rest(self) -> None:
        """A while, or until nobody wants this engine: what is wished is no reason to hurry."""
        until = time.monotonic() + _AGAIN_SECONDS
        while self._wanted() and (left := until - time.monotonic()) > 0:
            if self._ear.poll(int(1000 * left) + 1):
                self._ear.recv()

    def _wish(self, wish: Callable[[client.Engine], None]) -> None:
        self._wishes.append(wish)
        self._bell.send(b"")

    def _serve(self, engine: client.Engine) -> None:
        """Until it is closed or another engine is chosen.

        Raises CuelockError engine.unreachable when the engine is lost.
        """
        for job in list(self._jobs.values()):
            self._submit(engine, job)
        self._list_takes(engine)
        poller = zmq.Poller()
        for socket in (self._ear, engine.sockets[2]):
            poller.register(socket, zmq.POLLIN)
        heard = asked = 0.0
        while self._wanted():
            poller.poll(_WAIT_MS)
            while self._ear.poll(0):
                self._ear.recv()
            while self._wanted() and self._wishes:
                self._granted(engine, self._wishes.popleft())
            while (event := engine.next_event(0)) is not None:
                heard = time.monotonic()
                self._event(engine, event)
            now = time.monotonic()
            if not engine.lives():
                raise CuelockError(
                    "engine.unreachable",
                    "The engine has gone.",
                    hint="It is started again; jobs go on where they were.",
                    retryable=True,
                )
            if now - asked > _STATUS_SECONDS or now - heard > _SILENCE_SECONDS:
                status = engine.ask("status", Nothing(), EngineStatus)
                self.state_changed.emit(EngineState(self._name(), status))
                asked = heard = now
                if self._renewal and self._carrier is None and not (status.running or status.queue):
                    self._renew(engine)
        while self._chosen is self._carrier and self._wishes:
            self._granted(engine, self._wishes.popleft())  # jobs given and cancelled just now

    def _renew(self, engine: client.Engine) -> None:
        """Nobody asks it for anything until it is gone."""
        self._renewal = False
        engine.ask("shutdown", Shutdown(when_idle=True), Nothing)
        while self._wanted() and engine.lives():
            engine.next_event(_WAIT_MS / 1000)

    def _granted(self, engine: client.Engine, wish: Callable[[client.Engine], None]) -> None:
        try:
            wish(engine)
        except CuelockError as error:
            if error.code == "engine.unreachable":
                self._wishes.appendleft(wish)  # for the next engine, before what was wished later
                raise
            self.refused.emit("", error)

    def _submit(self, engine: client.Engine, job: Submit) -> None:
        self._jobs[job.job] = job
        engine.follow(job.job, hear=True)
        carrier = self._carrier
        if carrier is None:
            self._give(engine, job, None)
            return
        try:  # of one that it knows, the files are there
            watch = WatchJob(job=job.job)
            self._changed(engine, engine.ask("job.watch", watch, Watched).status)
        except CuelockError as error:
            if error.code != "job.unknown":
                raise
            carrier.send(
                job,
                then=lambda sent: self._wish(lambda engine: self._give(engine, sent, carrier)),
                failed=lambda error: self._wish(lambda _: self._refuse(job.job, error, carrier)),
            )

    def _give(self, engine: client.Engine, job: Submit, carrier: Carrier | None) -> None:
        """Unless it was cancelled, or another engine chosen, while its files were on their way."""
        if job.job not in self._jobs or carrier is not self._carrier:
            return
        try:
            self._changed(engine, engine.ask("job.submit", job, JobStatus))
        except CuelockError as error:
            if error.code == "engine.unreachable":
                raise
            self._refuse(job.job, error, carrier)

    def _refuse(self, job: str, error: CuelockError, carrier: Carrier | None) -> None:
        if carrier is self._carrier and self._jobs.pop(job, None) is not None:
            self.refused.emit(job, error)

    def _cancel(self, engine: client.Engine, job: str) -> None:
        if self._carrier is not None:
            self._carrier.drop(job)
        try:
            self._changed(engine, engine.ask("job.cancel", NamedJob(job=job), JobStatus))
        except CuelockError as error:
            given = self._jobs.get(job)
            if error.code != "job.unknown" or given is None:
                raise
            self._changed(engine, _never_given(given))

    def _list_takes(self, engine: client.Engine) -> None:
        takes = engine.ask("take.list", Most(most=_TAKES), TakesReply).takes
        if self._carrier is not None:
            takes = tuple(as_here(take, self.stems) for take in takes)
        self.takes_changed.emit(takes)

    def _event(self, engine: client.Engine, event: msgspec.Struct) -> None:
        behind: list[str] = []
        if isinstance(event, ProgressReport):
            self.progressed.emit(event)
        elif isinstance(event, HeardSound):
            self.heard.emit(event)
        elif isinstance(event, JobEvent):
            behind = [event.job] if event.seq > self._seen.get(event.job, 0) else []
        elif isinstance(event, Beat):
            behind = [
                job
                for job in self._jobs
                if event.jobs.get(job, self._seen.get(job, 0) + 1) > self._seen.get(job, 0)
            ]
        for job in behind:
            if job in self._jobs:
                watch = WatchJob(job=job)
                self._changed(engine, engine.ask("job.watch", watch, Watched).status)

    def _changed(self, engine: client.Engine, status: JobStatus) -> None:
        self._seen[status.job] = status.last_seq
        job, carrier = self._jobs.get(status.job), self._carrier
        if status.state == "done" and job is not None and carrier is not None:
            self._fetch(carrier, job, status)
        else:
            self._known(engine, status)

    def _fetch(self, carrier: Carrier, job: Submit, status: JobStatus) -> None:
        """A job is done for this panel when what it made is here."""
        to = Path(msgspec.msgpack.decode(job.params)["to"])
        reply = msgspec.msgpack.decode(status.reply, type=RenderReply)
        raw = msgspec.Raw(msgspec.msgpack.encode(moved(reply, to)))
        done = replace(status, reply=raw)

        def known(engine: client.Engine) -> None:
            if carrier is self._carrier:
                self._known(engine, done)

        def failed(error: CuelockError) -> None:
            self.refused.emit("", error)
            self._wish(known)

        carrier.fetch(job.job, reply.take, to, lambda _paths: self._wish(known), failed)

    def _known(self, engine: client.Engine, status: JobStatus) -> None:
        if status.state in ENDED:
            self._jobs.pop(status.job, None)
            self._list_takes(engine)  # first: whoever hears of the end looks for the take
        self.job_changed.emit(status)


def _never_given(job: Submit) -> JobStatus:
    """How a job is that was cancelled before the engine knew of it."""
    return JobStatus(
        job=job.job, kind=job.kind, priority=job.priority, state="cancelled", cancelling=False,
        reason=None, error=None, reply=msgspec.Raw(msgspec.msgpack.encode(None)), last_seq=0,
        created=0,
    )  # fmt: skip
