"""A real screen for real windows: the one there is, else Xvfb of our own; the panel on a clip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from resident_engine import BOUNCE
from window_hand import opened

from plugin_ui.window import Window


@pytest.fixture(scope="session")
def screen() -> Iterator[None]:
    """Something to draw on. Qt reads DISPLAY when the application is made."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield
        return
    read, write = os.pipe()
    # Nobody's child, it ends with its last client, this process: a server that went first would
    # take Qt down with it.
    start = f"Xvfb -terminate -displayfd {write} -screen 0 2560x1600x24 -nolisten tcp &"
    subprocess.run(["sh", "-c", start], pass_fds=[write], stderr=subprocess.DEVNULL, check=True)
    os.close(write)
    with os.fdopen(read) as told:
        os.environ["DISPLAY"] = f":{told.readline().strip()}"
    yield
    del os.environ["DISPLAY"]


@pytest.fixture(scope="session")
def qapp_args(screen: None) -> list[str]:
    return ["cuelock"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip without a past."""
    return Path(shutil.copy(BOUNCE, tmp_path))


@pytest.fixture
def window(qtbot: QtBot, resident: Path, clip: Path) -> Iterator[Window]:
    with opened(qtbot, clip) as window:
        yield window
