"""A layer's curves over each other - predicted, wanted, delivered - and the hand on its energy."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    Curve,
    CurveEdit,
    GainEdit,
    NudgeEdit,
    SmoothEdit,
    StretchEdit,
)
from host_bridge.timecode import FrameIndex, FrameRange
from plugin_ui.lanes.axis import TimeAxis, View
from plugin_ui.lanes.curve_picture import curve_place
from plugin_ui.lanes.curve_plots import PLANNED, Kind, Plots, draw_legends, draw_plots
from plugin_ui.lanes.curve_signs import draw_locks, draw_points, draw_words
from plugin_ui.lanes.curve_track import DB, CurveTrack
from plugin_ui.lanes.gesture import Gesture, Modifiers
from plugin_ui.lanes.hand import PencilGesture, PointGesture, RegionGesture, RemoveGesture
from plugin_ui.lanes.lane import Lane
from plugin_ui.lanes.preview import Point, points_edit, points_of, previewed, with_edit
from plugin_ui.lanes.pyramid import extremes
from plugin_ui.lanes.reading import CurvesReader
from plugin_ui.lanes.selection import Selection

_HOLD_PIXELS = 7  # how near to a point or line the hand takes hold of it
_LIMITS_DB = (-120.0, 40.0)
_ZOOM_PER_NOTCH = 1.2
_SEEN_DB = (-105.0, 15.0)  # before there are curves
_FITTED_DB, _AROUND_DB = 24.0, 12.0
_LEAST_DB = 6.0  # shown at least


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
        self._chosen: int | None = None
        self._pencil, self._trouble = False, ""
        self._low_db, self._high_db = _SEEN_DB
        self._zoomed = False  # by hand
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
            self._fit(track)
            self._tracks.pop("delivered", None)
            if track is not None and track.made is not None:
                self._tracks["delivered"] = track.made
        self._preview()
        if kind == "wanted":
            self.onsets_changed.emit()

    def _fit(self, track: CurveTrack | None) -> None:
        """As many dB as the energy needs, with room for a hand, until one has zoomed."""
        if track is not None and not self._zoomed:
            low, high = np.percentile(track.energy, (2, 100)) * DB
            middle, half = (low + high) / 2, max(_FITTED_DB, high - low) / 2 + _AROUND_DB
            self._low_db = max(middle - half, _LIMITS_DB[0])
            self._high_db = min(middle + half, _LIMITS_DB[1])

    def sizeHint(self) -> QSize:
        return QSize(640, 170)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 130)

    def show_file(self, kind: Kind, path: Path) -> None:
        """Curves of a kind from an npz of the engine, as soon as it is read."""
        self._reader.read_file(kind, path)

    def show_edits(self, edits: tuple[CurveEdit, ...], region: FrameRange | None) -> None:
        """What shall be made of the wanted curves in a region (None: in all of them)."""
        self._edits, self._region = edits, region
        self._preview()

    def show_locks(self, locks: frozenset[Curve]) -> None:
        """The curves that stay as they are in the region."""
        self._locks = locks
        words = self._lock_words()
        self.setAccessibleDescription(", ".join(words[curve] for curve in sorted(locks)))
        self._preview()

    def set_pencil(self, *, on: bool) -> None:
        """Whether dragging draws the energy freely."""
        self._pencil = on
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

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
        return wanted.floor * DB if wanted else _LIMITS_DB[0]

    def plots(self, width: float | None = None) -> Plots:
        """Where the curves are drawn in the lane, or over so many pixels of it; their scale."""
        kinds = sum(kind in self._tracks for kind in PLANNED)
        wide = self.width() if width is None else width
        return Plots.within(wide, self.height(), kinds, self._low_db, self._high_db)

    def db_at(self, y: float) -> float:
        return self.plots().db_at(y)

    def smooth(self, milliseconds: float) -> None:
        """Ask for smoother energy."""
        self._ask(SmoothEdit(milliseconds=milliseconds))

    def stretch(self, factor: float) -> None:
        """Ask for slower curves."""
        self._ask(StretchEdit(factor=factor))

    def nudge(self, frames: int) -> None:
        """Ask for later curves."""
        self._ask(NudgeEdit(frames=frames))

    def gain(self, db: float) -> None:
        """Ask for louder energy."""
        self._ask(GainEdit(db=db))

    def choose(self, frame: int | None) -> None:
        """The breakpoint that the keyboard moves."""
        self._chosen = frame
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
        if not self._in_hand(at) or self._tracks.get("wanted") is None:
            return super().gesture_at(at, modifiers)
        held, line = self._point_near(at), self._near_line(at)
        region = self.selection.region
        inside = region is not None and region.start <= self.axis.frame_at(at.x()) < region.stop
        if not (self._pencil or held or line or inside):
            return super().gesture_at(at, modifiers)
        if "energy" in self._locks:
            if self._pencil or held or line:
                self.refused.emit("energy")
            return super().gesture_at(at, modifiers)
        if held and modifiers & Modifiers.AltModifier:
            return RemoveGesture(self, held)
        if held:
            return PointGesture(self, at, held, new=False)
        if self._pencil:
            return PencilGesture(self, at)
        if line:
            return PointGesture(self, at, self._point_on_line(at.x(), modifiers), new=True)
        return RegionGesture(self, at, modifiers)

    def hover(self, at: QPointF, modifiers: Modifiers) -> None:
        """The pointer tells what pressing would do."""
        if self._pencil:
            return
        shape = Qt.CursorShape.ArrowCursor
        region = self.selection.region
        if self._in_hand(at) and "energy" not in self._locks:
            if self._point_near(at):
                shape = Qt.CursorShape.SizeAllCursor
            elif self._near_line(at):
                shape = Qt.CursorShape.PointingHandCursor
            elif region and region.start <= self.axis.frame_at(at.x()) < region.stop:
                shape = Qt.CursorShape.SizeVerCursor
        self.setCursor(shape)

    def turned(self, notches: float, at: QPointF, modifiers: Modifiers) -> None:
        if not modifiers & Modifiers.ControlModifier:
            super().turned(notches, at, modifiers)
            return
        here, scale = self.db_at(at.y()), _ZOOM_PER_NOTCH**-notches
        low, high = here + (self._low_db - here) * scale, here + (self._high_db - here) * scale
        if high - low >= _LEAST_DB:
            self._low_db, self._high_db = max(low, _LIMITS_DB[0]), min(high, _LIMITS_DB[1])
            self._zoomed = True
            self.redraw()

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        assert a0 is not None
        key, modifiers = Qt.Key(a0.key()), a0.modifiers() & ~Modifiers.KeypadModifier
        across = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key, 0)
        up = {Qt.Key.Key_Down: -1, Qt.Key.Key_Up: 1}.get(key, 0)
        if modifiers == Modifiers.ControlModifier and (across or up):
            self.nudge(across) if across else self.gain(float(up))
        elif modifiers == Modifiers.ControlModifier | Modifiers.ShiftModifier and across:
            self.nudge(10 * across)
        elif modifiers == Modifiers.AltModifier and (across or up):
            self._move_chosen(across, 0.5 * up)
        elif not modifiers and key == Qt.Key.Key_Insert:
            self._insert_at_playhead()
        elif not modifiers and key == Qt.Key.Key_Delete and self._chosen is not None:
            self.remove_point(self._chosen)
        else:
            super().keyPressEvent(a0)

    def remove_point(self, frame: int) -> None:
        """Ask for the breakpoints without one."""
        left = [point for point in self.points if point[0] != frame]
        if len(left) < len(self.points):
            self.choose(None)
            self._ask(points_edit(left, self.axis.timeline), replaces=True)

    def _insert_at_playhead(self) -> None:
        region, frame = self.reach, self.position
        there = any(frame == at for at, _ in self.points)
        if not there and self._wanted is not None and region.start <= frame < region.stop:
            new = [*self.points, (frame, self._db_of_frame(frame))]
            self._ask(points_edit(new, self.axis.timeline), replaces=bool(self.points))
        self.choose(frame)

    def _move_chosen(self, frames: int, db: float) -> None:
        points = dict(self.points)
        if self._chosen not in points:
            return
        at, region = self._chosen + frames, self.reach
        if frames and (at in points or not region.start <= at < region.stop):
            return
        points[at] = round(max(points.pop(self._chosen) + db, self.floor_db), 2)
        self.choose(at)
        self._ask(points_edit(list(points.items()), self.axis.timeline), replaces=True)

    def _ask(self, edit: CurveEdit, *, replaces: bool = False) -> None:
        moves = isinstance(edit, NudgeEdit | StretchEdit)
        if len(self._locks) == 3 or (not moves and "energy" in self._locks):
            self.refused.emit("energy")
        else:
            self.edited.emit(edit, replaces)

    # Where the hand is

    def _in_hand(self, at: QPointF) -> bool:
        region, frame = self.reach, self.axis.frame_at(at.x())
        return self.plots().energy.contains(at) and region.start <= frame < region.stop

    def _point_near(self, at: QPointF) -> Point | None:
        plots = self.plots()
        for point in self.points:
            away = QPointF(self.axis.x_of(point[0]), plots.y_of_db(point[1])) - at
            if max(abs(away.x()), abs(away.y())) <= _HOLD_PIXELS:
                return point
        return None

    def _near_line(self, at: QPointF) -> bool:
        track = self._wanted
        if track is None:
            return False
        x0, step = curve_place(track, self.axis.view)
        around = np.array([-_HOLD_PIXELS / 2, _HOLD_PIXELS / 2])
        edges = (at.x() + around - x0) / step + 0.5
        if edges[1] <= 0 or edges[0] >= len(track):
            return False
        span = extremes(track.energy_levels, np.clip(edges, 0, len(track)))[:, 0]
        low, high = self.plots().y_of_energy(span)
        return high - _HOLD_PIXELS <= at.y() <= low + _HOLD_PIXELS

    def _point_on_line(self, x: float, modifiers: Modifiers) -> Point:
        region = self.reach
        frame = min(max(self.frame_near(x, modifiers), region.start), region.stop - 1)
        return frame, self._db_of_frame(frame)

    def _db_of_frame(self, frame: int) -> float:
        track, timeline = self._wanted, self.axis.timeline
        assert track is not None
        at = timeline.curve_frame(frame, track.begin(timeline))
        return round(float(track.energy[min(max(at, 0), len(track) - 1)]) * DB, 2)

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
        draw_points(painter, plots, points, self._chosen, view, colours)
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
