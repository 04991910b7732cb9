"""Guides performed before a real sound server, whose loudspeaker is heard by its microphone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from media_factory import Movie, write_numbered
from PyQt6.QtWidgets import QApplication

from plugin_ui.guide.aligned import CLICKS, Anchor, clicks, cut, latency_of
from plugin_ui.session import Region, Try
from plugin_ui.window import Window

_HAND = Path(__file__).with_name("performing_hand.py")
_RATE, _FRAME = 48_000, 1920
_LATE = 5 * _FRAME  # what a sound server is late by where more wants to run than can
_IN, _OUT = 40, 90
_HITS = (58, 72, 86)  # frames at which the clip's own sound has a click
#: Without rewinds a sink asks for sound every few ms, as devices do, and not every two seconds.
_MODULES = (
    "module-null-sink sink_name=speaker rate=48000 channels=2 norewinds=1",
    "module-remap-source master=speaker.monitor source_name=microphone channels=1",
)

needs_server = pytest.mark.skipif(
    shutil.which("pulseaudio") is None, reason="PulseAudio is there by tests/system-libraries"
)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sound server of this test's alone; what it plays, its microphone hears."""
    yield from _server(tmp_path, monkeypatch, _MODULES)


@pytest.fixture
def deaf_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sound server without a microphone."""
    yield from _server(tmp_path, monkeypatch, _MODULES[:1])


def _server(folder: Path, patch: pytest.MonkeyPatch, modules: tuple[str, ...]) -> Iterator[Path]:
    socket = folder / "sound"
    for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH"):
        patch.setenv(name, str(folder))
    patch.setenv("PULSE_SERVER", f"unix:{socket}")
    door = f"module-native-protocol-unix socket={socket} auth-anonymous=1"
    loaded = [word for module in (door, *modules) for word in ("-L", module)]
    command = [
        "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
        "--disable-shm=yes", *loaded,
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if subprocess.run(["pactl", "info"], capture_output=True).returncode == 0:
                break
        yield socket
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Five seconds with a click on some frames."""
    sound = np.zeros(5 * _RATE, np.float32)
    tone = 0.5 * np.sin(2 * np.pi * 2000 * np.arange(240) / _RATE)
    for frame in _HITS:
        sound[frame * _FRAME : frame * _FRAME + len(tone)] = tone
    return write_numbered(tmp_path / "clip.mp4", 125, Movie(rate=Fraction(25), sound=sound))


def performed(clip: Path, way: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, _HAND, clip, way],
        capture_output=True, text=True, timeout=500, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_a_try_is_heard_in_place_of_the_one_that_sounds(window: Window, tmp_path: Path) -> None:
    tries = [Try(path=str(tmp_path / f"{n}.wav"), region=Region(n, 20)) for n in (0, 4)]
    for one in tries:
        soundfile.write(one.path, np.zeros(_RATE), _RATE)
        window.guide.heard.emit(one)
        heard = [strip.origin for strip in window.mixer.strips if strip.solo]
        assert heard == [Path(one.path)]
        assert window.transport.speed
    window.transport.stop()
    assert not any(strip.solo for strip in window.mixer.strips)


@needs_server
def test_what_is_performed_lies_where_it_was_meant_and_leads_the_layer(
    qapp: QApplication, resident: Path, server: Path, clip: Path
) -> None:
    told = performed(clip, "led")
    assert told["latency"] is not None, told["said"]
    assert len(told["tries"]) == 2, told["said"]
    for path, early in zip(told["tries"], (0, 12), strict=True):  # frames of latency more
        sound, rate = soundfile.read(path)
        assert (rate, len(sound)) == (_RATE, (_OUT - _IN) * _FRAME)
        for frame in _HITS:
            at = (frame - _IN - early) * _FRAME
            about = np.abs(sound[max(0, at - _LATE) : at + _LATE])
            assert about.max() > 0.1
    assert told["guide"] == told["tries"][1]
    assert told["range"] == [f"{_IN}f", f"{_OUT}f"]


@needs_server
def test_a_try_that_is_ended_early_is_kept_and_heard_and_gone_when_it_is_dropped(
    qapp: QApplication, resident: Path, server: Path, clip: Path
) -> None:
    told = performed(clip, "ended")
    assert told["samples"] == (_OUT - _IN) * _FRAME
    assert (told["begins"], told["ends"]) == (True, False)
    assert (told["heard"], told["after"]) == (["guide"], [])
    assert (told["tries"], told["left"]) == ([], False)


@needs_server
@pytest.mark.parametrize(
    ("way", "words"), [("pulled", "was taken away"), ("moved", "playhead was moved")]
)
def test_a_try_that_cannot_be_whole_is_dropped_with_a_word(
    qapp: QApplication, resident: Path, server: Path, clip: Path, way: str, words: str
) -> None:
    told = performed(clip, way)
    assert words in told["said"]
    assert told["tries"] == []


@needs_server
def test_where_there_is_no_microphone_it_is_said(
    qapp: QApplication, resident: Path, deaf_server: Path, clip: Path
) -> None:
    told = performed(clip, "bare")
    assert "[media.no_microphone]" in told["said"]
    assert not told["busy"]


def test_latency_is_that_of_most_clicks_and_nothing_is_believed_of_noise() -> None:
    noise = 0.001 * np.random.default_rng(1).standard_normal(clicks().size).astype(np.float32)
    for late in (0, 700, 9000, -2000):
        heard = cut(clicks(), -late, clicks().size) + noise
        found = latency_of(heard, CLICKS)
        assert found is not None
        assert abs(found - late) < 48
    assert latency_of(noise, CLICKS) is None
    scattered = noise.copy()
    for click, off in zip(CLICKS, (0, 9000, 3000, 12000, 6000, 500, 10000, 15000), strict=True):
        scattered[click + off : click + off + 99] = 0.5
    assert latency_of(scattered, CLICKS) is None


def test_the_blocks_that_came_soon_tell_where_a_recording_began() -> None:
    anchor = Anchor()
    assert anchor.first is None
    rng = np.random.default_rng(2)
    for number in range(200):
        came = 1000 * number
        anchor.add(5000 + came + int(rng.integers(0, 1500)), came)
    anchor.add(900, 10_000)  # the clock had not settled
    assert anchor.first is not None
    assert 5000 <= anchor.first < 5300
