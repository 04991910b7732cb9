"""The picture is exact to the device's pixel at every scale of the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from media_factory import write_numbered
from PyQt6.QtWidgets import QApplication

#: Prints the scale, and how far the widget's pixels are from exactly decoded ones at most.
_PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication
from media.clip import open_clip
from media.decode import pictures
from plugin_ui.picture import PictureView

def compare(frame):
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits().asarray(image.sizeInBytes()), np.uint8)
    seen = rows.reshape(image.height(), -1)[:, : 3 * image.width()].reshape(-1, image.width(), 3)
    lit = np.flatnonzero(seen.max(axis=(1, 2)) > 12)
    seen = seen[lit[0] : lit[-1] + 1]
    size = seen.shape[1], seen.shape[0]
    (wanted,) = pictures(clip, frame, frame + 1, rate=clip.rate, size=size)
    print(view.devicePixelRatioF(), np.abs(seen.astype(int) - wanted.rgb).max())
    app.quit()

app, view, clip = QApplication([]), PictureView(), open_clip(Path(sys.argv[1]))
view.shown.connect(compare)
view.resize(300, 200)
view.show_clip(clip)
view.show()
app.exec()
"""


@pytest.mark.parametrize("scale", ["1.25", "3.0"])
def test_the_picture_has_the_screens_own_pixels(
    qapp: QApplication, tmp_path: Path, scale: str
) -> None:
    clip = write_numbered(tmp_path / "clip.mp4", 3)
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(clip)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "QT_SCALE_FACTOR": scale},
    )
    assert run.stdout == f"{scale} 0\n"
