"""The thin side stays thin: a fresh interpreter imports it and looks at what came along."""

import subprocess
import sys

import pytest

_HEAVY = {
    "engine",
    "websockets",
    "plugin_ui",
    "presets",
    "torch",
    "numpy",
    "scipy",
    "av",
    "cv2",
    "diffusers",
    "opentimelineio",
    "aaf2",
}


@pytest.mark.parametrize(
    "module",
    ["errors", "home", "protocol", "wire", "client", "gateway", "placing", "exchange.host"],
)
def test_importing_the_thin_side_brings_nothing_heavy(module: str) -> None:
    code = (
        f"import sys, host_bridge.{module}; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not _HEAVY & set(run.stdout.split())


def test_what_hosts_bring_in_their_own_python_is_enough_for_exact_time() -> None:
    code = "import sys, host_bridge.timecode; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"msgspec", "zmq"} & set(run.stdout.split())
