"""The thin client runs in the oldest Python that hosts bring, with what pip chooses for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from resident_engine import stopped

from host_bridge import client

ROOT = Path(__file__).parents[2]
OLD = ROOT / ".venv39" / "bin" / "python"  # made by `make test` where there is a Python 3.9
SCRIPT = """
import importlib, pkgutil, sys
import host_bridge

for module in pkgutil.walk_packages(host_bridge.__path__, "host_bridge."):
    # A process of its own, and what runs inside Blender.
    if module.name != "host_bridge.gateway" and not module.name.startswith("host_bridge.blender."):
        importlib.import_module(module.name)
from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import EngineStatus, Layer, Nothing, RenderReply, RenderRequest

with client.connect(start=False) as engine:
    pid = engine.ask("status", Nothing(), EngineStatus).pid
layer = Layer(name="a", prompt="", seed=0)
try:
    client.run("render", RenderRequest(clip="/none.mov", layers=(layer,), to="/"), RenderReply)
except CuelockError as error:
    print(*sys.version_info[:2], pid, error.code)
"""


def test_nothing_in_the_thin_client_needs_more_than_python_3_9() -> None:
    command = [Path(sys.executable).with_name("vermin"), "-t=3.9-", "--eval-annotations"]
    done = subprocess.run(
        [*command, "--violations", "host_bridge"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not OLD.exists(), reason="no Python 3.9 here")
def test_a_host_with_python_3_9_talks_to_the_engine(own_home: Path) -> None:
    with client.connect() as engine:
        pid = engine.address.pid
    done = subprocess.run(
        [OLD, "-W", "error", "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    stopped()
    assert done.stdout.split() == ["3", "9", str(pid), "media.missing"], done.stderr
