"""The takes of a layer as lanes below its own: compared by eye, and comped by swiping."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QToolButton

from host_bridge.protocol import CompRequest, StemReport, TakeSummary
from host_bridge.timecode import FrameRange
from plugin_ui.asked import heard_variation
from plugin_ui.desk import Desk
from plugin_ui.lanes.lane import Lane
from plugin_ui.lanes.stack import Lanes
from plugin_ui.lanes.take_lane import TakeLane
from plugin_ui.lineage import parts_of
from plugin_ui.ranges import frames_of
from plugin_ui.session import Region
from plugin_ui.sounding import range_of
from plugin_ui.take_words import loudness, made_of

_MOST = 12  # lanes of a layer: the newest takes
Key = tuple[str, int]  # a stem of a layer: take and variation


class TakeLanes(QObject):
    """Unfolds layers. Comps have no lane: they are made of the takes that have one."""

    def __init__(self, desk: Desk, lanes: Lanes) -> None:
        super().__init__(lanes)
        self._desk, self._lanes = desk, lanes
        self.unfolded: dict[str, dict[Key, TakeLane]] = {}
        self._above: dict[str, Lane] = {}  # layers' own lanes
        self._files: dict[TakeLane, str] = {}  # what each shows

    def button(self, layer: str, lane: Lane) -> QToolButton:
        """What unfolds a layer, for the head of its lane."""
        button = QToolButton()
        button.setCheckable(True)
        button.setArrowType(Qt.ArrowType.RightArrow)
        button.setAccessibleName(self.tr("Takes of {layer}").format(layer=layer))
        button.setToolTip(
            self.tr("Takes of {layer}: swipe over one to hear that part of it").format(layer=layer)
        )
        button.toggled.connect(partial(self._fold, layer, button))
        self._above[layer] = lane
        return button

    def fold(self, layer: str) -> None:
        """A layer's lane goes, and with it those of its takes."""
        for lane in self.unfolded.pop(layer, {}).values():
            self._remove(lane)
        self._above.pop(layer, None)

    def _fold(self, layer: str, button: QToolButton, on: bool) -> None:
        button.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        if on:
            self.unfolded[layer] = {}
            self.show_work()
        else:
            for lane in self.unfolded.pop(layer).values():
                self._remove(lane)

    def _remove(self, lane: TakeLane) -> None:
        del self._files[lane]
        self._lanes.remove(lane)

    def show_work(self) -> None:
        """The takes there are now, and which parts of them are heard."""
        for layer, lanes in self.unfolded.items():
            stems = dict(list(self._stems(layer))[:_MOST])
            for key in [key for key in lanes if key not in stems]:
                self._remove(lanes.pop(key))
            above = self._above[layer]
            for key, (take, stem) in stems.items():
                if key not in lanes:
                    lanes[key] = self._lane(layer, take, stem, above)
                above = lanes[key]
                self._show_file(lanes[key], take, stem)
            used = self._used(layer)
            for key, lane in lanes.items():
                lane.show_used(used.get(key, ()))

    def _stems(self, layer: str) -> Iterator[tuple[Key, tuple[TakeSummary, StemReport]]]:
        """Of a layer, the newest takes first, the best variations first."""
        for take in self._desk.takes.values():
            if not isinstance(take.record.change, CompRequest):
                for stem in sorted(take.record.reply.stems, key=lambda stem: stem.rank):
                    if stem.layer == layer:
                        yield (take.record.take, stem.variation), (take, stem)

    def _lane(self, layer: str, take: TakeSummary, stem: StemReport, above: Lane) -> TakeLane:
        name = take.record.take
        several = sum(other.layer == layer for other in take.record.reply.stems) > 1
        told = f"{stem.rank}. {made_of(take)}" if several else made_of(take)
        lane = TakeLane(told, self._lanes.axis, self._lanes.selection)
        head = self._lanes.add(lane, below=above)
        head.name.setFont(head.state.font())
        head.set_state(f"{loudness(stem.measures)} LUFS" if loudness(stem.measures) else "")
        lane.swiped.connect(partial(self._swiped, layer, name, stem.variation))
        lane.hear_wanted.connect(lambda: self._desk.choose_stem(name, stem))
        self._files[lane] = ""
        return lane

    def _show_file(self, lane: TakeLane, take: TakeSummary, stem: StemReport) -> None:
        """A file that was cleared away comes back elsewhere."""
        here, path = self._desk.here, self._desk.file_of(take, stem.path)
        assert here is not None
        if path != self._files[lane]:
            self._files[lane] = path
            lane.show_file(Path(path), begin=range_of(here, take).start - stem.handles)

    def _used(self, layer: str) -> dict[Key, tuple[FrameRange, ...]]:
        here, take = self._desk.here, self._desk.take()
        used: dict[Key, tuple[FrameRange, ...]] = {}
        if here is not None and take is not None:
            heard = heard_variation(self._desk.work, take, layer)
            for part in parts_of(here, self._desk.takes, take, layer, heard):
                key = (part.take, part.variation)
                used[key] = (*used.get(key, ()), frames_of(part.region))
        return used

    def _swiped(self, layer: str, take: str, variation: int, frames: FrameRange) -> None:
        self._desk.comp(take, variation, Region(*frames), layer)
