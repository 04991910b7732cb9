"""The level of everything that is heard: a bar, and its numbers."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from plugin_ui.sound.meters import SILENCE_DB, Levels

_LOWEST_DB = -60.0
_LOUD_DB, _CLIPS_DB = -18.0, -1.0  # where the bar changes its colour
_CALM, _LOUD, _CLIPS = QColor("#3f9b77"), QColor("#c9a23a"), QColor("#d8553f")


class Meter(QWidget):
    """The mix's level now, and its peak in dBFS since it last began to sound."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Level"))
        self._level_db = self._peak_db = SILENCE_DB
        self._device = self._silent = True

    def show_levels(self, levels: Levels) -> None:
        """What was measured of the last twentieth of a second."""
        self._level_db = max(levels.mix.peak_db)
        began = self._silent and self._level_db > SILENCE_DB
        self._silent = self._level_db <= SILENCE_DB
        self._peak_db = self._level_db if began else max(self._peak_db, self._level_db)
        self.setAccessibleDescription(self._words())
        self.update()

    def show_device(self, *, there: bool) -> None:
        """Whether anything can be heard at all."""
        self._device = there
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(180 + metrics.horizontalAdvance("-60.0 dBFS"), metrics.height() + 4)

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        painter = QPainter(self)
        words = self.fontMetrics().horizontalAdvance("-60.0 dBFS ")
        room = QRectF(0, self.height() / 2 - 4, self.width() - words - 8, 8)
        painter.fillRect(room, self.palette().base())
        for colour, start, stop in (
            (_CALM, _LOWEST_DB, _LOUD_DB), (_LOUD, _LOUD_DB, _CLIPS_DB), (_CLIPS, _CLIPS_DB, 0.0),
        ):  # fmt: skip
            shown = min(max(self._level_db, start), stop)
            x0, x1 = (room.width() * (1 - db / _LOWEST_DB) for db in (start, shown))
            painter.fillRect(QRectF(room.x() + x0, room.y(), x1 - x0, room.height()), colour)
        text = QRectF(self.width() - words, 0, words, self.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self._words())

    def _words(self) -> str:
        if not self._device:
            return self.tr("no device")
        if self._peak_db <= _LOWEST_DB:
            return self.tr("silent")
        return f"{self._peak_db:.1f} dBFS"
