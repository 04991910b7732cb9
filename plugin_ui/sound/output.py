"""Where the mix goes: the machine's sound device, or nowhere, at the machine's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from PyQt6 import sip
from PyQt6.QtCore import QIODevice, QThread
from PyQt6.QtMultimedia import QAudio, QAudioDevice, QAudioFormat, QAudioSink, QMediaDevices

from plugin_ui.transport.motion import SAMPLE_RATE

#: So much is mixed ahead: what a busy machine may be late by without a gap.
BUFFER = SAMPLE_RATE // 10
_FADE_STEPS, _FADE_STEP_MS = (0.5, 0.2, 0.0), 8
_PCM_16 = 32_767
_SECOND_NS = 1_000_000_000
_STUCK_NS = _SECOND_NS


class Output(Protocol):
    """Takes a mix, sample after sample, and knows how much of it has been heard."""

    def start(self) -> None:
        """Begin anew; counts start at 0."""
        ...

    def stop(self) -> None:
        """Fall silent; what is written and not heard is dropped."""
        ...

    def free(self) -> int:
        """Samples that can be written now."""
        ...

    def write(self, mix: np.ndarray) -> None:
        """mix: float32 [n, 2], n <= free(), at full scale 1."""
        ...

    def played(self) -> int:
        """Samples heard since the start."""
        ...

    def is_lost(self) -> bool:
        """Whether it plays no more although it was started."""
        ...

    def is_broken(self) -> bool:
        """Of a lost one: whether it may play when it is started again."""
        ...


class SilentOutput:
    """Plays nothing, in time."""

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._now_ns = now_ns
        self._started_ns = 0
        self._written = 0

    def start(self) -> None:
        self._started_ns, self._written = self._now_ns(), 0

    def stop(self) -> None:
        pass

    def free(self) -> int:
        return max(0, BUFFER + self.played() - self._written)

    def write(self, mix: np.ndarray) -> None:
        self._written += len(mix)

    def played(self) -> int:
        return (self._now_ns() - self._started_ns) * SAMPLE_RATE // _SECOND_NS

    def is_lost(self) -> bool:
        return False

    def is_broken(self) -> bool:
        return False


class DeviceOutput:
    """A sound device. It belongs to the thread that made it."""

    def __init__(self, device: QAudioDevice, sound_format: QAudioFormat) -> None:
        self._sink = QAudioSink(device, sound_format)
        self._sink.setBufferFrameCount(BUFFER)
        self._is_float = sound_format.sampleFormat() == QAudioFormat.SampleFormat.Float
        self._into: QIODevice | None = None
        self._moved = 0, 0

    def start(self) -> None:
        self._sink.setVolume(1.0)
        self._into = self._sink.start()
        self._moved = 0, time.monotonic_ns()

    def stop(self) -> None:
        for volume in _FADE_STEPS:  # cut off at once it would click
            self._sink.setVolume(volume)
            QThread.msleep(_FADE_STEP_MS)
        self._sink.reset()
        self._into = None

    def free(self) -> int:
        return self._sink.framesFree()

    def write(self, mix: np.ndarray) -> None:
        if self.is_broken():
            return
        assert self._into is not None
        samples = np.clip(mix, -1, 1)
        if not self._is_float:
            samples = np.round(samples * _PCM_16).astype(np.int16)
        self._into.write(samples.tobytes())

    def played(self) -> int:
        return self._sink.processedUSecs() * SAMPLE_RATE // 1_000_000

    def is_lost(self) -> bool:
        """A device that was taken away stops with an error, or just takes no more."""
        if self._into is None:
            return False
        if self.is_broken():
            return True
        played, since_ns = self._moved
        now, now_ns = self.played(), time.monotonic_ns()
        if now != played:
            self._moved = now, now_ns
        stuck = now == played and now_ns - since_ns > _STUCK_NS
        failed = self._sink.error() not in (QAudio.Error.NoError, QAudio.Error.UnderrunError)
        return failed or stuck

    def is_broken(self) -> bool:
        """Qt ends what is written to when the stream fails, at any moment. A stream that just takes
        no more is not begun again: where its server has gone, that ends the process.
        """
        return self._into is not None and sip.isdeleted(self._into)


def loudspeakers() -> tuple[QAudioDevice, ...]:
    """Those there are, the system's own choice first."""
    own = QMediaDevices.defaultAudioOutput()
    others = [one for one in QMediaDevices.audioOutputs() if one.id() != own.id()]
    return tuple(one for one in (own, *others) if not one.isNull())


def opened(name: str = "") -> Output | None:
    """The loudspeaker of that name, else the system's own choice; None: there is none that fits."""
    there = loudspeakers()
    if not there:
        return None
    device = next((one for one in there if one.description() == name), there[0])
    wanted = QAudioFormat()
    wanted.setSampleRate(SAMPLE_RATE)
    wanted.setChannelCount(2)
    for sample in (QAudioFormat.SampleFormat.Float, QAudioFormat.SampleFormat.Int16):
        wanted.setSampleFormat(sample)
        if device.isFormatSupported(wanted):
            return DeviceOutput(device, wanted)
    return None
