"""All lanes under each other: heads at the left, one ruler above, one playhead through all."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QScrollBar,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.lane import Lane
from plugin_ui.lanes.ruler import Ruler
from plugin_ui.lanes.selection import Marks, Selection
from plugin_ui.lanes.sound_lane import SoundLane

_LARGEST = 64.0  # waveforms, against life
HEAD_WIDTH = 148


class LaneHead(QFrame):
    """What stands left of a lane: its name and, in words, its state. Buttons may be added.

    Signals: none of its own.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.state = QLabel(name), QLabel()
        self.name.setWordWrap(True)
        self.state.setWordWrap(True)
        font = self.state.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        self.state.setFont(font)
        self.buttons = QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 6, 4)
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addWidget(self.state)
        column.addLayout(self.buttons)
        column.addStretch()
        self.setFixedWidth(HEAD_WIDTH)

    def set_state(self, words: str) -> None:
        """Muted, solo, rendering: in words."""
        self.state.setText(words)


class Lanes(QWidget):
    """The ruler and any number of lanes over one time axis.

    Signals:
    asked_position(int): the playhead shall stand on that frame; from any lane.
    """

    asked_position = pyqtSignal(int)

    def __init__(self, axis: TimeAxis, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis, self.selection = axis, selection
        self.position = 0
        self._heads: dict[Lane, LaneHead] = {}
        self.ruler = Ruler(axis, selection)
        self.ruler.asked_position.connect(self.asked_position)
        self.ruler.asked_neighbour.connect(self._to_neighbour)
        self._blend = self._blend_slider()
        self._scale, self._scaled = 1.0, False  # of waveforms; whether by hand
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(3)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._splitter)
        self._time_bar = QScrollBar(Qt.Orientation.Horizontal)
        self._time_bar.setAccessibleName(self.tr("Time"))
        self._time_bar.valueChanged.connect(self._dragged_bar)
        self._lay_out()
        axis.changed.connect(self._follow_axis)
        self._follow_axis()

    def lanes(self) -> list[Lane]:
        """The lanes from top to bottom, without the ruler."""
        return list(self._heads)

    def add(self, lane: Lane, *, below: Lane | None = None) -> LaneHead:
        """A lane below another, or below all. Returns what stands left of it."""
        there = self.lanes()
        at = len(there) if below is None else there.index(below) + 1
        head = LaneHead(lane.name)
        heads = [*self._heads.items()]
        self._heads = dict([*heads[:at], (lane, head), *heads[at:]])
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(head)
        across.addWidget(lane)
        self._splitter.insertWidget(at, row)
        lane.asked_position.connect(self.asked_position)
        lane.asked_neighbour.connect(self._to_neighbour)
        lane.installEventFilter(self)
        lane.set_position(self.position)
        if isinstance(lane, SoundLane):
            lane.set_blend(self._blend.value() / 100)
            lane.set_scale(self._scale)
            lane.scaled.connect(self._scale_by)
            lane.shown.connect(self._fit_scale)
        if isinstance(lane, CurveLane):
            lane.onsets_changed.connect(self._find_edges)
            self._find_edges()
        return head

    def remove(self, lane: Lane) -> None:
        """A lane less."""
        del self._heads[lane]
        if isinstance(lane, SoundLane):
            lane.clear()
        self._find_edges()
        row = lane.parentWidget()
        assert row is not None
        row.hide()
        row.deleteLater()

    def leave(self) -> None:
        """Nothing is read for the lanes any more."""
        for lane in self._heads:
            if isinstance(lane, SoundLane):
                lane.clear()

    def head(self, lane: Lane) -> LaneHead:
        return self._heads[lane]

    def set_position(self, frame: int) -> None:
        """The playhead, in every lane."""
        self.position = frame
        for lane in (self.ruler, *self._heads):
            lane.set_position(frame)

    def set_marks(self, marks: Marks) -> None:
        """What stands on the time axis, above all lanes; cuts and events are snapped to."""
        if marks != self.ruler.marks:
            self.ruler.set_marks(marks)
            self._find_edges()

    def set_blend(self, blend: float) -> None:
        """Waveform (0) to spectrogram (1), in every sound lane."""
        self._blend.setValue(round(100 * blend))

    def _scale_by(self, factor: float) -> None:
        """Waveforms larger by hand, all alike, so that they can be compared."""
        self._scaled = True
        self._set_scale(self._scale * factor)

    def _fit_scale(self) -> None:
        """As large as the loudest allows, until a hand has its say."""
        loudest = max(
            (lane.peak() for lane in self._heads if isinstance(lane, SoundLane)), default=0
        )
        if not self._scaled and loudest:
            self._set_scale(0.9 / loudest)

    def _set_scale(self, scale: float) -> None:
        self._scale = min(max(scale, 1.0), _LARGEST)
        for lane in self._heads:
            if isinstance(lane, SoundLane):
                lane.set_scale(self._scale)

    def _find_edges(self) -> None:
        marks = self.ruler.marks
        onsets = {event.frame for event in marks.events}
        for lane in self._heads:
            if isinstance(lane, CurveLane):
                onsets.update(lane.onset_frames())
        self.selection.stick_to(cuts=marks.cuts, onsets=onsets)

    def _blend_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setValue(50)
        slider.setAccessibleName(self.tr("Blend of waveform and spectrogram"))
        slider.setToolTip(self.tr("Left: waveform. Right: spectrogram."))
        slider.valueChanged.connect(self._blended)
        return slider

    def _blended(self, percent: int) -> None:
        for lane in self._heads:
            if isinstance(lane, SoundLane):
                lane.set_blend(percent / 100)

    def _lay_out(self) -> None:
        corner = QWidget()
        corner.setFixedWidth(HEAD_WIDTH)
        beside = QHBoxLayout(corner)
        beside.setContentsMargins(8, 0, 8, 0)
        beside.addWidget(self._blend)
        bar = self._scroll.verticalScrollBar()
        assert bar is not None
        wide = bar.sizeHint().width()
        top, bottom = QHBoxLayout(), QHBoxLayout()
        for row in (top, bottom):
            row.setSpacing(0)
        top.addWidget(corner)
        top.addWidget(self.ruler)
        top.addSpacing(wide)
        bottom.addSpacing(HEAD_WIDTH)
        bottom.addWidget(self._time_bar)
        bottom.addSpacing(wide)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._scroll, 1)
        column.addLayout(bottom)
        self.ruler.installEventFilter(self)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        # All lanes are as wide as the ruler: its width is the axis'.
        if a0 is self.ruler and isinstance(a1, QResizeEvent):
            self.axis.set_width(a1.size().width())
        return super().eventFilter(a0, a1)

    def _to_neighbour(self, step: int) -> None:
        every = [self.ruler, *self._heads]
        sender = self.sender()
        at = next(i for i, lane in enumerate(every) if lane is sender) + step
        if 0 <= at < len(every):
            every[at].setFocus(Qt.FocusReason.TabFocusReason)
            if at:
                self._scroll.ensureWidgetVisible(every[at])

    def _follow_axis(self) -> None:
        scale = self.axis.pixels_per_frame
        first, last = (round(frame * scale) for frame in self.axis.whole)
        with QSignalBlocker(self._time_bar):
            self._time_bar.setRange(first, max(first, last - self.axis.width))
            self._time_bar.setPageStep(self.axis.width)
            self._time_bar.setSingleStep(max(1, self.axis.width // 20))
            self._time_bar.setValue(round(self.axis.left * scale))

    def _dragged_bar(self, pixels: int) -> None:
        self.axis.scroll_to(pixels / self.axis.pixels_per_frame)
