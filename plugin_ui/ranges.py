"""What keys do with the one selection of time, the region; the lanes' hand selects it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

from PyQt6.QtCore import QObject

from host_bridge.timecode import FrameIndex, FrameRange
from plugin_ui.desk import Desk
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.selection import Selection
from plugin_ui.session import Region, Work
from plugin_ui.spotting import Spotting
from plugin_ui.transport.playhead import Transport


class Ranges(QObject):
    """Keeps the lanes' selection and the work's region the same, and moves its ends by keys.

    Selecting is no step of undo: who went back to look may select there and still go on again.
    """

    def __init__(
        self,
        desk: Desk,
        axis: TimeAxis,
        selection: Selection,
        transport: Transport,
        spotting: Spotting,
    ) -> None:
        super().__init__(desk)
        self._desk, self._axis, self._selection = desk, axis, selection
        self._transport, self._spotting = transport, spotting
        self._former: Region | None = None
        selection.changed.connect(self._selected)
        desk.opened.connect(self._forget)

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        transport = self._transport
        return {
            "mark_in": lambda: self._set(start=transport.frame),
            "mark_out": lambda: self._set(stop=transport.frame + 1),
            "in_earlier": lambda: self._move(start=-1),
            "in_later": lambda: self._move(start=1),
            "out_earlier": lambda: self._move(stop=-1),
            "out_later": lambda: self._move(stop=1),
            "to_in": lambda: self._go_to_end(0),
            "to_out": lambda: self._go_to_end(1),
            "mark_shot": self._select_shot,
            "select_all": lambda: self._selection.select(self._axis.timeline.whole),
            "deselect": lambda: self._selection.select(None),
            "reselect": self._reselect,
            "fit": lambda: self._axis.fit(self._axis.timeline.whole),
            "fit_region": self._fit_region,
        }

    def select(self, region: Region) -> None:
        """Another region."""
        self._selection.select(frames_of(region))

    def show_work(self, work: Work) -> None:
        """The region, in all lanes."""
        self._selection.select(frames_of(work.region))

    def place(self, region: Region | None) -> str:
        """A region in words."""
        if region is None or self._desk.here is None:
            return ""
        timeline = self._desk.here.timeline
        return self.tr("{a} to {b}, {n} frames").format(
            a=timeline.label(region.start), b=timeline.label(region.stop),
            n=region.stop - region.start,
        )  # fmt: skip

    def _selected(self, region: FrameRange | None) -> None:
        """Another region, or none; while edits wait they keep theirs."""
        before = self._desk.work.region
        if region is None and self._desk.work.edits:
            self._selection.select(frames_of(before))
            return
        if region is None:
            self._former = before or self._former  # undo may have taken it from the work already
        self._desk.history.look(region=Region(*region) if region is not None else None)

    def _forget(self) -> None:
        self._former = None

    def _reselect(self) -> None:
        """What was selected before nothing was."""
        if self._former is not None and self._desk.work.region is None:
            self._selection.select(frames_of(self._former))

    def _set(self, start: int | None = None, stop: int | None = None) -> None:
        """In or out; the one that is set wins, and the other goes to its end where they cross."""
        frames = self._axis.timeline.frames
        region = self._desk.work.region or Region(0, frames)
        first = region.start if start is None else start
        last = region.stop if stop is None else stop
        if first >= last:
            first, last = (first, frames) if stop is None else (0, last)
        self._selection.between(first, last)

    def _move(self, start: int = 0, stop: int = 0) -> None:
        """An end by a frame; a frame stays between them, and both in the clip."""
        region = self._desk.work.region
        if region is not None:
            first, last = region.start + start, region.stop + stop
            if 0 <= first < last <= self._axis.timeline.frames:
                self._selection.between(first, last)

    def _go_to_end(self, end: int) -> None:
        region = self._desk.work.region
        if region is not None:
            self._transport.go(region.stop - 1 if end else region.start)

    def _select_shot(self) -> None:
        """Between the cuts around the playhead."""
        frames, at = self._axis.timeline.frames, self._transport.frame
        edges = [0, *self._spotting.cuts, frames]
        start = max(edge for edge in edges if edge <= at)
        stop = min(edge for edge in edges if edge > at)
        self._selection.between(start, stop)

    def _fit_region(self) -> None:
        wanted = frames_of(self._desk.work.region)
        if wanted is not None:
            self._axis.fit(wanted)


@overload
def frames_of(region: Region) -> FrameRange: ...
@overload
def frames_of(region: Region | None) -> FrameRange | None: ...
def frames_of(region: Region | None) -> FrameRange | None:
    """A region of the work as frames of the timeline."""
    return FrameRange(FrameIndex(region.start), FrameIndex(region.stop)) if region else None
