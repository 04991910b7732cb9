"""The signs on buttons, drawn in the palette's colours, sharp at every scale."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import (
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
)


def _polygon(*corners: tuple[float, float]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
    path.closeSubpath()
    return path


def _bar(left: float, top: float, width: float, height: float) -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(left, top, width, height))
    return path


def _ring(begin: float, span: float) -> QPainterPath:
    """A part of a ring, in degrees counterclockwise from three o'clock."""
    circle = QRectF(3, 3, 10, 10)
    line = QPainterPath()
    line.arcMoveTo(circle, begin)
    line.arcTo(circle, begin, span)
    return line


def _way(*corners: tuple[float, float]) -> QPainterPath:
    line = QPainterPath(QPointF(*corners[0]))
    for x, y in corners[1:]:
        line.lineTo(x, y)
    return line


#: Filled shapes on a field of 16 x 16.
_FILLED = {
    "play": _polygon((4, 2), (14, 8), (4, 14)),
    "stop": _bar(3.5, 3.5, 9, 9),
    "to start": _bar(2, 2.5, 2, 11).united(_polygon((14, 2.5), (6, 8), (14, 13.5))),
    "step back": _polygon((10, 3), (3, 8), (10, 13)).united(_bar(11.5, 3, 1.8, 10)),
    "step on": _polygon((6, 3), (13, 8), (6, 13)).united(_bar(2.7, 3, 1.8, 10)),
    "loop": _polygon((9.2, 0.4), (13.4, 3.6), (8.6, 6)).united(
        _polygon((6.8, 15.6), (2.6, 12.4), (7.4, 10))
    ),
    "return": _polygon((1, 5), (7, 1), (7, 9)),
}
#: Lines on the same field.
_LINES = {
    "loop": (_ring(40, 130), _ring(220, 130)),
    "return": (_way((6, 5), (14, 5), (14, 13), (2, 13)),),
}


def glyph(name: str) -> QIcon:
    """The sign of that name: play, stop, to start, step back, step on, loop, return."""
    return QIcon(_Glyph(name))


class _Glyph(QIconEngine):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def paint(
        self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        if painter is None:
            return
        disabled = mode == QIcon.Mode.Disabled
        group = QPalette.ColorGroup.Disabled if disabled else QPalette.ColorGroup.Active
        on = state == QIcon.State.On
        role = QPalette.ColorRole.Highlight if on else QPalette.ColorRole.ButtonText
        colour = QGuiApplication.palette().color(group, role)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QPointF(rect.topLeft()))
        painter.scale(rect.width() / 16, rect.height() / 16)
        painter.fillPath(_FILLED[self._name], colour)
        painter.setPen(QPen(colour, 1.8))
        for line in _LINES.get(self._name, ()):
            painter.drawPath(line)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Glyph(self._name)
