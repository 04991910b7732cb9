"""What every test shares: properties without deadlines, a home of its own, one real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from resident_engine import stopped

from host_bridge.discovery import read_address

#: Programs and modules of processes under test.
collect_ignore_glob = ["crash/*"]

settings.register_profile("cuelock", deadline=None, print_blob=True)
settings.load_profile("cuelock")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing a test runs reads or writes the user's own cuelock folder."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CUELOCK_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of an engine that several tests share; whoever asks first starts it."""
    folder = tmp_path_factory.mktemp("engine")
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUELOCK_HOME", str(folder))
        if read_address() is not None:
            stopped()


@pytest.fixture
def resident(own_home: Path, engine_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's home is the shared engine's."""
    monkeypatch.setenv("CUELOCK_HOME", str(engine_home))
    return engine_home


@pytest.fixture
def busy(own_home: Path) -> Iterator[Path]:
    """This test's home is that of an engine whose queue is full; whoever asks first starts it."""
    (own_home / "engine.toml").write_text("queue = 0\n")
    yield own_home
    if read_address() is not None:
        stopped()
