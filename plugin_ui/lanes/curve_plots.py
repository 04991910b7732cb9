"""A curve lane's plots under each other: energy, spread, codes; their scales, lines and legends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF

from host_bridge.protocol import Curve
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.colours import Colours
from plugin_ui.lanes.curve_picture import (
    DenseLines,
    Style,
    ToY,
    curve_place,
    dots_of,
    draw_codes,
    draw_dots,
    draw_line,
    line_of,
)
from plugin_ui.lanes.curve_track import DB, CurveTrack
from plugin_ui.lanes.pyramid import Levels

Kind = Literal["predicted", "wanted", "delivered"]
#: Kinds that have all three curves: of a stem the energy alone is measured.
PLANNED: tuple[Kind, ...] = ("predicted", "wanted")
_STYLES: dict[Kind, Style] = {"predicted": "thin", "wanted": "solid", "delivered": "dotted"}

_PIXELS_OF_A_FRAME = 1.5  # lines are drawn through frames that are wider
_STRIP = 5.0  # pixels of a row of codes
_GAP = 3.0
_SPREAD_DB = 30.0  # shown above zero
_SPREAD_SHARE = 0.24  # of the height
_ROOM_FOR_SPREAD = 90  # pixels of a lane


@dataclass(frozen=True, kw_only=True)
class Plots:
    """Where a lane's plots are and how dB of energy become y."""

    energy: QRectF
    spread: QRectF
    semantic: QRectF
    low_db: float
    high_db: float

    @staticmethod
    def within(width: int, height: int, kinds: int, low_db: float, high_db: float) -> Plots:
        """Plots in a lane of that size, with code strips of so many kinds."""
        strips = kinds * (2 * _STRIP + _GAP) if height >= _ROOM_FOR_SPREAD else 0.0
        spread = _SPREAD_SHARE * height if height >= _ROOM_FOR_SPREAD else 0.0
        energy = height - strips - spread - 2
        return Plots(
            energy=QRectF(0, 1, width, energy),
            spread=QRectF(0, 1 + energy, width, spread),
            semantic=QRectF(0, 1 + energy + spread + _GAP, width, max(0.0, strips - _GAP)),
            low_db=low_db,
            high_db=high_db,
        )

    def room_of(self, curve: Curve) -> QRectF:
        return {"energy": self.energy, "spread": self.spread, "semantic": self.semantic}[curve]

    @property
    def pixels_per_db(self) -> float:
        return self.energy.height() / (self.high_db - self.low_db)

    def y_of_db(self, db: float) -> float:
        return self.energy.top() + (self.high_db - db) * self.pixels_per_db

    def db_at(self, y: float) -> float:
        return self.high_db - (y - self.energy.top()) / self.pixels_per_db

    def y_of_energy(self, nats: np.ndarray) -> np.ndarray:
        return self.energy.top() + (self.high_db - nats * DB) * self.pixels_per_db

    def y_of_spread(self, nats: np.ndarray) -> np.ndarray:
        scale = max(0.0, self.spread.height() - 6) / _SPREAD_DB
        return self.spread.bottom() - 2 - np.minimum(nats * DB, _SPREAD_DB) * scale


def draw_plots(
    painter: QPainter,
    plots: Plots,
    tracks: Mapping[Kind, CurveTrack],
    axis: TimeAxis,
    colours: Colours,
    words: Mapping[str, str],
) -> None:
    """All curves of all kinds. words: what curves, kinds are called in the user's language."""
    inks: dict[Kind, QColor] = {
        "predicted": colours.predicted,
        "wanted": colours.wanted,
        "delivered": colours.delivered,
    }
    _draw_scale(painter, plots, colours)
    of_energy, of_spread = plots.y_of_energy, plots.y_of_spread
    energies: dict[Kind, Levels] = {kind: track.energy_levels for kind, track in tracks.items()}
    planned: dict[Kind, CurveTrack] = {k: tracks[k] for k in PLANNED if k in tracks}
    spreads: dict[Kind, Levels] = {kind: track.spread_levels for kind, track in planned.items()}
    _draw_lines(painter, plots.energy, tracks, energies, axis, of_energy, inks)
    _draw_lines(painter, plots.spread, planned, spreads, axis, of_spread, inks)
    _draw_strips(painter, plots, planned, axis, colours, words)
    _draw_names(painter, plots, colours, words)
    _draw_legend(painter, plots, tracks, inks, colours, words)


def _draw_lines(
    painter: QPainter,
    room: QRectF,
    tracks: Mapping[Kind, CurveTrack],
    levels: Mapping[Kind, Levels],
    axis: TimeAxis,
    to_y: ToY,
    inks: Mapping[Kind, QColor],
) -> None:
    """One curve of all kinds, wanted over the others."""
    painter.setClipRect(room)
    dense = DenseLines(painter, room)
    for kind in ("predicted", "delivered", "wanted"):
        if kind not in tracks:
            continue
        track, style = tracks[kind], _STYLES[kind]
        if curve_place(track, axis)[1] < _PIXELS_OF_A_FRAME:
            dense.add(levels[kind], track, axis, to_y, inks[kind], style)
        elif style == "dotted":
            draw_dots(painter, dots_of(levels[kind], track, axis, to_y), inks[kind])
        else:
            draw_line(painter, line_of(levels[kind], track, axis, to_y), inks[kind], style)
    dense.draw()
    painter.setClipping(False)


def _draw_scale(painter: QPainter, plots: Plots, colours: Colours) -> None:
    """Lines of whole dB, not nearer than three lines of text."""
    metrics = painter.fontMetrics()
    least = 1.8 * metrics.height() / plots.pixels_per_db
    step = next((step for step in (1, 2, 5, 10, 20, 50) if step >= least), 100)
    for db in range(int(np.ceil(plots.low_db / step)) * step, int(plots.high_db) + 1, step):
        y = plots.y_of_db(db)
        painter.setPen(QPen(colours.grid, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(0, y), QPointF(plots.energy.width(), y))
        if plots.energy.top() + 2 * metrics.height() < y < plots.energy.bottom() - 4:
            painter.setPen(colours.faint)
            painter.drawText(QPointF(4, y - 2), f"{db}")
    painter.setPen(QPen(colours.grid, 1))
    for room in (plots.energy, plots.spread):
        if room.height():
            painter.drawLine(room.bottomLeft(), room.bottomRight())


def _draw_strips(
    painter: QPainter,
    plots: Plots,
    tracks: Mapping[Kind, CurveTrack],
    axis: TimeAxis,
    colours: Colours,
    words: Mapping[str, str],
) -> None:
    top = plots.semantic.top()
    if not plots.semantic.height():
        return
    font = painter.font()
    small = painter.font()
    small.setPixelSize(9)
    painter.setFont(small)
    for kind in tracks:
        draw_codes(painter, tracks[kind], axis, QRectF(0, top, 0, 2 * _STRIP))
        word = f"{words['semantic']}, {words[kind]}"
        plate = QRectF(0, top, painter.fontMetrics().horizontalAdvance(word) + 8, 2 * _STRIP)
        painter.fillRect(plate, colours.ground)
        painter.setPen(colours.faint)
        painter.drawText(plate.adjusted(4, -1, 0, 1), Qt.AlignmentFlag.AlignVCenter, word)
        top += 2 * _STRIP + _GAP
    painter.setFont(font)


def _draw_names(
    painter: QPainter, plots: Plots, colours: Colours, words: Mapping[str, str]
) -> None:
    painter.setPen(colours.faint)
    for curve in ("energy", "spread"):
        room = plots.room_of(curve)
        if room.height():
            at = room.topLeft() + QPointF(4, painter.fontMetrics().ascent() + 2)
            painter.drawText(at, f"{words[curve]}, dB")


def _draw_legend(
    painter: QPainter,
    plots: Plots,
    tracks: Mapping[Kind, CurveTrack],
    inks: Mapping[Kind, QColor],
    colours: Colours,
    words: Mapping[str, str],
) -> None:
    """At the top right: a piece of each line, and its name."""
    metrics, sample = painter.fontMetrics(), 22
    shown: list[Kind] = [kind for kind in (*PLANNED, "delivered") if kind in tracks]
    wide = sum(sample + 18 + metrics.horizontalAdvance(words[kind]) for kind in shown)
    x, y = plots.energy.right() - wide, plots.energy.top() + metrics.height() / 2 + 3
    plate = QColor(colours.ground)
    plate.setAlpha(200)
    painter.fillRect(QRectF(x - 4, plots.energy.top(), wide + 4, metrics.height() + 5), plate)
    for kind in shown:
        if _STYLES[kind] == "dotted":
            draw_dots(painter, _along(x, y, sample // 5, 5), inks[kind])
        else:
            draw_line(painter, _along(x, y, 2, sample), inks[kind], _STYLES[kind])
        painter.setPen(colours.text)
        painter.drawText(QPointF(x + sample + 5, y + metrics.ascent() / 2 - 1), words[kind])
        x += sample + 18 + metrics.horizontalAdvance(words[kind])


def _along(left: float, y: float, points: int, apart: float) -> QPolygonF:
    return QPolygonF([QPointF(left + n * apart, y) for n in range(points)])
