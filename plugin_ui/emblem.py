"""The panel's sign on title bars, in the dock and in the tray: sound under a frame line."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap

_SIZES = (16, 24, 32, 64, 128, 256)
_GROUND, _SOUND, _FRAME = QColor("#212326"), QColor("#4f9cc9"), QColor("#dcdee0")
_HEIGHTS = (3, 7, 5, 9, 4)  # of the bars, on a field of 16 x 16


def emblem() -> QIcon:
    """It, readable on light and dark."""
    icon = QIcon()
    for size in _SIZES:
        icon.addPixmap(_drawn(size))
    return icon


def _drawn(size: int) -> QPixmap:
    drawn = QPixmap(size, size)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / 16, size / 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_GROUND)
    painter.drawRoundedRect(QRectF(0, 0, 16, 16), 3, 3)
    painter.setBrush(_FRAME)
    painter.drawRect(QRectF(2, 2.4, 12, 1))
    painter.setBrush(_SOUND)
    for number, height in enumerate(_HEIGHTS):
        painter.drawRect(QRectF(2.2 + 2.4 * number, 9.4 - height / 2, 1.6, height))
    painter.end()
    return drawn
