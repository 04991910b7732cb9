"""The layers: what should sound, added from words or presets, and how each is heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace
from PyQt6.QtCore import QModelIndex, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QCompleter,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

import presets
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer
from plugin_ui.asked import fresh_seed
from plugin_ui.docks.layer_form import LayerForm
from plugin_ui.history import History
from plugin_ui.session import Names, Strip, Work

_NAME, _MUTE, _SOLO, _GAIN = range(4)


class LayersDock(QWidget):
    """Shows the work's layers and edits them.

    focus_wanted(bool): whether a focus box for the chosen layer is to be drawn on the picture.
    """

    focus_wanted = pyqtSignal(bool)

    def __init__(self, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._showing = False
        self._shown: tuple[tuple[Layer, ...], str, dict[str, Strip]] | None = None
        self.add_line = _AddLine(self)
        self.add_line.asked.connect(self.add)
        self._model = QStandardItemModel(0, 4, self)
        self._model.setHorizontalHeaderLabels(
            [self.tr("Layer"), self.tr("Mute"), self.tr("Solo"), self.tr("dB")]
        )
        self._model.itemChanged.connect(self._heard_otherwise)
        self.table = QTreeView(self)
        self.table.setModel(self._model)
        self.table.setRootIsDecorated(False)
        self.table.setAccessibleName(self.tr("Layers"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.header()
        assert header is not None
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column in (_MUTE, _SOLO, _GAIN):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._choose)
        self.form = LayerForm(self)
        self.form.edited.connect(self._edited)
        self.form.focus_wanted.connect(self.focus_wanted)
        self.copy_button = QPushButton(self.tr("Duplicate"), self)
        self.copy_button.clicked.connect(self.duplicate)
        self.remove_button = QPushButton(self.tr("Remove"), self)
        self.remove_button.clicked.connect(self.remove)
        below = QHBoxLayout()
        below.addWidget(self.copy_button)
        below.addWidget(self.remove_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.add_line)
        layout.addWidget(self.table, 1)
        layout.addLayout(below)
        layout.addWidget(self.form)
        self.show_work(history.work)

    # --- what the hand does

    def add(self, words: str) -> None:
        """Another layer: a preset where the words name one, else the words themselves."""
        work = self._history.work
        try:
            layer = presets.load(words).layer() if words else Layer(name="", prompt="", seed=0)
        except CuelockError:
            layer = Layer(name=words, prompt=words, seed=0)
        names = Names(frozenset(layer.name for layer in work.layers))
        name = names.free(layer.name or self.tr("picture"))
        new = replace(layer, name=name, seed=fresh_seed())
        text = self.tr("Add layer {name}").format(name=name)
        removed = tuple(other for other in work.removed if other != name)
        self._history.edit(text, layers=(*work.layers, new), layer=name, edits=(), removed=removed)

    def duplicate(self) -> None:
        """The chosen layer once more, with another seed."""
        work = self._history.work
        layer = work.chosen()
        if layer is not None:
            taken = (*(layer.name for layer in work.layers), *work.removed)
            name = Names(frozenset(taken)).free(layer.name)
            copy = replace(layer, name=name, seed=fresh_seed())
            self._history.edit(
                self.tr("Duplicate layer"), layers=(*work.layers, copy), layer=name, edits=()
            )

    def remove(self) -> None:
        """The chosen layer goes, whatever takes have of it; they keep their stems."""
        work = self._history.work
        left = tuple(layer for layer in work.layers if layer.name != work.layer)
        if len(left) < len(work.layers):
            self._history.edit(
                self.tr("Remove layer"), layers=left, layer=left[-1].name if left else "",
                removed=(*work.removed, work.layer), edits=(),
            )  # fmt: skip

    def end_focus(self) -> None:
        """No box is drawn any more."""
        self.form.focus.setChecked(False)

    def set_focus(self, box: str | None) -> None:
        """The part of the picture that the chosen layer listens to."""
        self._edited(self.tr("Focus"), -1, lambda layer: replace(layer, focus=box))

    def _edited(self, text: str, gesture: int, change: Callable[[Layer], Layer]) -> None:
        work = self._history.work
        layers = tuple(
            change(layer) if layer.name == work.layer else layer for layer in work.layers
        )
        self._history.edit(text, gesture=gesture, layers=layers)

    def _choose(self, now: QModelIndex, _before: QModelIndex) -> None:
        layers = self._history.work.layers
        if not self._showing and 0 <= now.row() < len(layers):
            choose_layer(self._history, self.tr("Choose layer"), layers[now.row()].name)

    def _heard_otherwise(self, item: QStandardItem) -> None:
        if self._showing:
            return
        work = self._history.work
        name = work.layers[item.row()].name
        checked = item.checkState() == Qt.CheckState.Checked
        change: dict[str, Any] = {
            _MUTE: {"mute": checked},
            _SOLO: {"solo": checked},
            _GAIN: {"gain_db": float(item.data(Qt.ItemDataRole.EditRole) or 0)},
        }[item.column()]
        strip = replace(work.strips.get(name, Strip()), **change)
        self._history.edit(self.tr("Mix"), strips=work.strips | {name: strip})

    # --- what the eye sees

    def show_work(self, work: Work) -> None:
        """The layers as they are."""
        shown = (work.layers, work.layer, work.strips)
        if shown == self._shown:
            return
        self._shown, self._showing = shown, True
        self._model.setRowCount(len(work.layers))
        for row, layer in enumerate(work.layers):
            for column, item in enumerate(self._row(layer, work.strips.get(layer.name))):
                self._model.setItem(row, column, item)
            if layer.name == work.layer:
                self.table.setCurrentIndex(self._model.index(row, _NAME))
        self._showing = False
        self.form.show_layer(work.chosen())
        self.copy_button.setEnabled(work.chosen() is not None)
        self.remove_button.setEnabled(work.chosen() is not None)

    def _row(self, layer: Layer, strip: Strip | None) -> list[QStandardItem]:
        strip = strip or Strip()
        name = QStandardItem(layer.name)
        name.setEditable(False)
        name.setToolTip(layer.prompt or self.tr("What the picture says"))
        row = [name]
        for told, on in ((self.tr("Mute"), strip.mute), (self.tr("Solo"), strip.solo)):
            item = QStandardItem()
            item.setCheckable(True)
            item.setEditable(False)
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            item.setData(f"{told} {layer.name}", Qt.ItemDataRole.AccessibleTextRole)
            row.append(item)
        gain = QStandardItem()
        gain.setData(strip.gain_db, Qt.ItemDataRole.EditRole)
        row.append(gain)
        return row


def choose_layer(history: History, text: str, name: str) -> None:
    """Work on another layer. Edits that wait were of the one before: they go, as a step of undo."""
    if name == history.work.layer:
        return
    if history.work.edits:
        history.edit(text, layer=name, edits=())
    else:
        history.look(layer=name)


class _AddLine(QLineEdit):
    """Words or a preset. asked(str): at Enter, and when a preset is picked from the list."""

    asked = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Add a sound: words, or a preset"))
        self.setAccessibleName(self.tr("Add a sound"))
        self.setClearButtonEnabled(True)
        names = [presets.key_of(key).replace("-", " ") for key in presets.files()]
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)
        # Later: the line itself takes over what was picked, before or after this.
        completer.activated.connect(lambda: QTimer.singleShot(0, self._ask))
        self.returnPressed.connect(self._ask)

    def _ask(self) -> None:
        words = self.text().strip()
        if words:
            self.clear()
            self.asked.emit(words)
