"""The window: picture, lanes and docks around one desk. It shows the work and asks the desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import overload

from msgspec.structs import replace
from PyQt6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer
from PyQt6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
)
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QDockWidget,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from host_bridge.errors import CuelockError
from host_bridge.exchange import FORMATS
from host_bridge.protocol import DeliverReply, SpotReply
from host_bridge.timecode import FrameIndex, FrameRange, Rate
from media import EXAMPLE
from plugin_ui.about import about
from plugin_ui.asked import Again
from plugin_ui.desk import Desk
from plugin_ui.docks.layers import LayersDock
from plugin_ui.docks.region import RegionDock
from plugin_ui.docks.takes import TakesDock
from plugin_ui.jobs import JobsBar
from plugin_ui.keys import ACTIONS, read_keys, write_keys
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.selection import Marks, Selection
from plugin_ui.lanes.stack import Lanes
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.link import EngineState
from plugin_ui.messages import MessageBar
from plugin_ui.meter import Meter
from plugin_ui.outlet import TIMELINES, Outlet, cut_of
from plugin_ui.picture.view import PictureView
from plugin_ui.session import Region, Strip, Work
from plugin_ui.sheet import KeysSheet, told
from plugin_ui.sound.mixer import Mixer
from plugin_ui.sounding import Opened
from plugin_ui.spotting import Spotting
from plugin_ui.stage import Stage
from plugin_ui.tour import Tour, was_toured
from plugin_ui.transport import Transport
from plugin_ui.transport_bar import TransportBar

_SMOOTH_MS = 60.0
_TOLD_MS = 8000
_KEEP_MS = 1000  # the playhead and the window are kept so often, where they changed
_BETWEEN = b"\0cuelock\0"  # what Qt says of the geometry and of the docks
_NOTHING = Timeline(rate=Rate.parse("25"), start="00:00:00:00", frames=1)


class Window(QMainWindow):
    """The panel. Its desk's signals tell everything that happens."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("cuelock")
        self.setAcceptDrops(True)
        self.desk = Desk(self)
        self.spotting, self.outlet = Spotting(self), Outlet(self)
        self.mixer = Mixer(parent=self)
        self.transport = Transport(self.mixer.clock, self)
        self.mixer.follow(self.transport)
        self.axis, self.selection = TimeAxis(_NOTHING, self), Selection(self)
        self.picture = PictureView(self)
        self.lanes = Lanes(self.axis, self.selection, self)
        self.stage = Stage(self.desk, self.lanes, self.mixer, self)
        self.bar = TransportBar(self.transport, self)
        self.meter = Meter(self)
        self.tour = Tour(self)
        self.message, self.jobs = MessageBar(self), JobsBar(self)
        self.layers = LayersDock(self.desk.history, self)
        self.takes = TakesDock(self)
        self.region = RegionDock(self.desk.history, self)
        # What was heard before: a take, and the variations of its layers.
        self._before: tuple[str | None, dict[str, int]] = None, {}
        self._exported = ""  # the folder that took an export last
        self._spotted: SpotReply | None = None
        self._lay_out()
        self.actions_by_name = self._actions()
        for name in ("render", "export"):
            self.bar.offer(self.actions_by_name[name])
        self._fill_views()
        self._connect()
        self._keeping = QTimer(self)
        self._keeping.setInterval(_KEEP_MS)
        self._keeping.timeout.connect(self._keep)
        self._show_work(Work(), self.desk.work)
        self.desk.link.start()

    def welcome(self) -> None:
        """Who has never been here is led over the example clip."""
        if not was_toured():
            self.desk.open(EXAMPLE)
            self.tour.begin()

    # --- how it looks

    def _lay_out(self) -> None:
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in (
            (self.message, 0), (self.tour, 0), (self.picture, 1), (self.bar, 0), (self.jobs, 0),
        ):  # fmt: skip
            column.addWidget(widget, stretch)
        self.setCentralWidget(centre)
        area = Qt.DockWidgetArea
        docks = [
            self._dock(place, title, widget)
            for place, title, widget in (
                (area.LeftDockWidgetArea, self.tr("Layers"), self.layers),
                (area.RightDockWidgetArea, self.tr("Takes"), self.takes),
                (area.RightDockWidgetArea, self.tr("Region"), self.region),
                (area.BottomDockWidgetArea, self.tr("Lanes"), self.lanes),
            )
        ]
        self.resize(1440, 940)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.resizeDocks(docks[:2], [280, 320], across)
        self.resizeDocks(docks[3:], [400], down)
        self.engine_label = QLabel(self)
        self.engine_label.setAccessibleName(self.tr("Engine"))
        status = self.statusBar()
        assert status is not None
        status.addPermanentWidget(self.meter)
        status.addPermanentWidget(self.engine_label)

    def _dock(self, area: Qt.DockWidgetArea, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(type(widget).__name__)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _actions(self) -> dict[str, QAction]:
        try:
            keys = read_keys()
        except CuelockError as error:
            self.message.say(error)
            keys = {action.name: action.keys for action in ACTIONS}
        done = self._deeds()
        bar = self.menuBar()
        assert bar is not None
        menus = {name: bar.addMenu(told(name)) for name in dict.fromkeys(a.menu for a in ACTIONS)}
        actions: dict[str, QAction] = {}
        for action in ACTIONS:
            menu = menus[action.menu]
            assert menu is not None
            made = actions[action.name] = QAction(told(action.text), self)
            made.setShortcuts([QKeySequence(key) for key in keys[action.name]])
            made.triggered.connect(done[action.name])
            made.setCheckable(action.name == "pencil")
            menu.addAction(made)
        return actions

    def _fill_views(self) -> None:
        """A dock that was closed comes back by the View menu; fields give the keys back."""
        menu = self.actions_by_name["fit"].associatedObjects()
        views = next(one for one in menu if isinstance(one, QMenu))
        views.addSeparator()
        for dock in self.findChildren(QDockWidget):
            views.addAction(dock.toggleViewAction())
            for field in (*dock.findChildren(QLineEdit), *dock.findChildren(QAbstractSpinBox)):
                field.installEventFilter(self)

    def _deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        transport, desk = self.transport, self.desk
        return {
            "open": self._ask_for_clip,
            "example": lambda: desk.open(EXAMPLE),
            "export": self._export,
            "timeline": self._export_timeline,
            "quit": self.close,
            "undo": desk.history.stack.undo,
            "redo": desk.history.stack.redo,
            "forget": desk.forget_edits,
            "pencil": self._pencil,
            "smooth": lambda: self.stage.curves.smooth(_SMOOTH_MS),
            "slower": lambda: self.stage.curves.stretch(1.1),
            "faster": lambda: self.stage.curves.stretch(1 / 1.1),
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
            "mark_in": lambda: self._mark(start=transport.frame),
            "mark_out": lambda: self._mark(stop=transport.frame + 1),
            "to_in": lambda: self._to_mark(0),
            "to_out": lambda: self._to_mark(1),
            "mark_shot": self._mark_shot,
            "clear_marks": lambda: desk.history.edit(self.tr("Clear marks"), marks=None),
            "spot": self._spot,
            "fit": lambda: self.axis.fit(_range(Region(0, self.axis.timeline.frames))),
            "fit_region": self._fit_region,
            "keys": self._show_keys,
            "tour": self.tour.begin,
            "about": lambda: about(self).show(),
            "render": desk.render,
            "regenerate": self._regenerate,
            "cancel": self._cancel,
            "compare": self._compare,
            "star": self._star,
            "mute": lambda: self._toggle_strip("mute"),
            "solo": lambda: self._toggle_strip("solo"),
        }

    def _connect(self) -> None:
        desk, transport = self.desk, self.transport
        desk.opened.connect(self._opened)
        desk.said.connect(self.message.say)
        desk.exported.connect(self._tell_exported)
        desk.takes_changed.connect(self._show_takes)
        desk.jobs_changed.connect(lambda: self.jobs.show_jobs(desk.jobs.values()))
        desk.link.progressed.connect(self.jobs.show_progress)
        desk.link.state_changed.connect(self._show_engine)
        desk.history.changed.connect(self._show_work)
        desk.history.stack.indexChanged.connect(self._show_steps)
        self._show_steps()
        transport.moved.connect(self.picture.show_frame)
        transport.moved.connect(self._follow)
        transport.moved.connect(self.lanes.set_position)
        transport.loop_changed.connect(self._expect_loop)
        self.lanes.asked_position.connect(transport.jog)
        self.selection.changed.connect(self._selected)
        self.picture.failed.connect(self.message.say)
        self.mixer.failed.connect(self.message.say)
        self.mixer.no_device.connect(self._tell)
        self.mixer.no_device.connect(lambda: self.meter.show_device(there=False))
        self.mixer.device_found.connect(lambda: self.meter.show_device(there=True))
        self.mixer.levels.connect(self.meter.show_levels)
        self.picture.focus_drawn.connect(self.layers.set_focus)
        self.picture.drawing_ended.connect(self.layers.end_focus)
        self.layers.focus_wanted.connect(self._draw_focus)
        self.takes.chosen.connect(desk.choose)
        self.takes.stem_chosen.connect(desk.choose_stem)
        self.takes.starred.connect(desk.star)
        self.takes.noted.connect(desk.note)
        self.takes.comp_wanted.connect(desk.comp)
        self.region.regenerate_wanted.connect(self._regenerate)
        self.region.forget_wanted.connect(desk.forget_edits)
        self.jobs.cancel_wanted.connect(desk.cancel)
        self.spotting.found.connect(self._show_spotted)
        self.spotting.failed.connect(self.message.say)
        self.outlet.failed.connect(self.message.say)
        self.outlet.written.connect(self._tell_written)

    # --- what is seen

    def _opened(self, here: Opened) -> None:
        self.setWindowTitle(f"{here.clip.path.name} - cuelock")
        timeline = here.timeline
        self.axis.show(timeline)
        self.transport.open(timeline.rate, timeline.frames)
        self.bar.open(timeline.origin)
        self.picture.show_clip(here.clip)
        self.stage.open(here)
        self._spotted = self.spotting.known(here.clip.path)
        self._show_work(Work(), self.desk.work)
        session = self.desk.session
        self.transport.go(session.playhead)
        if session.window:
            geometry, state = session.window.split(_BETWEEN, 1)
            self.restoreGeometry(QByteArray(geometry))
            self.restoreState(QByteArray(state))
        self._keeping.start()

    def _show_work(self, before: Work, work: Work) -> None:
        if (before.take, before.variations) != (work.take, work.variations):
            self._before = before.take, before.variations
            self._show_takes()
        self.layers.show_work(work)
        self.region.show_work(work, self._place(work.region))
        self.selection.select(_range(work.region))
        self.lanes.set_marks(self._marks(work))
        self.bar.marks = _range(work.region or work.marks)
        self.bar.show_range(self._place(work.marks))
        self.stage.show_work(work)
        self.tour.show_work(work)
        chosen = work.chosen()
        self.picture.show_focus(chosen.focus if chosen else None, chosen.name if chosen else "")
        for name, able in (
            ("forget", bool(work.edits)),
            ("export", work.take is not None),
            ("timeline", work.take is not None),
            ("regenerate", work.take is not None and work.region is not None),
        ):
            self.actions_by_name[name].setEnabled(able)

    def _show_steps(self) -> None:
        """Undo and redo say what they take back; the stack knows once an edit is on it."""
        stack = self.desk.history.stack
        for name, words, text in (
            ("undo", self.tr("Undo {step}"), stack.undoText()),
            ("redo", self.tr("Redo {step}"), stack.redoText()),
        ):
            self.actions_by_name[name].setText(words.format(step=text).strip())
            self.actions_by_name[name].setEnabled(bool(text))

    def _place(self, region: Region | None) -> str:
        if region is None or self.desk.here is None:
            return ""
        timeline = self.desk.here.timeline
        return self.tr("{a} to {b}, {n} frames").format(
            a=timeline.label(region.start), b=timeline.label(region.stop),
            n=region.stop - region.start,
        )  # fmt: skip

    def _marks(self, work: Work) -> Marks:
        spotted = self._spotted
        return Marks(
            range=_range(work.marks),
            cuts=spotted.cuts if spotted else (),
            events=spotted.events if spotted else (),
        )

    def _show_takes(self) -> None:
        work = self.desk.work
        self.takes.show_takes(self.desk.takes.values(), work.take, work.variations)
        self.stage.show_work(self.desk.work)

    def _show_spotted(self, reply: SpotReply) -> None:
        self._spotted = reply
        self.lanes.set_marks(self._marks(self.desk.work))
        self._tell(self.tr("{n} events spotted").format(n=len(reply.events)))

    def _tell(self, words: str) -> None:
        status = self.statusBar()
        assert status is not None
        status.showMessage(words, _TOLD_MS)

    def _tell_written(self, path: str) -> None:
        self._tell(self.tr("Written: {path}").format(path=path))

    def _show_engine(self, state: EngineState) -> None:
        if state.status is None:
            words = self.tr("Engine: starting") if state.error is None else state.error.message
        else:
            worker = {
                "none": self.tr("at rest"),
                "starting": self.tr("starting"),
                "idle": self.tr("ready"),
                "busy": self.tr("busy"),
                "degraded": self.tr("in trouble"),
            }[state.status.worker]
            memory = state.status.megabytes + state.status.worker_megabytes
            words = self.tr("Engine: {state}, {n} MB").format(state=worker, n=round(memory))
        self.engine_label.setText(words)
        self.engine_label.setToolTip(state.error.hint if state.error else "")

    # --- what the hand does

    def _follow(self, frame: int) -> None:
        """Turn the page with the playhead; who scrolled away while it plays is left there."""
        seen = 0 <= self.axis.x_of(self.lanes.position) < self.axis.width
        if seen or not self.transport.speed:
            self.axis.reveal(frame)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        """Enter and Escape end the typing in a field: the keys are the transport's again."""
        done = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        if isinstance(a1, QKeyEvent) and a1.type() == QEvent.Type.KeyPress and a1.key() in done:
            leaves = a0 is not self.layers.add_line or a1.key() == Qt.Key.Key_Escape
            if leaves:
                QTimer.singleShot(0, self.lanes.ruler.setFocus)  # after the field has heard of it
        return super().eventFilter(a0, a1)

    def _toggle_strip(self, field: str) -> None:
        """Mute or solo the layer that is worked on."""
        work = self.desk.work
        if work.chosen() is not None:
            strip = work.strips.get(work.layer, Strip())
            strip = replace(strip, **{field: not getattr(strip, field)})
            self.desk.history.edit(self.tr("Mix"), strips=work.strips | {work.layer: strip})

    def _selected(self, region: FrameRange | None) -> None:
        """Another region, or none; while edits wait they keep theirs."""
        if region is None and self.desk.work.edits:
            self.selection.select(_range(self.desk.work.region))
            return
        self.desk.history.look(region=Region(*region) if region is not None else None)

    def _mark(self, start: int | None = None, stop: int | None = None) -> None:
        frames = self.axis.timeline.frames
        marks = self.desk.work.marks or Region(0, frames)
        first = marks.start if start is None else start
        last = marks.stop if stop is None else stop
        if first >= last:  # the mark that was set wins; the other goes to its end
            first, last = (first, frames) if stop is None else (0, last)
        text = self.tr("Mark in") if stop is None else self.tr("Mark out")
        self.desk.history.edit(text, marks=Region(first, last))

    def _to_mark(self, end: int) -> None:
        marks = self.desk.work.marks
        if marks is not None:
            self.transport.go(marks.stop - 1 if end else marks.start)

    def _mark_shot(self) -> None:
        """Between the cuts around the playhead."""
        frames, at = self.axis.timeline.frames, self.transport.frame
        edges = [0, *(self._spotted.cuts if self._spotted else ()), frames]
        start = max(edge for edge in edges if edge <= at)
        stop = min(edge for edge in edges if edge > at)
        self.desk.history.edit(self.tr("Mark shot"), marks=Region(start, stop))

    def _fit_region(self) -> None:
        work = self.desk.work
        wanted = _range(work.region or work.marks)
        if wanted is not None:
            self.axis.fit(wanted)

    def _regenerate(self) -> None:
        self.desk.regenerate(self.region.how())

    def _pencil(self) -> None:
        on = self.actions_by_name["pencil"].isChecked()
        self.stage.curves.set_pencil(on=on)

    def _ask_for_guide(self) -> None:
        """A recording whose loudness and colour the region follows."""
        path, _kind = QFileDialog.getOpenFileName(self, self.tr("Curves from a recording"))
        if path:
            self.desk.regenerate(Again(guide=path))

    def _cancel(self) -> None:
        if self.desk.jobs:
            self.desk.cancel(list(self.desk.jobs)[-1])

    def _compare(self) -> None:
        """What was heard before this, at the same moment; and back. Nothing else changes."""
        take, variations = self._before
        if take is not None:
            self.desk.hear(take, variations)

    def _star(self) -> None:
        take = self.desk.take()
        if take is not None:
            self.desk.star(take.record.take, not take.star)

    def _spot(self) -> None:
        if self.desk.here is not None:
            self.spotting.look(self.desk.here.clip.path)

    def _expect_loop(self, loop: FrameRange | None) -> None:
        """The frame to which a loop leads back is ready when it comes to it."""
        transport = self.transport
        self.picture.expect(*([max(0, loop.start - transport.pre_roll)] if loop else []))

    def _draw_focus(self, on: bool) -> None:
        self.picture.drawing_focus = on

    def _show_keys(self) -> None:
        keys = {
            name: tuple(one.toString() for one in action.shortcuts())
            for name, action in self.actions_by_name.items()
        }
        sheet = KeysSheet(keys, self)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.changed.connect(self._take_keys)
        sheet.show()

    def _take_keys(self, keys: dict[str, tuple[str, ...]]) -> None:
        write_keys(keys)
        for name, action in self.actions_by_name.items():
            action.setShortcuts([QKeySequence(one) for one in keys[name]])

    # --- in and out

    def _ask_for_clip(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, self.tr("Open clip"))
        if path:
            self.desk.open(Path(path))

    def _export(self) -> None:
        title = self.tr("Export the take to")
        folder = QFileDialog.getExistingDirectory(self, title, self._exported)
        if folder:
            self._exported = folder
            self.desk.export(Path(folder))

    def _tell_exported(self, reply: DeliverReply) -> None:
        where = Path(reply.paths[0]).parent
        self._tell(
            self.tr("{n} files written to {folder}").format(n=len(reply.paths), folder=where)
        )

    def _export_timeline(self) -> None:
        if self.desk.here is None:
            return
        forms = {f"{name} (*{FORMATS[form].ending})": form for name, form in TIMELINES.items()}
        path, kind = QFileDialog.getSaveFileName(
            self, self.tr("Export as a timeline"), self.desk.here.clip.path.stem, ";;".join(forms)
        )
        if path:
            self.export_timeline(Path(path), forms[kind])

    def export_timeline(self, path: Path, form: str) -> None:
        """The clip with its stems as they are heard, in one of outlet.TIMELINES' formats."""
        assert self.desk.here is not None
        events = self._spotted.events if self._spotted else ()
        self.outlet.write(cut_of(self.desk.here, self.desk.sounding(), events), path, form)

    def dragEnterEvent(self, a0: QDragEnterEvent | None) -> None:
        assert a0 is not None
        data = a0.mimeData()
        if data is not None and any(url.isLocalFile() for url in data.urls()):
            a0.acceptProposedAction()

    def dropEvent(self, a0: QDropEvent | None) -> None:
        """A clip from a file manager or a bin."""
        assert a0 is not None
        data = a0.mimeData()
        if data is not None and data.urls():
            self.desk.open(Path(data.urls()[0].toLocalFile()))
            a0.acceptProposedAction()

    def _keep(self) -> None:
        """Keep the playhead and the window as they are."""
        window = self.saveGeometry().data() + _BETWEEN + self.saveState().data()
        session = self.desk.session
        if (session.playhead, session.window) != (self.transport.frame, window):
            self.desk.place(self.transport.frame, window)

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        self._keeping.stop()
        if self.desk.here is not None:
            self._keep()
        self.spotting.stop()
        self.picture.leave()
        self.mixer.leave()
        self.desk.close()
        super().closeEvent(a0)


@overload
def _range(region: Region) -> FrameRange: ...
@overload
def _range(region: Region | None) -> FrameRange | None: ...
def _range(region: Region | None) -> FrameRange | None:
    return FrameRange(FrameIndex(region.start), FrameIndex(region.stop)) if region else None
