"""The window: picture, lanes and docks around one desk. It shows the work and asks the desk."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from PyQt6 import sip
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QFileDialog, QMainWindow

from host_bridge.protocol import SmoothEdit, StretchEdit
from host_bridge.timecode import FrameRange, Rate
from media import EXAMPLE
from plugin_ui import background
from plugin_ui.about import about
from plugin_ui.arrangement import arrange
from plugin_ui.asked import Again
from plugin_ui.batching import Batching
from plugin_ui.clip_life import ClipLife
from plugin_ui.comparing import Comparing
from plugin_ui.desk import Desk
from plugin_ui.docks.batch import BatchDock
from plugin_ui.docks.cues import CuesDock
from plugin_ui.docks.guide import GuideDock
from plugin_ui.docks.layers import LayersDock
from plugin_ui.docks.region import RegionDock
from plugin_ui.docks.steps import StepsDock
from plugin_ui.docks.takes import TakesDock
from plugin_ui.engines import Engines
from plugin_ui.exports import Exports
from plugin_ui.faults import Fault
from plugin_ui.guiding import Guiding
from plugin_ui.jobs import JobsBar
from plugin_ui.keeper import stems_folder
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.selection import Marks, Selection
from plugin_ui.lanes.stack import Lanes
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.leaving import Leaving
from plugin_ui.look import prefer
from plugin_ui.menus import Menus
from plugin_ui.messages import MessageBar
from plugin_ui.picture.view import PictureView
from plugin_ui.placing.dialog import Placing
from plugin_ui.ranges import Ranges, frames_of
from plugin_ui.session import Strip, Work
from plugin_ui.settings import Preferences, Settings
from plugin_ui.settings_dialog import SettingsDialog
from plugin_ui.sound.mixer import Mixer
from plugin_ui.sound.output import opened
from plugin_ui.sounding import Opened
from plugin_ui.spotting import Spotting
from plugin_ui.stage import Stage
from plugin_ui.status import StatusLine
from plugin_ui.telling import Telling
from plugin_ui.tour import Tour, was_toured
from plugin_ui.transport.bar import TransportBar
from plugin_ui.transport.playhead import Transport
from plugin_ui.tray import Tray

_SMOOTH_MS, _SLOWER = 60.0, 1.1
_NOTHING = Timeline(rate=Rate.parse("25"), start="00:00:00:00", frames=1)


class Window(QMainWindow):
    """The panel. Its desk's signals tell everything that happens."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.preferences = Preferences(settings or Settings(), self)
        self.setWindowTitle("cuelock")
        self.setAcceptDrops(True)
        self.desk = Desk(self)
        self.desk.stems.move(stems_folder(self.preferences.settings.stems))
        self.spotting = Spotting(self)
        self.mixer = Mixer(lambda: opened(self.preferences.settings.loudspeaker), self)
        self.transport = Transport(self.mixer.clock, self)
        self.mixer.follow(self.transport)
        self.axis, self.selection = TimeAxis(_NOTHING, self), Selection(self)
        self.picture = PictureView(self)
        self.lanes = Lanes(self.axis, self.selection, self)
        self._comparing = Comparing(self.desk)
        self.stage = Stage(self.desk, self.lanes, self.mixer, self._comparing, self)
        self.bar = TransportBar(self.transport, self)
        self.status = StatusLine(self)
        self.tour = Tour(self)
        self.message, self.jobs = MessageBar(self), JobsBar(self)
        self._telling = Telling(self.message)
        self.layers = LayersDock(self.desk.history, self)
        self.takes = TakesDock(self.desk.file_of, self)
        self.region = RegionDock(self.desk.history, self)
        self.batch = BatchDock(self.desk.batch, self)
        self._batching = Batching(self.desk, self.batch, self.spotting, self.transport)
        self.guide = GuideDock(self.preferences, self)
        self.guiding = Guiding(
            self.desk, self.guide, self.stage, self.mixer, self.transport, self.preferences
        )
        self.cues = CuesDock(self.spotting, self)
        self.steps = StepsDock(self.desk.history.stack, self)
        self._clip_life = ClipLife(self.desk, self.transport, self)
        self.leaving = Leaving(self.desk, self)
        self.leaving.decided.connect(self.close)
        self.placing = Placing(self.desk, self.preferences, self)
        self.exports = Exports(self.desk, self.spotting, self)
        self.engines = Engines(self.desk.link, self.preferences, self)
        self._ranges = Ranges(self.desk, self.axis, self.selection, self.transport, self.spotting)
        self._lay_out()
        self.menus = Menus(self)
        self._connect()
        self.menus.fill(self._deeds())
        self.menus.offer_docks(self.lanes.ruler, self.layers.add_line)
        for name, words in (("render", self.tr("Render")), ("export", self.tr("Export"))):
            self.bar.offer(self.menus.actions[name], words)
        self.tray = Tray(self.desk, self.status, self)
        self._show_steps()
        self._show_work(Work(), self.desk.work)
        self.engines.begin()
        self.desk.link.start()

    def welcome(self) -> None:
        """Who has never been here is led over the example clip."""
        if not was_toured():
            self.desk.open(EXAMPLE)
            self.tour.begin()

    def end(self) -> None:
        """Close it unasked, and take it apart by Qt's order while all that it calls is there.

        Python's collector would do it in any order, and what a field tells at its end would reach
        parts that are gone.
        """
        self.leaving.decide()
        sip.delete(self)

    # --- how it is put together

    def _lay_out(self) -> None:
        arrange(
            self,
            (self.message, self.tour, self.picture, self.bar, self.jobs),
            stretched=self.picture,
            left=(
                (self.tr("Layers"), self.layers),
                (self.tr("Cues"), self.cues),
                (self.tr("Batch"), self.batch),
                (self.tr("Guide"), self.guide),
                (self.tr("History"), self.steps),
            ),
            right=((self.tr("Takes"), self.takes), (self.tr("Region"), self.region)),
            below=(self.tr("Lanes"), self.lanes),
        )
        self.setStatusBar(self.status)

    def _deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        transport, desk, curves = self.transport, self.desk, self.stage.curves
        return {
            **self._clip_life.deeds(),
            **self._ranges.deeds(),
            **self._batching.deeds(),
            **self.guiding.deeds(),
            **self._comparing.deeds(),
            **self.exports.deeds(),
            **self.engines.deeds(),
            **self.placing.deeds(),
            **self.spotting.deeds(),
            **self.cues.deeds(),
            "quit": self.close,
            "undo": desk.history.stack.undo,
            "redo": desk.history.stack.redo,
            "forget": desk.forget_edits,
            "pencil": self._pencil,
            "smooth": lambda: curves.ask(SmoothEdit(milliseconds=_SMOOTH_MS)),
            "slower": lambda: curves.ask(StretchEdit(factor=_SLOWER)),
            "faster": lambda: curves.ask(StretchEdit(factor=1 / _SLOWER)),
            "guide": self._ask_for_guide,
            "add_layer": self.layers.add_line.setFocus,
            "play": transport.toggle,
            "backwards": lambda: transport.shuttle(-1),
            "stop": transport.stop,
            "forwards": lambda: transport.shuttle(1),
            "next_frame": lambda: transport.step(1),
            "last_frame": lambda: transport.step(-1),
            "next_ten": lambda: transport.step(10),
            "last_ten": lambda: transport.step(-10),
            "home": lambda: transport.go(0),
            "end": lambda: transport.go(self.axis.timeline.frames - 1),
            "loop": self.bar.loop.click,
            "keys": self.menus.show_keys,
            "tour": self.tour.begin,
            "about": lambda: about(self).show(),
            "settings": self._ask_for_settings,
            "render": desk.render,
            "regenerate": self._regenerate,
            "cancel": self._cancel,
            "star": self._star,
            "mute": lambda: self._toggle_strip("mute"),
            "solo": lambda: self._toggle_strip("solo"),
        }

    def _connect(self) -> None:
        desk, transport = self.desk, self.transport
        desk.opened.connect(self._opened)
        desk.takes_changed.connect(self._show_takes)
        desk.takes_changed.connect(lambda: self.stage.show_work(desk.work))
        desk.jobs_changed.connect(lambda: self.jobs.show_jobs(desk.jobs.values()))
        desk.link.progressed.connect(self.jobs.show_progress)
        desk.link.state_changed.connect(self.status.show_engine)
        desk.history.changed.connect(self._show_work)
        desk.history.stack.indexChanged.connect(self._show_steps)
        for failed in (
            desk.said, self.menus.failed, self.picture.failed, self.mixer.failed,
            self.spotting.failed, self.exports.failed, self._batching.failed,
            self.preferences.failed, self.guiding.failed, self.engines.failed,
        ):  # fmt: skip
            failed.connect(self.message.say)
        self.preferences.changed.connect(self._prefer)
        desk.failed.connect(self._telling.failed)
        desk.opened.connect(self._telling.end_clip)
        transport.moved.connect(self.picture.show_frame)
        transport.moved.connect(self._follow)
        transport.moved.connect(self.lanes.set_position)
        transport.moved.connect(self.cues.set_position)
        transport.loop_changed.connect(self._expect_loop)
        for asked in (self.lanes.asked_position, self.cues.asked_position):
            asked.connect(transport.jog)
        self.cues.region_wanted.connect(self._ranges.select)
        for told in (self.spotting.told, self.mixer.no_device):
            told.connect(self.status.tell)
        self.exports.told.connect(self._telling.exported)
        self.mixer.no_device.connect(lambda: self.status.meter.show_device(there=False))
        self.mixer.device_found.connect(lambda: self.status.meter.show_device(there=True))
        self.mixer.levels.connect(self.status.meter.show_levels)
        self.picture.focus_drawn.connect(self.layers.set_focus)
        self.picture.drawing_ended.connect(self.layers.end_focus)
        self.layers.focus_wanted.connect(self._draw_focus)
        self.takes.chosen.connect(desk.choose)
        self.takes.stem_chosen.connect(desk.choose_stem)
        self.takes.starred.connect(desk.star)
        self.takes.noted.connect(desk.note)
        self.takes.comp_wanted.connect(self._comp)
        self.stage.went_to.connect(self._batching.go_to)
        self.region.regenerate_wanted.connect(self._regenerate)
        self.region.forget_wanted.connect(desk.forget_edits)
        self.jobs.cancel_wanted.connect(desk.cancel)
        self.spotting.found.connect(self._show_marks)

    def _prefer(self, before: Settings, now: Settings) -> None:
        """What was set is in force at once."""
        app = QApplication.instance()
        if before.look != now.look and isinstance(app, QApplication):
            prefer(now.look, app)
        if before.loudspeaker != now.loudspeaker:
            self.mixer.reopen()
        self.desk.stems.move(stems_folder(now.stems))

    # --- what is seen

    def _opened(self, here: Opened) -> None:
        self.setWindowTitle(f"{here.clip.path.name} - cuelock")
        timeline = here.timeline
        self.axis.show(timeline)
        self.transport.open(timeline.rate, timeline.frames)
        self.bar.open(timeline.origin)
        self.cues.open(timeline)
        self.picture.show_clip(here.clip)
        self.batch.open(timeline)
        self.stage.open(here)
        self.spotting.open(here.clip.path)
        self._show_work(Work(), self.desk.work)
        self._clip_life.restore()

    def _show_work(self, before: Work, work: Work) -> None:
        if (before.take, before.variations) != (work.take, work.variations):
            self._comparing.heard(before)
        self._show_takes()
        self.layers.show_work(work)
        place = self._ranges.place(work.region)
        self.region.show_work(work, place)
        self._ranges.show_work(work)
        self._show_marks()
        self.bar.show_region(frames_of(work.region), place)
        self.stage.show_work(work)
        self.tour.show_work(work)
        chosen = work.chosen()
        self.picture.show_focus(chosen.focus if chosen else None, chosen.name if chosen else "")
        heard = work.take is not None
        self.menus.enable(
            forget=bool(work.edits), export=heard, export_to=heard, timeline=heard, place=heard,
            regenerate=heard and work.region is not None,
        )  # fmt: skip

    def _show_steps(self) -> None:
        """The stack knows its words once an edit is on it."""
        self.menus.show_steps(self.desk.history.stack)

    def _show_marks(self) -> None:
        self.lanes.set_marks(Marks(cuts=self.spotting.cuts, events=self.spotting.events))

    def _show_takes(self) -> None:
        work = self.desk.work
        takes = self.desk.takes.values()
        self.takes.show_takes(takes, work.take, work.variations, work.layer)

    def _follow(self, frame: int) -> None:
        """Turn the page with the playhead; who scrolled away while it plays is left there."""
        seen = 0 <= self.axis.x_of(self.lanes.position) < self.axis.width
        if seen or not self.transport.speed:
            self.axis.reveal(frame)

    def _expect_loop(self, loop: FrameRange | None) -> None:
        """The frame to which a loop leads back is ready when it comes to it."""
        transport = self.transport
        self.picture.expect(*([max(0, loop.start - transport.pre_roll)] if loop else []))

    def tell_fault(self, fault: Fault) -> None:
        """A defect of ours; what was done is kept whatever comes next."""
        self.desk.keep()
        self._telling.fault(fault)

    # --- what the hand does

    def _ask_for_settings(self) -> None:
        dialog = SettingsDialog(self.preferences, self)
        dialog.engine_set.connect(self.desk.link.renew)
        dialog.show()

    def _toggle_strip(self, field: str) -> None:
        """Mute or solo the layer that is worked on."""
        work = self.desk.work
        if work.chosen() is not None:
            strip = work.strips.get(work.layer, Strip())
            strip = replace(strip, **{field: not getattr(strip, field)})
            self.desk.history.edit(self.tr("Mix"), strips=work.strips | {work.layer: strip})

    def _regenerate(self) -> None:
        self.desk.regenerate(self.region.how())

    def _comp(self, take: str, variation: int, layer: str) -> None:
        """The region of a take into what is heard."""
        self.desk.comp(take, variation, self.desk.work.region, layer)

    def _pencil(self) -> None:
        self.stage.curves.set_pencil(on=self.menus.actions["pencil"].isChecked())

    def _ask_for_guide(self) -> None:
        """A recording whose loudness and colour the region follows."""
        path, _kind = QFileDialog.getOpenFileName(self, self.tr("Curves from a recording"))
        if path:
            self.desk.regenerate(Again(guide=path))

    def _cancel(self) -> None:
        if self.desk.jobs:
            self.desk.cancel(list(self.desk.jobs)[-1])

    def _star(self) -> None:
        take = self.desk.take()
        if take is not None:
            self.desk.star(take.record.take, not take.star)

    def _draw_focus(self, on: bool) -> None:
        self.picture.drawing_focus = on

    # --- in and out

    def dragEnterEvent(self, a0: QDragEnterEvent | None) -> None:
        assert a0 is not None
        own = a0.source() is not None  # a take on its way out is no clip
        if not own and self._clip_life.takes(a0.mimeData()):
            a0.acceptProposedAction()

    def dropEvent(self, a0: QDropEvent | None) -> None:
        assert a0 is not None
        data = a0.mimeData()
        if data is not None and self._clip_life.takes(data):
            self._clip_life.drop(data)
            a0.acceptProposedAction()

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        assert a0 is not None
        self.menus.end_typing()
        if not self.leaving.may_leave():
            a0.ignore()
            return
        self.tray.leave()
        self.guiding.end()
        self._clip_life.end()
        self.spotting.stop()
        self.picture.leave()
        self.mixer.leave()
        self.lanes.leave()
        self.desk.close()
        background.finish()
        super().closeEvent(a0)
