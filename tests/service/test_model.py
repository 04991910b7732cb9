"""Any order of submits, cancels, deaths and restarts against a model of a job's life."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import msgspec
import zmq
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from take_factory import finished

from engine.service.crew import Crew, Tell
from engine.service.executor import Gone, Heard
from engine.service.journal import Journal
from engine.service.lineup import Waiting
from engine.service.settings import Settings
from engine.service.worker import Do, Finished, Ready, Stop, ToWorker
from engine.takes import history, jobs
from host_bridge.errors import CuelockError
from host_bridge.protocol import ErrorReport, JobStatus, Layer, RenderRequest, Submit

ENDED = ("done", "failed", "cancelled")
_CANCELLED = ErrorReport(code="cancelled.user", message="", hint="", retryable=False)
_BROKEN = ErrorReport(code="media.missing", message="", hint="", retryable=False)


class Scripted:
    """An executor with one worker that does what the test says."""

    places = 1

    def __init__(self) -> None:
        self.lives = False
        self.order: Do | None = None
        self.stopped: set[str] = set()
        self.ordered: list[str] = []

    def start(self, place: int) -> bool:
        assert not self.lives
        self.lives = True
        return True

    def tell(self, place: int, frame: ToWorker) -> None:
        if isinstance(frame, Do):
            assert self.order is None, "a worker does one job at a time"
            self.order = frame
            self.ordered.append(frame.job)
        elif isinstance(frame, Stop):
            self.stopped.add(frame.job)

    def heard(self, take: Heard) -> None:
        raise AssertionError("the test hands frames over itself")

    def dump(self, place: int) -> None:
        pass

    def kill(self, place: int) -> None:
        pass

    def megabytes(self, place: int) -> float:
        return 0.0

    def close(self) -> None:
        self.lives, self.order = False, None


class Engine(RuleBasedStateMachine):
    """The crew over a real journal, and what the model knows of each job."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.asked: dict[str, Submit] = {}
        self.end: dict[str, str] = {}
        self.deaths: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.told: dict[str, int] = {}
        self.alive()

    def alive(self) -> None:
        self.context = zmq.Context()
        self.journal = Journal(self.folder, self.context)
        self.executor = Scripted()
        tell = Tell(self.changed, lambda _frame: None, lambda _frame: None)
        self.crew = Crew(
            self.executor,  # type: ignore[arg-type]
            self.journal, "epoch", Settings(deaths=1000), tell, own_key="own",
        )  # fmt: skip
        self.settle()

    def dead(self) -> None:
        self.journal.close()
        self.context.destroy(linger=0)

    def changed(self, status: JobStatus) -> None:
        assert status.last_seq >= self.told.get(status.job, 0), "events go forward"
        self.told[status.job] = status.last_seq
        if status.state in ENDED:
            before = self.end.setdefault(status.job, status.state)
            assert before == status.state, "an end is an end"

    def settle(self) -> None:
        """Let the journal do all that waits; workers may start at once."""
        for place in self.crew.places:
            place.retry_at = 0.0
        for _ in range(4):
            answered: list[int] = []
            self.journal.do(lambda _store: 1, answered.append, lambda _error: None)
            until = time.monotonic() + 10
            while not answered and time.monotonic() < until:
                self.journal.wake.poll(100)
                self.journal.deliver()
            self.crew.look_after()

    def statuses(self) -> list[JobStatus]:
        found: list[list[JobStatus]] = []
        self.journal.do(
            lambda store: [jobs.status(store.db, job) for job in self.asked],
            found.append,
            lambda _error: None,
        )
        self.settle()
        return found[0]

    # --- what may happen

    @rule(preview=st.booleans(), steps=st.integers(1, 9))
    def submit(self, preview: bool, steps: int) -> None:
        job = f"{len(self.asked):032d}"
        wanted = RenderRequest(
            clip="clip.mov", layers=(Layer(name="a", prompt="", seed=0),), to="/", steps=steps
        )
        asked = Submit(
            job=job, kind="render", params=msgspec.Raw(msgspec.msgpack.encode(wanted)),
            priority="preview" if preview else "region", supersede="lane" if preview else None,
        )  # fmt: skip
        if preview:
            self.cancelled |= {
                other for other, one in self.asked.items()
                if one.priority == "preview" and other not in self.end
            }  # fmt: skip
        self.asked[job] = asked
        self.put_in(asked, "own")

    def put_in(self, asked: Submit, client: str) -> None:
        def then(status: JobStatus) -> None:
            if status.state == "queued" and status.last_seq == 1:
                self.changed(status)
                one = Waiting(asked.job, client, asked.priority, asked.supersede, None, 0.0)
                self.crew.enqueue(one)

        self.journal.do(
            lambda store: jobs.submit(store.db, client, asked), then, lambda _error: None
        )
        self.settle()

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def submit_again(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.asked)))
        before = self.told[job]
        self.put_in(self.asked[job], "own")
        assert self.told[job] == before
        other = msgspec.structs.replace(self.asked[job], params=msgspec.Raw(b"\x80"))
        refused: list[CuelockError] = []
        self.journal.do(
            lambda store: jobs.submit(store.db, "own", other), lambda _s: None, refused.append
        )
        self.settle()
        assert [error.code for error in refused] == ["job.conflict"]

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.asked)))
        others = {s.job: s.cancelling for s in self.statuses() if s.job != job}
        self.cancelled.add(job)
        self.crew.cancel(job, "asked", lambda _status: None, lambda _error: None)
        self.settle()
        assert {s.job: s.cancelling for s in self.statuses() if s.job != job} == others

    @precondition(lambda self: self.executor.lives and self.crew.places[0].state == "starting")
    @rule()
    def worker_is_ready(self) -> None:
        self.crew.take(0, Ready())
        self.settle()

    @precondition(lambda self: self.executor.order is not None)
    @rule(how=st.sampled_from(["done", "failed"]))
    def worker_finishes(self, how: str) -> None:
        order, self.executor.order = self.executor.order, None
        assert order is not None
        if how == "done":
            self.crew.take(0, Finished(job=order.job, take=finished(self.folder / "to", order.job)))
        else:
            error = _CANCELLED if order.job in self.executor.stopped else _BROKEN
            self.crew.take(0, Finished(job=order.job, error=error))
        self.settle()

    @precondition(lambda self: self.executor.lives)
    @rule()
    def worker_dies(self) -> None:
        if self.executor.order is not None:
            job = self.executor.order.job
            self.deaths[job] = self.deaths.get(job, 0) + 1
        self.executor.lives, self.executor.order = False, None
        self.crew.take(0, Gone(status=-9))
        self.settle()

    @precondition(lambda self: self.executor.lives)
    @rule()
    def machine_is_lost(self) -> None:
        """Which counts for nothing."""
        self.executor.lives, self.executor.order = False, None
        self.crew.take(0, Gone(status=-9, lost=True))
        self.settle()

    @rule()
    def engine_dies(self) -> None:
        if self.executor.order is not None:
            job = self.executor.order.job
            self.deaths[job] = self.deaths.get(job, 0) + 1
        self.dead()
        self.alive()
        found: list[list[tuple[str, Submit]]] = []
        self.journal.do(
            lambda store: [jobs.asked(store.db, j) for j in jobs.recover(store.db, "next")],
            found.append,
            lambda _error: None,
        )
        self.settle()
        for client, asked in found[0]:
            one = Waiting(asked.job, client, asked.priority, asked.supersede, None, 0.0)
            self.crew.enqueue(one)
        for status in self.statuses():
            self.changed(status)

    # --- what always holds

    @invariant()
    def jobs_are_where_the_model_says(self) -> None:
        for status in self.statuses():
            assert (status.state in ENDED) == (status.job in self.end)
            if status.state == "cancelled":
                assert status.job in self.cancelled, "nobody asked for that"
            if status.reason == "worker.poison":
                assert self.deaths[status.job] == jobs.ATTEMPTS
            assert self.deaths.get(status.job, 0) <= jobs.ATTEMPTS

    def teardown(self) -> None:
        """Let workers live: every job comes to its end, and what was told is what is stored."""
        for _ in range(4 * len(self.asked) + 4):
            if self.executor.order is not None:
                self.worker_finishes("done")
            elif self.crew.places[0].state == "starting":
                self.worker_is_ready()
            self.settle()
        assert set(self.end) == set(self.asked)
        kept: list[tuple[int, list[list[int]]]] = []
        self.journal.do(
            lambda store: (
                len(history.listed(store.db, 1000)),
                [[e.seq for e in jobs.events(store.db, job, 0)] for job in self.asked],
            ),
            kept.append,
            lambda _error: None,
        )
        self.settle()
        takes, numbers = kept[0]
        assert takes == sum(state == "done" for state in self.end.values())
        for job, seen in zip(self.asked, numbers, strict=True):
            assert seen == list(range(1, self.told[job] + 1)), "events are numbered without holes"
        self.dead()
        shutil.rmtree(self.folder, ignore_errors=True)


TestEngine = Engine.TestCase
TestEngine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
