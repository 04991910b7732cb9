"""Signs over the curves: padlocks, breakpoints, and words beside the hand."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QPoint, QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from host_bridge.protocol import Curve
from host_bridge.timecode import FrameRange
from plugin_ui.lanes.axis import View
from plugin_ui.lanes.colours import Colours
from plugin_ui.lanes.curve_plots import Plots
from plugin_ui.lanes.preview import Point


def draw_locks(
    painter: QPainter,
    plots: Plots,
    locks: Mapping[Curve, str],
    region: FrameRange,
    view: View,
    colours: Colours,
) -> None:
    """Hatching and a padlock with words over each locked curve, in the region."""
    left, right = view.x_of(region.start), view.x_of(region.stop)
    if right < 0 or left > view.width:
        return
    metrics = painter.fontMetrics()
    hatch = QColor(colours.lock)
    hatch.setAlpha(60)
    # What stands at the energy's top and left already.
    names, levels = (metrics.height() + 6, metrics.horizontalAdvance("-100") + 4)
    for curve, words in locks.items():
        room = plots.room_of(curve)
        if room.height():
            area = QRectF(left, room.top(), right - left, room.height())
            painter.fillRect(area, QBrush(hatch, Qt.BrushStyle.BDiagPattern))
            at = QPointF(max(left, levels) + 4, room.top() + (names if curve == "energy" else 0))
            _draw_padlock(painter, at, words, colours.lock, colours.ground)


def draw_points(
    painter: QPainter,
    plots: Plots,
    points: list[Point],
    chosen: int | None,
    view: View,
    colours: Colours,
) -> None:
    """Breakpoints as rings; the chosen one is larger and full."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(plots.energy)
    for frame, db in points:
        full = frame == chosen
        painter.setPen(QPen(colours.text if full else colours.wanted, 2))
        painter.setBrush(colours.wanted if full else colours.ground)
        size = 5 if full else 4
        painter.drawEllipse(QPointF(view.x_of(frame), plots.y_of_db(db)), size, size)
    painter.setClipping(False)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def draw_words(painter: QPainter, at: QPoint, words: str, width: int, colours: Colours) -> None:
    """Words above and beside a place, within a lane's width."""
    metrics = painter.fontMetrics()
    wide, tall = metrics.horizontalAdvance(words) + 12, metrics.height() + 6
    left = min(max(0, at.x() + 14), width - wide)
    plate = QRectF(left, max(0, at.y() - tall - 8), wide, tall)
    painter.fillRect(plate, colours.ground)
    painter.setPen(colours.text)
    painter.drawRect(plate)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)


def _draw_padlock(painter: QPainter, at: QPointF, words: str, ink: QColor, ground: QColor) -> None:
    """A closed padlock with words, from its top left corner on."""
    metrics = painter.fontMetrics()
    tall = metrics.height() + 2.0
    plate = QRectF(at.x(), at.y(), metrics.horizontalAdvance(words) + tall + 8, tall)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(plate, 3, 3)
    body = QRectF(at.x() + 5, at.y() + tall * 0.48, tall * 0.46, tall * 0.34)
    shackle = QPainterPath(QPointF(body.left() + 1.5, body.top()))
    arch = QRectF(body.left() + 1.5, body.top() - tall * 0.3, body.width() - 3, tall * 0.5)
    shackle.arcTo(arch, 180, -180)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, 1.5))
    painter.drawPath(shackle)
    painter.fillRect(body, ink)
    painter.setPen(ink)
    painter.drawText(QPointF(body.right() + 5, plate.bottom() - metrics.descent() - 1), words)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
