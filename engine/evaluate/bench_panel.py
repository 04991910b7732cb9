"""The panel against its goals, in a process of its own beside a warm engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.evaluate.figures import row
from engine.evaluate.live import own_home, request
from host_bridge import client
from host_bridge.protocol import BenchRow, RenderReply

_FRAME_MS = 16.7  # 60 a second


def panel_rows(clip: Path) -> Iterator[BenchRow]:
    """What an artist's hands and eyes wait for. Without a screen, offscreen."""
    with own_home() as folder:
        client.run("render", request(clip, folder / "warm", range_out="1s"), RenderReply)
        environment = os.environ | _screen()
        told = subprocess.run(
            [sys.executable, "-m", "plugin_ui.bench"],
            env=environment, check=True, stdout=subprocess.PIPE,
        ).stdout  # fmt: skip
    found = msgspec.json.decode(told, type=dict[str, float])
    yield row("a new window to the clip's first picture", found["first_frame"], "s", 1.5)
    yield row("scrub 1080p long-GOP, median", found["scrub_ms"], "ms", 50.0)
    yield row("same, p95", found["scrub_95_ms"], "ms")
    yield row("scroll an hour of six lanes, median", found["scroll_ms"], "ms", _FRAME_MS)
    yield row("zoom an hour of six lanes, median", found["zoom_ms"], "ms", _FRAME_MS)
    yield row("picture and sound part in ten minutes", found["drift_frames"], "frames", 1.0)
    yield row("GUI thread away while rendering, longest", found["blocked_ms"], "ms", 50.0)
    yield row("memory a re-roll", found["rerolled_mb"], "MB", 0.1)


def _screen() -> dict[str, str]:
    there = any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return {} if there or sys.platform != "linux" else {"QT_QPA_PLATFORM": "offscreen"}
