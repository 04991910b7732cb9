"""What tests of hosts share: media for projects, and one Chromium for pages that hosts show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from chromium import Page, chromium

#: Run by Blender, not by us.
collect_ignore = ["blender_served.py"]


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for movies and stems."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session")
def silence(media: Path) -> Path:
    """The sound of the user's own clip: a stem beside it is heard alone."""
    path = media / "silence.wav"
    soundfile.write(path, np.zeros(200_000), 48_000)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Callable[[], Page]]:
    """Opens a blank page at each call; whoever asks first starts the browser."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def page(browser: Callable[[], Page]) -> Page:
    """A page for scripts alone, whose names whoever comes next replaces."""
    return browser()
