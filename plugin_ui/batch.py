"""The batch: ranges for the engine to work through while everything else goes on."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    JobStatus,
    ProgressReport,
    RenderReply,
    RenderRequest,
    Submit,
    error_report,
)
from plugin_ui.link import ENDED, EngineLink
from plugin_ui.session import Queued


class Share(NamedTuple):
    """How far a range is: what is worked on, how far that is, and all of it."""

    stage: str
    done: float
    all: float


class Batch(QObject):
    """The batch of the clip on the desk, in whose session it outlives this process.

    changed(): a range came, went, or has another state. progressed(): one of them is farther.
    made(RenderReply): a range's take is there.
    """

    changed = pyqtSignal()
    progressed = pyqtSignal()
    made = pyqtSignal(object)

    def __init__(
        self,
        link: EngineLink,
        parent: QObject | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.queue: tuple[Queued, ...] = ()
        self.shares: dict[str, Share] = {}  # job -> how far
        self._link, self._now = link, now
        self._put_off: list[Submit] = []  # while the engine's queue is full
        self._finished = 0.0  # work, since this process looks
        self._began: tuple[float, float] | None = None  # when, and how much was done by then
        link.job_changed.connect(self._job)
        link.refused.connect(self._refused)
        link.progressed.connect(self._progress)

    def open(self, queue: tuple[Queued, ...]) -> None:
        """Another clip's: what its engine was asked for is found there, or asked for again."""
        self.queue, self.shares, self._put_off = queue, {}, []
        self._finished, self._began = 0.0, None
        for one in self.asked():
            self._link.submit(one.job)
        self.changed.emit()

    def asked(self) -> tuple[Queued, ...]:
        """What the engine has of it."""
        return tuple(one for one in self.queue if one.state == "asked")

    def kept_back(self) -> bool:
        """Whether the engine has no room yet for all that was asked."""
        return bool(self._put_off)

    # --- what is wanted

    def add(self, requests: Iterable[RenderRequest]) -> None:
        """More ranges, which wait."""
        self._take((*self.queue, *(Queued(job=_fresh(_raw(one))) for one in requests)))

    def render(self) -> None:
        """Ask for everything that waits, and again for what failed."""
        wanted = {
            one.job.job: one.job if one.state == "waits" else _fresh(one.job.params)
            for one in self.queue
            if one.state in ("waits", "failed")
        }
        self._replace(wanted, lambda one: Queued(job=wanted[one.job.job], state="asked"))
        for job in wanted.values():
            self._link.submit(job)

    def cancel(self, jobs: Collection[str]) -> None:
        """Ranges that were asked for wait again; what was made of them goes."""
        ended = self._end(jobs)
        # Under its id a cancelled job stays cancelled.
        self._replace(ended, lambda one: Queued(job=_fresh(one.job.params)))

    def remove(self, jobs: Collection[str]) -> None:
        """Ranges out of the batch, whatever their state; takes stay."""
        self._end(jobs)
        self._take(tuple(one for one in self.queue if one.job.job not in jobs))

    def take_for(self, takes: Collection[str], take: str) -> None:
        """Ranges that have one of some takes have another from now on."""
        self._take(
            tuple(
                replace(one, take=take) if one.state == "done" and one.take in takes else one
                for one in self.queue
            )
        )

    def _end(self, jobs: Collection[str]) -> set[str]:
        ended = {one.job.job for one in self.asked()} & set(jobs)
        unknown = {job.job for job in self._put_off} & ended
        self._put_off = [job for job in self._put_off if job.job not in ended]
        for job in ended - unknown:
            self._link.cancel(job)
        return ended

    # --- how far it is

    def seconds_left(self) -> float | None:
        """Until everything that was asked for is there, at the pace so far; None: nobody knows."""
        done, rest = self._done(), sum(_size(one) for one in self.asked())
        rest -= done - self._finished
        if self._began is None or done <= self._began[1]:
            return None
        since, before = self._began
        return (self._now() - since) * rest / (done - before)

    def _done(self) -> float:
        """Work: frames times layers."""
        shares = ((one, self.shares.get(one.job.job)) for one in self.asked())
        return self._finished + sum(_size(one) * share.all for one, share in shares if share)

    def _progress(self, report: ProgressReport) -> None:
        one = next((one for one in self.asked() if one.job.job == report.job), None)
        if one is None:
            return
        self.shares[report.job] = share_of(one.request, report.stage, report.done)
        if self._began is None:
            self._began = self._now(), self._done()
        self.progressed.emit()

    # --- what comes back

    def _job(self, status: JobStatus) -> None:
        if status.state not in ENDED:
            return
        if self._put_off:  # there may be room now
            self._link.submit(self._put_off.pop(0))
        one = next((one for one in self.queue if one.job.job == status.job), None)
        if one is None:
            return
        self.shares.pop(status.job, None)
        if status.state == "done":
            reply = msgspec.msgpack.decode(status.reply, type=RenderReply)
            self._finished += _size(one)
            self._replace({status.job}, lambda one: replace(one, state="done", take=reply.take))
            self.made.emit(reply)
        elif status.error is not None:
            self._replace(
                {status.job}, lambda one: replace(one, state="failed", error=status.error)
            )
        else:  # cancelled elsewhere
            self._replace({status.job}, lambda one: Queued(job=_fresh(one.job.params)))

    def _refused(self, job: str, error: CuelockError) -> None:
        one = next((one for one in self.queue if one.job.job == job), None)
        if one is None:
            return
        if error.code.startswith("busy.") and len(self.asked()) > len(self._put_off) + 1:
            self._put_off.append(one.job)
        else:
            report = error_report(error)
            self._replace({job}, lambda one: replace(one, state="failed", error=report))

    def _replace(self, jobs: Collection[str], change: Callable[[Queued], Queued]) -> None:
        self._take(tuple(change(one) if one.job.job in jobs else one for one in self.queue))

    def _take(self, queue: tuple[Queued, ...]) -> None:
        if queue == self.queue:
            return
        self.queue = queue
        if not self.asked():
            self._finished, self._began = 0.0, None
        self.changed.emit()


def share_of(request: RenderRequest, stage: str, done: float) -> Share:
    """A report as a share of a whole request: its layers one after the other, the picture nothing.

    >>> from host_bridge.protocol import Layer
    >>> layers = tuple(Layer(name=name, prompt="", seed=0) for name in ("rain", "wind"))
    >>> share_of(RenderRequest(clip="", layers=layers, to=""), "wind", 0.5)
    Share(stage='wind', done=0.5, all=0.75)
    """
    names = [layer.name for layer in request.layers]
    whole = (names.index(stage) + done) / len(names) if stage in names else 0.0
    return Share(stage, done, whole)


def _size(one: Queued) -> int:
    region = one.region
    return (region.stop - region.start) * len(one.request.layers)


def _raw(request: RenderRequest) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(request))


def _fresh(params: msgspec.Raw) -> Submit:
    return Submit(job=uuid.uuid4().hex, kind="render", params=params, priority="batch")
