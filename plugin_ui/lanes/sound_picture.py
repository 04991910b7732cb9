"""Waveform and spectrogram as images of the seen part: numpy fills the pixels, Qt scales them."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QImage, QPainter

from plugin_ui.lanes.bars import bars, coloured, image_of
from plugin_ui.lanes.levels import BIN, FULL, SoundLevels
from plugin_ui.lanes.pyramid import FACTOR, extremes
from plugin_ui.lanes.spectrum import COLUMN_RATE


def draw_spectrogram(
    painter: QPainter,
    levels: SoundLevels,
    seconds: tuple[float, float],
    room: QRectF,
    ramp: np.ndarray,
) -> None:
    """The spectrogram between two moments of the sound, over a room's width.

    ramp: 256 ARGB words from silence to full scale.
    """
    per_pixel = (seconds[1] - seconds[0]) * COLUMN_RATE / room.width()
    height = 0
    while height + 1 < len(levels.columns) and per_pixel > 2 * FACTOR**height:
        height += 1
    columns, rate = levels.columns[height], COLUMN_RATE / FACTOR**height
    known = -(-levels.known * rate // levels.sample_rate)
    first = max(0, int(seconds[0] * rate) - 1)
    last = int(min(known, len(columns), np.ceil(seconds[1] * rate) + 1))
    if last <= first:
        return
    image = image_of(ramp[columns[first:last, ::-1].T], QImage.Format.Format_RGB32)
    scale = room.width() / (seconds[1] - seconds[0])
    left, right = ((at / rate - seconds[0]) * scale for at in (first, last))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(left, room.top(), right - left, room.height()), image)


def draw_waveform(
    painter: QPainter,
    levels: SoundLevels,
    seconds: tuple[float, float],
    room: QRectF,
    colour: QColor,
    scale: float,
) -> None:
    """The extremes of every device pixel between two moments, about the middle of the room.

    scale: how often larger than life; what is beyond the room is cut.
    """
    device = painter.device()
    assert device is not None  # a painter at work has one
    ratio = device.devicePixelRatioF()
    across, tall = round(room.width() * ratio), round(room.height() * ratio)
    edges = np.linspace(*seconds, across + 1) * levels.sample_rate / BIN
    known = levels.known / BIN
    inside = np.flatnonzero((edges[:-1] >= 0) & (edges[1:] <= known))
    if not len(inside) or tall < 2:
        return
    first, last = int(inside[0]), int(inside[-1])
    low, high = extremes(levels.peaks, edges[first : last + 2])
    middle = (tall - 1) / 2
    high, low = (np.clip(scale / FULL * ends, -1.0, 1.0) for ends in (high, low))
    top = np.floor(middle - high * middle).astype(np.int32)
    bottom = np.ceil(middle - low * middle).astype(np.int32)
    image = coloured(bars(tall, top, bottom).view(np.uint8), [colour])
    image.setDevicePixelRatio(ratio)
    painter.drawImage(QPointF(first / ratio, room.top()), image)
