"""How curves are drawn: lines through every frame, or the extremes of every pixel; code strips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from plugin_ui.lanes.axis import View
from plugin_ui.lanes.bars import bars, coloured
from plugin_ui.lanes.curve_track import CODES, CurveTrack
from plugin_ui.lanes.pyramid import Levels, extremes

_DOT_PIXELS = 5

Style = Literal["thin", "solid", "dotted"]
#: From a nat value (array) to y.
ToY = Callable[[np.ndarray], np.ndarray]


def curve_place(track: CurveTrack, view: View) -> tuple[float, float]:
    """Where the first curve frame's middle stands on the screen, and pixels of a curve frame."""
    step = view.pixels_per_frame / view.timeline.curve_frames_per_frame
    return view.x_of(track.begin(view.timeline)) + step / 2, step


def line_of(levels: Levels, track: CurveTrack, view: View, to_y: ToY) -> QPolygonF:
    """A curve's line through every frame of the seen part."""
    x0, step = curve_place(track, view)
    first = max(0, int(np.floor(-x0 / step)) - 1)
    last = min(len(track), int(np.ceil((view.width - x0) / step)) + 2)
    frames = np.arange(first, max(first, last))
    return polygon(x0 + frames * step, to_y(levels[0][0, frames]))


def dots_of(levels: Levels, track: CurveTrack, view: View, to_y: ToY) -> QPolygonF:
    """Dots on a curve's line, some pixels apart; they stay where they are when time is scrolled."""
    x0, step = curve_place(track, view)
    apart = 2.0 ** np.round(np.log2(_DOT_PIXELS / step))  # curve frames
    first, last = max(0.0, -x0 / step), min(len(track) - 1.0, (view.width - x0) / step)
    at = np.arange(np.ceil(first / apart), np.floor(last / apart) + 1) * apart
    frames = np.arange(int(first), min(len(track), int(max(first, last)) + 2))
    values = np.interp(at, frames, levels[0][0, frames]) if len(frames) else at
    return polygon(x0 + at * step, to_y(values))


def draw_dots(painter: QPainter, dots: QPolygonF, colour: QColor) -> None:
    painter.setPen(QPen(colour, 2))
    painter.drawPoints(dots)


def draw_line(painter: QPainter, line: QPolygonF, colour: QColor, style: Style) -> None:
    """A smooth line. A thick one are several: Qt strokes wide pens a hundred times slower."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, 1)
    pen.setCosmetic(True)
    painter.setPen(pen)
    pixel = 1 / _ratio(painter)
    passes = (2.0 if style == "solid" else 1.0) / pixel
    for shift in range(round(passes)):
        painter.drawPolyline(line.translated(0, (shift - (passes - 1) / 2) * pixel))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


class DenseLines:
    """Lines with more frames than pixels: the extremes of every device pixel, as one small image.

    Lines lie over each other in the order in which they are added.
    """

    def __init__(self, painter: QPainter, room: QRectF) -> None:
        self._painter, self._room, self._ratio = painter, room, _ratio(painter)
        tall, wide = round(room.height() * self._ratio), round(room.width() * self._ratio)
        self._pixels = np.zeros((max(0, tall), wide), np.uint8)
        self._colours = list[QColor]()

    def add(
        self,
        levels: Levels,
        track: CurveTrack,
        view: View,
        to_y: ToY,
        colour: QColor,
        style: Style,
    ) -> None:
        x0, step = curve_place(track, view)
        edges = (np.arange(self._pixels.shape[1] + 1) / self._ratio - x0) / step + 0.5
        inside = np.flatnonzero((edges[1:] > 0) & (edges[:-1] < len(track)))
        if len(inside) < 2 or not len(self._pixels):
            return
        first, last = int(inside[0]), int(inside[-1]) + 1
        seen = np.clip(edges[first : last + 1], 0, len(track))
        bottom, top = (
            np.clip(
                np.round((to_y(nats) - self._room.top()) * self._ratio), -4, len(self._pixels) + 4
            )
            for nats in extremes(levels, seen)
        )
        # Each column meets the one before, so that the line has no gaps.
        top[1:], bottom[1:] = np.minimum(top[1:], bottom[:-1]), np.maximum(bottom[1:], top[:-1])
        self._paint(slice(first, last), top, bottom, colour, style)

    def _paint(
        self, columns: slice, top: np.ndarray, bottom: np.ndarray, colour: QColor, style: Style
    ) -> None:
        thick = round(self._ratio) if style == "solid" else 0
        line = bars(len(self._pixels), top, np.maximum(bottom, top + thick))
        if style == "dotted":
            diagonals = np.arange(sum(line.shape)) % 5 < 2
            line &= np.lib.stride_tricks.sliding_window_view(diagonals, line.shape[1])[:-1]
        self._colours.append(colour)
        index = np.uint8(len(self._colours))
        part = self._pixels[:, columns]
        np.maximum(part, line.view(np.uint8) * index, out=part)

    def draw(self) -> None:
        image = coloured(self._pixels, self._colours)
        image.setDevicePixelRatio(self._ratio)
        self._painter.drawImage(self._room.topLeft(), image)


def draw_codes(painter: QPainter, track: CurveTrack, view: View, room: QRectF) -> None:
    """Two strips: the codes of the upper and of the lower half, the nearest frame a pixel."""
    x0, step = curve_place(track, view)
    frames = np.round((np.arange(int(view.width)) + 0.5 - x0) / step).astype(np.intp)
    inside = np.flatnonzero((frames >= 0) & (frames < len(track)))
    if not len(inside):
        return
    pixels = np.ascontiguousarray(_CODE_COLOURS[track.codes[frames[inside]]].T)
    image = QImage(pixels.tobytes(), len(inside), 2, 4 * len(inside), QImage.Format.Format_RGB32)
    painter.drawImage(QRectF(inside[0], room.top(), len(inside), room.height()), image)


def _ratio(painter: QPainter) -> float:
    device = painter.device()
    assert device is not None  # a painter at work has one
    return device.devicePixelRatioF()


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
