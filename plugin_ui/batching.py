"""How ranges come into the batch, and how the artist comes to one of them."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from host_bridge.errors import CuelockError
from plugin_ui.batch_ranges import around_events, listed, shots
from plugin_ui.desk import Desk
from plugin_ui.docks.batch import BatchDock
from plugin_ui.session import Queued
from plugin_ui.spotting import Spotting
from plugin_ui.transport.playhead import Transport


class Batching(QObject):
    """Puts ranges into the desk's batch.

    failed(CuelockError): there are none, and why.
    """

    failed = pyqtSignal(object)

    def __init__(
        self, desk: Desk, dock: BatchDock, spotting: Spotting, transport: Transport
    ) -> None:
        super().__init__(desk)
        self._desk, self._dock = desk, dock
        self._spotting, self._transport = spotting, transport
        dock.ranges_wanted.connect(self._add)
        dock.times_wanted.connect(self._add_times)
        dock.went_to.connect(self.go_to)

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {
            "enqueue": lambda: self._add("region"),
            "render_batch": self._desk.batch.render,
        }

    def go_to(self, one: Queued) -> None:
        """Stand where a range begins, and hear its take."""
        self._transport.go(one.region.start)
        self._desk.choose(one.take)

    def _add(self, kind: str) -> None:
        """The region, or the whole clip: as it is, shot by shot, or around its events."""
        here, cuts = self._desk.here, self._spotting.cuts
        if here is None:
            return
        events = [event.frame for event in self._spotting.events]
        if kind != "region" and not (cuts or events):
            self.failed.emit(
                CuelockError(
                    "request.range",
                    self.tr("No cuts and events are known."),
                    hint=self.tr("Spot them first (Ctrl+T)."),
                )
            )
            return
        region = self._desk.work.region or here.whole
        self._desk.enqueue(
            {
                "region": lambda: (region,),
                "shots": lambda: shots(cuts, region),
                "events": lambda: around_events(events, here.timeline.fps, region),
            }[kind]()
        )

    def _add_times(self, text: str) -> None:
        if self._desk.here is None:
            return
        try:
            self._desk.enqueue(listed(text, self._desk.here.timeline))
        except CuelockError as error:
            self.failed.emit(error)
        else:
            self._dock.show_times(on=False)
