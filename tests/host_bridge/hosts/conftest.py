"""Media that the projects of all hosts share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile


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
