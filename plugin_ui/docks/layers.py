"""The layers: what should sound, added from words or presets, and how each is heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace
from PyQt6.QtCore import QModelIndex, QSignalBlocker, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

import presets
from host_bridge.errors import CuelockError
from host_bridge.protocol import Behaviour, Layer
from plugin_ui.asked import SEEDS, fresh_seed
from plugin_ui.history import History
from plugin_ui.session import Names, Strip, Work

_NAME, _MUTE, _SOLO, _GAIN = range(4)
_STRICTNESS, _LAYER_GAIN = 1, 2  # gestures
_BEHAVIOURS: tuple[Behaviour, ...] = ("auto", "sync", "ambience")


class LayersDock(QWidget):
    """Shows the work's layers and edits them.

    focus_wanted(bool): whether a focus box for the chosen layer is to be drawn on the picture.
    """

    focus_wanted = pyqtSignal(bool)

    def __init__(self, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._showing = False
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
        self.form = _LayerForm(self)
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
        self._history.edit(
            self.tr("Add layer {name}").format(name=name), layers=(*work.layers, new), layer=name
        )

    def duplicate(self) -> None:
        """The chosen layer once more, with another seed."""
        work = self._history.work
        layer = work.chosen()
        if layer is not None:
            name = Names(frozenset(layer.name for layer in work.layers)).free(layer.name)
            copy = replace(layer, name=name, seed=fresh_seed())
            self._history.edit(self.tr("Duplicate layer"), layers=(*work.layers, copy), layer=name)

    def remove(self) -> None:
        """The chosen layer goes; takes keep their stems of it."""
        work = self._history.work
        left = tuple(layer for layer in work.layers if layer.name != work.layer)
        if len(left) < len(work.layers):
            self._history.edit(
                self.tr("Remove layer"), layers=left, layer=left[-1].name if left else ""
            )

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
            self._history.look(layer=layers[now.row()].name)

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
        self._showing = True
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


class _LayerForm(QWidget):
    """The fields of one layer.

    edited(text, gesture, change): a function from the layer to the changed one.
    focus_wanted(bool): as in LayersDock.
    """

    edited = pyqtSignal(str, int, object)
    focus_wanted = pyqtSignal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown = ""  # the layer's name
        self.prompt, self.negative = QLineEdit(self), QLineEdit(self)
        self.prompt.setPlaceholderText(self.tr("What the picture says"))
        self.strictness = QSlider(Qt.Orientation.Horizontal, self)
        self.strictness.setRange(0, 100)
        self.seed = QSpinBox(self)
        self.seed.setRange(0, SEEDS - 1)
        self.roll = QPushButton(self.tr("Roll"), self)
        self.roll.setToolTip(self.tr("Another seed"))
        self.behaviour = QComboBox(self)
        for key, told in zip(
            _BEHAVIOURS,
            (self.tr("By the words"), self.tr("On events"), self.tr("Ambience")),
            strict=True,
        ):
            self.behaviour.addItem(told, key)
        self.gain = QDoubleSpinBox(self)
        self.gain.setRange(-60, 24)
        self.gain.setSuffix(" dB")
        self.focus = QPushButton(self.tr("Draw on picture"), self)
        self.focus.setCheckable(True)
        self.unfocus = QPushButton(self.tr("Clear"), self)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for label, field in (
            (self.tr("&Words"), self.prompt),
            (self.tr("&Not"), self.negative),
            (self.tr("S&trictness"), self.strictness),
            (self.tr("S&eed"), _beside(self.seed, self.roll)),
            (self.tr("&Behaviour"), self.behaviour),
            (self.tr("&Gain"), self.gain),
            (self.tr("&Focus"), _beside(self.focus, self.unfocus)),
        ):
            form.addRow(label, field)
        for field, told in (
            (self.prompt, self.tr("Words of the layer")),
            (self.negative, self.tr("What it must not be")),
            (self.strictness, self.tr("Strictness")),
            (self.seed, self.tr("Seed")),
            (self.behaviour, self.tr("Behaviour")),
            (self.gain, self.tr("Gain when rendered")),
            (self.focus, self.tr("Focus on a part of the picture")),
        ):
            field.setAccessibleName(told)
        self._connect()

    def _connect(self) -> None:
        def strictness(value: int) -> None:
            self._edit(self.tr("Strictness"), _STRICTNESS, strictness=value / 100)

        def behaviour(row: int) -> None:
            self._edit(self.tr("Behaviour"), behaviour=_BEHAVIOURS[row])

        def gain(value: float) -> None:
            self._edit(self.tr("Gain"), _LAYER_GAIN, gain_db=value)

        self.prompt.editingFinished.connect(
            lambda: self._edit(self.tr("Change words"), prompt=self.prompt.text().strip())
        )
        self.negative.editingFinished.connect(
            lambda: self._edit(self.tr("Change what it is not"), negative=self.negative.text())
        )
        self.strictness.valueChanged.connect(strictness)
        self.seed.editingFinished.connect(
            lambda: self._edit(self.tr("Seed"), seed=self.seed.value())
        )
        self.roll.clicked.connect(lambda: self._edit(self.tr("Seed"), seed=fresh_seed()))
        self.behaviour.activated.connect(behaviour)
        self.gain.valueChanged.connect(gain)
        self.focus.toggled.connect(self.focus_wanted)
        self.unfocus.clicked.connect(lambda: self._edit(self.tr("Focus"), focus=None))

    def _edit(self, text: str, gesture: int = -1, **fields: Any) -> None:
        def change(layer: Layer) -> Layer:
            return replace(layer, **fields)

        self.edited.emit(text, gesture, change)

    def show_layer(self, layer: Layer | None) -> None:
        """Its fields; none can be edited without a layer."""
        self.setEnabled(layer is not None)
        layer = layer or Layer(name="", prompt="", seed=0)
        fields = (self.prompt, self.negative, self.strictness, self.seed, self.behaviour, self.gain)
        if layer.name != self._shown:  # a box is drawn for one layer
            self._shown = layer.name
            self.focus.setChecked(False)
        blockers = [QSignalBlocker(field) for field in fields]  # until the end
        self.prompt.setText(layer.prompt)
        self.negative.setText(layer.negative)
        self.strictness.setValue(round(100 * layer.strictness))
        self.strictness.setToolTip(f"{layer.strictness:.2f}")
        self.seed.setValue(min(layer.seed, SEEDS - 1))
        self.behaviour.setCurrentIndex(_BEHAVIOURS.index(layer.behaviour))
        self.gain.setValue(layer.gain_db)
        self.focus.setText(layer.focus or self.tr("Draw on picture"))
        self.unfocus.setEnabled(layer.focus is not None)
        del blockers


def _beside(*widgets: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    return row
