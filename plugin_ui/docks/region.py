"""The region that is made anew: its locks, its words, how many variations."""

from __future__ import annotations

from typing import get_args

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from host_bridge.protocol import Curve
from plugin_ui.asked import Again
from plugin_ui.history import History
from plugin_ui.session import Work

_CURVES: tuple[Curve, ...] = get_args(Curve)


class RegionDock(QWidget):
    """What R does.

    regenerate_wanted(): make the region anew. forget_wanted(): drop the edits that wait.
    """

    regenerate_wanted = pyqtSignal()
    forget_wanted = pyqtSignal()

    def __init__(self, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self.layer, self.place = QLabel(self), QLabel(self)
        self.place.setWordWrap(True)
        self.place.setMinimumHeight(2 * self.fontMetrics().height())  # a narrow dock needs two
        self.waiting = QLabel(self)
        told = (self.tr("Energy"), self.tr("Spread"), self.tr("Semantic"))
        self.locks = {
            curve: QCheckBox(text, self) for curve, text in zip(_CURVES, told, strict=True)
        }
        row = QHBoxLayout()
        for curve, box in self.locks.items():
            box.setAccessibleName(self.tr("Lock {curve}").format(curve=box.text()))
            box.setToolTip(self.tr("A locked curve stays as it is: {curve}").format(curve=curve))
            box.clicked.connect(self._lock)
            row.addWidget(box)
        self.words = QLineEdit(self)
        self.words.setPlaceholderText(self.tr("As they are"))
        self.words.setAccessibleName(self.tr("New words for the region"))
        self.keep_seed = QCheckBox(self.tr("Keep the seed"), self)
        self.variations = QSpinBox(self)
        self.variations.setRange(1, 16)
        self.variations.setAccessibleName(self.tr("Variations"))
        self.regenerate = QPushButton(self.tr("Regenerate"), self)
        self.regenerate.clicked.connect(self.regenerate_wanted)
        self.forget = QPushButton(self.tr("Forget edits"), self)
        self.forget.clicked.connect(self.forget_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(self.regenerate)
        buttons.addWidget(self.forget)
        form = QFormLayout(self)
        form.addRow(self.tr("Layer"), self.layer)
        form.addRow(self.tr("Region"), self.place)
        form.addRow(self.tr("Locks"), row)
        form.addRow(self.tr("Words"), self.words)
        form.addRow(self.tr("Variations"), self.variations)
        form.addRow("", self.keep_seed)
        form.addRow(self.tr("Edits"), self.waiting)
        form.addRow(buttons)

    def how(self) -> Again:
        """What the fields say."""
        return Again(
            words=self.words.text().strip() or None,
            keep_seed=self.keep_seed.isChecked(),
            variations=self.variations.value(),
        )

    def _lock(self) -> None:
        locked = tuple(curve for curve, box in self.locks.items() if box.isChecked())
        self._history.edit(self.tr("Locks"), locks=locked)

    def show_work(self, work: Work, place: str) -> None:
        """place: the region in words; nothing where there is none."""
        self.layer.setText(work.layer or self.tr("None"))
        self.place.setText(place or self.tr("None: drag over a lane"))
        for curve, box in self.locks.items():
            with QSignalBlocker(box):
                box.setChecked(curve in work.locks)
        self.waiting.setText(
            self.tr("{n} wait for R").format(n=len(work.edits)) if work.edits else self.tr("None")
        )
        self.forget.setEnabled(bool(work.edits))
        ready = work.take is not None and work.region is not None
        self.regenerate.setEnabled(ready)
        self.regenerate.setToolTip(
            "" if ready else self.tr("Choose a take and drag over what is to be made anew.")
        )
