"""The microphone: opened, heard, and told of when it is taken away."""

from __future__ import annotations

import time

import numpy as np
from PyQt6.QtCore import (
    QBuffer,
    QCoreApplication,
    QIODevice,
    QMicrophonePermission,
    QObject,
    Qt,
    QTimer,
    pyqtSignal,
)
from PyQt6.QtMultimedia import QAudio, QAudioDevice, QAudioFormat, QAudioSource, QMediaDevices

from host_bridge.errors import CuelockError
from plugin_ui.sound.meters import decibels
from plugin_ui.transport.motion import SAMPLE_RATE

_READ_MS = 10
_BUFFER = SAMPLE_RATE  # what a busy window may be late by
_STUCK_SECONDS = 2.0


def microphones() -> tuple[QAudioDevice, ...]:
    """Those there are, the system's own choice first."""
    own = QMediaDevices.defaultAudioInput()
    others = [one for one in QMediaDevices.audioInputs() if one.id() != own.id()]
    return tuple(one for one in (own, *others) if not one.isNull())


class _Ear(QBuffer):
    """Takes what a source writes. Ours, not the source's own, which Qt deletes when it likes."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0
        self.open(QIODevice.OpenModeFlag.WriteOnly)

    def take(self) -> bytes:
        """What has come since it was last asked."""
        new = self.data().mid(self._taken).data()
        self._taken += len(new)
        return new


class Microphone(QObject):
    """Samples as they come: mono at 48 kHz.

    heard(np.ndarray): float32 [n]. level(float): its peak in dBFS. failed(CuelockError): there is
    none, it may not be used, or it was taken away; it is closed then.
    """

    heard = pyqtSignal(object)
    level = pyqtSignal(float)
    failed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: QAudioSource | None = None
        self._ear: _Ear | None = None
        self._device = QAudioDevice()
        self._float = False
        self._came = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_READ_MS)
        self._timer.timeout.connect(self._read)
        self._devices = QMediaDevices(self)
        self._devices.audioInputsChanged.connect(self._look)

    @property
    def is_open(self) -> bool:
        """Whether it is listened to."""
        return self._source is not None

    def open(self, name: str) -> None:
        """Listen to the microphone of that name, or to the system's own choice."""
        self.close()
        there = microphones()
        if not there:
            self.failed.emit(_no_microphone())
            return
        self._device = next((one for one in there if one.description() == name), there[0])
        application = QCoreApplication.instance()
        assert application is not None
        wanted = QMicrophonePermission()
        if application.checkPermission(wanted) == Qt.PermissionStatus.Granted:
            self._listen()
        else:
            application.requestPermission(wanted, self._permitted)

    def close(self) -> None:
        """Listen no more."""
        self._timer.stop()
        if self._source is not None:
            self._source.stop()
        self._source = self._ear = None

    def _permitted(self, permission: QMicrophonePermission) -> None:
        application = QCoreApplication.instance()
        assert application is not None
        if application.checkPermission(permission) == Qt.PermissionStatus.Granted:
            self._listen()
        else:
            self.failed.emit(_not_permitted())

    def _listen(self) -> None:
        wanted = QAudioFormat()
        wanted.setSampleRate(SAMPLE_RATE)
        wanted.setChannelCount(1)
        for sample in (QAudioFormat.SampleFormat.Float, QAudioFormat.SampleFormat.Int16):
            wanted.setSampleFormat(sample)
            if self._device.isFormatSupported(wanted):
                break
        else:
            self.failed.emit(_not_at_our_rate(self._device))
            return
        self._float = wanted.sampleFormat() == QAudioFormat.SampleFormat.Float
        self._source, self._ear = QAudioSource(self._device, wanted), _Ear()
        self._source.setBufferFrameCount(_BUFFER)
        self._source.start(self._ear)
        self._came = time.monotonic()
        self._timer.start()

    def _read(self) -> None:
        source, ear = self._source, self._ear
        if source is None or ear is None or source.error() not in _WELL:
            self._lose()
            return
        data = ear.take()
        now = time.monotonic()
        if data:
            self._came = now
            samples = np.frombuffer(data, "<f4" if self._float else "<i2").astype(np.float32)
            samples = samples if self._float else samples / 2**15
            self.level.emit(decibels(float(np.abs(samples).max())))
            self.heard.emit(samples)
        elif now - self._came > _STUCK_SECONDS:
            self._lose()

    def _look(self) -> None:
        """A device that is gone may go on as another: then it is not what was chosen."""
        ids = [one.id() for one in QMediaDevices.audioInputs()]
        if self.is_open and self._device.id() not in ids:
            self._lose()

    def _lose(self) -> None:
        self.close()
        self.failed.emit(_lost(self._device))


_WELL = (QAudio.Error.NoError, QAudio.Error.UnderrunError)


def _no_microphone() -> CuelockError:
    return CuelockError(
        "media.no_microphone",
        "There is no microphone.",
        hint="Connect one; it is found at once.",
    )


def _not_permitted() -> CuelockError:
    return CuelockError(
        "media.no_microphone",
        "cuelock may not use the microphone.",
        hint="Allow it in the system's privacy settings, then record again.",
    )


def _not_at_our_rate(device: QAudioDevice) -> CuelockError:
    return CuelockError(
        "media.no_microphone",
        f"{device.description()} does not record at 48 kHz.",
        hint="Choose another microphone, or set it to 48 kHz in the system's sound settings.",
    )


def _lost(device: QAudioDevice) -> CuelockError:
    return CuelockError(
        "media.no_microphone",
        f"{device.description()} was taken away or refuses.",
        hint="Connect it again, or choose another, and record once more; earlier tries are kept.",
    )
