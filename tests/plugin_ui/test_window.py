"""The window with the real engine, by an artist's gestures: keys, clicks, drags, words."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote, urlparse

import opentimelineio as otio
from PyQt6.QtCore import QObject, QPoint, Qt, QTimer, QUrl, pyqtSlot
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot
from window_hand import MINUTE, click_frame, drag, drop, opened, press, say

from host_bridge.protocol import GainEdit, RegenerateRequest
from plugin_ui.asked import Again
from plugin_ui.keeper import folder
from plugin_ui.session import Region
from plugin_ui.sounding import range_of
from plugin_ui.window import Window

Key = Qt.Key


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
    assert desk.work.region == Region(3, 24)
    press(window, Key.Key_L, control | shift)
    assert window.transport.loop == (3, 24)
    press(window, Key.Key_L, control | shift)
    with qtbot.waitSignal(desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    first = desk.work.take
    assert first is not None
    assert desk.here is not None
    assert range_of(desk.here, desk.takes[first]) == Region(3, 24)
    lane = window.stage.sounds["wood is hit"]
    qtbot.waitUntil(lambda: lane.levels is not None, timeout=MINUTE)
    drag(lane, window, 8, 16)
    assert desk.work.region == Region(8, 16)
    desk.history.edit("", locks=())
    desk.add_edit(GainEdit(db=1.0))
    click_frame(lane, window, 20)
    assert desk.work.region == Region(8, 16)  # it belongs to the edit that waits
    press(window, Key.Key_Z, control)
    click_frame(lane, window, 20)
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
    with qtbot.waitSignal(window.exports.written, timeout=MINUTE):
        window.exports.write_timeline(timeline, "otio")
    with qtbot.waitSignal(window.exports.written, timeout=MINUTE) as told:
        window.exports.write_timeline(clip.with_name("shot.010"), "edl")
    assert told.args == [str(clip.with_name("shot.010.edl"))]
    written = otio.adapters.read_from_file(str(timeline))
    assert written.duration().to_frames() == 8
    sounds = written.audio_tracks()
    stems = [piece.media_reference.target_url for track in sounds for piece in track.find_clips()]
    (given,) = (Path(unquote(urlparse(url).path)) for url in stems)
    assert given.parent == folder() / "handed out"
    assert given.read_bytes() == Path(desk.sounding()[0].stem.path).read_bytes()
    press(window, Key.Key_B)
    assert desk.work.take == first
    press(window, Key.Key_B)
    assert desk.work.take == take.record.take
    press(window, Key.Key_Asterisk)
    qtbot.waitUntil(lambda: desk.takes[take.record.take].star, timeout=MINUTE)


def test_the_region_is_one_selection_for_keys_and_mouse(window: Window) -> None:
    ruler, desk = window.lanes.ruler, window.desk
    alt, shift = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
    control = Qt.KeyboardModifier.ControlModifier
    ruler.setFocus()
    press(ruler, Key.Key_X)
    assert desk.here is not None
    assert desk.work.region == desk.here.whole
    window.transport.go(10)
    press(ruler, Key.Key_I)
    window.transport.go(19)
    press(ruler, Key.Key_O)
    assert desk.work.region == Region(10, 20)
    for key, modifiers in (
        (Key.Key_I, alt), (Key.Key_I, alt), (Key.Key_I, alt | shift),
        (Key.Key_O, alt | shift), (Key.Key_O, alt | shift), (Key.Key_O, alt),
    ):  # fmt: skip
        press(ruler, key, modifiers)
    assert desk.work.region == Region(9, 21)
    drag(ruler, window, 21, 30)
    drag(ruler, window, 9, 4)
    assert desk.work.region == Region(4, 30)
    assert "26" in window.bar.place.text()
    press(ruler, Key.Key_I, shift)
    assert window.transport.frame == 4
    press(ruler, Key.Key_O, shift)
    assert window.transport.frame == 29
    press(ruler, Key.Key_D, control)
    assert desk.work.region is None
    press(ruler, Key.Key_D, control | shift)
    assert desk.work.region == Region(4, 30)
    say(window, "rain")
    ruler.setFocus()
    press(ruler, Key.Key_D, control)
    say(window, "wind")
    for _ in range(2):
        desk.history.stack.undo()
    press(ruler, Key.Key_D, control)
    for _ in range(2):
        desk.history.stack.redo()
    assert desk.work.region is None
    press(ruler, Key.Key_D, control | shift)
    assert desk.work.region == Region(4, 30)
    for _ in range(2):
        desk.history.stack.undo()
    press(ruler, Key.Key_A, control)
    assert desk.work.region == desk.here.whole
    assert not desk.history.stack.canUndo()


def test_without_a_layer_the_picture_is_rendered_and_heard_in_a_lane(
    window: Window, qtbot: QtBot
) -> None:
    seen = list[tuple[list[str], list[str]]]()

    def look() -> None:
        seen.append((list(window.stage.sounds), [one.name for one in window.mixer.strips]))

    window.desk.link.heard.connect(look)
    window.lanes.ruler.setFocus()
    with qtbot.waitSignal(window.desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    look()
    assert len(seen) > 1
    assert all(one == (["picture"], ["picture"]) for one in seen)


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
    with opened(qtbot, clip) as again:
        assert again.desk.work == work
        assert again.transport.frame == frame


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


def test_a_clip_or_a_job_that_failed_is_tried_again_where_that_may_help(
    window: Window, clip: Path, qtbot: QtBot
) -> None:
    missing = clip.with_name("later.mp4")
    drop(window, missing)
    qtbot.waitUntil(window.message.isVisible, timeout=MINUTE)
    (again,) = window.message.offers
    shutil.copy(clip, missing)
    with qtbot.waitSignal(window.desk.opened, timeout=MINUTE):
        QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert not window.message.isVisible()
    say(window, "rain")
    away = missing.rename(missing.with_suffix(".away"))
    press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(window.message.isVisible, timeout=MINUTE)
    assert "[media.missing]" in window.message.text.text()
    away.rename(missing)
    (again,) = window.message.offers
    with qtbot.waitSignal(window.desk.finished, timeout=MINUTE):
        QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    window.desk.regenerate(Again())  # without a region: no use to try again
    assert window.message.isVisible()
    assert not window.message.offers


def test_what_failed_with_a_clip_is_not_tried_again_on_the_next(
    window: Window, clip: Path, qtbot: QtBot
) -> None:
    drop(window, clip.with_name("never.mp4"))
    qtbot.waitUntil(window.message.isVisible, timeout=MINUTE)
    assert window.message.offers
    with qtbot.waitSignal(window.desk.opened, timeout=MINUTE):
        drop(window, Path(shutil.copy(clip, clip.with_name("next.mp4"))))
    assert not window.message.isVisible()


class FileManager(QObject):
    """Stands for the system's, which shows folders."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = list[str]()

    @pyqtSlot(QUrl)
    def show(self, url: QUrl) -> None:
        self.shown.append(url.toLocalFile())


def test_an_export_asks_once_where_to_and_leads_there(
    window: Window, clip: Path, qtbot: QtBot
) -> None:
    say(window, "rain")
    with qtbot.waitSignal(window.desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    asked = list[str]()
    folder = clip.with_name("out")
    folder.mkdir()

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        asked.append(dialog.directory().path())
        (field,) = dialog.findChildren(QLineEdit, "fileNameEdit")
        field.setText(str(folder))
        QTest.keyClick(field, Key.Key_Return)

    control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    window.lanes.ruler.setFocus()
    QTimer.singleShot(500, answer)
    for _ in range(2):  # the second time nobody is there to answer
        with qtbot.waitSignal(window.desk.exported, timeout=MINUTE):
            press(window, Key.Key_E, control)
        assert list(folder.glob("*.wav"))
        for path in folder.iterdir():
            path.unlink()
        with qtbot.waitActive(window):  # no window manager gives the keys back after a dialog
            window.activateWindow()
    assert len(asked) == 1
    (look,) = window.message.offers
    files = FileManager()
    QDesktopServices.setUrlHandler("file", files, "show")
    QTest.mouseClick(look, Qt.MouseButton.LeftButton)
    QDesktopServices.unsetUrlHandler("file")
    assert files.shown == [str(folder)]
    assert not window.message.isVisible()
    QTimer.singleShot(500, answer)
    with qtbot.waitSignal(window.desk.exported, timeout=MINUTE):
        press(window, Key.Key_E, control | alt)
    assert asked[1] == str(folder)


def test_a_timeline_whose_ending_is_added_replaces_nothing_unasked(
    window: Window, clip: Path, qtbot: QtBot
) -> None:
    say(window, "rain")
    with qtbot.waitSignal(window.desk.finished, timeout=MINUTE):
        press(window, Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    there = clip.with_name("shot.010.otio")
    there.write_text("somebody's")
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    asked = list[str]()

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog):
            (field,) = dialog.findChildren(QLineEdit, "fileNameEdit")
            field.setText(str(clip.with_name("shot.010")))
            QTest.keyClick(field, Key.Key_Return)
        elif isinstance(dialog, QMessageBox):
            asked.append(dialog.text())
            QTest.mouseClick(dialog.button(answers[len(asked) - 1]), Qt.MouseButton.LeftButton)

    answering = QTimer()
    answering.timeout.connect(answer)
    answering.start(300)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    window.lanes.ruler.setFocus()
    press(window, Key.Key_E, both)
    assert len(asked) == 1
    assert "shot.010.otio" in asked[0]
    assert there.read_text() == "somebody's"
    with qtbot.waitActive(window):  # no window manager gives the keys back after a dialog
        window.activateWindow()
    with qtbot.waitSignal(window.exports.written, timeout=MINUTE):
        press(window, Key.Key_E, both)
    answering.stop()
    assert otio.adapters.read_from_file(str(there)).duration().to_frames() == 240
