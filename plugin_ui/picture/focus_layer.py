"""The layer over the picture on which the focus box is seen and drawn."""

from __future__ import annotations

from typing import NamedTuple

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from plugin_ui.picture.focus import GRIPS, WHOLE, Box, Grip, Point

_HANDLE = 9  # logical pixels
_SHADE = QColor(0, 0, 0, 110)  # over what the layer does not listen to
_HALO = QColor(0, 0, 0, 170)  # a line is seen over any picture
_KEY_STEP = 0.01
_ARROWS = {
    Qt.Key.Key_Left: Point(-_KEY_STEP, 0),
    Qt.Key.Key_Right: Point(_KEY_STEP, 0),
    Qt.Key.Key_Up: Point(0, -_KEY_STEP),
    Qt.Key.Key_Down: Point(0, _KEY_STEP),
}
_CURSORS = {
    (0, 0): Qt.CursorShape.SizeAllCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
}


class _Pull(NamedTuple):
    """What the mouse holds since it was pressed at `start`: a grip of `before`, or a new box."""

    grip: Grip | None
    start: Point
    before: Box | None


class FocusLayer(QWidget):
    """Draws, moves and resizes one box while `drawing`; else only shows it.

    Escape takes back what is being pulled; when nothing is, it ends the drawing. Arrow keys move
    the box by a hundredth of the picture, with Shift its lower right corner.

    Signals: `drawn(str)` when the mouse lets go of a changed box or a key changed it;
    `ended()` when Escape ended the drawing.
    """

    drawn = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Focus box"))
        self._box: Box | None = None
        self._name = ""
        self._picture = QRectF()
        self._drawing = False
        self._pull: _Pull | None = None
        self.drawing = False

    @property
    def drawing(self) -> bool:
        return self._drawing

    @drawing.setter
    def drawing(self, drawing: bool) -> None:
        self._let_go()
        self._drawing = drawing
        self.setMouseTracking(drawing)
        through = Qt.WidgetAttribute.WA_TransparentForMouseEvents
        self.setAttribute(through, not drawing)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if drawing else Qt.FocusPolicy.NoFocus)
        if drawing:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.unsetCursor()
        self.update()

    def show_box(self, focus: str | None, name: str) -> None:
        self._pull = None
        self._box, self._name = (Box.parse(focus) if focus else None), name
        self.setAccessibleDescription(name)
        self.update()

    def place_picture(self, picture: QRectF) -> None:
        """Say where the picture lies in this layer."""
        self._picture = picture
        self.update()

    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None or a0.button() != Qt.MouseButton.LeftButton:
            return
        point = self._point(a0.position())
        grip = self._box.grip_at(point, self._reach()) if self._box else None
        self._pull = _Pull(grip, point, self._box)

    def mouseMoveEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None:
            return
        point = self._point(a0.position())
        if self._pull is None:
            self._point_out(point)
            return
        grip, start, before = self._pull
        if before is not None and grip is not None:
            self._box = before.pulled(grip, Point(point.x - start.x, point.y - start.y))
        else:
            self._box = Box.spanned(start, point)
        self.update()

    def mouseReleaseEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None or a0.button() != Qt.MouseButton.LeftButton or self._pull is None:
            return
        before, self._pull = self._pull.before, None
        if self._box != before:
            self.drawn.emit(str(self._box))

    def event(self, a0: QEvent | None) -> bool:
        """While a box is drawn, its keys are not the window's shortcuts."""
        if isinstance(a0, QKeyEvent) and a0.type() == QEvent.Type.ShortcutOverride:
            key = Qt.Key(a0.key())
            if key == Qt.Key.Key_Escape or (key in _ARROWS and self._box is not None):
                a0.accept()
                return True
        return super().event(a0)

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        if a0 is None:
            return
        key = Qt.Key(a0.key())
        if key == Qt.Key.Key_Escape:
            if not self._let_go():
                self.drawing = False
                self.ended.emit()
        elif key in _ARROWS and self._box is not None:
            resizing = a0.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._box = self._box.pulled(Grip(1, 1) if resizing else WHOLE, _ARROWS[key])
            self.update()
            self.drawn.emit(str(self._box))
        else:
            super().keyPressEvent(a0)

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        if self._box is None or self._picture.isEmpty():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._rect(self._box)
        if self._drawing:
            self._paint_shade(painter, box)
        for colour, width in ((_HALO, 4.0), (self.palette().highlight().color(), 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawRect(box)
        if self._drawing:
            self._paint_handles(painter, self._box)
        if self._name:
            self._paint_name(painter, box)

    def _paint_shade(self, painter: QPainter, box: QRectF) -> None:
        painter.save()
        painter.setClipRect(self._picture)
        for side in _around(self._picture, box):
            painter.fillRect(side, _SHADE)
        painter.restore()

    def _paint_handles(self, painter: QPainter, box: Box) -> None:
        painter.setPen(QPen(_HALO, 1.0))
        painter.setBrush(self.palette().highlightedText())
        for grip in GRIPS:
            if grip != WHOLE:
                place = self._position(box.place(grip))
                handle = QRectF(0, 0, _HANDLE, _HANDLE)
                handle.moveCenter(place)
                painter.drawRect(handle)

    def _paint_name(self, painter: QPainter, box: QRectF) -> None:
        """A tag over the box, or in it where there is no room over it."""
        metrics = self.fontMetrics()
        pad = metrics.height() // 4
        width = min(metrics.horizontalAdvance(self._name) + 2 * pad, self._picture.width())
        tag = QRectF(box.left() - 1, 0, width, metrics.height() + pad)
        tag.moveBottom(box.top() - _HANDLE / 2)
        if tag.top() < self._picture.top():
            tag.moveTop(box.top() + _HANDLE)
            tag.moveLeft(box.left() + _HANDLE)
        tag.moveRight(min(tag.right(), self._picture.right()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().highlight())
        painter.drawRoundedRect(tag, 2, 2)
        painter.setPen(self.palette().highlightedText().color())
        text = metrics.elidedText(
            self._name, Qt.TextElideMode.ElideRight, round(tag.width()) - 2 * pad
        )
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)

    def _let_go(self) -> bool:
        """Put back what is being pulled, if anything is."""
        if self._pull is None:
            return False
        self._box, self._pull = self._pull.before, None
        self.update()
        return True

    def _point_out(self, point: Point) -> None:
        """Show by the cursor what the mouse would hold."""
        grip = self._box.grip_at(point, self._reach()) if self._box else None
        if grip is None:
            self.setCursor(Qt.CursorShape.CrossCursor)
            return
        slant = grip.across * grip.down
        shape = (1, slant) if slant else (abs(grip.across), abs(grip.down))
        self.setCursor(_CURSORS[shape])

    def _reach(self) -> Point:
        return Point(_HANDLE / self._picture.width(), _HANDLE / self._picture.height())

    def _point(self, position: QPointF) -> Point:
        inside = position - self._picture.topLeft()
        return Point(inside.x() / self._picture.width(), inside.y() / self._picture.height())

    def _position(self, point: Point) -> QPointF:
        return self._picture.topLeft() + QPointF(
            point.x * self._picture.width(), point.y * self._picture.height()
        )

    def _rect(self, box: Box) -> QRectF:
        corners = Point(box.left, box.top), Point(box.right, box.bottom)
        return QRectF(self._position(corners[0]), self._position(corners[1]))


def _around(whole: QRectF, hole: QRectF) -> list[QRectF]:
    """Four rectangles that cover `whole` but for the hole in it."""
    above = QRectF(whole.topLeft(), QPointF(whole.right(), hole.top()))
    below = QRectF(QPointF(whole.left(), hole.bottom()), whole.bottomRight())
    left = QRectF(QPointF(whole.left(), hole.top()), hole.bottomLeft())
    right = QRectF(hole.topRight(), QPointF(whole.right(), hole.bottom()))
    return [above, below, left, right]
