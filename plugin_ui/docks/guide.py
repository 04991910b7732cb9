"""The guide: performed to the picture, tried several times, heard, and given to the layer."""

from __future__ import annotations

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from plugin_ui.lanes.timeline import Timeline
from plugin_ui.meter import Meter
from plugin_ui.session import Try
from plugin_ui.settings import Preferences
from plugin_ui.sound.meters import Level, Levels
from plugin_ui.transport.motion import SAMPLE_RATE

_TRY = Qt.ItemDataRole.UserRole


class GuideDock(QWidget):
    """Shows tries and what they are recorded with.

    record_wanted(), measure_wanted(): begin, or end what was begun. listen_wanted(bool): whether
    the level is to be seen. heard(Try), used(Try), dropped(Try): what is to be done with one.
    """

    record_wanted = pyqtSignal()
    measure_wanted = pyqtSignal()
    listen_wanted = pyqtSignal(bool)
    heard = pyqtSignal(object)
    used = pyqtSignal(object)
    dropped = pyqtSignal(object)

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._timeline: Timeline | None = None
        self.microphones, self.meter = QComboBox(self), Meter(self)
        self.listen = QPushButton(self.tr("Listen"), self)
        self.listen.setCheckable(True)
        self.listen.setToolTip(self.tr("See the level without recording"))
        self.pre_roll, self.count_in = QDoubleSpinBox(self), QCheckBox(self.tr("Count in"), self)
        self.pre_roll.setRange(0, 30)
        self.pre_roll.setDecimals(1)
        self.pre_roll.setSuffix(" s")
        self.latency = QLabel(self)
        self.measure = QPushButton(self.tr("Measure"), self)
        self.measure.setToolTip(
            self.tr("Hold the microphone to the loudspeaker, or tap along with the clicks")
        )
        self.record = QPushButton(self.tr("Record"), self)
        self.tries = QListWidget(self)
        self.hear_button = QPushButton(self.tr("Hear"), self)
        self.use_button = QPushButton(self.tr("Lead the layer"), self)
        self.use_button.setToolTip(self.tr("The layer follows its loudness and colour"))
        self.drop_button = QPushButton(self.tr("Drop"), self)
        for field, told in (
            (self.microphones, self.tr("Microphone")),
            (self.pre_roll, self.tr("Picture before the range")),
            (self.latency, self.tr("Latency")), (self.tries, self.tr("Tries")),
        ):  # fmt: skip
            field.setAccessibleName(told)
        self._lay_out()
        self._connect()
        self._show_settings()
        self._able()

    def _lay_out(self) -> None:
        level, before, latency, below = (QHBoxLayout() for _ in range(4))
        for row, widgets in (
            (level, (self.meter, self.listen)), (before, (self.pre_roll, self.count_in)),
            (latency, (self.latency, self.measure)),
            (below, (self.hear_button, self.use_button, self.drop_button)),
        ):  # fmt: skip
            for widget in widgets:
                row.addWidget(widget)
        form = QFormLayout()
        form.addRow(self.tr("Microphone"), self.microphones)
        form.addRow(self.tr("Level"), level)
        form.addRow(self.tr("Before it"), before)
        form.addRow(self.tr("Latency"), latency)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.record)
        column.addWidget(self.tries, 1)
        column.addLayout(below)

    def _connect(self) -> None:
        change = self._preferences.change
        self.microphones.activated.connect(
            lambda: change(microphone=self.microphones.currentData())
        )
        self.pre_roll.valueChanged.connect(lambda: change(pre_roll=self.pre_roll.value()))
        self.count_in.toggled.connect(lambda: change(count_in=self.count_in.isChecked()))
        self._preferences.changed.connect(self._show_settings)
        self.listen.toggled.connect(self.listen_wanted)
        self.record.clicked.connect(self.record_wanted)
        self.measure.clicked.connect(self.measure_wanted)
        self.tries.currentRowChanged.connect(self._able)
        self.tries.itemActivated.connect(lambda: self.heard.emit(self._current()))
        for button, told in (
            (self.hear_button, self.heard), (self.use_button, self.used),
            (self.drop_button, self.dropped),
        ):  # fmt: skip
            button.clicked.connect(lambda _on=False, told=told: told.emit(self._current()))

    def open(self, timeline: Timeline) -> None:
        """The time that ranges are told in."""
        self._timeline = timeline

    def _current(self) -> Try:
        item = self.tries.currentItem()
        assert item is not None
        return item.data(_TRY)

    # --- what the eye sees

    def show_microphones(self, names: tuple[str, ...]) -> None:
        """Those there are; the one that was chosen stays so while it is away."""
        chosen = self._preferences.settings.microphone
        with QSignalBlocker(self.microphones):
            self.microphones.clear()
            self.microphones.addItem(self.tr("The system's choice"), "")
            for name in dict.fromkeys((*names, *([chosen] if chosen else ()))):
                told = name if name in names else self.tr("{name} (away)").format(name=name)
                self.microphones.addItem(told, name)
            self.microphones.setCurrentIndex(max(0, self.microphones.findData(chosen)))

    def show_tries(self, tries: tuple[Try, ...]) -> None:
        """The newest last, and chosen."""
        assert self._timeline is not None
        self.tries.clear()
        for number, one in enumerate(tries, 1):
            start, stop = (self._timeline.label(at) for at in (one.region.start, one.region.stop))
            item = QListWidgetItem(f"{number}. {start} – {stop}", self.tries)
            item.setData(_TRY, one)
        self.tries.setCurrentRow(len(tries) - 1)
        self._able()

    def show_busy(self, *, recording: bool, measuring: bool) -> None:
        """What goes on."""
        self.record.setText(self.tr("End") if recording else self.tr("Record"))
        self.measure.setText(self.tr("End") if measuring else self.tr("Measure"))
        self.record.setEnabled(not measuring)
        self.measure.setEnabled(not recording)
        self.listen.setEnabled(not (recording or measuring))
        if not (recording or measuring):
            self.show_level(-120.0)

    def show_level(self, peak_db: float) -> None:
        """What comes in."""
        level = Level((peak_db, peak_db), peak_db)
        self.meter.show_levels(Levels((), level))

    def _show_settings(self) -> None:
        settings = self._preferences.settings
        latency = settings.latencies.get(settings.microphone)
        self.latency.setText(
            self.tr("not measured")
            if latency is None
            else self.tr("{n} ms").format(n=round(1000 * latency / SAMPLE_RATE))
        )
        with QSignalBlocker(self.pre_roll), QSignalBlocker(self.count_in):
            self.pre_roll.setValue(settings.pre_roll)
            self.count_in.setChecked(settings.count_in)

    def _able(self) -> None:
        for button in (self.hear_button, self.use_button, self.drop_button):
            button.setEnabled(self.tries.currentRow() >= 0)
