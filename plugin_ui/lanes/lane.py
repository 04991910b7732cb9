"""What every lane is: a picture over the time axis, a playhead, and a hand that selects regions."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from PyQt6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, QSizeF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from plugin_ui.lanes.axis import TimeAxis, View
from plugin_ui.lanes.colours import Colours, colours_of
from plugin_ui.lanes.gesture import EdgeGesture, Gesture, Modifiers, SelectGesture
from plugin_ui.lanes.selection import Selection

SNAP_PIXELS = 8
EDGE_PIXELS = 5  # how near to an end of the region the hand takes hold of it
_SEAM = 4  # device pixels
_ALIKE = 0.001  # device pixels: moved by so little less than whole ones
_ZOOM_PER_NOTCH = 1.25
_NOTCH = 120  # of a wheel, in Qt's eighths of a degree
_SCROLL_PER_NOTCH = 96  # pixels


class _Picture(NamedTuple):
    """What a lane looked like, and when."""

    pixels: QPixmap
    view: View


class Lane(QWidget):
    """A lane of a TimeAxis. Its picture is kept until something in it changes.

    A drag selects a region, a drag at one of its ends moves that, shift-click extends it, a click
    goes there; Alt held, edges stick to frames alone. Tab and Shift+Tab go to onsets, Up and Down
    to the lanes beside, Escape gives a gesture up. Wheel zooms to the pointer; with Shift, or
    sideways, it scrolls. Plus and Minus zoom to the playhead, Page Up and Down scroll.

    Signals:
    asked_position(int): the playhead shall stand on that frame; after a click or Tab.
    asked_neighbour(int): the keyboard shall go so many lanes down; after Up or Down.
    """

    asked_position = pyqtSignal(int)
    asked_neighbour = pyqtSignal(int)

    def __init__(
        self, name: str, axis: TimeAxis, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.axis, self.selection = axis, selection
        self.position = 0
        self._kept: _Picture | None = None
        self._gesture: Gesture | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        axis.changed.connect(self.update)
        selection.changed.connect(self._selected)

    @property
    def name(self) -> str:
        return self.accessibleName()

    @property
    def colours(self) -> Colours:
        return colours_of(self.palette())

    def set_position(self, frame: int) -> None:
        """Where the playhead stands."""
        if frame != self.position:
            self._update_at(self.position)
            self.position = frame
            self._update_at(frame)

    @property
    def stale(self) -> bool:
        """Whether the picture is to be made anew at the next paint."""
        return self._kept is None or self._kept.view != self.axis.view

    def redraw(self) -> None:
        """The picture is not right any more."""
        self._kept = None
        self.update()

    def draw(self, painter: QPainter, view: View) -> None:
        """Paint what moves with time, over a view's width; it is kept. For lanes to say."""
        raise NotImplementedError

    def draw_over(self, painter: QPainter) -> None:
        """Paint what stands still or follows the hand, over the picture. For lanes to say."""

    def gesture_at(self, at: QPointF, modifiers: Modifiers) -> Gesture:
        """What pressing there begins."""
        return self.edge_at(at, modifiers) or SelectGesture(self, at, modifiers)

    def edge_at(self, at: QPointF, modifiers: Modifiers) -> EdgeGesture | None:
        """The end of the region that is held there, the nearer of two."""
        region = self.selection.region
        if region is None or modifiers & Modifiers.ShiftModifier:
            return None
        away = [abs(self.axis.x_of(frame) - at.x()) for frame in region]
        if min(away) > EDGE_PIXELS:
            return None
        return EdgeGesture(self, at, region, last=away[1] <= away[0])

    def frame_near(self, x: float, modifiers: Modifiers) -> int:
        """The frame edge that is meant by a place, with what it sticks to; within the timeline."""
        free = bool(modifiers & Modifiers.AltModifier)
        reach = SNAP_PIXELS / self.axis.pixels_per_frame
        at, playhead = self.axis.frame_at(x), (self.position,)
        frame = self.selection.snapped(at, reach, free=free, also=() if free else playhead)
        return min(max(0, frame), self.axis.timeline.frames)

    def ask_position(self, x: float) -> None:
        """The playhead to the frame under a place."""
        last = max(0, self.axis.timeline.frames - 1)
        self.asked_position.emit(min(max(0, int(self.axis.frame_at(x))), last))

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(640, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 48)

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        assert a0 is not None
        painter = QPainter(self)
        painter.setClipRegion(a0.region())
        painter.drawPixmap(0, 0, self._kept_picture())
        self._draw_region(painter)
        self.draw_over(painter)
        self._draw_playhead(painter)
        if self.hasFocus():
            painter.setPen(QPen(self.colours.region_edge, 1, Qt.PenStyle.DotLine))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -1, -1))

    def _kept_picture(self) -> QPixmap:
        view, kept = self.axis.view, self._kept
        ratio = self.devicePixelRatioF()
        if kept is None or kept.pixels.size() != (QSizeF(self.size()) * ratio).toSize():
            kept = _Picture(self._painted(view), view)
        elif kept.view != view:
            moved = (kept.view.left - view.left) * view.pixels_per_frame * ratio
            same = replace(kept.view, left=view.left) == view
            whole = abs(moved - round(moved)) < _ALIKE and abs(moved) < view.width * ratio
            if same and whole:
                kept = self._moved(kept, round(moved), ratio)
            else:
                kept = _Picture(self._painted(view), view)
        self._kept = kept
        return kept.pixels

    def _moved(self, kept: _Picture, by: int, ratio: float) -> _Picture:
        """The picture moved by device pixels, painted anew where nothing is to be moved to."""
        wide = kept.pixels.width()
        start, stop = (0, by) if by > 0 else (wide + by, wide)
        start, stop = max(0, start - _SEAM), min(wide, stop + _SEAM)
        pixels = QPixmap(kept.pixels.size())
        pixels.setDevicePixelRatio(ratio)
        part = self.axis.view.part(start / ratio, (stop - start) / ratio)
        painter = QPainter(pixels)
        painter.drawPixmap(QPointF(by / ratio, 0), kept.pixels)
        # The outermost pixels of a part do not know their neighbours: all but one are left away.
        inner = QRectF(_SEAM - 1 if by < 0 else 0, 0, abs(by) + 1, pixels.height())
        painter.drawPixmap(QPointF((start + inner.left()) / ratio, 0), self._painted(part), inner)
        painter.end()
        return _Picture(pixels, self.axis.view)

    def _painted(self, view: View) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixels = QPixmap((QSizeF(view.width, self.height()) * ratio).toSize())
        pixels.setDevicePixelRatio(ratio)
        pixels.fill(self.colours.ground)
        painter = QPainter(pixels)
        painter.setFont(self.font())
        self.draw(painter, view)
        painter.end()
        return pixels

    def _draw_region(self, painter: QPainter) -> None:
        region = self.selection.region
        if region is None:
            return
        left, right = self.axis.x_of(region.start), self.axis.x_of(region.stop)
        painter.fillRect(QRectF(left, 0, right - left, self.height()), self.colours.region)
        painter.setPen(QPen(self.colours.region_edge, 1))
        for x in (left, right):
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def _draw_playhead(self, painter: QPainter) -> None:
        x = self.axis.x_of(self.position)
        painter.setPen(QPen(self.colours.playhead, 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def _update_at(self, frame: int) -> None:
        x = int(self.axis.x_of(frame))
        self.update(QRect(x - 8, 0, 17, self.height()))

    def _selected(self) -> None:
        self.update()

    # What the hand does

    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        assert a0 is not None
        if a0.button() == Qt.MouseButton.LeftButton:
            self._gesture = self.gesture_at(a0.position(), a0.modifiers())

    def mouseMoveEvent(self, a0: QMouseEvent | None) -> None:
        assert a0 is not None
        if self._gesture is not None:
            self._gesture.move(a0.position(), a0.modifiers())
            self.update()
        else:
            self.hover(a0.position(), a0.modifiers())

    def mouseReleaseEvent(self, a0: QMouseEvent | None) -> None:
        assert a0 is not None
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.finish(a0.position(), a0.modifiers())
            self.update()

    def hover(self, at: QPointF, modifiers: Modifiers) -> None:
        """The pointer is there, nothing pressed: it tells what pressing would do."""
        shape = Qt.CursorShape
        held = self.edge_at(at, modifiers) is not None
        self.setCursor(shape.SplitHCursor if held else shape.ArrowCursor)

    def wheelEvent(self, a0: QWheelEvent | None) -> None:
        assert a0 is not None
        turned, sideways = a0.angleDelta().y(), a0.angleDelta().x()
        if a0.modifiers() & Modifiers.ShiftModifier:
            turned, sideways = 0, turned + sideways
        if sideways:
            self.axis.scroll(-sideways / _NOTCH * _SCROLL_PER_NOTCH)
        if turned:
            self.turned(turned / _NOTCH, a0.position(), a0.modifiers())
        a0.accept()

    def turned(self, notches: float, at: QPointF, modifiers: Modifiers) -> None:
        """The wheel, up by so many notches."""
        self.axis.zoom(_ZOOM_PER_NOTCH**notches, at.x())

    def event(self, a0: QEvent | None) -> bool:
        if isinstance(a0, QKeyEvent):
            # While the hand is at work Escape is the lane's, whatever shortcut it is elsewhere.
            if a0.type() == QEvent.Type.ShortcutOverride and self._gesture is not None:
                a0.setAccepted(a0.key() == Qt.Key.Key_Escape)
                return True
            # Qt moves the focus with Tab before anybody sees it as a key.
            if a0.type() == QEvent.Type.KeyPress and self._go_to_onset(a0):
                return True
        return super().event(a0)

    def _go_to_onset(self, pressed: QKeyEvent) -> bool:
        forward, back = pressed.key() == Qt.Key.Key_Tab, pressed.key() == Qt.Key.Key_Backtab
        back |= forward and bool(pressed.modifiers() & Modifiers.ShiftModifier)
        if not (forward or back) or pressed.modifiers() & Modifiers.ControlModifier:
            return False
        step = self.selection.previous_onset if back else self.selection.next_onset
        frame = step(self.position)
        if frame is not None:
            self.asked_position.emit(frame)
        return True

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        assert a0 is not None
        key, plain = a0.key(), not a0.modifiers()
        if key == Qt.Key.Key_Escape and self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None
            self.update()
        elif plain and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.asked_neighbour.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom_by_key(2)
        elif plain and key == Qt.Key.Key_Minus:
            self._zoom_by_key(1 / 2)
        elif plain and key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            page = 0.8 * self.axis.width
            self.axis.scroll(page if key == Qt.Key.Key_PageDown else -page)
        else:
            super().keyPressEvent(a0)

    def _zoom_by_key(self, factor: float) -> None:
        """To the playhead where it is in sight, else to the middle."""
        x = self.axis.x_of(self.position)
        self.axis.zoom(factor, x if 0 <= x <= self.axis.width else self.axis.width / 2)

    def changeEvent(self, a0: QEvent | None) -> None:
        if a0 is not None and a0.type() in (
            QEvent.Type.PaletteChange,
            QEvent.Type.FontChange,
            QEvent.Type.LanguageChange,
        ):
            self.redraw()
        super().changeEvent(a0)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        self.redraw()
