"""The takes of a clip as a tree: what was made from what, starred, noted, compared, dragged out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PyQt6.QtCore import QDateTime, QMimeData, QModelIndex, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDrag, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from host_bridge.protocol import (
    CompRequest,
    Measures,
    RecutRequest,
    RegenerateRequest,
    StemReport,
    TakeSummary,
)

_TAKE = Qt.ItemDataRole.UserRole
_STEM = Qt.ItemDataRole.UserRole + 1
_MEASURED = Qt.ItemDataRole.UserRole + 2  # in words


class TakesDock(QWidget):
    """Shows takes, the newest first, each above those made from it, with its stems.

    chosen(str): this take is to be heard. stem_chosen(str, StemReport): a variation of it.
    starred(str, bool), noted(str, str): take and mark or note.
    comp_wanted(str, int): the region is to be taken from this take, and which stem of each layer.
    """

    chosen = pyqtSignal(str)
    stem_chosen = pyqtSignal(str, object)
    starred = pyqtSignal(str, bool)
    noted = pyqtSignal(str, str)
    comp_wanted = pyqtSignal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._takes: dict[str, TakeSummary] = {}
        self._current: str | None = None
        self._variations: dict[str, int] = {}
        self._model = QStandardItemModel(0, 3, self)
        self._model.setHorizontalHeaderLabels([self.tr("Take"), self.tr("Star"), self.tr("Made")])
        self._model.itemChanged.connect(self._changed)
        self._showing = False
        self.tree = _TakeTree(self)
        self.tree.setModel(self._model)
        self.tree.setAccessibleName(self.tr("Takes"))
        self.tree.activated.connect(self._activated)
        selection = self.tree.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._noticed)
        header = self.tree.header()
        assert header is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        self.measures = QLabel(self)
        self.measures.setWordWrap(True)
        self.measures.setAccessibleName(self.tr("Measured"))
        self.note = QLineEdit(self)
        self.note.setPlaceholderText(self.tr("Note on the take"))
        self.note.setAccessibleName(self.tr("Note on the take"))
        self.note.editingFinished.connect(self._note)
        self.use = QPushButton(self.tr("Hear"), self)
        self.use.setToolTip(self.tr("Hear this take in place of the chosen one (Enter)"))
        self.use.clicked.connect(lambda: self._activated(self.tree.currentIndex()))
        self.comp = QPushButton(self.tr("Region from it"), self)
        self.comp.setToolTip(self.tr("Put this take's sound of the region into the chosen one"))
        self.comp.clicked.connect(self._comp)
        buttons = QHBoxLayout()
        buttons.addWidget(self.use)
        buttons.addWidget(self.comp)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.measures)
        layout.addWidget(self.note)
        layout.addLayout(buttons)
        self._noticed()

    def current(self) -> str:
        """The take under the cursor."""
        index = self.tree.currentIndex().siblingAtColumn(0)
        return str(index.data(_TAKE) or "")

    def show_takes(
        self, takes: Iterable[TakeSummary], chosen: str | None, variations: Mapping[str, int]
    ) -> None:
        """takes: the newest first; variations: which stem is heard of a layer, else the best."""
        there = {take.record.take: take for take in takes}
        if (there, chosen, variations) == (self._takes, self._current, self._variations):
            return
        self._variations = dict(variations)
        wanted = self.current() if chosen == self._current else chosen
        self._takes, self._current = there, chosen
        self._showing = True
        self._model.setRowCount(0)
        items = {name: self._row(take) for name, take in there.items()}
        for name, row in items.items():
            parent = there[name].record.reply.parent
            above = items[parent][0] if parent in items else self._model.invisibleRootItem()
            assert above is not None
            above.appendRow(row)
        self.tree.expandAll()
        if wanted in items:
            self.tree.setCurrentIndex(items[wanted][0].index())
        self._showing = False
        self._noticed()

    def _row(self, take: TakeSummary) -> list[QStandardItem]:
        record = take.record
        name = QStandardItem(self._told(take))
        name.setEditable(False)
        name.setToolTip(name.text())
        name.setData(record.take, _TAKE)
        if record.take == self._current:
            font = name.font()
            font.setBold(True)
            name.setFont(font)
            name.setText(f"▶ {name.text()}")
        star = QStandardItem()
        star.setCheckable(True)
        star.setEditable(False)
        star.setCheckState(Qt.CheckState.Checked if take.star else Qt.CheckState.Unchecked)
        star.setData(record.take, _TAKE)
        when = QStandardItem(QDateTime.fromMSecsSinceEpoch(take.created).toString("HH:mm"))
        best = [stem.measures for stem in record.reply.stems if stem.rank == 1]
        name.setData(self._measured(best), _MEASURED)
        row = [name, star, when]
        if len(record.reply.stems) > 1:
            for stem in sorted(record.reply.stems, key=lambda stem: (stem.layer, stem.rank)):
                name.appendRow(self._stem_row(record.take, stem))
        for item in row[2:]:
            item.setEditable(False)
        return row

    def _stem_row(self, take: str, stem: StemReport) -> list[QStandardItem]:
        seed = self.tr("seed {n}").format(n=stem.seed)
        wanted = self._variations.get(stem.layer)
        heard = stem.variation == wanted if wanted is not None else stem.rank == 1
        mark = "▶ " if heard and take == self._current else ""
        row = [QStandardItem(text) for text in (f"{mark}{stem.rank}. {stem.layer}", "", "")]
        for item in row:
            item.setEditable(False)
        row[0].setData(take, _TAKE)
        row[0].setData(stem, _STEM)
        row[0].setData(f"{self._measured([stem.measures])}, {seed}", _MEASURED)
        return row

    def _told(self, take: TakeSummary) -> str:
        """What made it, and its note."""
        change, layers = take.record.change, ", ".join(layer.name for layer in take.record.layers)
        match change:
            case RegenerateRequest():
                region = take.record.reply.region
                assert region is not None
                made = self.tr("{a} to {b} anew").format(
                    a=_short(region.range_in), b=_short(region.range_out)
                )
            case CompRequest():
                made = self.tr("comp of {n} pieces").format(n=len(change.pieces))
            case RecutRequest():
                made = self.tr("recut")
            case None:
                made = layers
        return f"{made} – {take.note}" if take.note else made

    def _measured(self, measures: list[Measures]) -> str:
        """The worst of some stems' measures, in words."""
        if not measures:
            return ""
        told = [
            self.tr("energy {x} dB off").format(x=f"{max(m.energy_error_db for m in measures):.2f}")
        ]
        sync = [m.onset_f1 for m in measures if m.onset_f1 is not None]
        match_ = [m.tag_match for m in measures if m.tag_match is not None]
        leak = [m.leak for m in measures if m.leak is not None]
        told += [self.tr("sync {x}").format(x=f"{min(sync):.2f}")] if sync else []
        told += [self.tr("words {x}").format(x=f"{min(match_):.2f}")] if match_ else []
        told += [self.tr("speech or music {x}").format(x=f"{max(leak):.2f}")] if leak else []
        return ", ".join(told)

    def _changed(self, item: QStandardItem) -> None:
        if not self._showing and item.isCheckable():
            checked = item.checkState() == Qt.CheckState.Checked
            self.starred.emit(str(item.data(_TAKE)), checked)

    def _activated(self, index: QModelIndex) -> None:
        first = index.siblingAtColumn(0)
        stem = first.data(_STEM)
        if isinstance(stem, StemReport):
            self.stem_chosen.emit(str(first.data(_TAKE)), stem)
        elif first.data(_TAKE):
            self.chosen.emit(str(first.data(_TAKE)))

    def _comp(self) -> None:
        stem = self.tree.currentIndex().siblingAtColumn(0).data(_STEM)
        best = [s for s in self._takes[self.current()].record.reply.stems if s.rank == 1]
        variation = stem.variation if isinstance(stem, StemReport) else best[0].variation
        self.comp_wanted.emit(self.current(), variation)

    def _noticed(self) -> None:
        take = self._takes.get(self.current())
        self.note.setText(take.note if take else "")
        self.measures.setText(
            str(self.tree.currentIndex().siblingAtColumn(0).data(_MEASURED) or "")
        )
        for widget in (self.note, self.use, self.comp):
            widget.setEnabled(take is not None)

    def _note(self) -> None:
        take = self._takes.get(self.current())
        if take is not None and self.note.text() != take.note:
            self.noted.emit(take.record.take, self.note.text())

    def files_of(self, index: QModelIndex) -> list[str]:
        """The stems of a row: one variation's, or the best of every layer of a take."""
        first = index.siblingAtColumn(0)
        stem = first.data(_STEM)
        if isinstance(stem, StemReport):
            return [stem.path]
        take = self._takes.get(str(first.data(_TAKE)))
        return [s.path for s in take.record.reply.stems if s.rank == 1] if take else []


def _short(label: str) -> str:
    """A label without hours and minutes that are none.

    >>> _short("00:00:02:13"), _short("01:00:02:13")
    ('02:13', '01:00:02:13')
    """
    return label.removeprefix("00:").removeprefix("00:")


class _TakeTree(QTreeView):
    """Rows leave the window as files."""

    def __init__(self, dock: TakesDock) -> None:
        super().__init__(dock)
        self._dock = dock
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setUniformRowHeights(True)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        """Stems as file URLs, which every host and file manager takes; never moved, only copied."""
        paths = [path for path in self._dock.files_of(self.currentIndex()) if Path(path).is_file()]
        if not paths:
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path) for path in paths])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)
