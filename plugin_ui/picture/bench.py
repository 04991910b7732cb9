"""How long the picture takes under a scrubbing hand, measured on a made clip with long groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from math import cos, pi
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import av
import numpy as np
from av.video.stream import VideoStream
from PyQt6.QtCore import QEventLoop

from media.clip import Clip
from plugin_ui.picture.view import PictureView

_WIDTH, _HEIGHT, _FRAMES, _GROUP = 1920, 1080, 240, 60
_BITS_A_SECOND = 10_000_000
_MOVES = 90  # of the mouse, one way


class Scrub(NamedTuple):
    """Milliseconds from asking for a frame to its being on screen.

    first: from opening the clip; median and p95: of every move of a hand that drags the playhead
    through the clip and back, each asked for when the one before is on screen.
    """

    first_ms: float
    median_ms: float
    p95_ms: float
    moves: int


def measure_scrub(view: PictureView, clip: Clip) -> Scrub:
    """Scrub through a clip in a view that is shown; Qt's application must run."""
    first_ms = _milliseconds(view, 0, partial(view.show_clip, clip))
    taken = [
        _milliseconds(view, frame, partial(view.show_frame, frame)) for frame in _drag(clip.frames)
    ]
    return Scrub(first_ms, median(taken), quantiles(taken, n=20)[-1], len(taken))


def write_long_groups(path: Path) -> Path:
    """Ten seconds of 1080p at 23.976, coded with three B-pictures in groups of sixty."""
    rate, rng = Fraction(24_000, 1001), np.random.default_rng(0)
    grain = rng.integers(-12, 12, (_HEIGHT + 64, _WIDTH + 64), np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.bit_rate = _BITS_A_SECOND
        stream.options = {
            "preset": "veryfast",
            "x264-params": f"keyint={_GROUP}:min-keyint={_GROUP}:scenecut=0:bframes=3",
        }
        for number in range(_FRAMES):
            container.mux(stream.encode(_picture(grain, number)))
        container.mux(stream.encode(None))
    return path


def _picture(grain: np.ndarray, number: int) -> av.VideoFrame:
    """Waves that travel under a film's grain."""
    across = 60 * np.sin(np.arange(_WIDTH) / 90 + number / 5)
    down = 50 * np.sin(np.arange(_HEIGHT) / 60 - number / 7)
    jump = number * 37 % 64
    luma = 128 + across + down[:, None] + grain[jump : jump + _HEIGHT, jump : jump + _WIDTH]
    grey = luma.clip(16, 235).astype(np.uint8)
    return av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")


def _drag(frames: int) -> Iterator[int]:
    """Frames under a hand that starts, hurries and slows down, there and back; none twice over."""
    before = 0
    for move in range(2 * _MOVES + 1):
        frame = round((frames - 1) * (1 - cos(pi * move / _MOVES)) / 2)
        if frame != before:
            before = frame
            yield frame


def _milliseconds(view: PictureView, frame: int, ask: Callable[[], None]) -> float:
    """Until that frame is on screen, or nothing of the clip can be shown."""
    waiting = QEventLoop()

    def seen(shown: int) -> None:
        if shown == frame:
            waiting.quit()

    view.shown.connect(seen)
    view.failed.connect(waiting.quit)
    began = time.perf_counter()
    ask()
    waiting.exec()
    taken = time.perf_counter() - began
    view.shown.disconnect(seen)
    view.failed.disconnect(waiting.quit)
    return 1000 * taken
