"""Placing from the window into real projects, read back by their own programs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import opentimelineio as otio
import pytest
import soundfile
from ardour_bench import ArdourBench, looked
from bench import USERS_TRACK
from mlt_bench import ShotcutBench
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot
from real_stems import HEARD, Case
from resident_engine import BOUNCE
from window_hand import MINUTE, Control, Key, Shift, click, opened, press, say

from plugin_ui.placing.dialog import PlaceDialog
from plugin_ui.settings import read_settings
from plugin_ui.window import Window

_CASE = Case("30", "00:00:00:00")
_FRAME = 1600  # samples, at 30 frames a second


@pytest.fixture(scope="module")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's own clip."""
    path = tmp_path_factory.mktemp("users") / "talk.wav"
    soundfile.write(path, np.zeros(96_000), 48_000)
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip without a past."""
    return Path(shutil.copy(BOUNCE, tmp_path)).resolve()


@pytest.fixture
def window(qtbot: QtBot, resident: Path, clip: Path) -> Iterator[Window]:
    """With a take of frames 3 to 13."""
    with opened(qtbot, clip) as window:
        say(window, "wood is hit")
        window.lanes.ruler.setFocus()
        for _ in range(3):
            press(window, Key.Key_Right)
        press(window, Key.Key_I)
        press(window, Key.Key_Right, Shift)
        press(window, Key.Key_Left)
        press(window, Key.Key_O)
        with qtbot.waitSignal(window.desk.finished, timeout=MINUTE):
            press(window, Key.Key_R, Control)
        yield window


def asked(qtbot: QtBot, window: Window, host: str, path: Path) -> PlaceDialog:
    """The dialog with a host and its project chosen by keys, and its plan there."""
    press(window, Key.Key_P, Control | Shift)
    dialog = window.placing.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isActiveWindow, timeout=MINUTE)
    dialog.hosts.setFocus()
    QTest.keyClicks(dialog.hosts, host[:4])
    assert dialog.hosts.currentText() == host
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(path))
    press(dialog.path, Key.Key_Return)
    wait_for_rows(qtbot, dialog)
    return dialog


def wait_for_rows(qtbot: QtBot, dialog: PlaceDialog) -> None:
    qtbot.waitUntil(lambda: dialog.rows.topLevelItemCount() > 0, timeout=MINUTE)


def row(dialog: PlaceDialog) -> list[str]:
    item = dialog.rows.topLevelItem(0)
    assert item is not None
    return [item.text(column) for column in range(4)]


def stem(window: Window) -> np.ndarray:
    (one,) = window.desk.sounding()
    return soundfile.read(one.stem.path)[0]


def test_in_a_shotcut_project_the_stem_stands_under_its_clip_wherever_that_was_moved(
    qtbot: QtBot, window: Window, clip: Path, silence: Path, tmp_path: Path
) -> None:
    bench = ShotcutBench(tmp_path, _CASE, clip, silence)
    project = bench.path.read_text()
    moved = project.replace(
        '<entry producer="film" in="0" ', '<blank length="7"/><entry producer="film" in="2" '
    )
    assert moved != project
    bench.path.write_text(moved)
    dialog = asked(qtbot, window, "Kdenlive, Shotcut", bench.path)
    assert row(dialog) == ["wood is hit", "cuelock 1 (new)", "00:00:00:08", "to be placed"]
    assert bench.path.read_text() == moved
    assert not (tmp_path / "cuelock").exists()
    click(dialog.place_button)
    qtbot.waitUntil(
        lambda: dialog.rows.topLevelItemCount() > 0 and row(dialog)[3] == "placed", timeout=MINUTE
    )
    assert not dialog.place_button.isEnabled()
    heard, sound = bench.exported(), stem(window)
    begin = 8 * _FRAME
    level = np.sqrt(0.5)  # melt pans one channel to the middle of two
    assert np.abs(heard[begin : begin + len(sound)] - level * sound).max() < HEARD
    assert np.abs(heard[:begin]).max() < HEARD
    click(dialog.look_button)
    wait_for_rows(qtbot, dialog)
    assert row(dialog)[3] == "is there"
    assert read_settings().places == {"Kdenlive, Shotcut": str(bench.path)}


def test_a_track_of_the_users_that_is_taken_refuses_and_says_why(
    qtbot: QtBot, window: Window, clip: Path, silence: Path, tmp_path: Path
) -> None:
    bench = ShotcutBench(tmp_path, _CASE, clip, silence)
    before = bench.path.read_text()
    dialog = asked(qtbot, window, "Kdenlive, Shotcut", bench.path)
    dialog.onto.setFocus()
    QTest.keyClicks(dialog.onto, USERS_TRACK[:4])
    press(dialog.onto, Key.Key_Return)
    click(dialog.look_button)
    wait_for_rows(qtbot, dialog)
    assert row(dialog)[1] == USERS_TRACK
    assert row(dialog)[3].startswith("refused: Something stands on the track")
    assert "Nothing is placed." in dialog.where.text()
    assert not dialog.place_button.isEnabled()
    assert bench.path.read_text() == before


def test_in_an_ardour_session_it_stands_where_ardour_shows_its_film(
    qtbot: QtBot, window: Window, clip: Path, silence: Path, tmp_path: Path
) -> None:
    bench = ArdourBench(tmp_path, _CASE, clip, silence)
    text = bench.path.read_text()
    bench.path.write_text(text.replace('VideoOffset="0"', f'VideoOffset="{6 * _FRAME}"'))
    dialog = asked(qtbot, window, "Ardour", bench.path)
    assert row(dialog)[2:] == ["00:00:00:09", "to be placed"]
    click(dialog.place_button)
    qtbot.waitUntil(
        lambda: dialog.rows.topLevelItemCount() > 0 and row(dialog)[3] == "placed", timeout=MINUTE
    )
    regions = [line.split("\t") for line in looked(bench.folder) if "cuelock" in line]
    assert [(one[1], int(one[3]), int(one[4])) for one in regions if one[0] == "REGION"] == [
        ("cuelock 1", 9 * _FRAME, len(stem(window)))
    ]


def test_a_timeline_file_gets_a_file_beside_it_with_the_stem_under_its_clip(
    qtbot: QtBot, window: Window, clip: Path, tmp_path: Path
) -> None:
    def span(start: int, frames: int) -> otio.opentime.TimeRange:
        at, length = (otio.opentime.RationalTime(n, 30) for n in (start, frames))
        return otio.opentime.TimeRange(at, length)

    track = otio.schema.Track(kind="Video")
    track.append(otio.schema.Gap(source_range=span(0, 20)))
    medium = otio.schema.ExternalReference(target_url=clip.as_uri(), available_range=span(0, 300))
    track.append(otio.schema.Clip("bounce", medium, span(0, 60)))
    timeline = otio.schema.Timeline("scene", tracks=[track])
    path = tmp_path / "scene.otio"
    otio.adapters.write_to_file(timeline, str(path))
    before = path.read_bytes()
    dialog = asked(qtbot, window, "OTIO, XML, EDL, AAF", path)
    assert row(dialog)[2:] == ["00:00:00:23", "to be placed"]
    click(dialog.place_button)
    qtbot.waitUntil(
        lambda: dialog.rows.topLevelItemCount() > 0 and row(dialog)[3] == "placed", timeout=MINUTE
    )
    assert path.read_bytes() == before
    made = otio.adapters.read_from_file(str(tmp_path / "scene_cuelock.otio"))
    (clips,) = (list(one.find_clips()) for one in made.audio_tracks())
    assert clips[0].range_in_parent().start_time.to_seconds() == pytest.approx(23 / 30, abs=1e-9)


def test_what_is_no_project_is_said_in_the_dialog_and_nothing_can_be_placed(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    press(window, Key.Key_P, Control | Shift)
    dialog = window.placing.dialog
    assert dialog is not None
    assert "Save and close the project" in dialog.where.text()
    QTest.keyClicks(dialog.path, str(tmp_path / "nothing.mlt"))
    press(dialog.path, Key.Key_Return)
    qtbot.waitUntil(dialog.message.isVisible, timeout=MINUTE)
    assert "[media.missing]" in dialog.message.text.text()
    assert not dialog.place_button.isEnabled()
