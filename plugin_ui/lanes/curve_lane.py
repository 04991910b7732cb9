"""A layer's curves over each other - predicted, wanted, delivered - and the hand on its energy."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    Curve,
    CurveEdit,
    NudgeEdit,
    StretchEdit,
)
from host_bridge.timecode import FrameIndex, FrameRange
from plugin_ui.lanes.axis import TimeAxis, View
from plugin_ui.lanes.curve_grip import Grip
from plugin_ui.lanes.curve_keys import CurveKeys
from plugin_ui.lanes.curve_plots import PLANNED, Kind, Plots, draw_legends, draw_plots
from plugin_ui.lanes.curve_scale import LIMITS_DB, EnergyScale
from plugin_ui.lanes.curve_signs import draw_locks, draw_points, draw_words
from plugin_ui.lanes.curve_track import DB, CurveTrack
from plugin_ui.lanes.gesture import Gesture, Modifiers
from plugin_ui.lanes.lane import Lane
from plugin_ui.lanes.preview import Point, points_edit, points_of, previewed, with_edit
from plugin_ui.lanes.reading import CurvesReader
from plugin_ui.lanes.selection import Selection


class _Draft(NamedTuple):
    """An edit whose gesture is not finished: does it replace the last, and words beside it."""

    edit: CurveEdit
    replaces: bool
    words: str


class CurveLane(Lane):
    """Energy in dB, spread in dB and semantic codes. It changes no file: it shows the edits that
    it is given, and asks for more.

    Near the wanted energy a click adds a breakpoint and a drag moves it (Shift: up and down
    alone); Alt-click takes one away; in the selected region a drag up or down is gain; the pencil
    draws. Ctrl+Left/Right nudge by a frame (with Shift by ten), Ctrl+Up/Down change gain by 1 dB.
    Insert adds a breakpoint at the playhead or chooses the one there, Alt+arrows move it, Delete
    takes it away. Ctrl+wheel zooms up and down. Elsewhere the hand selects, as in every lane.

    Signals (besides those of Lane):
    edited(CurveEdit, bool): a gesture is finished; whether its edit takes the place of the last
        one shown (`preview.with_edit` does that). Without breakpoints it takes that one away.
    refused(str): the hand met this locked curve.
    onsets_changed(): the attacks of the wanted energy are other ones.
    failed(CuelockError): a file cannot be read as curves; the lane says so as well.
    """

    edited = pyqtSignal(object, bool)
    refused = pyqtSignal(str)
    onsets_changed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(
        self, name: str, axis: TimeAxis, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, axis, selection, parent)
        self._tracks: dict[Kind, CurveTrack] = {}
        self._edits: tuple[CurveEdit, ...] = ()
        self._region: FrameRange | None = None
        self._locks: frozenset[Curve] = frozenset()
        self._draft: _Draft | None = None
        self._wanted: CurveTrack | None = None  # with the edits
        self.chosen: int | None = None
        self.pencil, self._trouble = False, ""
        self._grip, self._keys = Grip(self), CurveKeys(self)
        self._scale = EnergyScale()
        self._reader = CurvesReader()
        self._reader.read.connect(self.show_curves)
        self._reader.failed.connect(self._failed)

    # What is shown

    def show_curves(self, kind: Kind, track: CurveTrack | None) -> None:
        """Curves of a kind, or none. With wanted ones comes what was delivered of them."""
        self._trouble = ""
        self._tracks.pop(kind, None)
        if track is not None:
            self._tracks[kind] = track
        if kind == "wanted":
            self._tracks.pop("delivered", None)
            if track is not None:
                self._scale.fit(track)
            if track is not None and track.made is not None:
                self._tracks["delivered"] = track.made
        self._preview()
        if kind == "wanted":
            self.onsets_changed.emit()

    def sizeHint(self) -> QSize:
        return QSize(640, 170)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 130)

    def show_file(self, kind: Kind, path: Path) -> None:
        """Curves of a kind from an npz of the engine, as soon as it is read."""
        self._reader.read_file(kind, path)

    def show_edits(self, edits: tuple[CurveEdit, ...], region: FrameRange | None) -> None:
        """What shall be made of the wanted curves in a region (None: in all of them)."""
        before, self._edits, self._region = (self._edits, self._region), edits, region
        if before == (edits, region):
            return
        if edits or before[0]:
            self._preview()
        self.update()

    def show_locks(self, locks: frozenset[Curve]) -> None:
        """The curves that stay as they are in the region."""
        if locks == self._locks:
            return
        self._locks = locks
        words = self._lock_words()
        self.setAccessibleDescription(", ".join(words[curve] for curve in sorted(locks)))
        self._preview()

    def set_pencil(self, *, on: bool) -> None:
        """Whether dragging draws the energy freely."""
        self.pencil = on
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    @property
    def energy_locked(self) -> bool:
        """Whether the energy stays as it is."""
        return "energy" in self._locks

    @property
    def wanted(self) -> CurveTrack | None:
        """The wanted curves as they are shown: with the edits, and with a gesture's."""
        return self._wanted

    def onset_frames(self) -> list[int]:
        """The timeline's frames in which the wanted energy rises: attacks."""
        track, timeline = self._tracks.get("wanted"), self.axis.timeline
        if track is None:
            return []
        frames = track.begin(timeline) + track.onsets / timeline.curve_frames_per_frame
        return [frame for frame in frames.astype(int).tolist() if 0 <= frame < timeline.frames]

    # What the hand asks for

    @property
    def points(self) -> list[Point]:
        """The breakpoints that can be taken hold of, in order."""
        return points_of(self._edits, self.axis.timeline)

    @property
    def edit_region(self) -> FrameRange:
        """Where edits work: the region that is shown, else the selected one, else all.

        It reaches as far as the breakpoints of an edit that is not finished.
        """
        region = self._region or self.selection.region or self.axis.timeline.whole
        drawn = [] if self._draft is None else points_of((self._draft.edit,), self.axis.timeline)
        if not drawn:
            return region
        first, last = min(region.start, drawn[0][0]), max(region.stop, drawn[-1][0] + 1)
        return FrameRange(FrameIndex(first), FrameIndex(last))

    @property
    def reach(self) -> FrameRange:
        """The frames of the timeline that have wanted curves: where there may be breakpoints."""
        track, timeline = self._tracks.get("wanted"), self.axis.timeline
        if track is None:
            return FrameRange(FrameIndex(0), FrameIndex(0))
        begin = track.begin(timeline)
        stop = begin + int(len(track) / timeline.curve_frames_per_frame)
        return FrameRange(FrameIndex(max(0, begin)), FrameIndex(min(stop, timeline.frames)))

    @property
    def floor_db(self) -> float:
        """The energy of silence."""
        wanted = self._tracks.get("wanted")
        return wanted.floor * DB if wanted else LIMITS_DB[0]

    def db_of_frame(self, frame: int) -> float:
        """The wanted energy where a frame within reach starts."""
        track, timeline = self._wanted, self.axis.timeline
        assert track is not None
        at = timeline.curve_frame(frame, track.begin(timeline))
        return round(float(track.energy[min(max(at, 0), len(track) - 1)]) * DB, 2)

    def plots(self, width: float | None = None) -> Plots:
        """Where the curves are drawn in the lane, or over so many pixels of it; their scale."""
        kinds = sum(kind in self._tracks for kind in PLANNED)
        wide = self.width() if width is None else width
        return Plots.within(wide, self.height(), kinds, self._scale.low_db, self._scale.high_db)

    def db_at(self, y: float) -> float:
        return self.plots().db_at(y)

    def choose(self, frame: int | None) -> None:
        """The breakpoint that the keyboard moves."""
        self.chosen = frame
        self.update()

    def show_draft(self, edit: CurveEdit, replaces: bool, words: str) -> None:
        """Show an edit whose gesture is not finished."""
        self._draft = _Draft(edit, replaces, words)
        self._preview()

    def drop_draft(self) -> None:
        """As if the gesture had not been."""
        self._draft = None
        self._preview()

    def finish_draft(self) -> None:
        """Ask for the edit that is shown."""
        draft, self._draft = self._draft, None
        if draft is not None:
            self.edited.emit(draft.edit, draft.replaces)
        self._preview()

    def gesture_at(self, at: QPointF, modifiers: Modifiers) -> Gesture:
        return self._grip.gesture_at(at, modifiers) or super().gesture_at(at, modifiers)

    def hover(self, at: QPointF, modifiers: Modifiers) -> None:
        """The pointer tells what pressing would do."""
        if not self.pencil:
            self.setCursor(self._grip.cursor_at(at, modifiers))

    def turned(self, notches: float, at: QPointF, modifiers: Modifiers) -> None:
        if not modifiers & Modifiers.ControlModifier:
            super().turned(notches, at, modifiers)
        else:
            self._scale.zoom(notches, self.db_at(at.y()))
            self.redraw()

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        assert a0 is not None
        if not self._keys.pressed(Qt.Key(a0.key()), a0.modifiers()):
            super().keyPressEvent(a0)

    def remove_point(self, frame: int) -> None:
        """Ask for the breakpoints without one."""
        left = [point for point in self.points if point[0] != frame]
        if len(left) < len(self.points):
            self.choose(None)
            self.ask(points_edit(left, self.axis.timeline), replaces=True)

    def ask(self, edit: CurveEdit, *, replaces: bool = False) -> None:
        """Ask for an edit, where no lock forbids it."""
        moves = isinstance(edit, NudgeEdit | StretchEdit)
        if len(self._locks) == 3 or (not moves and self.energy_locked):
            self.refused.emit("energy")
        else:
            self.edited.emit(edit, replaces)

    # How it looks

    def draw(self, painter: QPainter, view: View) -> None:
        draw_plots(painter, self.plots(view.width), self._shown(), view, self.colours)
        painter.setPen(QPen(self.colours.grid, 1))
        bottom = self.height() - 1
        painter.drawLine(QPointF(0, bottom), QPointF(view.width, bottom))

    def draw_over(self, painter: QPainter) -> None:
        draw_legends(painter, self.plots(), self._shown(), self.colours, self._words())
        if self._trouble:
            painter.setPen(self.colours.text)
            room = QRectF(self.rect()).adjusted(8, 0, -8, 0)
            painter.drawText(
                room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self._trouble
            )
        plots, colours, view = self.plots(), self.colours, self.axis.view
        words = self._lock_words()
        locks: dict[Curve, str] = {curve: words[curve] for curve in sorted(self._locks)}
        draw_locks(painter, plots, locks, self.edit_region, view, colours)
        points = points_of(self._drafted(), self.axis.timeline)
        draw_points(painter, plots, points, self.chosen, view, colours)
        if self._draft is not None:
            at = self.mapFromGlobal(self.cursor().pos())
            draw_words(painter, at, self._draft.words, self.width(), colours)

    def _shown(self) -> dict[Kind, CurveTrack]:
        edited: dict[Kind, CurveTrack] = {"wanted": self._wanted} if self._wanted else {}
        return self._tracks | edited

    def _lock_words(self) -> dict[Curve, str]:
        return {
            "energy": self.tr("energy locked"),
            "spread": self.tr("spread locked"),
            "semantic": self.tr("semantic locked"),
        }

    def _words(self) -> dict[str, str]:
        return {
            "energy": self.tr("energy"),
            "spread": self.tr("spread"),
            "semantic": self.tr("semantic"),
            "predicted": self.tr("predicted"),
            "wanted": self.tr("wanted"),
            "delivered": self.tr("delivered"),
        }

    def _drafted(self) -> tuple[CurveEdit, ...]:
        """The edits, with the one of a gesture that is not finished."""
        if self._draft is None:
            return self._edits
        return with_edit(self._edits, self._draft.edit, replaces=self._draft.replaces)

    def _preview(self) -> None:
        self._wanted = track = self._tracks.get("wanted")
        if track is not None:
            timeline, region = self.axis.timeline, self.edit_region
            self._wanted = previewed(track, self._drafted(), region, timeline, self._locks)
        self.redraw()

    def _selected(self) -> None:
        # Without a region of the session's, edits work where the selection is.
        if self._region is None and (self._edits or self._draft):
            self._preview()
        super()._selected()

    def _failed(self, error: CuelockError) -> None:
        self._trouble = f"{error.message} {error.hint}"
        self.failed.emit(error)
        self.redraw()
