"""Keys are looked up, remapped and kept; none means two things."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, QLocale, Qt
from PyQt6.QtGui import QKeyEvent, QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from host_bridge.errors import CuelockError
from host_bridge.timecode import Rate
from plugin_ui.docks.layers import LayersDock
from plugin_ui.history import History
from plugin_ui.keeper import folder
from plugin_ui.keys import ACTIONS, FIXED, read_keys, write_keys
from plugin_ui.lanes.axis import TimeAxis
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.selection import Selection
from plugin_ui.lanes.take_lane import TakeLane
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.languages import translation
from plugin_ui.session import Work
from plugin_ui.sheet import KeysSheet


def test_no_key_means_two_things_and_no_action_is_listed_twice() -> None:
    keys = Counter(key for action in (*ACTIONS, *FIXED) for key in action.keys)
    assert set(keys.values()) == {1}
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


def test_who_looks_into_the_field_of_keys_changes_none(qtbot: QtBot) -> None:
    sheet = KeysSheet(read_keys())
    qtbot.addWidget(sheet)
    sheet.show()
    with qtbot.waitActive(sheet):
        sheet.activateWindow()
    (row,) = sheet.tree.findItems("Redo", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    sheet.tree.setCurrentItem(row)
    before = row.text(1)
    assert "," in before
    sheet.field.setFocus()
    with qtbot.waitSignal(sheet.field.editingFinished):
        sheet.tree.setFocus()
    assert row.text(1) == before
    sheet.field.setFocus()
    with qtbot.waitSignal(sheet.changed):
        QTest.keyClick(sheet.field, Qt.Key.Key_F7)
    assert row.text(1) == "F7"


def test_keys_of_the_lanes_are_listed_stay_as_they_are_and_do_something(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    sheet = KeysSheet(read_keys())
    qtbot.addWidget(sheet)
    (row,) = sheet.tree.findItems(
        "Zoom in and out", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive
    )
    assert row.text(1) == "+, -"
    sheet.tree.setCurrentItem(row)
    assert not sheet.field.isEnabled()
    assert not sheet.shipped.isEnabled()
    action = sheet.tree.topLevelItem(0)
    assert action is not None
    sheet.tree.setCurrentItem(action.child(0))
    with qtbot.assertNotEmitted(sheet.changed):
        QTest.keyClick(sheet.field, Qt.Key.Key_Plus)
        sheet.field.editingFinished.emit()
    assert "Zoom in and out" in sheet.clash.text()
    axis = TimeAxis(Timeline(rate=Rate.parse("25"), start="00:00:00:00", frames=99))
    lanes = CurveLane("", axis, Selection()), TakeLane("", axis, Selection())
    for fixed in FIXED:
        for keys in fixed.keys:
            typed = QKeySequence(keys)[0]
            heard = 0
            for lane in lanes:
                qtbot.addWidget(lane)
                lane.choose(1) if isinstance(lane, CurveLane) else None
                event = QKeyEvent(QEvent.Type.KeyPress, typed.key(), typed.keyboardModifiers())
                qapp.sendEvent(lane, event)
                heard += event.isAccepted()
            assert heard, fixed


@pytest.mark.parametrize("german", [False, True])
def test_no_letter_of_a_field_takes_an_actions_key(
    qtbot: QtBot, qapp: QApplication, german: bool
) -> None:
    words = translation(QLocale("de"), qapp)
    if german:
        qapp.installTranslator(words)
    dock = LayersDock(History(Work()))
    qapp.removeTranslator(words)
    qtbot.addWidget(dock)
    letters = {
        QKeySequence.mnemonic(label.text()).toString() for label in dock.findChildren(QLabel)
    }
    assert len(letters - {""}) == 7
    assert not letters & {key for action in ACTIONS for key in action.keys}


def test_own_keys_come_back_and_only_they_are_written() -> None:
    keys = read_keys()
    write_keys(keys | {"play": ("P",), "star": ()})
    assert read_keys() == keys | {"play": ("P",), "star": ()}
    assert b"render" not in (folder() / "keys.json").read_bytes()


@pytest.mark.parametrize("content", ["{", '{"fly": ["F"]}', '{"play": 3}'])
def test_a_file_of_keys_that_cannot_be_used_is_said(content: str) -> None:
    folder().mkdir()
    (folder() / "keys.json").write_text(content)
    with pytest.raises(CuelockError, match=r"keys of your own") as raised:
        read_keys()
    assert raised.value.code == "request.option"


def test_a_key_is_typed_into_the_sheet_and_one_that_is_taken_is_said(
    qtbot: QtBot, tmp_path: Path
) -> None:
    sheet = KeysSheet(read_keys())
    qtbot.addWidget(sheet)
    sheet.show()
    qtbot.waitExposed(sheet)
    first = ACTIONS[0]
    with qtbot.waitSignal(sheet.changed, timeout=10_000) as told:
        QTest.keyClick(sheet.field, Qt.Key.Key_F7)
        QTest.keyClick(sheet.field, Qt.Key.Key_Return)
    assert told.args == [read_keys() | {first.name: ("F7",)}]
    with qtbot.assertNotEmitted(sheet.changed):
        QTest.keyClick(sheet.field, Qt.Key.Key_Space)
        sheet.field.editingFinished.emit()
    assert "Space" in sheet.clash.text()
    sheet.write_page(str(tmp_path / "keys.pdf"))
    assert (tmp_path / "keys.pdf").read_bytes().startswith(b"%PDF")
