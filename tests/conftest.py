"""One profile for every property: no deadlines, since speed is measured by `cuelock bench`."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("cuelock", deadline=None, print_blob=True)
settings.load_profile("cuelock")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing a test runs reads or writes the user's own cuelock folder."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CUELOCK_HOME", str(folder))
    return folder
