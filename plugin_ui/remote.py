"""An engine of another machine: clips go to it and stems come from it beside the line that asks.

It names no path of this machine and this one names none of its own: what it tells of takes is told
here as if it had made them here.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace
from PyQt6.QtCore import QObject, QThreadPool, pyqtSignal

from host_bridge.client import Engine, connect
from host_bridge.discovery import Address
from host_bridge.errors import CuelockError, refusing
from host_bridge.protocol import ProgressReport, RenderRequest, Submit, TakeSummary
from host_bridge.travel import Progress, fetch_take, moved, named, parcels, send_files
from host_bridge.wire import JOBS
from media.clip import open_clip
from media.excerpt import archived
from plugin_ui.keeper import folder
from plugin_ui.session import region_of

Made = TypeVar("Made")

_AGAIN_SECONDS = 1.0  # after a connection that failed
_TELL_SECONDS = 0.1
_SENT = re.compile(r"(?:blob|sparse)-([0-9a-f]{64})[/\\][^/\\]+$")


class RemoteEngine(msgspec.Struct, frozen=True, kw_only=True):
    """An engine of another machine, and what it is called here."""

    name: str
    address: Address


class Carrier(QObject):
    """Carries files to and from one engine until it is left; a lost connection is taken up again.

    progressed(ProgressReport): files of a job are farther on their way.
    """

    progressed = pyqtSignal(object)
    _ended = pyqtSignal(object)

    def __init__(self, engine: RemoteEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self._under_way: set[str] = set()
        self._leaving = threading.Event()
        self._up, self._down = QThreadPool(self), QThreadPool(self)
        for pool in (self._up, self._down):  # one after the other: they share the line
            pool.setMaxThreadCount(1)
        self._ended.connect(self._end)

    def send(
        self,
        job: Submit,
        then: Callable[[Submit], None],
        failed: Callable[[CuelockError], None],
    ) -> None:
        """Send what a job names; then(the job as the engine is to know it), in the GUI thread."""
        self._carry(self._up, job.job, partial(self._sent, job), then, failed)

    def fetch(
        self,
        key: str,
        take: str,
        to: Path,
        then: Callable[[tuple[str, ...]], None],
        failed: Callable[[CuelockError], None],
    ) -> None:
        """Fetch a take's files into a folder; then(where they are), in the GUI thread.

        key: the job that made it, or another word for what is fetched.
        """
        told = self._teller(key)
        fetched = partial(fetch_take, take=take, to=to, progress=told)
        self._carry(self._down, key, fetched, then, failed)

    def drop(self, key: str) -> None:
        """What is under way for a job is not wanted any more; nobody hears of its end."""
        self._under_way.discard(key)

    def leave(self) -> None:
        """Nothing is wanted any more."""
        self._under_way.clear()
        self._leaving.set()

    def wait(self) -> None:
        """Until its threads have ended, after leave()."""
        for pool in (self._up, self._down):
            pool.waitForDone()

    def _end(self, then: Callable[[], None]) -> None:
        then()

    # --- in the threads

    def _carry(
        self,
        pool: QThreadPool,
        key: str,
        work: Callable[[Engine], Made],
        then: Callable[[Made], None],
        failed: Callable[[CuelockError], None],
    ) -> None:
        if key in self._under_way or self._leaving.is_set():
            return
        self._under_way.add(key)

        def run() -> None:
            try:
                end = partial(then, self._done(key, work))
            except CuelockError as error:
                end = partial(failed, error)
            if key in self._under_way:
                self._under_way.discard(key)
                self._ended.emit(end)

        pool.start(run)

    def _done(self, key: str, work: Callable[[Engine], Made]) -> Made:
        """Again and again while the engine cannot be reached and the work is wanted."""
        while True:
            try:
                with (
                    refusing(),
                    connect(
                        wanted=lambda: key in self._under_way, far=self.engine.address
                    ) as engine,
                ):
                    return work(engine)
            except CuelockError as error:
                if error.code != "engine.unreachable" or key not in self._under_way:
                    raise
            self._leaving.wait(_AGAIN_SECONDS)

    def _sent(self, job: Submit, engine: Engine) -> Submit:
        request = msgspec.msgpack.decode(job.params, type=JOBS[job.kind].body)
        with _excerpt(request) as part:
            sent = parcels(request, part)
            send_files(engine, sent, self._teller(job.job))
        for one in sent:
            if isinstance(request, RenderRequest) and one.field == "clip":
                _keep_sent(one.sha256, request.clip)
        params = msgspec.Raw(msgspec.msgpack.encode(named(request, sent)))
        return replace(job, params=params)

    def _teller(self, key: str) -> Progress:
        """Tells how far a job's files are; ends their journey when it is not wanted any more."""
        words = {"sending": self.tr("sending"), "fetching": self.tr("fetching")}
        told = 0.0

        def tell(stage: str, done: float) -> None:
            nonlocal told
            if key not in self._under_way:
                raise CuelockError("cancelled.user", "Cancelled.", hint="Ask for it again.")
            if time.monotonic() > told + _TELL_SECONDS:
                told = time.monotonic()
                report = ProgressReport(job=key, after=0, stage=words[stage], done=done)
                self.progressed.emit(report)

        return tell


def _excerpt(request: msgspec.Struct) -> AbstractContextManager[Path | None]:
    """What a request needs of its clip; None for one that names none, or needs all."""
    if not isinstance(request, RenderRequest):
        return nullcontext()
    clip, region = open_clip(Path(request.clip)), region_of(request)
    return archived(clip, Fraction(region.start) / clip.rate, Fraction(region.stop) / clip.rate)


# --- takes of the other machine


def as_here(take: TakeSummary, stems: Path) -> TakeSummary:
    """A take with the clip that was sent for it, and with its files where they are fetched to."""
    record = take.record
    request = replace(record.request, clip=_clip_of(record.request.clip))
    return replace(take, record=replace(record, request=request, reply=moved(record.reply, stems)))


def _clip_of(path: str) -> str:
    """The clip that was sent from here under the hash in a path; else the path as it is."""
    match = _SENT.search(path)
    try:
        return _sent_file(match[1]).read_text("utf-8") if match else path
    except OSError:
        return path


def _keep_sent(sha256: str, clip: str) -> None:
    """Known before the job is given: whatever dies then, its take is known by its clip."""
    path = _sent_file(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(clip, "utf-8")
    part.replace(path)


def _sent_file(sha256: str) -> Path:
    return folder() / "sent" / sha256
