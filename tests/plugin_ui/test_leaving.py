"""A program that ends, or a view thrown away, leaves no thread behind that would crash it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from media_factory import write_numbered
from PyQt6.QtWidgets import QApplication

_PROGRAM = """
import sys
from pathlib import Path
from PyQt6.QtWidgets import QApplication, QMainWindow
from host_bridge.timecode import Rate
from media.clip import open_clip
from plugin_ui.picture import PictureView
from plugin_ui.sound import Mixer, Strip
from plugin_ui.transport import Transport

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
