"""The menus' keys: what is typed counts first, what is held is done once, what fails is told."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from window_hand import Key, press, say

from host_bridge.protocol import RenderRequest
from plugin_ui.keeper import folder, read_session
from plugin_ui.sheet import KeysSheet
from plugin_ui.window import Window

_CONTROL = Qt.KeyboardModifier.ControlModifier


def test_words_that_are_being_typed_are_rendered(window: Window) -> None:
    say(window, "rain")
    prompt = window.layers.form.prompt
    prompt.setFocus()
    prompt.selectAll()
    QTest.keyClicks(prompt, "wind howls")
    press(prompt, Key.Key_R, _CONTROL)
    (job,) = window.desk.jobs.values()
    asked = msgspec.msgpack.decode(job.params, type=RenderRequest)
    assert [layer.prompt for layer in asked.layers] == ["wind howls"]


def test_words_that_are_being_typed_are_kept_when_the_window_closes(window: Window) -> None:
    say(window, "rain")
    prompt = window.layers.form.prompt
    prompt.setFocus()
    prompt.selectAll()
    QTest.keyClicks(prompt, "wind howls")
    window.close()
    (layer,) = read_session(window.desk.session.clip).work.layers
    assert layer.prompt == "wind howls"


@pytest.fixture
def no_file_for_keys(window: Window) -> Iterator[None]:
    """Something else lies where a window's keys are kept."""
    there = folder() / "keys.json"
    there.mkdir(parents=True)
    yield
    there.rmdir()


@pytest.mark.usefixtures("no_file_for_keys")
def test_keys_that_cannot_be_kept_hold_and_that_is_told(window: Window) -> None:
    keys = dict.fromkeys(window.menus.actions, ()) | {"render": ("F9",)}
    window.menus.show_keys()
    sheet = window.findChild(KeysSheet)
    assert sheet is not None
    sheet.changed.emit(keys)
    sheet.close()
    assert window.menus.actions["render"].shortcut().toString() == "F9"
    assert "The keys cannot be kept" in window.message.text.text()


def test_a_key_that_is_held_steps_on_and_renders_once(window: Window) -> None:
    held = {name for name, action in window.menus.actions.items() if action.autoRepeat()}
    assert {"next_frame", "last_frame", "undo"} <= held
    assert not {"render", "regenerate", "export", "play", "compare", "mute", "enqueue"} & held
