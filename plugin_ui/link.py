"""The line to the engine: one thread owns the connection, and what it hears comes as signals.

Jobs are kept until they are seen at their end: after a lost connection or an engine that died they
are given again under the same ids, which are the same jobs.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec
import zmq
from PyQt6.QtCore import QObject, QThread, pyqtSignal

from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    Beat,
    EngineStatus,
    HeardSound,
    JobEvent,
    JobState,
    JobStatus,
    Most,
    NamedJob,
    Nothing,
    ProgressReport,
    Submit,
    TakesReply,
    Watched,
    WatchJob,
)

Reply = TypeVar("Reply", bound=msgspec.Struct)

ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")
_TAKES = 1000
_WAIT_MS = 200  # for events, before the engine is looked for
_AGAIN_MS = 1000  # after a connection that failed
_SILENCE_SECONDS = 3.0
_STATUS_SECONDS = 1.0


class EngineState(NamedTuple):
    """How the engine is: there (its own status), away (and why), or with neither on the way."""

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
        self._wishes: queue.SimpleQueue[Callable[[client.Engine], None]] = queue.SimpleQueue()
        context = zmq.Context.instance()
        self._bell, self._ear = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        self._bell.bind(f"inproc://panel-{id(self)}")
        self._ear.connect(f"inproc://panel-{id(self)}")
        self._jobs: dict[str, Submit] = {}
        self._seen: dict[str, int] = {}  # last event's number
        self._closing = False
        self._answered.connect(self._answer)

    # --- for the GUI thread

    def submit(self, job: Submit) -> None:
        """Give the engine a job, and again if it is lost on the way."""
        self._wish(lambda engine: self._submit(engine, job))

    def cancel(self, job: str) -> None:
        """Cancel a job; job_changed says when it is at its end."""
        named = NamedJob(job=job)
        self._wish(lambda engine: self._changed(engine, engine.ask("job.cancel", named, JobStatus)))

    def ask(
        self,
        kind: str,
        body: msgspec.Struct,
        reply: type[Reply],
        then: Callable[[Reply], None] = lambda _reply: None,
    ) -> None:
        """A question that may take a while; then(answer) is called in the GUI thread."""

        def wish(engine: client.Engine) -> None:
            answer = engine.ask(kind, body, reply, client.LONG_REPLY_SECONDS)
            self._answered.emit(then, answer)

        self._wish(wish)

    def list_takes(self) -> None:
        """Ask for the takes."""
        self._wish(self._list_takes)

    def close(self) -> None:
        """Let the engine go; jobs go on there."""
        self._closing = True
        self._bell.send(b"")
        self.wait()
        self._bell.close(0)
        self._ear.close(0)

    def _answer(self, then: Callable[[msgspec.Struct], None], reply: msgspec.Struct) -> None:
        then(reply)

    # --- in the thread

    def run(self) -> None:
        while not self._closing:
            self.state_changed.emit(EngineState())
            try:
                with client.connect() as engine:
                    self._serve(engine)
            except CuelockError as error:
                self.state_changed.emit(EngineState(error=error))
                if error.code not in ("engine.unreachable", "engine.stopping"):
                    self._ear.poll(_AGAIN_MS)

    def _wish(self, wish: Callable[[client.Engine], None]) -> None:
        self._wishes.put(wish)
        self._bell.send(b"")

    def _serve(self, engine: client.Engine) -> None:
        """Until it is closed. Raises CuelockError engine.unreachable when the engine is lost."""
        for job in list(self._jobs.values()):
            self._submit(engine, job)
        self._list_takes(engine)
        poller = zmq.Poller()
        for socket in (self._ear, engine.sockets[2]):
            poller.register(socket, zmq.POLLIN)
        heard = asked = 0.0
        while not self._closing:
            poller.poll(_WAIT_MS)
            while self._ear.poll(0):
                self._ear.recv()
            while not self._wishes.empty():
                self._granted(engine, self._wishes.get())
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
                self.state_changed.emit(EngineState(status))
                asked = heard = now

    def _granted(self, engine: client.Engine, wish: Callable[[client.Engine], None]) -> None:
        try:
            wish(engine)
        except CuelockError as error:
            if error.code == "engine.unreachable":
                self._wishes.put(wish)  # for the next engine
                raise
            self.refused.emit("", error)

    def _submit(self, engine: client.Engine, job: Submit) -> None:
        self._jobs[job.job] = job
        engine.follow(job.job, hear=True)
        try:
            self._changed(engine, engine.ask("job.submit", job, JobStatus))
        except CuelockError as error:
            if error.code == "engine.unreachable":
                raise
            del self._jobs[job.job]
            self.refused.emit(job.job, error)

    def _list_takes(self, engine: client.Engine) -> None:
        self.takes_changed.emit(engine.ask("take.list", Most(most=_TAKES), TakesReply).takes)

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
        if status.state in ENDED:
            self._jobs.pop(status.job, None)
            self._list_takes(engine)  # first: whoever hears of the end looks for the take
        self.job_changed.emit(status)
