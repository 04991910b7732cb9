"""The desk: the session, the line to the engine and what the artist asks of it; no widgets.

Every request is made here from the work as it is; what comes back changes the work by one edit.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace
from PyQt6.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    Change,
    CurveEdit,
    DeliverReply,
    DeliverTake,
    JobKind,
    JobStatus,
    Layer,
    NoteTake,
    PointsEdit,
    RegenerateRequest,
    RenderReply,
    RenderRequest,
    StarTake,
    StemReport,
    Submit,
    TakeSummary,
)
from host_bridge.timecode import Rate, label_of_frame
from media.clip import Clip, open_clip
from plugin_ui.asked import Again, comping, regenerating, rendering
from plugin_ui.history import History
from plugin_ui.keeper import Keeper, folder, read_session
from plugin_ui.lanes.preview import with_edit
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.link import ENDED, EngineLink
from plugin_ui.session import Region, Session, Work, around
from plugin_ui.sounding import Opened, Sounding, range_of, sounding


class Desk(QObject):
    """The panel without its window.

    opened(Opened): a clip lies on the desk. takes_changed(): of this clip.
    jobs_changed(): one was given, or is at its end. said(CuelockError): what a person must know.
    finished(RenderReply): a take was made. exported(DeliverReply): its files lie where they were
    wanted.
    """

    opened = pyqtSignal(object)
    takes_changed = pyqtSignal()
    jobs_changed = pyqtSignal()
    said = pyqtSignal(object)
    finished = pyqtSignal(object)
    exported = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = Session()
        self.here: Opened | None = None
        self.takes: dict[str, TakeSummary] = {}
        self.jobs: dict[str, Submit] = {}
        self.history = History(Work(), self)
        self.history.changed.connect(self._keep)
        self.link = EngineLink(self)
        self.link.takes_changed.connect(self._list)
        self.link.job_changed.connect(self._job)
        self.link.refused.connect(self._refused)
        self._keeper = Keeper()
        self._all: tuple[TakeSummary, ...] = ()
        self._delivered: dict[str, dict[str, str]] = {}  # take -> file name -> where it is again

    @property
    def work(self) -> Work:
        """As it is now."""
        return self.history.work

    # --- clips and sessions

    def open(self, path: Path) -> None:
        """Look at a clip, away from the GUI thread; opened or said tells what came of it."""
        looking = _Looking(path)
        looking.told.found.connect(self._open)
        looking.told.failed.connect(self.said)
        pool = QThreadPool.globalInstance()
        assert pool is not None
        pool.start(looking)

    def _open(self, clip: Clip) -> None:
        rate = Rate.of(clip.rate, drop=clip.drop)
        start = clip.start_timecode or label_of_frame(0, rate)
        try:
            session = read_session(str(clip.path))
        except CuelockError as error:
            self.said.emit(error)
            return
        self.here = Opened(clip, Timeline(rate=rate, start=start, frames=clip.frames))
        self.session, self.takes = session, {}
        self.jobs = {job.job: job for job in session.jobs}
        self.history.open(session.work)
        for job in session.jobs:  # where the panel died: the same job again, or its answer
            self.link.submit(job)
        self._list(self._all)
        self.opened.emit(self.here)
        self.jobs_changed.emit()

    def place(self, playhead: int, window: bytes) -> None:
        """Keep where the playhead stands and how the window looks."""
        self.session = replace(self.session, playhead=playhead, window=window)
        self._keep()

    def _keep(self) -> None:
        if self.here is not None:
            self.session = replace(self.session, work=self.work, jobs=tuple(self.jobs.values()))
            try:
                self._keeper.keep(self.session)
            except CuelockError as error:  # the work goes on; the next edit tries again
                self.said.emit(error)

    def close(self) -> None:
        """Keep what is there and let the engine go."""
        self._keep()
        self._keeper.close()
        self.link.close()

    # --- what is heard

    def take(self) -> TakeSummary | None:
        """The chosen take."""
        return self.takes.get(self.work.take or "")

    def sounding(self) -> tuple[Sounding, ...]:
        """The chosen take's layers as they are heard."""
        take = self.take()
        if take is None or self.here is None:
            return ()
        return sounding(self.here, take, self.work.variations, partial(self._file, take))

    def _file(self, take: TakeSummary, path: str) -> str:
        """Where a file of a take is; one that is gone is asked for again, from the history."""
        name = take.record.take
        if Path(path).exists():
            return path
        if name not in self._delivered:
            self._delivered[name] = {}
            to = DeliverTake(take=name, to=str(folder() / "stems" / name))
            self.link.ask("take.deliver", to, DeliverReply, self._have)
        return self._delivered[name].get(Path(path).name, path)

    def _have(self, reply: DeliverReply) -> None:
        for path in map(Path, reply.paths):
            self._delivered.setdefault(path.parent.name, {})[path.name] = str(path)
        self.takes_changed.emit()

    def choose(self, take: str) -> None:
        """Hear another take; its layers become those of the desk."""
        found = self.takes.get(take)
        if found is not None and take != self.work.take:
            layers = found.record.layers
            layer = self.work.layer if _named(layers, self.work.layer) else layers[0].name
            self.history.edit(
                self.tr("Choose take"), take=take, layer=layer, variations={}, edits=(),
                layers=(*layers, *_others(self.work.layers, layers)),
            )  # fmt: skip

    def hear(self, take: str, variations: dict[str, int]) -> None:
        """Hear a take and its variations in place of the chosen one; the work stays as it is."""
        if take in self.takes:
            self.history.edit(self.tr("Hear take"), take=take, variations=variations)

    def choose_stem(self, take: str, stem: StemReport) -> None:
        """Hear a variation."""
        known = self.work.variations if take == self.work.take else {}
        self.hear(take, known | {stem.layer: stem.variation})

    # --- what is asked

    def render(self) -> None:
        """Every layer for the marked range, or the whole clip."""
        if self.here is not None:
            self._submit("render", rendering(self.here, self.work, self._folder()))

    def regenerate(self, how: Again) -> None:
        """The region of the chosen take anew, with the edits that wait."""
        if self.here is not None:
            asked = partial(regenerating, self.here, self.work, self.take(), how, self._folder())
            self._submit_if("regenerate", asked)

    def comp(self, take: str, variation: int) -> None:
        """The region of another take, or of another variation, into the chosen one."""
        asked = partial(comping, self.work, self.take(), take, variation, self._folder())
        self._submit_if("comp", asked)

    def add_edit(self, edit: CurveEdit, *, replaces: bool = False) -> None:
        """Another edit of the wanted curves, or in place of the last; it waits for R."""
        take = self.take()
        if take is None or self.here is None:
            return
        whole, region = range_of(self.here, take), self.work.region
        if isinstance(edit, PointsEdit) and edit.points:
            frames = [self.here.frame(time) for time, _ in edit.points]
            drawn = Region(min(frames), max(frames) + 1)
            if region is None or drawn.within(region) != drawn:
                region = around(drawn, self.here.timeline.fps, whole, region)
        edits = with_edit(self.work.edits, edit, replaces=replaces)
        self.history.edit(self.tr("Edit curve"), edits=edits, region=region or whole)

    def forget_edits(self) -> None:
        """What was drawn and not rendered goes."""
        self.history.edit(self.tr("Forget edits"), edits=())

    def cancel(self, job: str) -> None:
        """End a job; what it had made goes with it."""
        self.link.cancel(job)

    def star(self, take: str, star: bool) -> None:
        """Mark a take."""
        self.link.ask("take.star", StarTake(take=take, star=star), TakeSummary, self._listed)

    def note(self, take: str, note: str) -> None:
        """Put a note on a take."""
        self.link.ask("take.note", NoteTake(take=take, note=note), TakeSummary, self._listed)

    def export(self, to: Path) -> None:
        """Copy the chosen take's files to a folder."""
        take = self.take()
        if take is not None:
            deliver = DeliverTake(take=take.record.take, to=str(to))
            self.link.ask("take.deliver", deliver, DeliverReply, self.exported.emit)

    def _listed(self, _take: TakeSummary) -> None:
        self.link.list_takes()

    def _folder(self) -> str:
        return str(folder() / "stems")

    def _submit_if(self, kind: JobKind, asked: Callable[[], Change]) -> None:
        """A request, where there can be one; else why there is none."""
        try:
            self._submit(kind, asked())
        except CuelockError as error:
            self.said.emit(error)

    def _submit(self, kind: JobKind, request: RenderRequest | Change) -> None:
        job = Submit(
            job=uuid.uuid4().hex, kind=kind, params=msgspec.Raw(msgspec.msgpack.encode(request))
        )
        self.jobs[job.job] = job
        self._keep()
        self.link.submit(job)
        self.jobs_changed.emit()

    # --- what comes back

    def _list(self, takes: tuple[TakeSummary, ...]) -> None:
        self._all = takes
        if self.here is None:
            return
        clip = str(self.here.clip.path)
        self.takes = {take.record.take: take for take in takes if take.record.request.clip == clip}
        self.takes_changed.emit()

    def _job(self, status: JobStatus) -> None:
        job = self.jobs.get(status.job)
        if job is None or status.state not in ENDED:
            return
        del self.jobs[status.job]
        if status.state == "done":
            self._made(msgspec.msgpack.decode(status.reply, type=RenderReply))
        elif status.error is not None:
            error = status.error
            self.said.emit(CuelockError(error.code, error.message, hint=error.hint))
        self._keep()
        self.jobs_changed.emit()

    def _made(self, reply: RenderReply) -> None:
        """A take is there: it is heard, and what was edited since it was asked for still waits."""
        take, work = self.takes.get(reply.take), self.work
        if take is not None:
            made, edits = take.record.layers, work.edits
            if isinstance(change := take.record.change, RegenerateRequest):
                new = tuple(layer for layer in made if layer.name in change.layers)
                if edits[: len(change.edits)] == change.edits:
                    edits = edits[len(change.edits) :]
            else:
                new = _others(made, work.layers)
            there = {layer.name: layer for layer in (*work.layers, *new)}
            self.history.edit(
                self.tr("New take"), take=reply.take, variations={}, edits=edits,
                layers=tuple(there.values()), layer=work.layer or made[0].name,
            )  # fmt: skip
        self.finished.emit(reply)

    def _refused(self, job: str, error: CuelockError) -> None:
        self.jobs.pop(job, None)
        self._keep()
        self.jobs_changed.emit()
        self.said.emit(error)


class _Found(QObject):
    found = pyqtSignal(object)
    failed = pyqtSignal(object)


class _Looking(QRunnable):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path, self.told = path, _Found()

    def run(self) -> None:
        try:
            self.told.found.emit(open_clip(self._path.resolve()))
        except CuelockError as error:
            self.told.failed.emit(error)


def _named(layers: tuple[Layer, ...], name: str) -> bool:
    return any(layer.name == name for layer in layers)


def _others(layers: tuple[Layer, ...], known: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Those of another name."""
    return tuple(layer for layer in layers if not _named(known, layer.name))
