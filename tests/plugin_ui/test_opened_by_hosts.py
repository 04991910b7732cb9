"""A host's menu opens the panel, a window of its own."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from gateway_panel import SECONDS, until
from resident_engine import stopped
from resolve_bench import ResolveBench
from resolve_fake import FakeResolve

from engine.cli.wishes import PanelOpened, fulfilled
from host_bridge.discovery import read_address
from host_bridge.resolve.host import ResolveHost
from plugin_ui.keeper import last_clip


@pytest.fixture
def bench() -> ResolveBench:
    fake = FakeResolve()
    made = ResolveBench(fake, ResolveHost(fake))
    made.timeline("30", "01:00:00:00")
    return made


def panels() -> list[psutil.Process]:
    """The panels of this test's home."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            words, home = process.cmdline(), process.environ().get("CUELOCK_HOME")
        except psutil.Error:  # somebody else's, or gone
            continue
        if "plugin_ui" in words and home == os.environ["CUELOCK_HOME"]:
            found.append(process)
    return found


def closed() -> None:
    """Close the panel and stop the engine that it may have started."""
    for process in panels():
        process.terminate()
        process.wait(SECONDS)
    if read_address() is not None:
        stopped()


def test_the_panel_opens_on_what_is_marked_and_without_marks_on_its_last_clip(
    bench: ResolveBench, clip: Path, own_home: Path, screen: None
) -> None:
    bench.picture(clip, 0, 96, media_start=0)
    bench.mark(24, 48)
    try:
        said = fulfilled(bench.host, PanelOpened(), print)
        assert said == "The panel opens on bounce.mp4."
        until(lambda: last_clip() == str(clip))
        closed()
        bench.fake.marks = {}
        said = fulfilled(bench.host, PanelOpened(), print)
        assert said == "The panel opens on its last clip."
        assert panels()
    finally:
        closed()
