"""A defect of ours does not end the panel: it is told with its details, logged, and survived."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from PyQt6.QtWidgets import QApplication
from resident_engine import BOUNCE

from host_bridge.home import home
from plugin_ui.keeper import read_session

_HAND = Path(__file__).with_name("faulty_hand.py")


def test_a_defect_in_a_slot_or_a_thread_is_told_logged_and_survived(
    resident: Path, qapp: QApplication
) -> None:
    clip = Path(shutil.copy(BOUNCE, resident / "clip.mp4")).resolve()
    panel = subprocess.run(
        [sys.executable, _HAND, clip], capture_output=True, text=True, timeout=120, check=False
    )
    said = panel.stdout.splitlines()
    assert panel.returncode == 0, panel.stderr
    assert "KeyError: &#x27;in a slot&#x27;" in said[0]
    assert "[internal.bug]" in said[0]
    assert said[1] == "KeyError: 'in a slot'"
    assert "ZeroDivisionError: in a thread" in said[2]
    assert said[3] == "ZeroDivisionError: in a thread"
    assert said[4] == "2"
    log = (home() / "logs" / "panel.log").read_text()
    assert "in a slot" in log
    assert "in a thread" in log
    layers = read_session(str(clip)).work.layers
    assert len(layers) == 2
