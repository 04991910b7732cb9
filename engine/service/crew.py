"""The crew: workers, what waits for them, and what becomes of a job whose worker dies.

Every change of a job goes through the journal before anybody is told of it.
"""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from engine.service.executor import Executor, Gone
from engine.service.journal import Journal, Store
from engine.service.lineup import Waiting, next_of, superseded
from engine.service.settings import Settings
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
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    CompRequest,
    ErrorReport,
    JobStatus,
    ProgressReport,
    RecutRequest,
    RegenerateRequest,
    Submit,
    error_report,
)
from host_bridge.wire import JOBS

log = logging.getLogger(__name__)

_DEATHS_SECONDS = 600.0  # deaths of workers that count
_LONGEST_WAIT = 8.0  # seconds before a worker is started again
_START_SECONDS = 60.0  # to start, or to load what a job needs, however short silences are to be
_NO_ROOM_SECONDS = 30.0  # until a place whose machine is gone is tried again
_FIRST_GUESS = 5.0  # seconds a job takes, before any was measured

State = Literal["none", "starting", "idle", "busy"]
_STATES: tuple[State, ...] = ("busy", "idle", "starting", "none")


class Running(NamedTuple):
    """The job a worker does, its attempt's number, and when it began."""

    one: Waiting
    attempt: int
    began: float


@dataclass
class Place:
    """A worker's place. quiet_since: when it was last heard; at_work: its job has progressed."""

    state: State = "none"
    running: Running | None = None
    stop_asked: float | None = None
    quiet_since: float = 0.0
    at_work: bool = False
    dumped: bool = False
    idle_since: float = 0.0
    unloaded: bool = True
    retry_at: float = 0.0
    stalled: bool = False
    ended: bool = False  # by us: no death that counts


@dataclass
class Tell:
    """What others want to hear: a job's new state, and what goes to whoever listens."""

    changed: Callable[[JobStatus], None]
    progress: Callable[[Progressed], None]
    heard: Callable[[Heard], None]


@dataclass
class Crew:
    """Gives waiting jobs to workers, one each."""

    executor: Executor
    journal: Journal
    epoch: str
    settings: Settings
    tell: Tell
    own_key: str  # of this user's clients; others name no paths of this machine
    waiting: list[Waiting] = field(default_factory=list)
    deaths: list[float] = field(default_factory=list)
    deaths_ever: int = 0

    def __post_init__(self) -> None:
        self.places = [Place() for _ in range(self.executor.places)]
        self._served: dict[str, float] = {}
        self._usual = _FIRST_GUESS

    # --- what is there

    @property
    def running(self) -> list[Waiting]:
        """Jobs that are being done."""
        return [place.running.one for place in self.places if place.running]

    @property
    def busy(self) -> bool:
        """Whether anything is waiting or being done."""
        return bool(self.waiting or self.running)

    @property
    def degraded(self) -> bool:
        """Workers died too often lately."""
        now = time.monotonic()
        self.deaths = [at for at in self.deaths if now - at < _DEATHS_SECONDS]
        return len(self.deaths) >= self.settings.deaths

    @property
    def state(self) -> State:
        """What the workers do, in one word: the busiest one's."""
        states = {place.state for place in self.places}
        return next(state for state in _STATES if state in states)

    @property
    def megabytes(self) -> float:
        """Resident memory of all workers."""
        return sum(map(self.executor.megabytes, range(self.executor.places)))

    @property
    def due(self) -> float:
        """When a worker may be started again for what waits, on the monotonic clock."""
        resting = [place.retry_at for place in self.places if place.state == "none"]
        return min(resting, default=math.inf) if self.waiting and not self.degraded else math.inf

    def wait_ms(self, ahead: int) -> int:
        """How long so many jobs will take, by what jobs took lately."""
        return int(1000 * self._usual * max(1, ahead) / len(self.places))

    # --- jobs come and go

    def enqueue(self, one: Waiting) -> None:
        """A job that was written down."""
        if any(other.job == one.job for other in self.waiting):
            return
        for older in superseded([*self.waiting, *self.running], one):
            self.cancel(older.job, "superseded", lambda _status: None, _log)
        self.waiting.append(one)
        self.dispatch()

    def cancel(
        self,
        job: str,
        reason: str,
        then: Callable[[JobStatus], None],
        failed: Callable[[CuelockError], None],
    ) -> None:
        """Cancel a job that waits; have a running one given up."""

        def asked(status: JobStatus) -> None:
            self.waiting = [one for one in self.waiting if one.job != job]
            for number, place in enumerate(self.places):
                if status.cancelling and place.running and place.running.one.job == job:
                    self.executor.tell(number, Stop(job=job))
                    place.stop_asked = place.stop_asked or time.monotonic()
            self.tell.changed(status)
            then(status)

        self.journal.do(lambda store: jobs.ask_to_cancel(store.db, job, reason), asked, failed)

    def expire(self, seen: dict[str, float]) -> None:
        """Cancel what is tied to a session that was silent for too long."""
        now = time.monotonic()
        for one in [*self.waiting, *self.running]:
            heard = seen.get(one.session, one.since) if one.session else now
            if now - max(heard, one.since) > self.settings.lease_seconds:
                self.cancel(one.job, "disconnected", lambda _status: None, _log)

    def unload(self) -> None:
        """Have idle workers forget their bundles."""
        for number, place in enumerate(self.places):
            if place.state == "idle":
                self.executor.tell(number, Unload())
                place.unloaded = True

    def revive(self) -> None:
        """Forget deaths: workers are started again."""
        self.deaths.clear()
        for place in self.places:
            place.retry_at = 0.0
        self.dispatch()

    # --- workers

    def dispatch(self) -> None:
        """Give waiting jobs to idle workers; start workers where there are too few."""
        now = time.monotonic()
        for number, place in enumerate(self.places):
            if not self.waiting:
                return
            if place.state == "none" and now >= place.retry_at and not self.degraded:
                if self.executor.start(number):
                    place.state, place.quiet_since = "starting", now
                else:
                    place.retry_at = now + _NO_ROOM_SECONDS
            if place.state == "idle":
                one = next_of(self.waiting, self._served, now)
                if one is not None:
                    self._begin(number, place, one)

    def _begin(self, number: int, place: Place, one: Waiting) -> None:
        now = time.monotonic()
        self.waiting.remove(one)
        self._served[one.client] = now
        place.running = Running(one, 0, now)
        place.state, place.unloaded, place.stop_asked = "busy", False, None
        place.quiet_since, place.dumped, place.at_work = now, False, False

        def begin(store: Store) -> tuple[int, Do, JobStatus]:
            _, asked = jobs.asked(store.db, one.job)
            upon = built_upon(asked)
            given = tuple(history.given(store.db, store.blobs, take) for take in upon)
            params = asked.params
            if one.client != self.own_key:
                wanted = msgspec.msgpack.decode(params, type=JOBS[asked.kind].body)
                here = store.travel.here(wanted, one.job)
                params = msgspec.Raw(msgspec.msgpack.encode(here))
            order = Do(job=one.job, kind=asked.kind, params=params, given=given)
            attempt = jobs.begin_attempt(store.db, one.job, self.epoch)
            return attempt, order, jobs.status(store.db, one.job)

        def begun(found: tuple[int, Do, JobStatus]) -> None:
            attempt, order, status = found
            if status.state != "running":  # cancelled at the last moment
                place.running, place.state = None, "idle"
            elif place.running is not None:
                place.running = Running(one, attempt, time.monotonic())
                self.executor.tell(number, order)
            self.tell.changed(status)
            self.dispatch()

        def failed(error: CuelockError) -> None:
            place.running, place.state = None, "idle"
            self._fail(one.job, error)
            self.dispatch()

        self.journal.do(begin, begun, failed)

    def take(self, number: int, frame: FromWorker | Gone) -> None:
        """What a worker said, or that it is gone."""
        place = self.places[number]
        place.quiet_since = time.monotonic()
        match frame:
            case Ready():
                place.state, place.idle_since = "idle", time.monotonic()
                self.dispatch()
            case Progressed():
                place.at_work = True
                self.tell.progress(frame)
            case Heard():
                self.tell.heard(frame)
            case Finished():
                running, place.running = place.running, None
                place.state, place.idle_since = "idle", time.monotonic()
                if running and running.one.job == frame.job:
                    self._finish(running, frame)
                if frame.error is not None and frame.error.code == "gpu.oom":
                    self._replace(number, place)
                self.dispatch()
            case Gone():
                self._died(place, frame)

    def _replace(self, number: int, place: Place) -> None:
        """A worker that ran out of memory may not have given it all back."""
        place.state = "starting"
        self._end(number, place)

    def _end(self, number: int, place: Place) -> None:
        place.ended = True
        self.executor.kill(number)

    def _finish(self, running: Running, frame: Finished) -> None:
        """Bring files to safety, then say done; a finished take wins over a late cancel."""
        seconds = time.monotonic() - running.began
        self._usual += 0.2 * (seconds - self._usual)

        def work(store: Store) -> JobStatus:
            if frame.take is not None:
                kept = history.keep(frame.take, store.blobs, store.sidecars)
                history.record(store.db, frame.job, kept)
                shutil.rmtree(store.travel.outbox / frame.job, ignore_errors=True)
                reply = msgspec.msgpack.encode(frame.take.reply)
                jobs.step(store.db, frame.job, "done", reply=reply)
            elif frame.error is None or frame.error.code == "cancelled.user":
                reason = jobs.cancel_reason(store.db, frame.job)
                jobs.step(store.db, frame.job, "cancelled", reason=reason)
            else:
                jobs.step(store.db, frame.job, "failed", reason=frame.error.code, error=frame.error)
            status = jobs.status(store.db, frame.job)
            outcome = "done" if status.state == "done" else "failed"
            jobs.end_attempt(store.db, frame.job, running.attempt, outcome)
            return status

        self.journal.do(work, self.tell.changed, lambda error: self._fail(frame.job, error))

    def _died(self, place: Place, frame: Gone) -> None:
        now = time.monotonic()
        running, place.running = place.running, None
        outcome: jobs.Outcome = "stalled" if place.stalled else "crashed"
        if frame.lost:
            log.warning("a worker's machine is gone")
            outcome = "node_lost"
        elif not place.ended:
            log.warning("a worker ended with status %d", frame.status)
            self.deaths.append(now)
            self.deaths_ever += 1
            earlier = len(self.deaths) - 1
            place.retry_at = now + (min(_LONGEST_WAIT, 2.0 ** (earlier - 1)) if earlier else 0.0)
        place.state, place.ended, place.stalled = "none", False, False
        if running is None:
            self.dispatch()
            return
        job, attempt = running.one.job, running.attempt

        def again(status: JobStatus) -> None:
            self.tell.changed(status)
            if status.state == "queued":
                self.waiting.append(running.one)
                self.dispatch()

        self.journal.do(
            lambda store: jobs.attempt_lost(store.db, job, attempt, outcome), again, _log
        )

    def look_after(self) -> None:
        """What only time tells: workers that hang, that nobody needs, or that may start again."""
        now = time.monotonic()
        for number, place in enumerate(self.places):
            asked = place.stop_asked
            if asked and place.running and now - asked > self.settings.kill_seconds:
                place.stop_asked = None
                self._end(number, place)
            if place.state in ("busy", "starting"):
                self._look_for_a_stall(number, place, now - place.quiet_since)
            elif place.state == "idle" and not self.waiting:
                idle = now - place.idle_since
                if idle > self.settings.unload_seconds and not place.unloaded:
                    self.unload()
                elif idle > self.settings.worker_idle_seconds and place.unloaded:
                    self._end(number, place)
        if self.waiting:
            self.dispatch()

    def _look_for_a_stall(self, number: int, place: Place, quiet: float) -> None:
        patience = self.settings.silence_seconds
        if place.state == "starting" or not place.at_work:
            patience = max(patience, _START_SECONDS)
        if quiet > patience and not place.dumped:
            log.error("a worker said nothing for %.0f s; its stacks are in worker.log", quiet)
            self.executor.dump(number)
            place.dumped = True
        elif quiet > patience + 1 and place.dumped:
            place.stalled = True
            self.executor.kill(number)

    def _fail(self, job: str, error: CuelockError) -> None:
        report: ErrorReport = error_report(error)

        def work(store: Store) -> JobStatus:
            jobs.step(store.db, job, "failed", reason=error.code, error=report)
            return jobs.status(store.db, job)

        self.journal.do(work, self.tell.changed, _log)


def built_upon(asked: Submit) -> tuple[str, ...]:
    """The takes a job builds upon, in the order its request names them."""
    match msgspec.msgpack.decode(asked.params, type=JOBS[asked.kind].body):
        case RegenerateRequest() | RecutRequest() as request:
            return (request.take,)
        case CompRequest() as request:
            return (request.take, *(piece.take for piece in request.pieces))
        case _:
            return ()


def progress_report(frame: Progressed, after: int) -> ProgressReport:
    """A worker's word as clients hear it."""
    return ProgressReport(job=frame.job, after=after, stage=frame.stage, done=frame.done)


def _log(error: CuelockError) -> None:
    log.error("%s: %s", error.code, error.message)
