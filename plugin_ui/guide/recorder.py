"""A try: the picture runs through the range, and what is performed is laid under it."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameRange, Rate, sample_of_frame
from plugin_ui.guide.aligned import CLICKS, CLICKS_LENGTH, Anchor, clicks, count_in, cut, latency_of
from plugin_ui.guide.microphone import Microphone
from plugin_ui.keeper import folder
from plugin_ui.session import Region, Try
from plugin_ui.sound.clock import SoundClock
from plugin_ui.sound.strips import Strip
from plugin_ui.transport.motion import SAMPLE_RATE, Motion
from plugin_ui.transport.playhead import Transport

_AFTER_MS = 250  # what is performed last has to come in yet
_BEATS = 3
_CALIBRATION_RATE = Rate.parse("25")

#: Sounds to be heard beside the mix, by their strips; none to end that.
Hear = Callable[[tuple[Strip, ...]], None]


class _Running(NamedTuple):
    """What is recorded now. region: frames of the clip; None while latency is measured."""

    region: Region | None
    motion: Motion
    anchor: Anchor
    blocks: list[np.ndarray]


class Recorder(QObject):
    """Records along a transport that goes by the mixer's clock.

    changed(): it began or ended. made(Try): a try is there. measured(int): the latency, in samples.
    failed(CuelockError): nothing came of it, and why.
    """

    changed = pyqtSignal()
    made = pyqtSignal(object)
    measured = pyqtSignal(int)
    failed = pyqtSignal(object)

    def __init__(
        self, transport: Transport, clock: SoundClock, microphone: Microphone, hear: Hear,
        follow: Callable[[Transport], None], parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._transport, self._clock, self._microphone = transport, clock, microphone
        self._hear = hear
        self._clicking = Transport(clock, self)
        self._clicking.open(_CALIBRATION_RATE, 25 * CLICKS_LENGTH // SAMPLE_RATE)
        follow(self._clicking)
        self.latency = 0  # samples
        self._wanted: Callable[[], None] | None = None  # when the first sound has come in
        self._running: _Running | None = None
        self._loop: FrameRange | None = None
        self._motion: Motion | None = None
        self._played: Path | None = None  # the clicks' file
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._finish)
        microphone.heard.connect(self._take_in)
        microphone.failed.connect(self._fail)
        for one in (transport, self._clicking):
            one.motion_changed.connect(self._moved)
        transport.moved.connect(self._at)

    @property
    def busy(self) -> bool:
        """Whether something is recorded, or about to be."""
        return self._wanted is not None or self._running is not None

    def record(self, region: Region, microphone: str, *, pre_roll: int, beeps: bool) -> None:
        """A try for a range: pre_roll frames before it the picture sets off."""
        self._begin(microphone, lambda: self._roll(region, pre_roll, beeps=beeps))

    def calibrate(self, microphone: str) -> None:
        """Play clicks and listen for them, or for somebody who taps along."""
        self._begin(microphone, self._click)

    def stop(self) -> None:
        """End a try before its time; what there is of it is kept."""
        self._wanted = None
        if self._running is not None and not self._late.isActive():
            self._end_soon()
        elif self._running is None:
            self._over()

    def abandon(self) -> None:
        """End whatever goes on; nothing of it is kept."""
        if self.busy:
            self._over()

    def _begin(self, microphone: str, roll: Callable[[], None]) -> None:
        if self.busy:
            return
        self._transport.stop()
        self._wanted = roll
        self._microphone.open(microphone)
        self.changed.emit()

    # --- what is heard and seen meanwhile

    def _roll(self, region: Region, pre_roll: int, *, beeps: bool) -> None:
        transport = self._transport
        start = max(0, region.start - pre_roll)
        if beeps:
            at = sample_of_frame(region.start, transport.rate, SAMPLE_RATE)
            beats = [at - beat * SAMPLE_RATE for beat in range(1, _BEATS + 1)]
            self._sound(count_in([beat for beat in beats if beat >= 0], at), "count-in")
        self._loop, transport.loop = transport.loop, None
        transport.go(start)
        self._start(transport, region)

    def _click(self) -> None:
        self._sound(clicks(), "clicks", solo=True)
        self._clicking.go(0)
        self._start(self._clicking, None)

    def _start(self, transport: Transport, region: Region | None) -> None:
        transport.play()
        assert self._motion is not None
        self._running = _Running(region, self._motion, Anchor(), [])

    def _sound(self, sound: np.ndarray, name: str, *, solo: bool = False) -> None:
        path = Path(tempfile.gettempdir()) / f"cuelock-{uuid.uuid4().hex}.wav"
        soundfile.write(path, sound, SAMPLE_RATE)
        self._played = path
        self._hear((Strip(name=name, origin=path, solo=solo),))

    def _moved(self, motion: Motion | None) -> None:
        """Nobody but a stop may meddle: what is recorded lies along one motion."""
        self._motion = motion
        if self._running is None or self._late.isActive():
            return
        if motion is None:
            self._end_soon()
        else:
            self._over()
            self.failed.emit(
                CuelockError(
                    "request.range",
                    "The playhead was moved, so the try was dropped.",
                    hint="Let the picture run while you perform; the same key ends it early.",
                )
            )

    def _at(self, frame: int) -> None:
        running = self._running
        if running is not None and running.region is not None and frame >= running.region.stop:
            self._end_soon()

    # --- what comes in

    def _take_in(self, samples: np.ndarray) -> None:
        if self._wanted is not None:
            roll, self._wanted = self._wanted, None
            roll()
        elif self._running is not None:
            running = self._running
            running.blocks.append(samples)
            reading = self._clock.now()
            if running.motion.since < reading < self._clock.soon():
                running.anchor.add(reading, sum(len(block) for block in running.blocks))

    def _end_soon(self) -> None:
        if not self._late.isActive():
            self._late.start(_AFTER_MS + max(0, 1000 * self.latency // SAMPLE_RATE))

    def _finish(self) -> None:
        running = self._running
        self._over()
        if running is None:
            return
        recording = np.concatenate([np.zeros(0, np.float32), *running.blocks])
        first = running.anchor.first
        if first is None:
            self.failed.emit(_nothing())
        elif running.region is None:
            zero = running.motion.since - running.motion.origin - first
            latency = latency_of(recording, [zero + click for click in CLICKS])
            if latency is None:
                self.failed.emit(_not_heard())
            else:
                self.latency = latency
                self.measured.emit(latency)
        else:
            self._keep(running, running.region, recording, first)

    def _keep(self, running: _Running, region: Region, recording: np.ndarray, first: int) -> None:
        rate = self._transport.rate
        start, stop = (sample_of_frame(at, rate, SAMPLE_RATE) for at in (region.start, region.stop))
        zero = running.motion.since - running.motion.origin - first
        sound = cut(recording, zero + start + self.latency, stop - start)
        if not sound.any():
            self.failed.emit(_nothing())
            return
        path = folder() / "guides" / f"{uuid.uuid4().hex}.wav"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, sound, SAMPLE_RATE, subtype="PCM_24")
        except (OSError, soundfile.SoundFileError) as error:
            self.failed.emit(
                CuelockError(
                    "disk.full",
                    f"The try cannot be kept: {error}.",
                    hint="Make room on the disk of CUELOCK_HOME and record once more.",
                )
            )
            return
        self.made.emit(Try(path=str(path), region=region))

    def _fail(self, error: CuelockError) -> None:
        if self.busy:
            self._over()
        self.failed.emit(error)

    def _over(self) -> None:
        """Silence, and everything as it was before."""
        loop, running = self._loop, self._running
        self._running = self._wanted = self._loop = None
        self._late.stop()
        self._microphone.close()
        for one in (self._transport, self._clicking):
            one.stop()
        if loop is not None:
            self._transport.loop = loop
        if running is not None:
            self._hear(())
        if self._played is not None:
            self._played.unlink(missing_ok=True)
            self._played = None
        self.changed.emit()


def _nothing() -> CuelockError:
    return CuelockError(
        "media.no_sound",
        "Nothing was heard of the range.",
        hint="Look at the level while you make a noise; choose another microphone if it stands.",
    )


def _not_heard() -> CuelockError:
    return CuelockError(
        "media.no_sound",
        "The clicks were not heard well enough to measure by.",
        hint="Hold the microphone to the loudspeaker, or tap along on it with every click.",
    )
