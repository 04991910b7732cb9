"""The region that is meant, shared by all lanes, and what its edges stick to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.protocol import SpottedEvent
from host_bridge.timecode import FrameIndex, FrameRange


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What stands on the time axis, in frames: cuts and spotted events."""

    cuts: tuple[int, ...] = ()
    events: tuple[SpottedEvent, ...] = ()


class Selection(QObject):
    """A region of the timeline, or none.

    Signals:
    changed(FrameRange | None): another region, or none any more.
    """

    changed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._region: FrameRange | None = None
        self._edges: list[int] = []
        self._onsets: list[int] = []

    @property
    def region(self) -> FrameRange | None:
        return self._region

    def select(self, region: FrameRange | None) -> None:
        if region != self._region:
            self._region = region
            self.changed.emit(region)

    def between(self, one: int, other: int) -> None:
        """Select from the earlier to the later frame; none where they are the same."""
        first, last = sorted((one, other))
        self.select(FrameRange(FrameIndex(first), FrameIndex(last)) if first < last else None)

    def stick_to(self, *, cuts: tuple[int, ...], onsets: set[int]) -> None:
        """What is snapped to and stepped through, in frames."""
        self._onsets = sorted(onsets)
        self._edges = sorted(onsets | set(cuts))

    def snapped(
        self, frame: float, reach: float, *, free: bool = False, also: tuple[int, ...] = ()
    ) -> int:
        """The cut or onset within reach (frames) that is nearest, else the nearest frame.

        free: frames alone. also: what is snapped to beside them.
        """
        at = bisect_left(self._edges, frame)
        near = [*self._edges[max(0, at - 1) : at + 1], *also]
        best = min(near, key=lambda edge: abs(edge - frame), default=None)
        if best is None or free or abs(best - frame) > reach:
            return round(frame)
        return best

    def next_onset(self, frame: int) -> int | None:
        at = bisect_right(self._onsets, frame)
        return self._onsets[at] if at < len(self._onsets) else None

    def previous_onset(self, frame: int) -> int | None:
        at = bisect_left(self._onsets, frame)
        return self._onsets[at - 1] if at else None
