"""The row under the picture: where the playhead is, and the buttons that move it."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QFocusEvent, QFontDatabase, QKeyEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSpinBox, QToolButton, QWidget

from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameRange, frame_range, label_of_frame
from plugin_ui.transport.entry import frame_of_entry
from plugin_ui.transport.glyphs import glyph
from plugin_ui.transport.playhead import Transport

_LONGEST_PRE_ROLL = 999
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TimecodeField(QLineEdit):
    """Shows a time; takes a typed one with Return, and leaves it at that with Escape.

    Signals: `entered(str)` with what was typed.
    """

    entered = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(font.pointSizeF() * 1.5)
        self.setFont(font)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("0" * 14))
        self._label = ""

    def show_label(self, label: str) -> None:
        """Show a time, unless another one is being typed."""
        self._label = label
        if not self.isModified():
            self.setText(label)

    def put_back(self) -> None:
        """Forget what was typed."""
        self.setText(self._label)
        self.selectAll()

    def focusInEvent(self, a0: QFocusEvent | None) -> None:
        super().focusInEvent(a0)
        QTimer.singleShot(0, self.selectAll)  # after the mouse has put its cursor

    def focusOutEvent(self, a0: QFocusEvent | None) -> None:
        super().focusOutEvent(a0)
        self.setText(self._label)

    def event(self, a0: QEvent | None) -> bool:
        """The keys that end typing are not the window's shortcuts."""
        if (
            isinstance(a0, QKeyEvent)
            and a0.type() == QEvent.Type.ShortcutOverride
            and a0.key() in (*_ENTER, Qt.Key.Key_Escape)
        ):
            a0.accept()
            return True
        return super().event(a0)

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        key = a0.key() if a0 else None
        if key in _ENTER:
            self.entered.emit(self.text())
        elif key == Qt.Key.Key_Escape:
            self.put_back()
            self.clearFocus()
        else:
            super().keyPressEvent(a0)


class TransportBar(QWidget):
    """Timecode, buttons, speed, for one transport. What cannot be read is said beside the field."""

    def __init__(self, transport: Transport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Transport"))
        self._transport = transport
        self._start = 0
        self._region: FrameRange | None = None
        self.timecode = TimecodeField()
        self.timecode.setAccessibleName(self.tr("Timecode"))
        self.timecode.setToolTip(self.tr("Type 01:00:02:00, 2:00, +12, -1:00, 48f or 2.5s."))
        self.timecode.entered.connect(self._go)
        self.timecode.textEdited.connect(lambda: self._say(""))
        self._note = QLabel()
        self._note.setAccessibleName(self.tr("Message"))
        self.place = QLabel()
        self.place.setAccessibleName(self.tr("Region"))
        self._speed = QLabel()
        self._speed.setAccessibleName(self.tr("Speed"))
        self._speed.setMinimumWidth(self.fontMetrics().horizontalAdvance("-8 ×  "))
        self._lay_out()
        transport.moved.connect(self._show_frame)
        transport.speed_changed.connect(self._show_speed)
        transport.loop_changed.connect(self._show_loop)
        self._show_frame(transport.frame)
        self._show_speed(transport.speed)

    def open(self, start: int) -> None:
        """Say which label the clip's first frame has, as a frame from midnight."""
        self._start, self._region = start, None
        self._say("")
        self._show_frame(self._transport.frame)

    def show_region(self, region: FrameRange | None, words: str) -> None:
        """What the loop button loops (None: the whole clip), and where it is, in words."""
        self._region = region
        self.place.setText(words)
        if self.loop.isChecked():
            self._loop(True)

    def offer(self, action: QAction, words: str) -> None:
        """A button for what is done next, at the end of the row."""
        action.setIconText(words)
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        row = self.layout()
        assert row is not None
        row.addWidget(button)

    def _lay_out(self) -> None:
        transport = self._transport
        self.to_start = self._button("to start", self.tr("Go to start"))
        self.to_start.clicked.connect(lambda: transport.go(0))
        self.back = self._button("step back", self.tr("One frame back"))
        self.back.clicked.connect(lambda: transport.step(-1))
        self.play = self._button("play", self.tr("Play"))
        self.play.clicked.connect(transport.toggle)
        self.on = self._button("step on", self.tr("One frame on"))
        self.on.clicked.connect(lambda: transport.step(1))
        self.loop = self._button("loop", self.tr("Loop the region"), checkable=True)
        self.loop.clicked.connect(self._loop)
        self.pre_roll = QSpinBox()
        self.pre_roll.setRange(0, _LONGEST_PRE_ROLL)
        self.pre_roll.setPrefix(self.tr("Pre-roll "))
        self.pre_roll.setSuffix(self.tr(" f"))
        self.pre_roll.setAccessibleName(self.tr("Pre-roll in frames"))
        self.pre_roll.setToolTip(self.tr("Each round of the loop begins so many frames before it."))
        self.pre_roll.setValue(transport.pre_roll)
        self.pre_roll.valueChanged.connect(self._pre_roll)
        self.pre_roll.editingFinished.connect(self.pre_roll.clearFocus)
        self.returns = self._button(
            "return", self.tr("Return on stop to where playing began"), checkable=True
        )
        self.returns.setChecked(transport.return_to_start)
        self.returns.toggled.connect(self._return)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.timecode)
        buttons = (self.to_start, self.back, self.play, self.on, self.returns, self.loop)
        for widget in (*buttons, self.pre_roll):
            row.addWidget(widget)
        row.addWidget(self._speed)
        row.addWidget(self._note, 1)
        row.addWidget(self.place)

    def _button(self, sign: str, name: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setIcon(glyph(sign))
        side = round(self.fontMetrics().height() * 1.2)
        button.setIconSize(QSize(side, side))
        button.setAutoRaise(True)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setCheckable(checkable)
        return button

    def _go(self, text: str) -> None:
        transport = self._transport
        try:
            frame = frame_of_entry(
                text, rate=transport.rate, start=self._start, now=transport.frame
            )
        except CuelockError as error:
            self._say(f"{error} {error.hint}")
            self.timecode.selectAll()
            return
        self._say("")
        transport.go(frame)
        self.timecode.put_back()
        self.timecode.clearFocus()  # the keys are for playing again

    def _say(self, text: str) -> None:
        self._note.setText(text)

    def _loop(self, on: bool) -> None:
        length = self._transport.length
        self._transport.loop = (self._region or frame_range(0, length)) if on and length else None

    def _show_loop(self, loop: FrameRange | None) -> None:
        self.loop.setChecked(loop is not None)

    def _pre_roll(self, frames: int) -> None:
        self._transport.pre_roll = frames

    def _return(self, on: bool) -> None:
        self._transport.return_to_start = on

    def _show_frame(self, frame: int) -> None:
        self.timecode.show_label(label_of_frame(self._start + frame, self._transport.rate))

    def _show_speed(self, speed: float) -> None:
        name = self.tr("Stop") if speed else self.tr("Play")
        self.play.setIcon(glyph("stop" if speed else "play"))
        self.play.setAccessibleName(name)
        self.play.setToolTip(name)
        self._speed.setText(f"{speed:g} ×" if speed else "")
