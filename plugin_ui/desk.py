"""The desk: the session, the line to the engine and what the artist asks of it; no widgets.

Every request is made here from the work as it is; what comes back changes the work by one edit.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    Change,
    CurveEdit,
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
from media.clip import Clip
from plugin_ui.asked import Again, comping, regenerating, rendering
from plugin_ui.batch import Batch
from plugin_ui.history import History
from plugin_ui.keeper import Keeper, read_session
from plugin_ui.lanes.preview import with_edit
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.link import ENDED, EngineLink
from plugin_ui.looking import look_at
from plugin_ui.session import Piece, Region, Session, Try, Work, around
from plugin_ui.sounding import Opened, Sounding, range_of, sounding
from plugin_ui.stems import Stems


class Desk(QObject):
    """The panel without its window.

    opened(Opened): a clip lies on the desk. takes_changed(): of this clip.
    jobs_changed(): one was given, or is at its end. said(CuelockError): what a person must know.
    failed(CuelockError, Callable): the same, of something that can be tried again by calling.
    finished(RenderReply): a take was made. exported(DeliverReply): its files lie where they were
    wanted.
    """

    opened = pyqtSignal(object)
    takes_changed = pyqtSignal()
    jobs_changed = pyqtSignal()
    said = pyqtSignal(object)
    failed = pyqtSignal(object, object)
    finished = pyqtSignal(object)
    exported = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = Session()
        self.here: Opened | None = None
        self._asked_for: Path | None = None  # the clip that was last
        self.takes: dict[str, TakeSummary] = {}
        self.jobs: dict[str, Submit] = {}
        self.history = History(Work(), self)
        self.history.changed.connect(self.keep)
        self.link = EngineLink(self)
        self.link.takes_changed.connect(self._list)
        self.link.job_changed.connect(self._job)
        self.link.refused.connect(self._refused)
        self.batch = Batch(self.link, self)
        self.batch.changed.connect(self.keep)
        self.history.changed.connect(self._heard_of_batch)
        self.batch.made.connect(self._made_of_batch)
        self._keeper = Keeper()
        self._all: tuple[TakeSummary, ...] = ()
        self._cleared = False  # the folder of stems, of what is not wanted here
        self._pieces: list[Piece] = []  # that wait to be comped
        self.stems = Stems(self.link)
        self.stems.found.connect(self.takes_changed)

    @property
    def work(self) -> Work:
        """As it is now."""
        return self.history.work

    # --- clips and sessions

    def open(self, path: Path) -> None:
        """Look at a clip, away from the GUI thread; opened, failed or said tells what came of it.

        Who asks for another one meanwhile gets that one.
        """
        self._asked_for = path
        look_at(path, found=partial(self._found, path), failed=partial(self._not_found, path))

    def _found(self, path: Path, clip: Clip) -> None:
        if path == self._asked_for:
            self._open(clip)

    def _not_found(self, path: Path, error: CuelockError) -> None:
        if path == self._asked_for:
            self.failed.emit(error, partial(self.open, path))

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
        self._pieces = list(session.pieces)
        self._cleared = False
        self.history.open(session.work)
        for job in session.jobs:  # where the panel died: the same job again, or its answer
            self.link.submit(job)
        self.batch.open(session.batch)
        self._list(self._all)
        self.opened.emit(self.here)
        self.jobs_changed.emit()

    def place(self, playhead: int, window: bytes) -> None:
        """Keep where the playhead stands and how the window looks."""
        self.session = replace(self.session, playhead=playhead, window=window)
        self.keep()

    def keep(self) -> None:
        """Write the session as it is now; every edit does."""
        if self.here is not None:
            self.session = replace(
                self.session, work=self.work, jobs=tuple(self.jobs.values()),
                pieces=tuple(self._pieces), batch=self.batch.queue,
            )  # fmt: skip
            try:
                self._keeper.keep(self.session)
            except CuelockError as error:  # the work goes on; the next edit tries again
                self.said.emit(error)

    def close(self) -> None:
        """Keep what is there and let the engine go."""
        self.keep()
        self._keeper.close()
        self.link.close()

    # --- what is heard

    def take(self) -> TakeSummary | None:
        """The chosen take."""
        return self.takes.get(self.work.take or "")

    def sounding(self) -> tuple[Sounding, ...]:
        """The chosen take's layers as they are heard."""
        return self.sounding_of(self.work.take, self.work.variations)

    def sounding_of(self, name: str | None, variations: Mapping[str, int]) -> tuple[Sounding, ...]:
        """A take's layers as they are heard with those variations."""
        take = self.takes.get(name or "")
        if take is None or self.here is None:
            return ()
        every = sounding(self.here, take, variations, partial(self.file_of, take))
        wanted = self.work.wanted(take.record.layers)
        return tuple(one for one in every if one.layer in wanted)

    def file_of(self, take: TakeSummary, path: str) -> str:
        """Where a file of a take is now."""
        return self.stems.file(take, path)

    def beside(self) -> tuple[Sounding, ...]:
        """What the batch made where the chosen take is not: a whole scene sounds together."""
        if self.here is None:
            return ()
        chosen, found = self.take(), list[Sounding]()
        covered = [range_of(self.here, chosen)] if chosen else []
        for one in reversed(self.batch.queue):  # where two lie over each other, the later
            take = self.takes.get(one.take)
            if take is None or any(one.region.within(other) for other in covered):
                continue
            covered.append(one.region)
            found += sounding(self.here, take, {}, partial(self.file_of, take))
        return tuple(found)

    def first_of(self, take: str) -> str:
        """The take that its line began with."""
        while take in self.takes and (parent := self.takes[take].record.reply.parent):
            take = parent
        return take

    def _heard_of_batch(self, before: Work, work: Work) -> None:
        """Of a range's line the take that was heard last is the range's."""
        if work.take is not None and work.take != before.take:
            first = self.first_of(work.take)
            line = {one.take for one in self.batch.queue if self.first_of(one.take) == first}
            self.batch.take_for(line, work.take)

    def choose(self, take: str) -> None:
        """Hear another take; its layers become those of the desk."""
        found = self.takes.get(take)
        if found is not None and take != self.work.take:
            layers = self.work.wanted(found.record.layers)
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
        """Every layer for the region, or the whole clip."""
        if self.here is not None:
            self._submit("render", rendering(self.here, self.work, str(self.stems.folder)))

    def enqueue(self, ranges: Iterable[Region]) -> None:
        """Every layer as it is now for each of some ranges, in the batch."""
        if self.here is not None:
            here, to = self.here, str(self.stems.folder)
            works = (replace(self.work, region=region) for region in ranges)
            self.batch.add(rendering(here, work, to) for work in works)

    def guide(self, tried: Try) -> None:
        """A guide leads the chosen layer: in the chosen take where that has its range."""
        here, take = self.here, self.take()
        if here is None:
            return
        if take is not None and tried.region.within(range_of(here, take)) == tried.region:
            self.history.look(region=tried.region)
            self.regenerate(Again(guide=tried.path))
        else:
            chosen = self.work.chosen()
            layers = (chosen,) if chosen is not None else self.work.layers
            work = replace(self.work, region=tried.region, layers=layers)
            asked = rendering(here, work, str(self.stems.folder))
            self._submit("render", replace(asked, guide=tried.path))

    def keep_tries(self, tries: tuple[Try, ...]) -> None:
        """The guides there are; the files of others go."""
        gone = set(self.session.tries) - set(tries)
        self.session = replace(self.session, tries=tries)
        self.keep()
        for one in gone:
            Path(one.path).unlink(missing_ok=True)

    def regenerate(self, how: Again) -> None:
        """The region of the chosen take anew, with the edits that wait."""
        if self.here is not None:
            asked = partial(
                regenerating, self.here, self.work, self.take(), how, str(self.stems.folder)
            )
            self._submit_if("regenerate", asked)

    def comp(self, take: str, variation: int, region: Region | None, layer: str) -> None:
        """A part of another take, or of another variation, into the chosen one.

        Swipes follow each other faster than takes are made: each one waits for the one before.
        """
        self._pieces.append(Piece(take, variation, region, layer))
        self._comp_next()
        self.keep()

    def _comp_next(self) -> None:
        while self._pieces and not any(job.kind == "comp" for job in self.jobs.values()):
            piece = self._pieces.pop(0)
            asked = partial(comping, self.work, self.take(), piece, str(self.stems.folder))
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

    def working(self) -> tuple[str, ...]:
        """The jobs of this clip that are not at their end, those of the batch too."""
        return (*self.jobs, *(one.job.job for one in self.batch.asked()))

    def kept_back(self) -> bool:
        """Whether more is wanted than the engine could be given."""
        return bool(self._pieces) or self.batch.kept_back()

    def cancel_all(self) -> None:
        """End them all and forget them: they are not found again. Ranges of the batch wait."""
        for job in self.jobs:
            self.link.cancel(job)
        self.jobs.clear()
        self._pieces.clear()
        self.batch.cancel(self.working())
        self.keep()
        self.jobs_changed.emit()

    def star(self, take: str, star: bool) -> None:
        """Mark a take."""
        self.link.ask("take.star", StarTake(take=take, star=star), TakeSummary, self._listed)

    def note(self, take: str, note: str) -> None:
        """Put a note on a take."""
        self.link.ask("take.note", NoteTake(take=take, note=note), TakeSummary, self._listed)

    def export(self, to: Path) -> None:
        """Copy the chosen take's files to a folder, whole: the region is for timelines."""
        take = self.take()
        if take is not None:
            self.link.deliver(take.record.take, to, self.exported.emit)

    def _listed(self, _take: TakeSummary) -> None:
        self.link.list_takes()

    def _submit_if(self, kind: JobKind, asked: Callable[[], Change]) -> None:
        """A request, where there can be one; else why there is none."""
        try:
            self._submit(kind, asked())
        except CuelockError as error:
            self.said.emit(error)

    def _submit(self, kind: JobKind, request: RenderRequest | Change) -> None:
        self._give(kind, msgspec.Raw(msgspec.msgpack.encode(request)))

    def _give(self, kind: JobKind, params: msgspec.Raw) -> None:
        job = Submit(job=uuid.uuid4().hex, kind=kind, params=params)
        self.jobs[job.job] = job
        self.keep()
        self.link.submit(job)
        self.jobs_changed.emit()

    # --- what comes back

    def _list(self, takes: tuple[TakeSummary, ...]) -> None:
        self._all = takes
        if self.here is None:
            return
        clip = str(self.here.clip.path)
        self.takes = {take.record.take: take for take in takes if take.record.request.clip == clip}
        if takes and not self._cleared:
            self._cleared = True
            self.stems.clear(self.takes.values())
        self.takes_changed.emit()
        if self.take() is not None:
            self._comp_next()

    def _job(self, status: JobStatus) -> None:
        job = self.jobs.get(status.job)
        if job is None or status.state not in ENDED:
            return
        del self.jobs[status.job]
        if status.state == "done":
            self._made(msgspec.msgpack.decode(status.reply, type=RenderReply))
        elif status.error is not None:
            error = status.error
            told = CuelockError(error.code, error.message, hint=error.hint)
            self.failed.emit(told, partial(self._give, job.kind, job.params))
        self._comp_next()
        self.keep()
        self.jobs_changed.emit()

    def _made(self, reply: RenderReply) -> None:
        """A take is there: it is heard, and what was edited since it was asked for still waits."""
        take, work = self.takes.get(reply.take), self.work
        if take is not None:
            made, edits = work.wanted(take.record.layers), work.edits
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

    def _made_of_batch(self, reply: RenderReply) -> None:
        """A take of the batch interrupts nobody: it is heard at once where nothing else is."""
        if self.work.take is None:
            self._made(reply)

    def _refused(self, job: str, error: CuelockError) -> None:
        if job and job not in self.jobs:
            return  # the batch's, or of a clip that was open before
        given = self.jobs.pop(job, None)
        self._comp_next()
        self.keep()
        self.jobs_changed.emit()
        if given is None:
            self.said.emit(error)
        else:
            self.failed.emit(error, partial(self._give, given.kind, given.params))


def _named(layers: tuple[Layer, ...], name: str) -> bool:
    return any(layer.name == name for layer in layers)


def _others(layers: tuple[Layer, ...], known: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Those of another name."""
    return tuple(layer for layer in layers if not _named(known, layer.name))
