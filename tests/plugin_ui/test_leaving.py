"""A program that ends, or a view thrown away, leaves no thread behind that would crash it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from media_factory import write_numbered
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from host_bridge import client
from plugin_ui.link import EngineLink, EngineState

_PROGRAM = """
import sys
from pathlib import Path
from PyQt6.QtWidgets import QApplication, QMainWindow
from host_bridge.timecode import Rate
from media.clip import open_clip
from plugin_ui.picture import PictureView
from plugin_ui.sound import Mixer, Strip
from plugin_ui.transport.playhead import Transport

app, window, view, mixer = QApplication([]), QMainWindow(), PictureView(), Mixer()
transport, clip = Transport(mixer.clock), open_clip(Path(sys.argv[1]))
window.setCentralWidget(view)
transport.open(Rate.of(clip.rate), clip.frames)
transport.moved.connect(view.show_frame)
transport.moved.connect(lambda frame: frame > 5 and end())
mixer.follow(transport)
mixer.set_strips([Strip(name="original", origin=clip)])

def end():
    if sys.argv[2] == "thrown away":
        window.deleteLater()
        window.destroyed.connect(app.quit)
    else:
        app.quit()

view.show_clip(clip)
window.show()
transport.play()
app.exec()
print("left")
"""


@pytest.mark.parametrize("how", ["quit", "thrown away"])
def test_ending_in_the_middle_of_playing_is_clean(
    qapp: QApplication, tmp_path: Path, how: str
) -> None:
    clip = write_numbered(tmp_path / "clip.mp4", 50)
    command = [sys.executable, "-c", _PROGRAM, str(clip), how]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, "left\n"), ended.stderr


def test_an_engine_that_cannot_start_is_tried_now_and_then_whatever_is_wished(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "launcher", lambda: [sys.executable, "-c", "raise SystemExit(3)"])
    link, tried = EngineLink(), list[float]()

    def told(state: EngineState) -> None:  # at once, in the link's thread
        if state.error is not None:
            tried.append(time.monotonic())

    link.state_changed.connect(told, Qt.ConnectionType.DirectConnection)
    link.list_takes()
    link.start()
    try:
        qtbot.waitUntil(lambda: len(tried) > 2, timeout=60_000)
    finally:
        link.close()
    assert min(later - sooner for sooner, later in pairwise(tried)) >= 1


def test_who_closes_while_the_engine_starts_does_not_wait_for_it(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = "import time; time.sleep(3600)"
    monkeypatch.setattr(client, "launcher", lambda: [sys.executable, "-c", sleeper])
    monkeypatch.setattr(client, "_START_SECONDS", 3600.0)
    link = EngineLink()
    link.start()
    while not (engines := [child for child in client.started if sleeper in str(child.args)]):
        time.sleep(0.01)
    closing = threading.Thread(target=link.close)
    closing.start()
    closing.join(60)
    (engine,) = engines
    assert engine.poll() is None  # it starts still
    engine.kill()
    engine.wait()
    assert not closing.is_alive()
