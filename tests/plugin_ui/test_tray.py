"""The panel seen from outside: what its icon says, what its menu does, who is told of an end."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from PyQt6.QtGui import QGuiApplication, QWindow
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from window_hand import MINUTE, Control, Key, Shift, press, say

from plugin_ui.tray import Tray
from plugin_ui.window import Window


class Told(NamedTuple):
    """What came to who looks elsewhere."""

    messages: list[str]
    alerts: list[Window]


@pytest.fixture
def told(window: Window, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the system would show; the screen of tests has no tray."""
    told = Told([], [])
    monkeypatch.setattr(
        window.tray.icon, "showMessage", lambda _title, words: told[0].append(words)
    )
    monkeypatch.setattr(QApplication, "alert", told.alerts.append)
    return told


@pytest.fixture
def counted(window: Window, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the dock shows."""
    counted = list[int]()
    monkeypatch.setattr(QGuiApplication, "setBadgeNumber", lambda _app, n: counted.append(n))
    return counted


def begin(window: Window) -> None:
    say(window, "wood is hit")
    window.lanes.ruler.setFocus()
    press(window, Key.Key_R, Control)


def end(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.desk.working(), timeout=MINUTE)


def look_elsewhere(qtbot: QtBot) -> QWindow:
    """Another window is in front, which is none of the panel's."""
    other = QWindow()
    other.show()
    other.requestActivate()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is None)
    return other


def slowly(tray: Tray, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock goes a minute on with every look."""
    times = iter(range(0, 60_000, 60))
    monkeypatch.setattr(tray, "_now", lambda: float(next(times)))


def test_the_icon_says_what_the_line_below_says_and_how_far_it_is(
    window: Window, qtbot: QtBot, counted: list[int]
) -> None:
    icon, line = window.tray.icon, window.status.engine
    qtbot.waitUntil(lambda: "MB" in line.text(), timeout=MINUTE)
    assert icon.toolTip() == line.text()
    assert not window.tray.cancel.isEnabled()
    begin(window)
    qtbot.waitUntil(lambda: "\n1 left; wood is hit: " in icon.toolTip(), timeout=MINUTE)
    assert window.tray.cancel.isEnabled()
    end(window, qtbot)
    assert icon.toolTip() == line.text()
    assert counted == [1, 0]


def test_its_menu_cancels_everything_and_quits_with_the_question(
    window: Window, qtbot: QtBot
) -> None:
    press(window, Key.Key_B, Control)
    press(window, Key.Key_B, Control | Shift)
    begin(window)
    assert len(window.desk.working()) == 2
    qtbot.waitUntil(lambda: "MB" in window.status.engine.text(), timeout=MINUTE)
    window.tray.quit.trigger()
    assert window.isVisible()
    assert window.leaving.question is not None
    press(window.leaving.question, Key.Key_Escape)
    window.tray.cancel.trigger()
    assert window.desk.working() == ()
    assert not window.jobs.lines
    window.tray.quit.trigger()
    assert not window.isVisible()
    assert not window.tray.icon.isVisible()


def test_it_brings_the_window_back(window: Window) -> None:
    window.showMinimized()
    window.tray.open.trigger()
    assert not window.isMinimized()
    assert window.isVisible()


@pytest.mark.parametrize(
    ("long", "elsewhere", "words"),
    [
        (True, True, ["All is rendered."]),
        (True, False, []),
        (False, True, []),
    ],
)
def test_only_who_looked_elsewhere_while_it_took_long_is_told_of_the_end(
    window: Window,
    qtbot: QtBot,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    long: bool,
    elsewhere: bool,
    words: list[str],
) -> None:
    if long:
        slowly(window.tray, monkeypatch)
    begin(window)
    other = look_elsewhere(qtbot) if elsewhere else None
    end(window, qtbot)
    assert told.messages == words
    assert told.alerts == [window] * len(words)
    del other


def test_of_many_jobs_the_last_end_is_told_with_what_failed(
    window: Window, qtbot: QtBot, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(window.tray, monkeypatch)
    here = window.desk.here
    assert here is not None
    press(window, Key.Key_B, Control)
    press(window, Key.Key_B, Control | Shift)
    begin(window)
    other = look_elsewhere(qtbot)
    here.clip.path.unlink()
    end(window, qtbot)
    failed = [one.state for one in window.desk.batch.queue].count("failed")
    assert len(told.messages) == 1
    assert told.messages[0] in ("1 of 2 jobs failed.", "2 of 2 jobs failed.")
    assert failed
    del other


def test_what_was_cancelled_is_no_end_to_be_told(
    window: Window, qtbot: QtBot, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(window.tray, monkeypatch)
    begin(window)
    other = look_elsewhere(qtbot)
    with qtbot.waitSignal(
        window.desk.link.job_changed,
        timeout=MINUTE,
        check_params_cb=lambda status: status.state == "cancelled",
    ):
        window.tray.cancel.trigger()
    assert told == ([], [])
    del other
