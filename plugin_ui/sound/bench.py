"""Whether picture and sound stay together, measured on the machine's own device while it plays."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PyQt6.QtCore import QEventLoop

from host_bridge.timecode import Rate, sample_of_frame
from plugin_ui.sound.mixer import Mixer
from plugin_ui.sound.output import Output, SilentOutput, opened
from plugin_ui.sound.strips import Strip
from plugin_ui.transport.motion import SAMPLE_RATE
from plugin_ui.transport.playhead import Transport

_RATE = Rate(24_000, 1001)
_TEN_MINUTES = 600
_SECOND_NS = 1_000_000_000


class Drift(NamedTuple):
    """late_ms: how much later than its first sample a frame is told, in the median;
    frames: by how many frames the two part in ten minutes, from the first third to the last;
    device: whether a sound device played, or the machine's clock stood in for it.
    """

    late_ms: float
    frames: float
    device: bool


class _Counted:
    """An output that writes down when it has played how much."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.counts: list[tuple[int, int]] = []
        self.start, self.stop = output.start, output.stop
        self.free, self.write = output.free, output.write
        self.is_lost, self.is_broken = output.is_lost, output.is_broken

    def played(self) -> int:
        samples = self._output.played()
        self.counts.append((time.monotonic_ns(), samples))
        return samples


def measure_drift(seconds: int, sound: Path | None = None) -> Drift:
    """Play for so long, and compare the frames told with what the device says it has played.

    sound: what is heard meanwhile; None: silence. Qt's application must run.
    """
    outputs: list[_Counted] = []
    found: list[bool] = []

    def counted() -> Output:
        output = opened()
        found.append(output is not None)
        outputs.append(_Counted(output or SilentOutput()))
        return outputs[-1]

    mixer = Mixer(counted)
    mixer.set_strips([Strip(name="sound", origin=sound)] if sound else [])
    transport = Transport(mixer.clock)
    transport.open(_RATE, int(seconds * _RATE.exact))
    mixer.follow(transport)
    told: list[tuple[int, int]] = []
    playing = QEventLoop()

    def tell(frame: int) -> None:
        told.append((time.monotonic_ns(), frame))

    def end(speed: float) -> None:
        if speed == 0:
            playing.quit()

    transport.moved.connect(tell)
    transport.speed_changed.connect(end)
    transport.play()
    playing.exec()
    mixer.leave()
    return drift_of(told, outputs[0].counts, device=found[0])


def drift_of(told: list[tuple[int, int]], counts: list[tuple[int, int]], *, device: bool) -> Drift:
    """From frames as they were told and the device's counts, both with nanoseconds."""
    at, frames = np.array(told).T
    played = np.interp(at, *np.array(counts).T)
    wanted = np.array([sample_of_frame(int(frame), _RATE, SAMPLE_RATE) for frame in frames])
    late = (played - wanted) / SAMPLE_RATE
    first, last = (slice(0, len(late) // 3), slice(-(len(late) // 3), None))
    apart = np.median(late[last]) - np.median(late[first])
    between = (np.median(at[last]) - np.median(at[first])) / _SECOND_NS
    parted = abs(apart) / between * _TEN_MINUTES * float(_RATE.exact)
    return Drift(1000 * float(np.median(late)), float(parted), device)
