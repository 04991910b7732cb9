"""Clips to measure with."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SECONDS = 10
_RATE = 30
GROUP = 60


def ten_seconds(path: Path) -> Path:
    """Ten seconds of 1080p30 H.264 with noise and movement, a key picture every two seconds."""
    rng = np.random.default_rng(0)
    ground = rng.integers(0, 255, (1200, 2080, 3), dtype=np.uint8) // 3 + 60
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.bit_rate, stream.gop_size = 10_000_000, GROUP
        stream.options = {"preset": "veryfast"}
        for number in range(SECONDS * _RATE):
            at = number % 120
            picture = ground[at // 2 : at // 2 + 1080, at : at + 1920].copy()
            y = 200 + abs(number % 40 - 20) * 30
            picture[y : y + 160, 800:960] = 240
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode(None))
    return path


def repeated(clip: Path, path: Path, times: int) -> Path:
    """The same packets again and again, later each time."""
    with av.open(str(path), "w") as target:
        made = None
        for turn in range(times):
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                made = made or target.add_stream_from_template(video)
                base = video.time_base or Fraction(1, _RATE)
                later = round(turn * SECONDS / base)
                for packet in source.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + later, packet.dts + later
                    packet.stream = made
                    target.mux(packet)
    return path
