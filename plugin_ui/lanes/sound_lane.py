"""A stem's sound: waveform over spectrogram, with a blend between both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from host_bridge.errors import CuelockError
from media.clip import Clip
from plugin_ui.lanes.axis import TimeAxis, View
from plugin_ui.lanes.lane import Lane, Modifiers
from plugin_ui.lanes.levels import FULL, SoundLevels
from plugin_ui.lanes.reading import LevelsReader
from plugin_ui.lanes.selection import Selection
from plugin_ui.lanes.sound_picture import draw_spectrogram, draw_waveform
from plugin_ui.lanes.spectrum import height_of


class SoundLane(Lane):
    """One sound on the time axis. The spectrogram is for display only (plugin_ui.lanes.spectrum).

    Signals (besides those of Lane):
    shown(): a file was read to its end.
    failed(CuelockError): a file cannot be read; the lane says so as well.
    blended(float): another blend; after `set_blend`.
    scaled(float): waveforms shall be so many times larger; after Ctrl+wheel.
    """

    shown = pyqtSignal()
    failed = pyqtSignal(object)
    blended = pyqtSignal(float)
    scaled = pyqtSignal(float)

    def __init__(
        self, name: str, axis: TimeAxis, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, axis, selection, parent)
        self._reader: LevelsReader | None = None
        self._levels: SoundLevels | None = None
        self._begin, self._trouble = 0, ""
        self._muted, self._blend, self._scale = False, 0.5, 1.0

    @property
    def levels(self) -> SoundLevels | None:
        """What is known of the sound."""
        return self._levels

    def peak(self) -> float:
        """The loudest that is known of it, full scale 1."""
        return 0.0 if self._levels is None else float(np.abs(self._levels.peaks[-1]).max()) / FULL

    @property
    def blend(self) -> float:
        return self._blend

    def show_file(self, path: Path, *, begin: int = 0) -> None:
        """A sound file that begins on frame `begin` (with handles, before the range)."""
        self._new_reader(begin).read_file(path)

    def show_clip(self, clip: Clip) -> None:
        """A movie's own sound."""
        self._new_reader(0).read_clip(clip)

    def expect(self, samples: int, sample_rate: int, *, begin: int = 0) -> None:
        """Sound that will come by `put`, of so many samples from frame `begin` on."""
        self._new_reader(begin).expect(samples, sample_rate)

    def put(self, at: int, samples: np.ndarray) -> None:
        """A block of the sound that is expected or shown, from its sample `at` on."""
        if self._reader is not None:
            self._reader.put(at, samples)

    def show_levels(self, levels: SoundLevels, *, begin: int = 0) -> None:
        """Levels that are there already."""
        self.clear()
        self._begin, self._levels = begin, levels

    def clear(self) -> None:
        """No sound any more."""
        if self._reader is not None:
            self._reader.stop()
        self._reader, self._levels, self._trouble = None, None, ""
        self.redraw()

    def set_blend(self, blend: float) -> None:
        """0: waveform alone, 1: spectrogram alone, between them both."""
        self._blend = min(max(blend, 0.0), 1.0)
        self.blended.emit(self._blend)
        self.redraw()

    def set_scale(self, scale: float) -> None:
        """How often larger than life the waveform is drawn."""
        self._scale = scale
        self.redraw()

    def turned(self, notches: float, at: QPointF, modifiers: Modifiers) -> None:
        if modifiers & Modifiers.ControlModifier:
            self.scaled.emit(_SCALE_PER_NOTCH**notches)
        else:
            super().turned(notches, at, modifiers)

    def set_heard(self, *, heard: bool) -> None:
        """Whether it sounds in the mix; else it is drawn pale."""
        muted = not heard
        if muted != self._muted:
            self._muted = muted
            self.redraw()

    def draw(self, painter: QPainter, view: View) -> None:
        room = QRectF(0, 1, view.width, self.height() - 2)
        if self._levels is not None:
            self._draw_sound(painter, self._levels, view, room)
        painter.setOpacity(1)
        painter.setPen(QPen(self.colours.grid, 1))
        bottom = self.height() - 1
        painter.drawLine(QPointF(0, bottom), QPointF(view.width, bottom))

    def draw_over(self, painter: QPainter) -> None:
        if self._levels is not None and self._blend > 0:
            self._draw_scale(painter, self._levels.sample_rate)
        if self._scale > 1:
            at = QPointF(4, self.height() - painter.fontMetrics().descent() - 2)
            painter.setPen(self.colours.text)
            painter.drawText(at, f"×{self._scale:.0f}")
        if self._trouble:
            painter.setPen(self.colours.text)
            painter.drawText(QRectF(self.rect()).adjusted(8, 0, -8, 0), _CENTRED, self._trouble)

    def _draw_scale(self, painter: QPainter, sample_rate: int) -> None:
        """Frequencies at the right edge, as many as there is room for."""
        metrics, right, above = painter.fontMetrics(), self.width(), float(self.height())
        for hz, name in _SCALE:
            y = (1 - height_of(hz, sample_rate)) * (self.height() - 2)
            wide = metrics.horizontalAdvance(name) + 6
            plate = QRectF(right - wide - 6, y - metrics.height() / 2, wide, metrics.height())
            if plate.top() < 0 or plate.bottom() > above:
                continue
            above = plate.top() - metrics.height()
            ground = QColor(self.colours.ground)
            ground.setAlpha(150)
            painter.fillRect(plate, ground)
            painter.setPen(self.colours.text)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, name)
            painter.drawLine(QPointF(right - 5, y), QPointF(right, y))

    def _draw_sound(self, painter: QPainter, levels: SoundLevels, view: View, room: QRectF) -> None:
        fps = view.timeline.fps
        left = (view.left - self._begin) / fps
        seconds = (left, left + view.seen / fps)
        pale = 0.35 if self._muted else 1.0
        if self._blend > 0:
            painter.setOpacity(pale * min(1.0, 2 * self._blend))
            draw_spectrogram(painter, levels, seconds, room, self.colours.spectrogram)
        if self._blend < 1:
            painter.setOpacity(pale * min(1.0, 2 - 2 * self._blend))
            colour = QColor(self.colours.wave)
            if self._blend > 0:
                colour.setAlpha(235)
            draw_waveform(painter, levels, seconds, room, colour, self._scale)

    def _new_reader(self, begin: int) -> LevelsReader:
        self.clear()
        self._begin = begin
        reader = self._reader = LevelsReader()
        reader.grown.connect(self._grown)
        reader.finished.connect(self.shown)
        reader.failed.connect(self._failed)
        return reader

    def _grown(self, levels: SoundLevels) -> None:
        if self.sender() is self._reader:
            self._levels = levels
            self.redraw()

    def _failed(self, error: CuelockError) -> None:
        if self.sender() is self._reader:
            self._trouble = f"{error.message} {error.hint}"
            self.failed.emit(error)
            self.redraw()


_SCALE_PER_NOTCH = 1.25
_SCALE = ((100, "100"), (500, "500"), (1000, "1k"), (2000, "2k"), (5000, "5k"), (10_000, "10k"))
_CENTRED = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
