"""A curve lane's plots under each other: energy, spread, codes; their scales, lines and legends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF

from host_bridge.protocol import Curve
from plugin_ui.lanes.axis import View
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
    def within(width: float, height: int, kinds: int, low_db: float, high_db: float) -> Plots:
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

    def strips(self, kinds: Collection[Kind]) -> dict[Kind, QRectF]:
        """Rooms of two rows of codes each, for those kinds."""
        if not self.semantic.height():
            return {}
        shown: list[Kind] = [kind for kind in PLANNED if kind in kinds]
        return {
            kind: QRectF(
                0, self.semantic.top() + n * (2 * _STRIP + _GAP), self.semantic.width(), 2 * _STRIP
            )
            for n, kind in enumerate(shown)
        }

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
    view: View,
    colours: Colours,
) -> None:
    """What moves with time: all curves of all kinds."""
    inks = _inks(colours)
    for db in _scale(painter, plots):
        y = plots.y_of_db(db)
        painter.setPen(QPen(colours.grid, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(0, y), QPointF(plots.energy.width(), y))
    painter.setPen(QPen(colours.grid, 1))
    for room in (plots.energy, plots.spread):
        painter.drawLine(room.bottomLeft(), room.bottomRight())
    of_energy, of_spread = plots.y_of_energy, plots.y_of_spread
    energies: dict[Kind, Levels] = {kind: track.energy_levels for kind, track in tracks.items()}
    planned: dict[Kind, CurveTrack] = {kind: tracks[kind] for kind in PLANNED if kind in tracks}
    spreads: dict[Kind, Levels] = {kind: track.spread_levels for kind, track in planned.items()}
    _draw_lines(painter, plots.energy, tracks, energies, view, of_energy, inks)
    _draw_lines(painter, plots.spread, planned, spreads, view, of_spread, inks)
    for kind, room in plots.strips(tracks).items():
        draw_codes(painter, tracks[kind], view, room)


def draw_legends(
    painter: QPainter,
    plots: Plots,
    tracks: Mapping[Kind, CurveTrack],
    colours: Colours,
    words: Mapping[str, str],
) -> None:
    """What stands still over the curves. words: curves and kinds in the user's language."""
    painter.setPen(colours.faint)
    tall = painter.fontMetrics().height()
    for db in _scale(painter, plots):
        y = plots.y_of_db(db)
        if plots.energy.top() + 2 * tall < y < plots.energy.bottom() - 4:
            painter.drawText(QPointF(4, y - 2), f"{db}")
    for curve in ("energy", "spread"):
        room = plots.room_of(curve)
        if room.height():
            at = room.topLeft() + QPointF(4, painter.fontMetrics().ascent() + 2)
            painter.drawText(at, f"{words[curve]}, dB")
    _draw_captions(painter, plots, tracks, colours, words)
    _draw_legend(painter, plots, tracks, _inks(colours), colours, words)


def _inks(colours: Colours) -> dict[Kind, QColor]:
    return {
        "predicted": colours.predicted,
        "wanted": colours.wanted,
        "delivered": colours.delivered,
    }


def _scale(painter: QPainter, plots: Plots) -> range:
    """Whole dB, not nearer than two lines of text."""
    least = 1.8 * painter.fontMetrics().height() / plots.pixels_per_db
    step = next((step for step in (1, 2, 5, 10, 20, 50) if step >= least), 100)
    return range(int(np.ceil(plots.low_db / step)) * step, int(plots.high_db) + 1, step)


def _draw_lines(
    painter: QPainter,
    room: QRectF,
    tracks: Mapping[Kind, CurveTrack],
    levels: Mapping[Kind, Levels],
    view: View,
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
        if curve_place(track, view)[1] < _PIXELS_OF_A_FRAME:
            dense.add(levels[kind], track, view, to_y, inks[kind], style)
        elif style == "dotted":
            draw_dots(painter, dots_of(levels[kind], track, view, to_y), inks[kind])
        else:
            draw_line(painter, line_of(levels[kind], track, view, to_y), inks[kind], style)
    dense.draw()
    painter.setClipping(False)


def _draw_captions(
    painter: QPainter,
    plots: Plots,
    tracks: Mapping[Kind, CurveTrack],
    colours: Colours,
    words: Mapping[str, str],
) -> None:
    font, small = painter.font(), painter.font()
    small.setPixelSize(9)
    painter.setFont(small)
    painter.setPen(colours.faint)
    for kind, room in plots.strips(tracks).items():
        word = f"{words['semantic']}, {words[kind]}"
        plate = QRectF(room)
        plate.setWidth(painter.fontMetrics().horizontalAdvance(word) + 8)
        painter.fillRect(plate, colours.ground)
        painter.drawText(plate.adjusted(4, -1, 0, 1), Qt.AlignmentFlag.AlignVCenter, word)
    painter.setFont(font)


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
