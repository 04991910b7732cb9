"""Keys are looked up, remapped and kept; none means two things."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from host_bridge.errors import CuelockError
from plugin_ui.keeper import folder
from plugin_ui.keys import ACTIONS, read_keys, write_keys
from plugin_ui.sheet import KeysSheet


def test_no_key_means_two_things_and_no_action_is_listed_twice() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert set(keys.values()) == {1}
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


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
