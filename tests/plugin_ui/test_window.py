"""The window with the real engine, by an artist's gestures: keys, clicks, drags, words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import opentimelineio as otio
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from resident_engine import BOUNCE

from host_bridge.protocol import GainEdit, RegenerateRequest
from plugin_ui.session import Region
from plugin_ui.window import Window

MINUTE = 60_000
Key = Qt.Key


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip without a past."""
    return Path(shutil.copy(BOUNCE, tmp_path))


@pytest.fixture
def window(qtbot: QtBot, resident: Path, clip: Path) -> Iterator[Window]:
    window = Window()
    window.show()
    with qtbot.waitActive(window):
        window.activateWindow()
    drop(window, clip)
    qtbot.waitUntil(lambda: window.desk.here is not None, timeout=MINUTE)
    yield window
    window.close()


def drop(window: Window, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(
        QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
    )


def press(widget: QWidget, key: Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(widget, key, modifiers or Qt.KeyboardModifier.NoModifier)


def say(window: Window, words: str) -> None:
    """Another layer, by keys alone."""
    press(window, Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.layers.add_line, words)
    press(window.layers.add_line, Key.Key_Return)


def drag(lane: QWidget, window: Window, start: int, stop: int) -> None:
    """Over a lane, from frame to frame."""
    x0, x1 = (round(window.axis.x_of(frame)) for frame in (start, stop))
    y = lane.height() // 2
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(lane, left, pos=QPointF(x0, y).toPoint())
    QTest.mouseMove(lane, QPointF((x0 + x1) / 2, y).toPoint())
    QTest.mouseMove(lane, QPointF(x1, y).toPoint())
    QTest.mouseRelease(lane, left, pos=QPointF(x1, y).toPoint())


def click(lane: QWidget, window: Window, frame: int) -> None:
    """A click that is no drag."""
    place = QPointF(window.axis.x_of(frame), lane.height() // 2).toPoint()
    QTest.mouseClick(lane, Qt.MouseButton.LeftButton, pos=place)


def test_from_a_dropped_clip_to_a_region_made_anew_and_back(
    window: Window, clip: Path, qtbot: QtBot
) -> None:
    desk = window.desk
    say(window, "wood is hit")
    assert [layer.prompt for layer in desk.work.layers] == ["wood is hit"]
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    window.lanes.ruler.setFocus()
    press(window, Key.Key_Z, control)
    assert desk.work.layers == ()
    press(window, Key.Key_Z, control | shift)
    assert [layer.prompt for layer in desk.work.layers] == ["wood is hit"]
    window.lanes.ruler.setFocus()
    for _ in range(3):
        press(window, Key.Key_Right)
    press(window, Key.Key_I)
    press(window, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    press(window, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    press(window, Key.Key_O)
    assert desk.work.marks == Region(3, 24)
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    first = desk.work.take
    assert first is not None
    lane = window.stage.sounds["wood is hit"]
    qtbot.waitUntil(lambda: lane.levels is not None, timeout=MINUTE)
    drag(lane, window, 8, 16)
    assert desk.work.region == Region(8, 16)
    desk.history.edit("", locks=())
    desk.add_edit(GainEdit(db=1.0))
    click(lane, window, 20)
    assert desk.work.region == Region(8, 16)  # it belongs to the edit that waits
    press(window, Key.Key_Z, control)
    click(lane, window, 20)
    assert desk.work.region is None
    drag(lane, window, 8, 16)
    lane.setFocus()
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R)
    take = desk.take()
    assert take is not None
    assert isinstance(take.record.change, RegenerateRequest)
    assert (take.record.change.region_in, take.record.change.region_out) == ("8f", "16f")
    assert take.record.reply.parent == first
    timeline = clip.with_name("out.otio")
    with qtbot.waitSignal(window.outlet.written, timeout=MINUTE):
        window.export_timeline(timeline, "otio")
    sounds = otio.adapters.read_from_file(str(timeline)).audio_tracks()
    stems = [piece.media_reference.target_url for track in sounds for piece in track.find_clips()]
    assert [Path(unquote(urlparse(url).path)) for url in stems] == [
        Path(desk.sounding()[0].stem.path)
    ]
    press(window, Key.Key_B)
    assert desk.work.take == first
    press(window, Key.Key_B)
    assert desk.work.take == take.record.take
    press(window, Key.Key_Asterisk)
    qtbot.waitUntil(lambda: desk.takes[take.record.take].star, timeout=MINUTE)


def test_a_focus_box_is_drawn_and_mended_until_escape(window: Window, qtbot: QtBot) -> None:
    say(window, "rain")
    button, picture = window.layers.form.focus, window.picture
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def drag(begin: QPoint, end: QPoint) -> str | None:
        target = picture.childAt(begin)
        QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=begin)
        QTest.mouseMove(target, end)
        QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=end)
        return window.desk.work.layers[0].focus

    middle = picture.rect().center()
    drawn = drag(middle, middle + QPoint(60, 60))
    assert drawn is not None
    moved = drag(middle + QPoint(30, 30), middle + QPoint(10, 30))
    assert moved is not None
    assert moved.split(",")[1:] == drawn.split(",")[1:]
    assert button.isChecked()
    press(picture.childAt(middle), Key.Key_Escape)
    assert not button.isChecked()
    assert not picture.drawing_focus
    assert window.desk.work.layers[0].focus == moved


def test_it_is_opened_again_as_it_was(window: Window, clip: Path, qtbot: QtBot) -> None:
    say(window, "rain")
    window.lanes.ruler.setFocus()
    for _ in range(5):
        press(window, Key.Key_Right)
    press(window, Key.Key_I)
    work, frame = window.desk.work, window.transport.frame
    window.close()
    again = Window()
    again.show()
    qtbot.waitExposed(again)
    drop(again, clip)
    qtbot.waitUntil(lambda: again.desk.here is not None, timeout=MINUTE)
    assert again.desk.work == work
    assert again.transport.frame == frame
    again.close()


def test_what_is_no_clip_is_said_in_place_with_a_mend(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no film at all")
    drop(window, path)
    qtbot.waitUntil(window.message.isVisible, timeout=MINUTE)
    assert "[media." in window.message.text.text()
    assert window.desk.here is not None
    QTest.mouseClick(window.message.close_button, Qt.MouseButton.LeftButton)
    assert not window.message.isVisible()
