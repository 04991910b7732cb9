"""The window is closed while the engine works: what is asked, what becomes of jobs and takes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QMessageBox, QToolButton
from pytestqt.qtbot import QtBot
from resident_engine import BOUNCE, stopped
from window_hand import MINUTE, Control, Key, Shift, click, drag, opened, press, say

from host_bridge import client
from host_bridge.protocol import CompRequest, JobsReply, Most, TakesReply
from plugin_ui.keeper import read_session
from plugin_ui.window import Window

_HAND = Path(__file__).with_name("rendering_hand.py")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip without a past."""
    return Path(shutil.copy(BOUNCE, tmp_path)).resolve()


def render(window: Window, qtbot: QtBot) -> str:
    """A sound for the whole clip, by keys; its job, once the engine works on it."""
    say(window, "wood is hit")
    window.lanes.ruler.setFocus()
    with qtbot.waitSignal(window.desk.link.progressed, timeout=MINUTE):
        press(window, Key.Key_R, Control)
    (job,) = window.desk.jobs
    return job


def asked(window: Window) -> QMessageBox:
    """The question that Ctrl+Q brings, which is no end yet."""
    press(window, Key.Key_Q, Control)
    question = window.leaving.question
    assert question is not None
    assert question.isVisible()
    assert window.isVisible()
    return question


def states(jobs: Iterable[str]) -> dict[str, str]:
    """How the engine has some jobs."""
    with client.connect(start=False) as engine:
        found = engine.ask("job.list", Most(), JobsReply).jobs
    return {job.job: job.state for job in found if job.job in jobs}


def takes_of(clip: Path) -> list[str]:
    with client.connect(start=False) as engine:
        takes = engine.ask("take.list", Most(most=1000), TakesReply).takes
    return [one.record.take for one in takes if one.record.request.clip == str(clip)]


def test_where_nothing_runs_nothing_is_asked(window: Window) -> None:
    say(window, "wood is hit")
    press(window, Key.Key_Q, Control)
    assert not window.isVisible()


def test_who_stays_goes_on_as_before(window: Window, qtbot: QtBot) -> None:
    job = render(window, qtbot)
    question = asked(window)
    assert question.text() == "One job is not done yet."
    with qtbot.waitSignal(window.desk.finished, timeout=MINUTE):
        press(question, Key.Key_Escape)
        assert window.isVisible()
        assert list(window.desk.jobs) == [job]
    assert window.leaving.question is None


def test_what_is_rendered_in_the_background_is_there_and_heard_when_it_is_opened_again(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        job = render(window, qtbot)
        press(asked(window), Key.Key_Return)
        assert not window.isVisible()
    qtbot.waitUntil(lambda: states([job]) == {job: "done"}, timeout=MINUTE)
    (take,) = takes_of(clip)
    with opened(qtbot, clip) as window:
        qtbot.waitUntil(lambda: window.desk.work.take == take, timeout=MINUTE)
        assert not window.desk.jobs
        assert list(window.desk.takes) == [take]


def test_it_is_found_at_work_when_it_is_opened_again_soon(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        job = render(window, qtbot)
        press(asked(window), Key.Key_Return)
    with opened(qtbot, clip) as window:
        assert list(window.desk.jobs) == list(window.jobs.lines) == [job]
        qtbot.waitUntil(lambda: window.desk.work.take is not None, timeout=MINUTE)
    assert takes_of(clip) == [window.desk.work.take]


def test_who_cancels_leaves_nothing_at_work_and_finds_the_batch_waiting(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        press(window, Key.Key_B, Control)
        press(window, Key.Key_B, Control | Shift)
        jobs = [render(window, qtbot), *(one.job.job for one in window.desk.batch.queue)]
        question = asked(window)
        assert question.text() == "2 jobs are not done yet."
        (cancel,) = (one for one in question.buttons() if one.text() == "&Cancel and close")
        click(cancel)
        assert not window.isVisible()
    qtbot.waitUntil(lambda: states(jobs) == dict.fromkeys(jobs, "cancelled"), timeout=MINUTE)
    assert read_session(str(clip)).jobs == ()
    with opened(qtbot, clip) as window:
        assert not window.desk.jobs
        assert [one.state for one in window.desk.batch.queue] == ["waits"]
    assert takes_of(clip) == []


def test_ranges_that_the_engine_has_no_room_for_wait_and_are_rendered_when_it_is_opened_again(
    qtbot: QtBot, own_home: Path, clip: Path
) -> None:
    (own_home / "engine.toml").write_text("queue_of_client = 1\n")
    try:
        with opened(qtbot, clip) as window:
            say(window, "wood is hit")
            window.lanes.ruler.setFocus()
            for stop in (8, 16, 24):
                window.transport.go(stop - 1)
                press(window.lanes.ruler, Key.Key_O)
                press(window, Key.Key_B, Control)
            press(window, Key.Key_B, Control | Shift)
            qtbot.waitUntil(window.desk.kept_back, timeout=MINUTE)
            qtbot.waitUntil(lambda: "MB" in window.status.engine.text(), timeout=MINUTE)
            question = asked(window)
            assert "does not have yet waits" in question.informativeText()
            press(question, Key.Key_Return)
        with opened(qtbot, clip) as window:
            batch = window.desk.batch
            qtbot.waitUntil(
                lambda: {one.state for one in batch.queue} == {"done"}, timeout=2 * MINUTE
            )
            assert {one.take for one in batch.queue} == set(takes_of(clip))
            assert len(takes_of(clip)) == 3
    finally:
        stopped()


def test_swipes_that_wait_for_the_one_before_are_made_when_it_is_opened_again(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    with opened(qtbot, clip) as window:
        desk = window.desk
        render(window, qtbot)
        qtbot.waitUntil(lambda: not desk.jobs, timeout=MINUTE)
        other = desk.work.take
        press(window, Key.Key_A, Control)
        with qtbot.waitSignal(desk.finished, timeout=MINUTE):
            press(window.lanes.ruler, Key.Key_R)
        press(window, Key.Key_D, Control)
        assert other is not None
        head = window.lanes.head(window.stage.sounds["wood is hit"])
        arrow = next(
            button
            for button in head.findChildren(QToolButton)
            if button.accessibleName() == "Takes of wood is hit"
        )
        click(arrow)
        lane = window.stage.take_lanes.unfolded["wood is hit"][other, 0]
        qtbot.waitUntil(lambda: lane.levels is not None, timeout=MINUTE)
        for start, stop in ((4, 10), (14, 18), (22, 26)):
            drag(lane, window, start, stop)
        question = asked(window)
        assert question.text() == "One job is not done yet."
        assert "does not have yet waits" in question.informativeText()
        press(question, Key.Key_Return)
    with opened(qtbot, clip) as window:
        desk = window.desk
        qtbot.waitUntil(lambda: len(desk.takes) == 5 and not desk.jobs, timeout=MINUTE)
        made = desk.take()
        assert made is not None
        regions = list[str]()
        while isinstance(change := made.record.change, CompRequest):
            regions.append(change.pieces[0].region_in or "")
            made = desk.takes[made.record.reply.parent or ""]
        assert regions == ["22f", "14f", "4f"]


def test_work_that_ends_while_it_is_asked_leaves_nothing_to_ask(
    window: Window, qtbot: QtBot
) -> None:
    render(window, qtbot)
    asked(window)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=MINUTE)
    assert window.desk.work.take is not None


def test_an_engine_that_is_away_is_not_asked_about(
    qtbot: QtBot, own_home: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing runs; the job is given when the panel is opened with an engine."""
    with monkeypatch.context() as patch:
        patch.setattr(client, "launcher", lambda: [sys.executable, "-c", "raise SystemExit(3)"])
        with opened(qtbot, clip) as window:
            say(window, "wood is hit")
            press(window, Key.Key_R, Control)
            (job,) = window.desk.jobs
            press(window, Key.Key_Q, Control)
            assert not window.isVisible()
    with opened(qtbot, clip) as window:
        try:
            assert list(window.desk.jobs) == [job]
            qtbot.waitUntil(lambda: window.desk.work.take is not None, timeout=MINUTE)
        finally:
            stopped()


def test_a_signal_ends_it_unasked_and_the_work_goes_on(
    qtbot: QtBot, resident: Path, clip: Path
) -> None:
    panel = subprocess.Popen([sys.executable, _HAND, clip], stdout=subprocess.PIPE, text=True)
    assert panel.stdout is not None
    job = panel.stdout.readline().strip()
    os.kill(panel.pid, signal.SIGTERM)
    panel.communicate(timeout=60)
    assert panel.returncode == 0
    qtbot.waitUntil(lambda: states([job]) == {job: "done"}, timeout=MINUTE)
