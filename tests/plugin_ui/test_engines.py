"""The panel with an engine of another machine, by an artist's gestures: a real second process."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from media_factory import Movie, write_movie
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from studio_engine import at_home, let_in, studio_engine
from window_hand import MINUTE, drag, drop, opened, press, say

from host_bridge import discovery
from host_bridge.protocol import ProgressReport
from media import EXAMPLE
from plugin_ui.engines import EngineDialog
from plugin_ui.keeper import folder, read_session, stems_folder
from plugin_ui.session import Region
from plugin_ui.settings import read_settings
from plugin_ui.window import Window

PORT = 47_930
Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with studio_engine(tmp_path_factory.mktemp("studio"), PORT) as folder:
        yield folder


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLE, tmp_path))


@pytest.fixture(autouse=True)
def forgotten(resident: Path) -> Iterator[None]:
    """The next test begins without a choice, however this one ended."""
    yield
    (folder() / "settings.json").unlink(missing_ok=True)


@pytest.fixture
def guest(resident: Path, studio: Path) -> Iterator[None]:
    """The studio lets this panel in."""
    let_in(studio, discovery.own_keys("client").public, "generate")
    yield
    with at_home(studio):
        discovery.revoke("guest")


def opened_dialog(window: Window) -> EngineDialog:
    window.menus.actions["engine"].trigger()
    dialog = window.engines.dialog
    assert dialog is not None
    assert dialog.isVisible()
    return dialog


def choose(window: Window, name: str, address: str) -> None:
    """Type the name, paste the address, use it."""
    dialog = opened_dialog(window)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText(address)
    dialog.name.clear()
    QTest.keyClicks(dialog.name, name)
    for key in (Key.Key_A, Key.Key_V):
        QTest.keyClick(dialog.address, key, CONTROL)
    QTest.mouseClick(dialog.use, Qt.MouseButton.LeftButton)


def forget(window: Window) -> None:
    QTest.mouseClick(opened_dialog(window).forget, Qt.MouseButton.LeftButton)


def mark(window: Window, start: int, stop: int) -> None:
    """The region, by I and O at the playhead."""
    ruler = window.lanes.ruler
    ruler.setFocus()
    for frame, key in ((start, Key.Key_I), (stop - 1, Key.Key_O)):
        window.transport.go(frame)
        press(ruler, key)
    assert window.desk.work.region == Region(start, stop)


def test_it_is_chosen_and_let_in_makes_takes_over_a_restart_and_is_forgotten(
    window: Window, clip: Path, studio: Path, qtbot: QtBot
) -> None:
    assert "this machine" in window.status.engine.text() or not window.status.engine.text()
    choose(window, "attic", (studio / "address.json").read_text())
    qtbot.waitUntil(window.message.isVisible, timeout=MINUTE)
    assert "[auth.refused]" in window.message.text.text()
    dialog = opened_dialog(window)
    assert "attic" in dialog.used.text()
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    command, *words = shlex.split(clipboard.text())
    assert command == "cuelock"
    dialog.close()
    there = {**os.environ, "CUELOCK_HOME": str(studio)}
    subprocess.run([sys.executable, "-m", "engine.cli", *words], env=there, check=True, timeout=60)
    qtbot.waitUntil(lambda: "(attic): " in window.status.engine.text(), timeout=MINUTE)
    desk = window.desk
    say(window, "wood is hit")
    mark(window, 0, 12)
    seen = list[ProgressReport]()
    desk.link.progressed.connect(seen.append)
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, CONTROL)
    assert {"sending", "fetching"} < {report.stage for report in seen}
    first = desk.work.take
    assert first is not None
    (heard,) = desk.sounding()
    stem = Path(heard.stem.path)
    assert stem.parent == stems_folder()
    assert soundfile.info(stem).frames > 0
    assert Path(heard.curves).parent == stems_folder()
    lane = window.stage.sounds["wood is hit"]
    qtbot.waitUntil(lambda: lane.levels is not None, timeout=MINUTE)
    drag(lane, window, 4, 8)
    assert desk.work.region == Region(4, 8)
    lane.setFocus()
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R)
    take = desk.take()
    assert take is not None
    assert take.record.reply.parent == first
    before, after = (soundfile.read(path)[0] for path in (stem, desk.sounding()[0].stem.path))
    assert before.shape == after.shape
    assert not np.array_equal(before, after)
    mark(window, 0, 6)
    press(window, Key.Key_R, CONTROL)
    (job,) = desk.jobs
    window.close()
    question = window.leaving.question
    assert question is not None
    assert "does not have yet waits" in question.informativeText()  # files may be on their way
    press(question, Key.Key_Return)
    assert [one.job for one in read_session(str(clip)).jobs] == [job]
    with opened(qtbot, clip, read_settings()) as again:
        qtbot.waitUntil(lambda: not again.desk.jobs, timeout=MINUTE)
        assert len(again.desk.takes) == 3
        (heard,) = again.desk.sounding()
        content = Path(heard.stem.path).read_bytes()
        Path(heard.stem.path).unlink()
        with qtbot.waitSignal(again.desk.takes_changed, timeout=MINUTE):  # from there again
            again.desk.sounding()
        (heard,) = again.desk.sounding()
        assert Path(heard.stem.path).read_bytes() == content
        forget(again)
        qtbot.waitUntil(lambda: "this machine): " in again.status.engine.text(), timeout=MINUTE)
        qtbot.waitUntil(lambda: not again.desk.takes, timeout=MINUTE)
        assert read_settings().engine is None


def test_of_a_long_clip_only_the_range_is_sent_and_a_job_is_cancelled_on_its_way(
    guest: None, window: Window, studio: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(0)
    noise = (rng.integers(0, 256, (64, 96, 3), np.uint8) for _ in range(1000))
    long = write_movie(tmp_path / "long.mov", noise, Movie())
    desk = window.desk
    with qtbot.waitSignal(desk.opened, timeout=MINUTE):
        drop(window, long)
    choose(window, "attic", (studio / "address.json").read_text())
    qtbot.waitUntil(lambda: "(attic): " in window.status.engine.text(), timeout=MINUTE)
    say(window, "rain")
    press(window, Key.Key_R, CONTROL)
    press(window, Key.Key_Period, CONTROL)
    qtbot.waitUntil(lambda: not desk.jobs, timeout=MINUTE)
    assert desk.takes == {}
    mark(window, 500, 512)
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, CONTROL)
    sent = [path.stat().st_size for path in (studio / "takes" / "blobs").glob("*/*")]
    assert long.stat().st_size not in sent
    assert len(desk.takes) == 1
    forget(window)


def test_what_is_no_address_and_an_engine_that_is_away_are_said_with_their_mend(
    window: Window, studio: Path, qtbot: QtBot
) -> None:
    choose(window, "attic", "tcp://attic")
    dialog = window.engines.dialog
    assert dialog is not None
    assert dialog.message.isVisible()
    assert "cuelock engine address" in dialog.message.text.text()
    assert read_settings().engine is None
    address = (studio / "address.json").read_text().replace(str(PORT), str(PORT + 10))
    choose(window, "attic", address)
    assert not dialog.isVisible()
    qtbot.waitUntil(window.message.isVisible, timeout=MINUTE)
    assert "attic does not answer" in window.message.text.text()
    assert "attic does not answer" in window.status.engine.text()
    forget(window)
    qtbot.waitUntil(lambda: "this machine): " in window.status.engine.text(), timeout=MINUTE)
