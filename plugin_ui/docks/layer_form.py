"""The fields of one layer: words, strictness, seed, behaviour, gain, focus."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)

from host_bridge.protocol import Behaviour, Layer
from plugin_ui.asked import SEEDS, fresh_seed

_STRICTNESS, _LAYER_GAIN = 1, 2  # gestures
_BEHAVIOURS: tuple[Behaviour, ...] = ("auto", "sync", "ambience")


class LayerForm(QWidget):
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
        self.strictness_label = QLabel(self)
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
            (self.tr("S&trictness"), _beside(self.strictness, self.strictness_label)),
            (self.tr("S&eed"), _beside(self.seed, self.roll)),
            (self.tr("&Behaviour"), self.behaviour),
            (self.tr("&Gain"), self.gain),
            (self.tr("Foc&us"), _beside(self.focus, self.unfocus)),
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
        self.strictness_label.setText(f"{layer.strictness:.2f}")
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
