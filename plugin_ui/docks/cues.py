"""What should sound, as a list: gone to, stepped through, made a region."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from plugin_ui.lanes.timeline import Timeline
from plugin_ui.session import Region
from plugin_ui.spotting import Spotting

_BEFORE_SECONDS, _AFTER_SECONDS = 0.08, 1.0  # of an event: its region, where no other comes sooner
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class CuesDock(QWidget):
    """The spotted events of the clip.

    asked_position(int): the playhead shall stand on that event.
    region_wanted(Region): the stretch in which an event sounds shall be selected.
    """

    asked_position = pyqtSignal(int)
    region_wanted = pyqtSignal(object)

    def __init__(self, spotting: Spotting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spotting, self._timeline = spotting, None
        self._position, self._showing = 0, False
        self._model = QStandardItemModel(0, 3, self)
        self._model.setHorizontalHeaderLabels(
            [self.tr("Cue"), self.tr("Timecode"), self.tr("Sure")]
        )
        self.tree = QTreeView(self)
        self.tree.setModel(self._model)
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setAccessibleName(self.tr("Cues"))
        self.tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.tree.setColumnWidth(0, 60)
        self.tree.activated.connect(self._region)
        selection = self.tree.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._go)
        self.tree.clicked.connect(
            self._go
        )  # the one before the playhead is the current one already
        self.empty = QLabel(self.tr("Nothing is spotted yet."), self)
        self.spot = QPushButton(self.tr("Spot"), self)
        self.spot.setToolTip(self.tr("Look for events and cuts in the picture"))
        self.spot.clicked.connect(spotting.look)
        self.region = QPushButton(self.tr("Region from it"), self)
        self.region.setToolTip(self.tr("Select where this event sounds (Enter)"))
        self.region.clicked.connect(lambda: self._region(self.tree.currentIndex()))
        buttons = QHBoxLayout()
        buttons.addWidget(self.spot)
        buttons.addWidget(self.region)
        layout = QVBoxLayout(self)
        layout.addWidget(self.empty)
        layout.addWidget(self.tree, 1)
        layout.addLayout(buttons)
        spotting.found.connect(self._show_events)
        self._show_events()

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {"next_cue": lambda: self._step(1), "last_cue": lambda: self._step(-1)}

    def open(self, timeline: Timeline) -> None:
        """Another clip, whose times are told."""
        self._timeline = timeline
        self._show_events()

    def set_position(self, frame: int) -> None:
        """The playhead: the last event before it is the current one."""
        self._position = frame
        self._showing = True
        row = bisect_right(self._frames, frame) - 1
        if row != self.tree.currentIndex().row():
            self.tree.setCurrentIndex(self._model.index(row, 0))
        self._showing = False

    def region_of(self, row: int) -> Region:
        """Where an event sounds: from a little before it to the next one, the cut, or a second."""
        assert self._timeline is not None
        fps, frame = self._timeline.fps, self._frames[row]
        cuts = (0, *self._spotting.cuts)
        start = max(cuts[bisect_right(cuts, frame) - 1], frame - round(_BEFORE_SECONDS * fps))
        after = [*self._frames[row + 1 : row + 2], *(cut for cut in cuts if cut > frame)]
        stop = min(self._timeline.frames, frame + round(_AFTER_SECONDS * fps), *after)
        return Region(start, max(stop, frame + 1))

    @property
    def _frames(self) -> list[int]:
        return [event.frame for event in self._spotting.events]

    def _show_events(self) -> None:
        events = self._spotting.events
        self._showing = True
        self._model.setRowCount(0)
        for number, event in enumerate(events, 1):
            label = self._timeline.label(event.frame) if self._timeline else event.timecode
            row = [QStandardItem(t) for t in (f"{number}", label, f"{event.confidence:.0%}")]
            for item in row:
                item.setEditable(False)
            row[2].setTextAlignment(_RIGHT)
            self._model.appendRow(row)
        self._showing = False
        self.empty.setHidden(bool(events))
        self.region.setEnabled(bool(events))
        self.set_position(self._position)

    def _step(self, step: int) -> None:
        frames = self._frames
        later = [frame for frame in frames if (frame - self._position) * step > 0]
        if later:
            self.asked_position.emit(later[0] if step > 0 else later[-1])

    def _go(self, now: QModelIndex) -> None:
        if not self._showing and now.isValid():
            self.asked_position.emit(self._frames[now.row()])

    def _region(self, index: QModelIndex) -> None:
        if index.isValid():
            self.region_wanted.emit(self.region_of(index.row()))
