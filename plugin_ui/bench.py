"""`python -m plugin_ui.bench`: how quick the panel is, as one JSON object of figures.

Run it on the screen there is, or with QT_QPA_PLATFORM=offscreen. `cuelock bench panel` does, in a
home of its own with a warm engine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

from media import EXAMPLE
from media.clip import open_clip
from plugin_ui.asked import Again
from plugin_ui.lanes.measure import measure_lanes
from plugin_ui.look import dress
from plugin_ui.picture.bench import measure_scrub, write_long_groups
from plugin_ui.picture.view import PictureView
from plugin_ui.session import Region
from plugin_ui.sound.bench import measure_drift
from plugin_ui.window import Window

_TICK_MS = 1
_REROLLS = 20
_DRIFT_SECONDS = 30
_LONGEST_SECONDS = 600.0
_AT_REST_MS = 1500  # after which a new window is drawn, its lanes measured


class PanelFigures(msgspec.Struct, frozen=True, kw_only=True):
    """first_frame: seconds from a new window to the clip's first picture; scrub_*: ms from asking
    for a frame of 1080p long-GOP to its being on screen; scroll_ms, zoom_ms: an hour of six lanes;
    drift_frames: how far picture and sound part in ten minutes, judged by half a minute;
    blocked_ms: the longest that the GUI thread of a window at rest was away while a take was
    rendered, heard and shown;
    rerolled_mb: growth of memory a re-roll, over the second half of them.
    """

    first_frame: float
    scrub_ms: float
    scrub_95_ms: float
    scroll_ms: float
    zoom_ms: float
    drift_frames: float
    blocked_ms: float
    rerolled_mb: float


class _Watchdog:
    """Notices when the GUI thread does not come back to its loop."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, 1000 * (now - self._last) - _TICK_MS)
        self._last = now


def main() -> None:
    """Measure, and print the figures."""
    app = QApplication(sys.argv)
    dress(app)
    began = time.perf_counter()
    window = Window()
    window.show()
    window.desk.open(EXAMPLE)
    _wait(window.picture.shown.connect)
    first_frame = time.perf_counter() - began
    _rest()
    blocked_ms = _blocked(window)
    rerolled_mb = _rerolled(window)
    window.close()
    scrub = _scrub()
    lanes = measure_lanes()
    figures = PanelFigures(
        first_frame=first_frame, scrub_ms=scrub[0], scrub_95_ms=scrub[1],
        scroll_ms=lanes.scroll_ms, zoom_ms=lanes.zoom_ms,
        drift_frames=measure_drift(_DRIFT_SECONDS).frames,
        blocked_ms=blocked_ms, rerolled_mb=rerolled_mb,
    )  # fmt: skip
    print(msgspec.json.encode(figures).decode())


def _blocked(window: Window) -> float:
    """While it plays, a take is rendered, heard as it comes, and shown."""
    window.layers.add("footsteps on gravel")
    window.menus.actions["play"].trigger()
    window.menus.actions["loop"].trigger()
    watchdog = _Watchdog()
    window.desk.render()
    _wait(window.desk.finished.connect)
    _wait(window.stage.sounds["footsteps on gravel"].shown.connect)
    window.transport.stop()
    return watchdog.longest_ms


def _rerolled(window: Window) -> float:
    """Megabytes a re-roll."""
    window.desk.history.look(region=Region(10, 22))
    before = 0
    for number in range(_REROLLS):
        window.desk.regenerate(Again())
        _wait(window.desk.finished.connect)
        if number == _REROLLS // 2 - 1:
            before = _bytes()
    return (_bytes() - before) / 2**20 / (_REROLLS - _REROLLS // 2)


def _bytes() -> int:
    """Memory of this process that is resident."""
    import psutil

    return psutil.Process().memory_info().rss


def _scrub() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        clip = open_clip(write_long_groups(Path(folder) / "long.mp4"))
        view = PictureView()
        view.resize(960, 540)
        view.show()
        scrub = measure_scrub(view, clip)
        view.leave()
        view.close()
    return scrub.median_ms, scrub.p95_ms


def _rest() -> None:
    """Let a new window come to rest."""
    waiting = QEventLoop()
    QTimer.singleShot(_AT_REST_MS, waiting.quit)
    waiting.exec()


def _wait(connect: Callable[[Callable[[], None]], object]) -> None:
    """Let everything live until a signal comes."""
    waiting = QEventLoop()
    connect(waiting.quit)
    QTimer.singleShot(round(1000 * _LONGEST_SECONDS), lambda: waiting.exit(1))
    if waiting.exec():
        raise TimeoutError("what is waited for does not come")


if __name__ == "__main__":
    main()
