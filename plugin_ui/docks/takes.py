"""The takes of a clip as a tree: what was made from what, starred, noted, compared, dragged out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PyQt6.QtCore import QMimeData, QModelIndex, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDrag
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

from host_bridge.protocol import StemReport, TakeSummary
from plugin_ui.asked import best_variation
from plugin_ui.docks.take_model import MEASURED, NAME, STEM, TAKE, TakeModel
from plugin_ui.stems import handed_out

_LEAST_PIXELS = 340  # across: what made a take is read beside its numbers
_INDENT_PIXELS = 14  # a long line of takes leaves room for their names


class TakesDock(QWidget):
    """Shows takes, and lets them be heard, starred, noted, compared and dragged out.

    chosen(str): this take is to be heard. stem_chosen(str, StemReport): a variation of it.
    starred(str, bool), noted(str, str): take and mark or note.
    comp_wanted(str, int, str): the region is to be taken from this take, this stem of this layer.
    """

    chosen = pyqtSignal(str)
    stem_chosen = pyqtSignal(str, object)
    starred = pyqtSignal(str, bool)
    noted = pyqtSignal(str, str)
    comp_wanted = pyqtSignal(str, int, str)

    def __init__(
        self, file_of: Callable[[TakeSummary, str], str], parent: QWidget | None = None
    ) -> None:
        """file_of: where a file of a take is now."""
        super().__init__(parent)
        self._file_of = file_of
        self._takes: dict[str, TakeSummary] = {}
        self._shown: tuple[dict[str, TakeSummary], str | None, dict[str, int], str]
        self._shown = {}, None, {}, ""
        self._model = TakeModel(self)
        self._model.starred.connect(self.starred)
        self.tree = _TakeTree(self)
        self.tree.setModel(self._model)
        self.tree.setIndentation(_INDENT_PIXELS)
        self.tree.setMinimumWidth(_LEAST_PIXELS)
        self.tree.setAccessibleName(self.tr("Takes"))
        self._model.modelReset.connect(self.tree.expandAll)
        self._model.rowsInserted.connect(self._unfold)
        self.tree.activated.connect(self._activated)
        selection = self.tree.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._noticed)
        header = self.tree.header()
        assert header is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(0)  # what is in sight says how wide; there may be many
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
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
        index = self.tree.currentIndex().siblingAtColumn(NAME)
        return str(index.data(TAKE) or "")

    def show_takes(
        self,
        takes: Iterable[TakeSummary],
        chosen: str | None,
        variations: Mapping[str, int],
        layer: str,
    ) -> None:
        """takes: the newest first; variations: which stem is heard of a layer, else the best;
        layer: whose numbers are shown.
        """
        there = {take.record.take: take for take in takes}
        shown = (there, chosen, dict(variations), layer)
        if shown == self._shown:
            return
        wanted = self.current() if chosen == self._shown[1] else chosen
        self._takes, self._shown = there, shown
        self._model.show_takes(*shown)
        place = self._model.index_of(wanted)
        if place.isValid():
            self.tree.setCurrentIndex(place)
        self._noticed()

    def _unfold(self, parent: QModelIndex, first: int, last: int) -> None:
        """New takes are seen, and their stems."""
        self.tree.expand(parent)
        for row in range(first, last + 1):
            self.tree.expand(self._model.index(row, NAME, parent))

    def _activated(self, index: QModelIndex) -> None:
        first = index.siblingAtColumn(NAME)
        stem = first.data(STEM)
        if isinstance(stem, StemReport):
            self.stem_chosen.emit(str(first.data(TAKE)), stem)
        elif first.data(TAKE):
            self.chosen.emit(str(first.data(TAKE)))

    def _comp(self) -> None:
        """From a stem's row that stem; from a take's, the best of the layer that is worked on."""
        take, layer = self.current(), self._shown[3]
        stem = self.tree.currentIndex().siblingAtColumn(NAME).data(STEM)
        if isinstance(stem, StemReport):
            self.comp_wanted.emit(take, stem.variation, stem.layer)
        else:
            self.comp_wanted.emit(take, best_variation(self._takes[take], layer), layer)

    def _noticed(self) -> None:
        take = self._takes.get(self.current())
        self.note.setText(take.note if take else "")
        self.measures.setText(
            str(self.tree.currentIndex().siblingAtColumn(NAME).data(MEASURED) or "")
        )
        for widget in (self.note, self.use, self.comp):
            widget.setEnabled(take is not None)

    def _note(self) -> None:
        take = self._takes.get(self.current())
        if take is not None and self.note.text() != take.note:
            self.noted.emit(take.record.take, self.note.text())

    def files_of(self, index: QModelIndex) -> list[str]:
        """The stems of a row: one variation's, or the best of every layer of a take."""
        first = index.siblingAtColumn(NAME)
        take, stem = self._takes.get(str(first.data(TAKE))), first.data(STEM)
        if take is None:
            return []
        best = [other for other in take.record.reply.stems if other.rank == 1]
        stems = [stem] if isinstance(stem, StemReport) else best
        return [self._file_of(take, one.path) for one in stems]


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
        data.setUrls([QUrl.fromLocalFile(handed_out(path)) for path in paths])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)
