"""The panel may be killed at any moment: what was edited is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PyQt6.QtWidgets import QApplication
from resident_engine import BOUNCE

from plugin_ui.keeper import read_session

_HAND = Path(__file__).with_name("busy_hand.py")


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.integers(1, 12))
def test_a_killed_panel_loses_no_edit_that_was_seen(
    edits: int, resident: Path, qapp: QApplication
) -> None:
    clip = Path(shutil.copy(BOUNCE, resident / f"{edits}.mp4")).resolve()
    before = len(read_session(str(clip)).work.layers)
    panel = subprocess.Popen(
        [sys.executable, _HAND, clip], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert panel.stdout is not None
    seen = [int(panel.stdout.readline()) for _ in range(edits)]
    panel.kill()
    panel.communicate()
    session = read_session(str(clip))
    assert seen == list(range(before + 1, before + edits + 1))
    assert len(session.work.layers) >= seen[-1]
