"""How curves are drawn: lines through every frame, or the extremes of every pixel; code strips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.curve_track import CODES, CurveTrack
from plugin_ui.lanes.pyramid import Levels, extremes

#: From a nat value (array) to y.
ToY = Callable[[np.ndarray], np.ndarray]


def curve_place(track: CurveTrack, axis: TimeAxis) -> tuple[float, float]:
    """Where the first curve frame's middle stands on the screen, and pixels of a curve frame."""
    step = axis.pixels_per_frame / axis.timeline.curve_frames_per_frame
    return axis.x_of(track.begin(axis.timeline)) + step / 2, step


def line_of(levels: Levels, track: CurveTrack, axis: TimeAxis, to_y: ToY) -> QPolygonF:
    """A curve's line over the seen part; where frames are denser than pixels, their extremes."""
    x0, step = curve_place(track, axis)
    first = max(0, int(np.floor(-x0 / step)) - 1)
    last = min(len(track), int(np.ceil((axis.width - x0) / step)) + 2)
    if first >= last:
        return QPolygonF()
    if step >= 1:
        frames = np.arange(first, last)
        return polygon(x0 + frames * step, to_y(levels[0][0, first:last]))
    left, right = x0 + (first - 0.5) * step, x0 + (last - 0.5) * step
    pixels = max(1, int(np.ceil(right - left)))
    low, high = extremes(levels, np.minimum(first + np.arange(pixels + 1) / step, last))
    x = np.repeat(left + np.arange(pixels) + 0.5, 2)
    return polygon(x, to_y(np.stack((high, low), axis=1).ravel()))


def draw_line(painter: QPainter, line: QPolygonF, colour: QColor, style: str, dense: bool) -> None:
    """style: thin (predicted), solid (wanted) or dotted (delivered)."""
    pen = QPen(colour, 2.0 if style == "solid" and not dense else 1.0)
    if style == "dotted":
        pen.setDashPattern([2, 3])
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not dense)
    painter.drawPolyline(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def draw_codes(painter: QPainter, track: CurveTrack, axis: TimeAxis, room: QRectF) -> None:
    """Two strips: the codes of the upper and of the lower half, the nearest frame a pixel."""
    x0, step = curve_place(track, axis)
    frames = np.round((np.arange(axis.width) + 0.5 - x0) / step).astype(np.intp)
    inside = np.flatnonzero((frames >= 0) & (frames < len(track)))
    if not len(inside):
        return
    pixels = np.ascontiguousarray(_CODE_COLOURS[track.codes[frames[inside]]].T)
    image = QImage(pixels.tobytes(), len(inside), 2, 4 * len(inside), QImage.Format.Format_RGB32)
    painter.drawImage(QRectF(inside[0], room.top(), len(inside), room.height()), image)


def draw_padlock(painter: QPainter, at: QPointF, words: str, ink: QColor, ground: QColor) -> None:
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


def polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    """Points from arrays, without a Python object each."""
    shape = QPolygonF([QPointF()] * len(x))
    memory: Any = shape.data()  # Qt's own memory, which takes arrays at once
    memory.setsize(16 * len(x))
    np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = np.stack((x, y), axis=1)
    return shape


def _code_colours() -> np.ndarray:
    """A colour for each code: the lighter the fuller, orange where the high windows lead, blue
    where the low ones do. A flat code is grey."""
    codes = np.arange(CODES)
    digits = codes[:, None] // 3 ** np.arange(4) % 3 - 1.0  # highest window first
    lightness = 0.5 + 0.36 * digits.mean(axis=1)
    tilt = digits @ np.array([1.0, 0.5, -0.5, -1.0]) / 3
    channels = lightness[:, None] + tilt[:, None] * np.array([0.22, 0.0, -0.3])
    red, green, blue = (np.clip(channels, 0, 1).T * 255).astype(np.uint32)
    return np.uint32(0xFF000000) | red << 16 | green << 8 | blue


_CODE_COLOURS = _code_colours()
