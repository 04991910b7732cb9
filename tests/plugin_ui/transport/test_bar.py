"""The row of transport buttons and the timecode, under mouse and keyboard."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from host_bridge.timecode import FrameIndex, FrameRange, Rate, frame_of_label
from plugin_ui.transport.bar import TransportBar
from plugin_ui.transport.playhead import Transport

LEFT = Qt.MouseButton.LeftButton
RATE = Rate.parse("29.97 DF")


@pytest.fixture
def bar(qtbot: QtBot) -> TransportBar:
    transport = Transport(parent=None)
    bar = TransportBar(transport)
    transport.setParent(bar)
    transport.open(RATE, 20_000)
    bar.open(frame_of_label("01:00:00;00", RATE))
    qtbot.addWidget(bar)
    with qtbot.waitActive(bar):
        bar.show()
        bar.activateWindow()
    bar.timecode.clearFocus()  # who comes first in a window has it
    return bar


def transport_of(bar: TransportBar) -> Transport:
    found = bar.findChild(Transport)
    assert found is not None
    return found


def click_into(qtbot: QtBot, bar: TransportBar) -> None:
    qtbot.mouseClick(bar.timecode, LEFT)
    qtbot.waitUntil(bar.timecode.hasSelectedText)


def typed(qtbot: QtBot, bar: TransportBar, text: str) -> str:
    """Type into the timecode and press Return; what it shows then."""
    if not bar.timecode.hasFocus():
        click_into(qtbot, bar)
    qtbot.keyClicks(bar.timecode, text)
    qtbot.keyClick(bar.timecode, Qt.Key.Key_Return)
    return bar.timecode.text()


def test_typing_a_time_moves_the_playhead_and_shows_its_label(
    qtbot: QtBot, bar: TransportBar
) -> None:
    assert bar.timecode.text() == "01:00:00;00"
    assert typed(qtbot, bar, "01:01:00;02") == "01:01:00;02"
    assert transport_of(bar).frame == 1800
    assert typed(qtbot, bar, "-1") == "01:00:59;29"
    assert typed(qtbot, bar, "+1:00") == "01:01:01;01"
    assert typed(qtbot, bar, "48f") == "01:00:01;18"


def test_a_time_beyond_the_clip_is_its_end(qtbot: QtBot, bar: TransportBar) -> None:
    typed(qtbot, bar, "10:00:00;00")
    assert transport_of(bar).frame == 19_999


def test_what_is_no_time_is_told_in_place_and_can_be_typed_over(
    qtbot: QtBot, bar: TransportBar
) -> None:
    note = next(label for label in bar.findChildren(QLabel) if label.accessibleName() == "Message")
    assert typed(qtbot, bar, "soon") == "soon"
    assert "is not a time" in note.text()
    assert transport_of(bar).frame == 0
    assert typed(qtbot, bar, "12f") == "01:00:00;12"
    assert note.text() == ""


def test_escape_leaves_the_time_as_it_was(qtbot: QtBot, bar: TransportBar) -> None:
    click_into(qtbot, bar)
    qtbot.keyClicks(bar.timecode, "123")
    qtbot.keyClick(bar.timecode, Qt.Key.Key_Escape)
    assert bar.timecode.text() == "01:00:00;00"
    assert transport_of(bar).frame == 0


def test_typing_is_not_taken_by_the_windows_shortcuts(qtbot: QtBot, bar: TransportBar) -> None:
    taken: list[str] = []
    for key in ("1", "Space", "Return"):
        QShortcut(QKeySequence(key), bar, lambda key=key: taken.append(key))
    assert typed(qtbot, bar, " 12f") == "01:00:00;12"
    assert taken == []


def test_a_half_typed_time_is_not_overwritten_by_the_moving_playhead(
    qtbot: QtBot, bar: TransportBar
) -> None:
    click_into(qtbot, bar)
    qtbot.keyClicks(bar.timecode, "+1")
    transport_of(bar).step(5)
    assert bar.timecode.text() == "+1"
    qtbot.keyClick(bar.timecode, Qt.Key.Key_Return)
    assert transport_of(bar).frame == 6


def test_each_button_does_what_it_says(qtbot: QtBot, bar: TransportBar) -> None:
    transport = transport_of(bar)
    qtbot.mouseClick(bar.on, LEFT)
    qtbot.mouseClick(bar.on, LEFT)
    qtbot.mouseClick(bar.back, LEFT)
    assert transport.frame == 1
    qtbot.mouseClick(bar.to_start, LEFT)
    assert transport.frame == 0
    assert bar.play.accessibleName() == "Play"
    qtbot.mouseClick(bar.play, LEFT)
    assert transport.speed == 1
    assert bar.play.accessibleName() == "Stop"
    qtbot.mouseClick(bar.play, LEFT)
    assert transport.speed == 0
    qtbot.mouseClick(bar.returns, LEFT)
    assert transport.return_to_start


def test_the_loop_button_loops_the_region_or_the_whole_clip(
    qtbot: QtBot, bar: TransportBar
) -> None:
    transport = transport_of(bar)
    qtbot.mouseClick(bar.loop, LEFT)
    assert transport.loop == (0, 20_000)
    region = FrameRange(FrameIndex(100), FrameIndex(200))
    bar.show_region(region, "a place")
    assert bar.place.text() == "a place"
    assert transport.loop == region
    qtbot.mouseClick(bar.loop, LEFT)
    assert transport.loop is None
    transport.loop = region
    assert bar.loop.isChecked()


def test_a_typed_pre_roll_is_the_loops_and_leaves_the_keys_to_playing(
    qtbot: QtBot, bar: TransportBar
) -> None:
    bar.pre_roll.setFocus()
    bar.pre_roll.selectAll()
    qtbot.keyClicks(bar.pre_roll, "24")
    qtbot.keyClick(bar.pre_roll, Qt.Key.Key_Return)
    assert transport_of(bar).pre_roll == 24
    assert not bar.pre_roll.hasFocus()


def test_everything_has_a_name_for_those_who_listen(bar: TransportBar) -> None:
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    widgets = [bar, *bar.findChildren(QWidget, options=direct)]
    assert len(widgets) > 9
    assert [widget for widget in widgets if not widget.accessibleName()] == []
