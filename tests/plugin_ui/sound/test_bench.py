"""Drift is measured where there is some, and none is found where there is none."""

from __future__ import annotations

import pytest
from PyQt6.QtWidgets import QApplication

from host_bridge.timecode import Rate, sample_of_frame
from plugin_ui.sound.bench import drift_of, measure_drift
from plugin_ui.transport.motion import SAMPLE_RATE

SECOND = 1_000_000_000
FILM = Rate(24_000, 1001)


@pytest.mark.parametrize("parts_per_million", [0, 100, -1000])
def test_a_picture_that_runs_away_is_found_out(parts_per_million: int) -> None:
    """A thousand parts in a million of ten minutes are 0.6 s, 14.4 frames."""
    counts = [(n * SECOND // 100, n * SAMPLE_RATE // 100) for n in range(6001)]
    told = [
        (sample_of_frame(frame, FILM, SAMPLE_RATE) * SECOND // SAMPLE_RATE, frame)
        for frame in range(1, 1430)
    ]
    told = [(at + at * parts_per_million // 1_000_000, frame) for at, frame in told]
    drift = drift_of(told, counts, device=True)
    assert drift.frames == pytest.approx(abs(parts_per_million) * 0.0144, abs=0.01)


def test_what_really_plays_is_measured(qapp: QApplication) -> None:
    drift = measure_drift(1)
    assert drift.late_ms >= 0
    assert drift.frames >= 0
