"""The batch on the time axis: a bar for each range, and its state as a sign."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from plugin_ui.batch import Batch
from plugin_ui.lanes.axis import TimeAxis, View
from plugin_ui.lanes.lane import Lane
from plugin_ui.lanes.selection import Selection
from plugin_ui.session import Queued

_SIGNS = {"waits": "…", "asked": "▸", "done": "✓", "failed": "!"}


class BatchLane(Lane):
    """Where the ranges lie. Double-click, or Enter under the playhead, goes to one.

    went_to(Queued): as in BatchDock.
    """

    went_to = pyqtSignal(object)

    def __init__(
        self, batch: Batch, axis: TimeAxis, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__("", axis, selection, parent)
        self.setAccessibleName(self.tr("Batch"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._batch = batch
        batch.changed.connect(self.redraw)
        batch.progressed.connect(self.redraw)

    def sizeHint(self) -> QSize:
        return QSize(640, max(48, 2 * self.fontMetrics().height()))

    def draw(self, painter: QPainter, view: View) -> None:
        for one in self._batch.queue:
            region = one.region
            left, right = view.x_of(region.start), view.x_of(region.stop)
            if right >= 0 and left <= view.width:
                room = QRectF(left + 1, 4, max(3.0, right - left - 2), self.height() - 9)
                self._draw_bar(painter, one, room)
        painter.setPen(QPen(self.colours.grid, 1))
        painter.drawLine(0, self.height() - 1, round(view.width), self.height() - 1)

    def _draw_bar(self, painter: QPainter, one: Queued, room: QRectF) -> None:
        share = self._batch.shares.get(one.job.job)
        done = 1.0 if one.state == "done" else share.all if share else 0.0
        tint = QColor(self.colours.wave)
        tint.setAlpha(80)
        full = QRectF(room)
        full.setWidth(room.width() * done)
        painter.fillRect(full, tint)
        line = Qt.PenStyle.SolidLine if one.state in ("asked", "done") else Qt.PenStyle.DashLine
        painter.setPen(QPen(self.colours.wave, 1, line))
        painter.drawRect(room)
        layers = ", ".join(layer.name for layer in one.request.layers)
        painter.setPen(self.colours.text)
        words = room.adjusted(4, 0, -2, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, left, f"{_SIGNS[one.state]} {layers}")

    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        assert a0 is not None
        self._go_to(int(self.axis.frame_at(a0.position().x())))

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        assert a0 is not None
        if a0.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go_to(self.position)
        else:
            super().keyPressEvent(a0)

    def _go_to(self, frame: int) -> None:
        for one in reversed(self._batch.queue):  # the one that is drawn on top
            if one.region.start <= frame < one.region.stop:
                self.went_to.emit(one)
                return
