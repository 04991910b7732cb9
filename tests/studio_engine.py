"""The engine of a studio: a process with a home of its own that listens to a network."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from resident_engine import stopped

from host_bridge import client, discovery
from host_bridge.protocol import Scope


@contextmanager
def studio_engine(folder: Path, port: int) -> Generator[Path]:
    """Its home, and in it address.json as it is given to others."""
    (folder / "engine.toml").write_text(f'bind = "127.0.0.1"\nport = {port}\n')
    own: list[subprocess.Popen[bytes]] = []
    try:
        with at_home(folder), client.connect() as engine:
            far = msgspec.structs.replace(
                engine.address, epoch="", pid=0, control=f"tcp://127.0.0.1:{port}",
                commands=f"tcp://127.0.0.1:{port + 1}", events=f"tcp://127.0.0.1:{port + 2}",
            )  # fmt: skip
            own += [process for process in client.started if process.pid == engine.address.pid]
        (folder / "address.json").write_bytes(msgspec.json.encode(far))
        yield folder
        with at_home(folder):
            stopped()
    finally:  # its port is the next run's
        for process in own:
            process.kill()
            process.wait()


@contextmanager
def at_home(folder: Path) -> Generator[None]:
    """What is done there is done by the studio's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUELOCK_HOME", str(folder))
        patch.delenv("CUELOCK_ENGINE", raising=False)
        yield


def let_in(studio: Path, public: str, scope: Scope) -> None:
    """The studio knows a guest by this key."""
    with at_home(studio):
        discovery.authorise(public, "guest", scope)
