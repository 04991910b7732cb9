"""A timeline with an axis and lanes on it, shown; and a hand that presses, drags and turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hands import Hand
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.melqcd.curves import Curves, curves_of_sound
from engine.melqcd.files import CurvesFile, write_curves
from engine.melqcd.spec import SMALL
from host_bridge.timecode import Rate
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.curve_track import CurveTrack, read_curves
from plugin_ui.lanes.selection import Selection
from plugin_ui.lanes.stack import Lanes
from plugin_ui.lanes.timeline import Timeline

KNOCKS = (1.0, 2.5, 4.2, 7.0)  # seconds
RATE = 48_000


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(rate=Rate.parse("25"), start="01:00:00:00", frames=250)


@pytest.fixture
def axis(timeline: Timeline, qapp: QApplication) -> TimeAxis:
    return TimeAxis(timeline)


@pytest.fixture
def selection(qapp: QApplication) -> Selection:
    return Selection()


@pytest.fixture
def lanes(axis: TimeAxis, selection: Selection, qtbot: QtBot) -> Lanes:
    """Lanes in a window, with nothing but the ruler."""
    lanes = Lanes(axis, selection)
    qtbot.addWidget(lanes)
    lanes.resize(1200, 700)
    with qtbot.waitActive(lanes):
        lanes.show()
        lanes.activateWindow()
    return lanes


@pytest.fixture
def knocks() -> np.ndarray:
    """Ten seconds of noise bursts."""
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.001, 10 * RATE)
    for second in KNOCKS:
        burst = rng.normal(0, 0.3, RATE // 2) * np.exp(-np.arange(RATE // 2) / 4000)
        sound[round(second * RATE) :][: len(burst)] += burst
    return sound.astype(np.float32)


@pytest.fixture
def curves(knocks: np.ndarray) -> Curves:
    """The engine's curves of the knocks."""
    return curves_of_sound(torch.from_numpy(knocks), SMALL)


@pytest.fixture
def curves_file(curves: Curves, tmp_path: Path) -> Path:
    path = tmp_path / "knocks.npz"
    write_curves(CurvesFile(curves, "01:00:00:00", "25"), path)
    return path


@pytest.fixture
def track(curves_file: Path) -> CurveTrack:
    return read_curves(curves_file)


@pytest.fixture
def curve_lane(lanes: Lanes, axis: TimeAxis, selection: Selection, track: CurveTrack) -> CurveLane:
    """A lane with wanted curves, as wide as the window."""
    lane = CurveLane("knocks", axis, selection)
    lanes.add(lane)
    lane.show_curves("wanted", track)
    QApplication.processEvents()
    return lane


@pytest.fixture
def hand() -> Callable[[QWidget], Hand]:
    return Hand
