"""The mixer as the window has it: set strips, follow the transport, read meters."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PyQt6.QtCore import QCoreApplication, QObject, QThread, pyqtSignal
from PyQt6.QtMultimedia import QMediaDevices

from host_bridge.timecode import sample_of_frame
from plugin_ui.sound.clock import SoundClock
from plugin_ui.sound.output import opened
from plugin_ui.sound.player import OpenOutput, Player
from plugin_ui.sound.strips import Heard, Strip
from plugin_ui.transport.motion import SAMPLE_RATE
from plugin_ui.transport.playhead import Transport

_JOG = SAMPLE_RATE // 20  # a frame is heard for no less than that


class Mixer(QObject):
    """Plays strips in step with a transport that goes by `clock`.

    Strips may be set at any time, while playing too: the old mix fades into the new one within ten
    milliseconds at the same place of the clip. So A and B are compared by setting one and then the
    other. Without a sound device time goes on all the same, and so do the meters.

    Signals: `levels(Levels)` about twenty times a second while something plays, and silence once
    when it stops; `no_device(str)` with a sentence when there is no sound device, at the start or
    when it is taken away; `device_found()` when there is one again; `failed(CuelockError)` when the
    file of a strip cannot be read (the others go on).
    """

    levels = pyqtSignal(object)
    no_device = pyqtSignal(str)
    device_found = pyqtSignal()
    failed = pyqtSignal(object)
    _mix = pyqtSignal(tuple)
    _move = pyqtSignal(object)
    _hear = pyqtSignal(object, int, bytes)
    _jog = pyqtSignal(int, int)
    _open = pyqtSignal()
    _leave = pyqtSignal()

    def __init__(self, open_output: OpenOutput = opened, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clock = SoundClock()
        self._strips: tuple[Strip, ...] = ()
        self._found: bool | None = None
        self._thread = QThread(self)
        self._player = Player(self.clock, open_output)
        self._player.moveToThread(self._thread)
        self._mix.connect(self._player.mix)
        self._move.connect(self._player.move)
        self._jog.connect(self._player.jog)
        self._hear.connect(self._player.hear)
        self._open.connect(self._player.open)
        self._leave.connect(self._player.leave)
        self._player.levels.connect(self.levels)
        self._player.unread.connect(self.failed)
        self._player.lost.connect(self._tell_device)
        self._devices = QMediaDevices(self)
        self._devices.audioOutputsChanged.connect(self._open)
        self._thread.start()
        self._open.emit()
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.leave)

    @property
    def strips(self) -> tuple[Strip, ...]:
        return self._strips

    def set_strips(self, strips: Iterable[Strip]) -> None:
        """Hear these from now on, in the place of those before."""
        strips = tuple(strips)
        if strips != self._strips:
            self._strips = strips
            self._mix.emit(strips)

    def hear(self, heard: Heard, start_sample: int, pcm: bytes) -> None:
        """Take in sound of a running job; a strip with that origin plays it.

        start_sample: of the piece, counted from the stem's first; pcm: mono 16 bit, little-endian,
        at 48 kHz.
        """
        self._hear.emit(heard, start_sample, pcm)

    def reopen(self) -> None:
        """Another device is to be played on; what plays goes on there."""
        self._open.emit()

    def follow(self, transport: Transport) -> None:
        """Play where a transport plays or is jogged. It must go by this mixer's clock."""
        transport.motion_changed.connect(self._move)
        transport.jogged.connect(partial(self._jog_to, transport))

    def leave(self) -> None:
        """Fall silent and end the thread. The mixer is not used after that."""
        self._leave.emit()
        self._thread.wait()

    def _jog_to(self, transport: Transport, frame: int) -> None:
        rate = transport.rate
        start, stop = (sample_of_frame(f, rate, SAMPLE_RATE) for f in (frame, frame + 1))
        self._jog.emit(start, max(stop - start, _JOG))

    def _tell_device(self, lost: bool) -> None:
        if lost:
            self.no_device.emit(
                self.tr("There is no sound device for 48 kHz stereo; the picture plays silent.")
            )
        elif self._found is False:
            self.device_found.emit()
        self._found = not lost
