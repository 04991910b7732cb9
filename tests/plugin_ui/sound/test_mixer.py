"""The mixer with its thread, playing onto a tape that a test looks at sample by sample."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np
import pytest
import soundfile
from PyQt6.QtCore import QObject, QThread, pyqtSignal
from PyQt6.QtMultimedia import QMediaDevices
from pytestqt.qtbot import QtBot

from host_bridge.errors import CuelockError
from host_bridge.timecode import FrameIndex, FrameRange, Rate
from plugin_ui.sound import Heard, Levels, Mixer, Strip
from plugin_ui.transport.motion import SAMPLE_RATE
from plugin_ui.transport.playhead import Transport

BLOCK, FADE = 600, 480
RATE = Rate(24)  # 2000 samples a frame
_OPEN = Path("/proc/self/fd")


class Tape(QObject):
    """An output that takes as much as a test allows, and has played what it took.

    `asked(int)`: for so many samples more. The player's thread hears of it in its turn, after all
    that the mixer was told before.
    """

    asked = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._allowed = 0
        self._samples = np.zeros((0, 2), np.float32)
        self.taken_away = self.broken = False
        self.starts = 0

    def go_with(self, mixer: Mixer) -> None:
        thread = mixer.findChild(QThread)
        assert thread is not None
        self.moveToThread(thread)
        self.asked.connect(self.allow)

    def allow(self, samples: int) -> None:
        with self._lock:
            self._allowed += samples

    def samples(self) -> np.ndarray:
        with self._lock:
            return self._samples

    def start(self) -> None:
        self.broken = False
        self.starts += 1
        with self._lock:
            self._samples = self._samples[:0]

    def stop(self) -> None:
        self._allowed = 0

    def free(self) -> int:
        with self._lock:
            return max(0, self._allowed - len(self._samples))

    def write(self, mix: np.ndarray) -> None:
        assert len(mix) <= self.free()
        with self._lock:
            self._samples = np.concatenate([self._samples, mix])

    def played(self) -> int:
        return len(self.samples())

    def is_lost(self) -> bool:
        return self.taken_away or self.broken

    def is_broken(self) -> bool:
        return self.broken


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def mixer(qtbot: QtBot, tape: Tape) -> Iterator[Mixer]:
    mixer = Mixer(lambda: tape)
    tape.go_with(mixer)
    yield mixer
    mixer.leave()


@pytest.fixture
def transport(mixer: Mixer) -> Transport:
    transport = Transport(mixer.clock, parent=mixer)
    transport.open(RATE, 240)
    mixer.follow(transport)
    return transport


def ramp(path: Path, offset: float) -> Path:
    """A sound whose every sample is another, so that its place can be read from it."""
    samples = offset + np.arange(10 * SAMPLE_RATE) / (40 * SAMPLE_RATE)
    soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_24")
    return path


def expected(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32")[0]


def recorded(qtbot: QtBot, tape: Tape, samples: int) -> np.ndarray:
    """The left channel, once so much more has been played."""
    wanted = len(tape.samples()) + samples
    tape.asked.emit(samples)
    qtbot.waitUntil(lambda: len(tape.samples()) >= wanted, timeout=20_000)
    return tape.samples()[:, 0]


def test_what_is_played_is_the_strip_from_the_playheads_sample_on(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    path = ramp(tmp_path / "a.wav", 0)
    mixer.set_strips([Strip(name="a", origin=path)])
    transport.go(12)
    transport.play()
    heard = recorded(qtbot, tape, 20 * BLOCK)
    np.testing.assert_allclose(heard[FADE:], expected(path)[24_000 + FADE :][: 20 * BLOCK - FADE])
    assert np.all(np.abs(np.diff(heard)) < 0.001)


def test_strips_changed_while_playing_fade_over_at_the_same_moment(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    one, other = ramp(tmp_path / "a.wav", 0), ramp(tmp_path / "b.wav", 0.25)
    mixer.set_strips([Strip(name="A", origin=one)])
    transport.play()
    recorded(qtbot, tape, 5 * BLOCK)
    mixer.set_strips([Strip(name="B", origin=other)])
    heard = recorded(qtbot, tape, 5 * BLOCK)
    np.testing.assert_allclose(heard[FADE : 5 * BLOCK], expected(one)[FADE : 5 * BLOCK])
    after = slice(5 * BLOCK + FADE, 10 * BLOCK)
    np.testing.assert_allclose(heard[after], expected(other)[after])
    assert np.all(np.abs(np.diff(heard)) < 0.001)


@pytest.mark.skipif(not _OPEN.exists(), reason="this system does not tell which files are open")
def test_files_that_are_heard_no_more_are_let_go(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    paths = [ramp(tmp_path / f"{name}.wav", 0) for name in "abc"]
    transport.play()
    for path in paths:
        mixer.set_strips([Strip(name="a", origin=path)])
        recorded(qtbot, tape, 5 * BLOCK)
    there = {Path(os.path.realpath(one)) for one in _OPEN.iterdir()}
    assert [path.name for path in paths if path in there] == ["c.wav"]


def test_a_loop_is_heard_without_a_gap_and_the_picture_goes_with_it(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    path = ramp(tmp_path / "a.wav", 0)
    mixer.set_strips([Strip(name="a", origin=path)])
    transport.loop = FrameRange(FrameIndex(2), FrameIndex(4))
    transport.go(2)
    transport.play()
    heard = recorded(qtbot, tape, 20 * BLOCK)
    wanted = np.tile(expected(path)[4000:8000], 5)[: len(heard)]
    np.testing.assert_allclose(heard[FADE:], wanted[FADE:])
    assert set(range(2, 4)) >= {transport.frame}


def test_the_playhead_is_where_the_sound_is(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    """The tape has played two seconds at once: the picture is there, not at the wall's clock."""
    mixer.set_strips([Strip(name="a", origin=ramp(tmp_path / "a.wav", 0))])
    transport.play()
    assert len(recorded(qtbot, tape, 160 * BLOCK)) == 160 * BLOCK
    qtbot.waitUntil(lambda: transport.frame == 48)
    transport.stop()
    assert transport.frame == 48


def test_a_running_jobs_sound_joins_while_it_plays(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape
) -> None:
    heard = Heard("job", "steps")
    mixer.set_strips([Strip(name="steps", origin=heard, start_sample=BLOCK)])
    transport.play()
    assert not recorded(qtbot, tape, 5 * BLOCK).any()
    mixer.hear(heard, 5 * BLOCK, np.full(BLOCK, 16_384, "<i2").tobytes())
    played = recorded(qtbot, tape, 5 * BLOCK)
    assert not played[: 6 * BLOCK].any()
    assert np.all(played[6 * BLOCK : 7 * BLOCK] == 0.5)


def test_a_step_lets_its_frame_be_heard_and_then_falls_silent(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    """Fifty milliseconds, 2400 samples, from the frame's first sample on; faded in and out."""
    path = ramp(tmp_path / "a.wav", 0.1)
    mixer.set_strips([Strip(name="a", origin=path)])
    tape.asked.emit(3600)
    with qtbot.waitSignal(mixer.levels, check_params_cb=lambda levels: levels.mix.mean_db == -120):
        transport.step(12)
    heard = tape.samples()[:, 0]
    np.testing.assert_allclose(heard[FADE:2400], expected(path)[24_000 + FADE : 24_000 + 2400])
    assert not heard[2400 + FADE :].any()
    assert np.all(np.abs(np.diff(heard)) < 0.001)
    assert transport.frame == 12


def test_meters_tell_each_strip_and_the_mix_and_fall_silent_with_the_sound(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "loud.wav", np.full(SAMPLE_RATE, 0.5), SAMPLE_RATE)
    loud = Strip(name="loud", origin=tmp_path / "loud.wav")
    mixer.set_strips([loud, Strip(name="muted", origin=tmp_path / "loud.wav", mute=True)])
    transport.play()
    told: list[Levels] = []
    mixer.levels.connect(told.append)
    recorded(qtbot, tape, 20 * BLOCK)
    qtbot.waitUntil(lambda: len(told) >= 5)
    assert told[-1].strips[0].peak_db == pytest.approx((-6.02, -6.02), abs=0.01)
    assert told[-1].strips[1].mean_db == -120
    assert told[-1].mix.peak_db == told[-1].strips[0].peak_db
    with qtbot.waitSignal(mixer.levels) as silent:
        transport.stop()
    assert silent.args is not None
    assert silent.args[0].mix.mean_db == -120


def test_a_strip_that_cannot_be_read_is_told_and_the_others_go_on(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    path = ramp(tmp_path / "a.wav", 0.1)
    mixer.set_strips(
        [Strip(name="gone", origin=tmp_path / "gone.wav"), Strip(name="a", origin=path)]
    )
    transport.play()
    with qtbot.waitSignal(mixer.failed) as failed:
        heard = recorded(qtbot, tape, 5 * BLOCK)
    assert failed.args is not None
    assert isinstance(failed.args[0], CuelockError)
    np.testing.assert_allclose(heard[FADE:], expected(path)[FADE : 5 * BLOCK])


def test_when_the_device_is_taken_away_it_is_told_and_time_goes_on(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape
) -> None:
    transport.play()
    recorded(qtbot, tape, 10 * BLOCK)
    qtbot.waitUntil(lambda: transport.frame == 3)
    with qtbot.waitSignal(mixer.no_device) as told:
        tape.taken_away = True
    assert told.args
    qtbot.waitUntil(lambda: transport.frame >= 8)


def test_a_stream_that_breaks_is_begun_anew_on_its_device(
    qtbot: QtBot, mixer: Mixer, transport: Transport, tape: Tape, tmp_path: Path
) -> None:
    missing: list[str] = []
    mixer.no_device.connect(missing.append)
    mixer.set_strips([Strip(name="a", origin=ramp(tmp_path / "a.wav", 0.1))])
    transport.play()
    for _ in range(4):
        before, starts = recorded(qtbot, tape, 10 * BLOCK), tape.starts
        tape.broken = True
        qtbot.waitUntil(lambda starts=starts: tape.starts > starts)
        after = recorded(qtbot, tape, 5 * BLOCK)
        assert 0 < after[-1] - before[-1] < 20 * BLOCK / (40 * SAMPLE_RATE)
    assert not missing


def test_without_a_device_it_is_told_once_and_the_picture_plays(qtbot: QtBot) -> None:
    told: list[str] = []
    mixer = Mixer(lambda: None)
    mixer.no_device.connect(told.append)
    transport = Transport(mixer.clock)
    transport.open(Rate(100), 1000)
    mixer.follow(transport)
    with qtbot.waitSignal(transport.moved, check_params_cb=lambda frame: frame >= 20):
        transport.play()
    transport.stop()
    mixer.leave()
    assert len(told) == 1


def test_a_device_that_is_plugged_in_while_it_plays_takes_over_where_the_sound_is(
    qtbot: QtBot, tape: Tape, tmp_path: Path
) -> None:
    found: list[Tape] = []
    mixer = Mixer(lambda: found[0] if found else None)
    tape.go_with(mixer)
    devices = mixer.findChild(QMediaDevices)
    assert devices is not None
    path = ramp(tmp_path / "a.wav", 0)
    mixer.set_strips([Strip(name="a", origin=path)])
    transport = Transport(mixer.clock)
    transport.open(RATE, 240)
    mixer.follow(transport)
    with qtbot.waitSignal(transport.moved):
        transport.play()
    found.append(tape)
    with qtbot.waitSignal(mixer.device_found):
        devices.audioOutputsChanged.emit()
    heard = recorded(qtbot, tape, 10 * BLOCK)
    (first,) = np.flatnonzero(np.isclose(expected(path), heard[0], atol=1e-9))[:1]
    np.testing.assert_allclose(heard, expected(path)[first : first + len(heard)])
    qtbot.waitUntil(lambda: transport.frame == (first + 10 * BLOCK) // 2000)
    mixer.leave()
