"""The ruler: timecode, the region's ends, cuts, events; dragging on it moves the playhead."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from host_bridge.timecode import Rate
from plugin_ui.lanes.axis import TimeAxis, View
from plugin_ui.lanes.gesture import Gesture, Modifiers
from plugin_ui.lanes.lane import Lane
from plugin_ui.lanes.selection import Marks, Selection

_HEIGHT = 46
_CLEAR = 18  # pixels between labels at least


class Ruler(Lane):
    """Time above the lanes. Clicking or dragging asks for a position; Shift-drag selects, a drag at
    an end of the region moves it.

    Signals: those of Lane; asked_position also fires with every frame a drag comes over.
    """

    def __init__(self, axis: TimeAxis, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__("", axis, selection, parent)
        self.marks = Marks()
        self.setAccessibleName(self.tr("Timecode"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(640, max(_HEIGHT, self.fontMetrics().height() * 3))

    def set_marks(self, marks: Marks) -> None:
        """What stands on the time axis."""
        self.marks = marks
        self.redraw()

    def gesture_at(self, at: QPointF, modifiers: Modifiers) -> Gesture:
        if modifiers & Modifiers.ShiftModifier:
            return super().gesture_at(at, modifiers)
        return self.edge_at(at, modifiers) or _ScrubGesture(self, at)

    def draw(self, painter: QPainter, view: View) -> None:
        line = self.fontMetrics().height()
        self._draw_labels(painter, view, line)
        self._draw_cuts(painter, view, line)
        self._draw_events(painter, view)
        painter.setPen(QPen(self.colours.grid, 1))
        bottom = self.height() - 1
        painter.drawLine(QPointF(0, bottom), QPointF(view.width, bottom))

    def draw_over(self, painter: QPainter) -> None:
        self._draw_brackets(painter)
        x, size = self.axis.x_of(self.position), 6
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.colours.playhead)
        head = [QPointF(x - size, 0), QPointF(x + size, 0), QPointF(x, 1.6 * size)]
        painter.drawPolygon(QPolygonF(head))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _draw_labels(self, painter: QPainter, view: View, line: int) -> None:
        timeline = view.timeline
        wide = self.fontMetrics().horizontalAdvance(timeline.label(0)) + _CLEAR
        major = sensible_step(wide / view.pixels_per_frame, timeline.rate.nominal)
        minor = _minor_of(major, timeline.rate.nominal, 5 / view.pixels_per_frame)
        painter.setPen(QPen(self.colours.faint, 1))
        for frame, count in ticks(view, minor):
            x, tall = view.x_of(frame), 9 if count % major == 0 else 4
            painter.drawLine(QPointF(x, line + 2), QPointF(x, line + 2 + tall))
        painter.setPen(self.colours.text)
        for frame, _ in ticks(view, major):
            painter.drawText(QPointF(view.x_of(frame) + 3, line - 2), timeline.label(frame))

    def _draw_brackets(self, painter: QPainter) -> None:
        """In and out: what the hand takes hold of."""
        region = self.selection.region
        if region is None:
            return
        left, right = self.axis.x_of(region.start), self.axis.x_of(region.stop)
        top, tall = self.fontMetrics().height() + 2, 9.0
        tint = self.colours.mark.toRgb()
        tint.setAlpha(70)
        painter.fillRect(QRectF(left, top, right - left, tall), tint)
        painter.setPen(QPen(self.colours.mark, 2))
        for x, inward in ((left, 5), (right, -5)):
            bracket = [(x + inward, top), (x, top), (x, top + tall), (x + inward, top + tall)]
            painter.drawPolyline(QPolygonF([QPointF(*corner) for corner in bracket]))

    def _draw_cuts(self, painter: QPainter, view: View, line: int) -> None:
        """A cut is a line with a gap in the film above it: two small notches."""
        painter.setPen(QPen(self.colours.faint, 1, Qt.PenStyle.DashLine))
        for frame in _seen(view, self.marks.cuts):
            x = view.x_of(frame)
            painter.drawLine(QPointF(x, line + 2), QPointF(x, self.height()))

    def _draw_events(self, painter: QPainter, view: View) -> None:
        """A diamond where something should sound, the fuller the surer."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, size = self.height() - 9.0, 5.0
        painter.setPen(QPen(self.colours.event, 1))
        shown = set(_seen(view, tuple(event.frame for event in self.marks.events)))
        for event in self.marks.events:
            if event.frame not in shown:
                continue
            x = view.x_of(event.frame)
            fill = self.colours.event.toRgb()
            fill.setAlphaF(min(1.0, max(0.0, event.confidence)))
            painter.setBrush(fill)
            corners = ((0, -size), (size, 0), (0, size), (-size, 0))
            painter.drawPolygon(QPolygonF([QPointF(x + dx, middle + dy) for dx, dy in corners]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


class _ScrubGesture:
    """The playhead follows the hand."""

    def __init__(self, ruler: Ruler, at: QPointF) -> None:
        self._ruler, self._before = ruler, ruler.position
        ruler.ask_position(at.x())

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self._ruler.ask_position(at.x())

    def finish(self, at: QPointF, modifiers: Modifiers) -> None:
        self._ruler.ask_position(at.x())

    def cancel(self) -> None:
        self._ruler.asked_position.emit(self._before)


def ticks(view: View, step: int) -> list[tuple[int, int]]:
    """Frames in sight whose labels are whole steps, with what their labels count."""
    timeline = view.timeline
    rate, origin = timeline.rate, timeline.origin
    first = origin + max(0, int(view.left) - step)
    last = origin + min(timeline.frames, int(view.left + view.seen) + 1)
    counts = range(label_count(first, rate) // step * step, label_count(last, rate) + 1, step)
    # Several skipped labels are one frame's: the first of them counts.
    frames = {frame_of_count(count, rate) - origin: count for count in reversed(counts)}
    return sorted((frame, n) for frame, n in frames.items() if 0 <= frame <= timeline.frames)


def _seen(view: View, frames: tuple[int, ...]) -> list[int]:
    """Those in sight, thinned to one a pixel."""
    left, right = view.frame_at(-10), view.frame_at(view.width + 10)
    by_pixel = {int(view.x_of(frame)): frame for frame in frames if left <= frame <= right}
    return list(by_pixel.values())


def sensible_step(frames: float, nominal: int) -> int:
    """The least step of labels that is at least so many frames: whole parts of people's time.

    nominal: frames a label counts to a second.

    >>> [sensible_step(n, 25) for n in (0.3, 7, 30, 26 * 25, 4000)]
    [1, 25, 50, 750, 7500]
    """
    parts = [part for part in (1, 2, 5, 10) if nominal % part == 0 and part < nominal]
    seconds = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600)
    steps = [*parts, *(second * nominal for second in seconds)]
    return next((step for step in steps if step >= frames), steps[-1])


def label_count(frame: int, rate: Rate) -> int:
    """What the label of a frame (from midnight) counts, skipped labels included.

    >>> label_count(1800, Rate.parse("29.97 DF"))
    1802
    """
    tens, rest = divmod(frame, rate.per_ten_minutes)
    minute = max(0, rest - rate.dropped) // (60 * rate.nominal - rate.dropped)
    return frame + rate.dropped * (9 * tens + minute)


def frame_of_count(count: int, rate: Rate) -> int:
    """The frame (from midnight) whose label counts so much, or the next where it is skipped.

    >>> rate = Rate.parse("29.97 DF")
    >>> frame_of_count(1800, rate), frame_of_count(1802, rate)
    (1800, 1800)
    """
    minute, rest = divmod(count, 60 * rate.nominal)
    if minute % 10:
        count += max(0, rate.dropped - rest)
    return count - rate.dropped * (minute - minute // 10)


def _minor_of(major: int, nominal: int, frames: float) -> int:
    """The finest even division of a step that is at least so many frames."""
    for parts in (10, 5, 4, 2):
        if major % parts == 0 and major // parts >= frames:
            return major // parts
    return major
