"""Takes as rows: what was made from what, with what was measured of each."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QDateTime, QModelIndex, QObject, Qt
from PyQt6.QtGui import QStandardItem, QStandardItemModel

from host_bridge.protocol import StemReport, TakeRecord, TakeSummary
from plugin_ui.take_words import loudness, made_of, measured

TAKE = Qt.ItemDataRole.UserRole
STEM = Qt.ItemDataRole.UserRole + 1
MEASURED = Qt.ItemDataRole.UserRole + 2  # in words
NAME, STAR = 0, 1

_NONE = "–"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TakeModel(QStandardItemModel):
    """The takes of a clip, the newest first, each above those made from it, with its stems.

    Numbers are those of the layer that is worked on, where the take has it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(0, 5, parent)
        columns = (
            (self.tr("Take"), ""),
            ("★", self.tr("Star")),
            (self.tr("LUFS"), self.tr("Loudness, integrated")),
            (self.tr("Off"), self.tr("How far the energy is from the wanted one, in dB")),
            (self.tr("Sync"), self.tr("How many of the wanted onsets are there (F1), 0 to 1")),
        )
        self.setHorizontalHeaderLabels([told for told, _ in columns])
        for column, (_, tip) in enumerate(columns):
            self.setHeaderData(column, Qt.Orientation.Horizontal, tip, Qt.ItemDataRole.ToolTipRole)
        self._chosen: str | None = None
        self._variations: Mapping[str, int] = {}
        self._layer = ""

    def show_takes(
        self,
        takes: Mapping[str, TakeSummary],
        chosen: str | None,
        variations: Mapping[str, int],
        layer: str,
    ) -> dict[str, QModelIndex]:
        """Returns where each take stands."""
        self._chosen, self._variations, self._layer = chosen, variations, layer
        self.setRowCount(0)
        rows = {name: self._row(take) for name, take in takes.items()}
        for name, row in rows.items():
            parent = takes[name].record.reply.parent
            above = rows[parent][NAME] if parent in rows else self.invisibleRootItem()
            assert above is not None
            above.appendRow(row)
        return {name: row[NAME].index() for name, row in rows.items()}

    def _row(self, take: TakeSummary) -> list[QStandardItem]:
        record = take.record
        name, made = QStandardItem(made_of(take)), QDateTime.fromMSecsSinceEpoch(take.created)
        name.setToolTip(f"{name.text()}, {made.toString('HH:mm')}")
        name.setData(record.take, TAKE)
        if record.take == self._chosen:
            font = name.font()
            font.setBold(True)
            name.setFont(font)
            name.setText(f"▶ {name.text()}")
        star = QStandardItem()
        star.setCheckable(True)
        star.setCheckState(Qt.CheckState.Checked if take.star else Qt.CheckState.Unchecked)
        star.setData(record.take, TAKE)
        best = [stem for stem in record.reply.stems if stem.rank == 1]
        name.setData(measured([stem.measures for stem in best]), MEASURED)
        shown = [stem for stem in best if stem.layer == self._layer] or best
        if len(record.reply.stems) > 1:
            for stem in sorted(record.reply.stems, key=lambda stem: (stem.layer, stem.rank)):
                name.appendRow(self._stem_row(record, stem))
        return _fixed([name, star, *_numbers(shown[:1])])

    def _stem_row(self, record: TakeRecord, stem: StemReport) -> list[QStandardItem]:
        seed = self.tr("seed {n}").format(n=stem.seed)
        wanted = self._variations.get(stem.layer)
        heard = stem.variation == wanted if wanted is not None else stem.rank == 1
        mark = "▶ " if heard and record.take == self._chosen else ""
        name = QStandardItem(f"{mark}{stem.rank}. {stem.layer}")
        name.setData(record.take, TAKE)
        name.setData(stem, STEM)
        name.setData(f"{measured([stem.measures])}, {seed}", MEASURED)
        return _fixed([name, QStandardItem(), *_numbers([stem])])


def _numbers(stems: list[StemReport]) -> list[QStandardItem]:
    """Loudness, energy error and sync of one stem, or dashes."""
    told = [_NONE] * 3
    for stem in stems:
        m = stem.measures
        told = [
            loudness(m) or _NONE,
            f"{m.energy_error_db:.2f}",
            _NONE if m.onset_f1 is None else f"{m.onset_f1:.2f}",
        ]
    items = [QStandardItem(number) for number in told]
    for item in items:
        item.setTextAlignment(_RIGHT)
    return items


def _fixed(row: list[QStandardItem]) -> list[QStandardItem]:
    for item in row:
        item.setEditable(False)
    return row
